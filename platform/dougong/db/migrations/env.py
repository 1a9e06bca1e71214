"""What Alembic runs for every command: on the connection that `dougong.db.migrate` hands over."""

from alembic import context

from dougong.db.control import CONTROL, METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    version_table_schema=CONTROL,
    include_schemas=True,
)
with context.begin_transaction():
    context.run_migrations()
