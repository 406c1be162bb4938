"""Reports about mail that came back, and addresses left in peace."""

import sqlalchemy as sa
from alembic import op

from petition.core import db as types

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "bounce",
        sa.Column("bucket", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("mail_id", types.Id(), nullable=False),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("about", types.Id(), nullable=True),
        sa.Column("at", types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("bucket", "mail_id", "kind", name=op.f("pk_bounce")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_bounce_at", "bounce", ["at"])
    op.create_table(
        "suppressed_address",
        sa.Column("mailbox_hash", sa.LargeBinary(length=16), nullable=False),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("since", types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("mailbox_hash", name=op.f("pk_suppressed_address")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.execute("UPDATE outbox SET state = 3 WHERE state = 4")
    op.drop_table("suppressed_address")
    op.drop_index("ix_bounce_at", table_name="bounce")
    op.drop_table("bounce")
