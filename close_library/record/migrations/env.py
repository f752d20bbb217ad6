"""What alembic runs: the steps that are missing, in the caller's transaction, which holds the record's lock."""

from alembic import context

from close_library.record.migrations import VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"], version_table=VERSION_TABLE, transactional_ddl=True
)
with context.begin_transaction():
    context.run_migrations()
