"""What alembic runs for every migration: on the connection that it is handed."""

from alembic import context

from engine.ledger.tables import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)
context.run_migrations()
