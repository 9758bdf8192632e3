"""The first tables: rows, the tree over them, signed checkpoints, what rows have in common; and their guards."""

import sqlalchemy as sa
from alembic import op

from engine.ledger import guards

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "entry",
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("recorded_at", sa.BigInteger, nullable=False),
        sa.Column("known", sa.BigInteger, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("rulebook", sa.Text),
    )
    op.create_index("entry_by_kind", "entry", ["kind", "seq"])
    op.create_index("entry_by_source", "entry", ["source", "seq"])
    op.create_table(
        "node",
        sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "checkpoint",
        sa.Column("size", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("note", sa.Text, nullable=False),
    )
    op.create_table(
        "likeness",
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("likeness", sa.Text, nullable=False),
    )
    op.create_index("likeness_by_words", "likeness", ["likeness"])
    guards.set_up(op.get_bind())
