"""Endorsements, alarms about many withdrawals, and when petitions ended."""

import sqlalchemy as sa
from alembic import op

from petition.core import db as types
from petition.core.clock import now

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

WITHDRAWN = sa.text("state = 2")

ENDED = ("closed", "archived", "rejected", "hidden", "taken_down")


def upgrade() -> None:
    op.create_table(
        "endorsement",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("petition_id", types.Id(), nullable=False),
        sa.Column("entered_by", types.Id(), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("office", sa.String(length=200), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("statement", sa.String(length=600), nullable=False),
        sa.Column("shown", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("address", sa.String(length=254), nullable=True),
        sa.Column("locale", sa.String(length=20), nullable=False),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.Column("changed_at", types.Instant(), nullable=False),
        sa.Column("agreed_at", types.Instant(), nullable=True),
        sa.CheckConstraint("(shown IS NULL) = (agreed_at IS NULL)", name=op.f("ck_endorsement_shown_was_agreed")),
        sa.ForeignKeyConstraint(
            ["petition_id"], ["petition.id"], name=op.f("fk_endorsement_petition_id_petition"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["entered_by"], ["user.id"], name=op.f("fk_endorsement_entered_by_user"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_endorsement")),
    )
    op.create_index("ix_endorsement_petition_id", "endorsement", ["petition_id", "agreed_at", "id"])
    op.create_table(
        "endorsement_link",
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("endorsement_id", types.Id(), nullable=False),
        sa.Column("expires_at", types.Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["endorsement_id"],
            ["endorsement.id"],
            name=op.f("fk_endorsement_link_endorsement_id_endorsement"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_endorsement_link")),
    )
    op.create_index("ix_endorsement_link_endorsement_id", "endorsement_link", ["endorsement_id"])
    op.create_table(
        "withdrawal_alarm",
        sa.Column("petition_id", types.Id(), nullable=False),
        sa.Column("domain", sa.String(length=255), nullable=False),
        sa.Column("told_at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["petition_id"],
            ["petition.id"],
            name=op.f("fk_withdrawal_alarm_petition_id_petition"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("petition_id", "domain", name=op.f("pk_withdrawal_alarm")),
    )
    op.create_index(
        "ix_signature_withdrawn", "signature", ["ended_at"], sqlite_where=WITHDRAWN, postgresql_where=WITHDRAWN
    )
    op.add_column("petition", sa.Column("ended_at", types.Instant(), nullable=True))
    _end_what_has_ended()


def _end_what_has_ended() -> None:
    """Nobody wrote down when petitions ended: those that have one did at their closing time, the others by now."""
    names = "state", "closes_at", "ended_at"
    petition = sa.table(
        "petition", *(sa.column(name, types.Instant() if "_" in name else sa.String()) for name in names)
    )
    at = sa.literal(now(), types.Instant())
    early = petition.c.closes_at < at
    ended = sa.update(petition).where(petition.c.state.in_(ENDED))
    op.execute(ended.values(ended_at=sa.case((early, petition.c.closes_at), else_=at)))


def downgrade() -> None:
    op.drop_column("petition", "ended_at")
    op.drop_index(
        "ix_signature_withdrawn", table_name="signature", sqlite_where=WITHDRAWN, postgresql_where=WITHDRAWN
    )
    op.drop_table("withdrawal_alarm")
    op.drop_index("ix_endorsement_link_endorsement_id", table_name="endorsement_link")
    op.drop_table("endorsement_link")
    op.drop_index("ix_endorsement_petition_id", table_name="endorsement")
    op.drop_table("endorsement")
