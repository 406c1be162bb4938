"""Updates: messages to the signers who asked for news."""

import sqlalchemy as sa
from alembic import op

from petition.core import db as types

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

SENDING = sa.text("state IN ('sending', 'paused')")
WANTS_NEWS = sa.text("state = 1 AND updates")


def upgrade() -> None:
    op.create_table(
        "petition_update",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("petition_id", types.Id(), nullable=False),
        sa.Column("author_id", types.Id(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.Column("started_at", types.Instant(), nullable=True),
        sa.Column("finished_at", types.Instant(), nullable=True),
        sa.Column("expected", sa.Integer(), nullable=False),
        sa.Column("owed", sa.Integer(), nullable=False),
        sa.Column("reached_bucket", sa.SmallInteger(), nullable=False),
        sa.Column("reached_id", types.Id(), nullable=False),
        sa.ForeignKeyConstraint(
            ["petition_id"], ["petition.id"], name=op.f("fk_petition_update_petition_id_petition"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["author_id"], ["user.id"], name=op.f("fk_petition_update_author_id_user"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_petition_update")),
    )
    op.create_index("ix_petition_update_petition_id", "petition_update", ["petition_id"])
    op.create_index(
        "ix_petition_update_sending",
        "petition_update",
        ["petition_id"],
        unique=True,
        sqlite_where=SENDING,
        postgresql_where=SENDING,
    )
    op.create_table(
        "petition_update_text",
        sa.Column("update_id", types.Id(), nullable=False),
        sa.Column("locale", sa.String(length=20), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["update_id"],
            ["petition_update.id"],
            name=op.f("fk_petition_update_text_update_id_petition_update"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("update_id", "locale", name=op.f("pk_petition_update_text")),
    )
    op.create_table(
        "held_update_mail",
        sa.Column("update_id", types.Id(), nullable=False),
        sa.Column("bucket", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("signature_id", types.Id(), nullable=False),
        sa.ForeignKeyConstraint(
            ["update_id"],
            ["petition_update.id"],
            name=op.f("fk_held_update_mail_update_id_petition_update"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("update_id", "bucket", "signature_id", name=op.f("pk_held_update_mail")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_signature_updates",
        "signature",
        ["petition_id", "bucket", "id"],
        sqlite_where=WANTS_NEWS,
        postgresql_where=WANTS_NEWS,
    )


def downgrade() -> None:
    op.drop_index(
        "ix_signature_updates", table_name="signature", sqlite_where=WANTS_NEWS, postgresql_where=WANTS_NEWS
    )
    op.drop_table("held_update_mail")
    op.drop_table("petition_update_text")
    op.drop_index(
        "ix_petition_update_sending", table_name="petition_update", sqlite_where=SENDING, postgresql_where=SENDING
    )
    op.drop_index("ix_petition_update_petition_id", table_name="petition_update")
    op.drop_table("petition_update")
