"""The events, the company that they belong to, and the triggers that let nothing be changed or taken away."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_TEXTS = ("at", "by", "kind", "period", "program", "ref", "subject", "previous", "hash", "payload")

# An event can only be the next one: REPLACE in SQLite deletes without asking a delete trigger.
_NOT_NEXT = """
    NEW.seq <> coalesce((SELECT max(seq) FROM events), 0) + 1
    OR NEW.previous <> coalesce((SELECT hash FROM events ORDER BY seq DESC LIMIT 1), NEW.previous)
"""

_SQLITE = f"""
CREATE TRIGGER events_keep_update BEFORE UPDATE ON events
    BEGIN SELECT RAISE(ABORT, 'an event is never changed'); END;;
CREATE TRIGGER events_keep_delete BEFORE DELETE ON events
    BEGIN SELECT RAISE(ABORT, 'an event is never taken away'); END;;
CREATE TRIGGER events_in_order BEFORE INSERT ON events WHEN {_NOT_NEXT}
    BEGIN SELECT RAISE(ABORT, 'an event follows the last one'); END;;
CREATE TRIGGER record_keep_update BEFORE UPDATE ON record
    BEGIN SELECT RAISE(ABORT, 'a record stays with its company'); END;;
CREATE TRIGGER record_keep_delete BEFORE DELETE ON record
    BEGIN SELECT RAISE(ABORT, 'a record stays with its company'); END;;
CREATE TRIGGER record_once BEFORE INSERT ON record WHEN EXISTS (SELECT 1 FROM record)
    BEGIN SELECT RAISE(ABORT, 'a record belongs to one company'); END
"""

# ALWAYS: also where session_replication_role switches ordinary triggers off.
_POSTGRESQL = f"""
CREATE FUNCTION record_keep() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'what was recorded is never changed or taken away'; END $$;;
CREATE FUNCTION record_in_order() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN IF {_NOT_NEXT} THEN RAISE EXCEPTION 'an event follows the last one'; END IF; RETURN NEW; END $$;;
CREATE FUNCTION record_once() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (SELECT 1 FROM record) THEN RAISE EXCEPTION 'a record belongs to one company'; END IF;
        RETURN NEW;
    END $$;;
CREATE TRIGGER events_keep BEFORE UPDATE OR DELETE OR TRUNCATE ON events
    FOR EACH STATEMENT EXECUTE FUNCTION record_keep();;
CREATE TRIGGER events_in_order BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION record_in_order();;
CREATE TRIGGER record_keep BEFORE UPDATE OR DELETE OR TRUNCATE ON record
    FOR EACH STATEMENT EXECUTE FUNCTION record_keep();;
CREATE TRIGGER record_once BEFORE INSERT ON record FOR EACH ROW EXECUTE FUNCTION record_once();;
ALTER TABLE events ENABLE ALWAYS TRIGGER events_keep, ENABLE ALWAYS TRIGGER events_in_order;;
ALTER TABLE record ENABLE ALWAYS TRIGGER record_keep, ENABLE ALWAYS TRIGGER record_once
"""


def upgrade() -> None:
    """Make the tables, the index by which they are read, and the triggers."""
    op.create_table("record", sa.Column("company", sa.Text, primary_key=True))
    # Without a hidden row number every byte that SQLite stores of an event is one that the hash covers.
    op.create_table(
        "events",
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in _TEXTS),
        sqlite_with_rowid=False,
    )
    op.create_index("events_by_kind", "events", ["kind", "period", "program", "ref"])
    for statement in (_SQLITE if op.get_bind().dialect.name == "sqlite" else _POSTGRESQL).split(";;"):
        op.execute(statement.strip())
