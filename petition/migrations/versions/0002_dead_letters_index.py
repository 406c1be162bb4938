"""An index over dead letters: their number is asked for all the time."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_outbox_dead",
        "outbox",
        ["created_at"],
        unique=False,
        sqlite_where=sa.text("state = 2"),
        postgresql_where=sa.text("state = 2"),
    )


def downgrade() -> None:
    op.drop_index("ix_outbox_dead", table_name="outbox")
