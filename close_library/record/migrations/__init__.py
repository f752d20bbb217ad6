"""The schema of the record, as the steps that made it, run by alembic; a step that was released never changes."""

REVISIONS = ("0001",)
"""Every version of the schema, oldest first; the last is the one that this code reads."""

VERSION_TABLE = "record_version"
