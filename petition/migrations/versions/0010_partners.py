"""Partners of a petition: who was asked, which may write to a signer, by whose link a signature came."""

import sqlalchemy as sa
from alembic import op

from petition.core import db as types

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

STANDING = sa.text("state IN ('invited', 'accepted')")
INFORMED = sa.text("state = 1 AND informed_by IS NOT NULL")
VIA = sa.text("state = 1 AND via IS NOT NULL")
SENDING = sa.text("state IN ('sending', 'paused')")


def upgrade() -> None:
    op.create_table(
        "partner",
        sa.Column("petition_id", types.Id(), nullable=False),
        sa.Column("number", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("organisation_id", types.Id(), nullable=False),
        sa.Column("code", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("invited_by", types.Id(), nullable=True),
        *(
            sa.Column(name, types.Instant(), nullable=name != "invited_at")
            for name in ("invited_at", "answered_at", "ended_at")
        ),
        sa.ForeignKeyConstraint(
            ["petition_id"], ["petition.id"], name=op.f("fk_partner_petition_id_petition"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_partner_organisation_id_organisation")
        ),
        sa.ForeignKeyConstraint(
            ["invited_by"], ["user.id"], name=op.f("fk_partner_invited_by_user"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("petition_id", "number", name=op.f("pk_partner")),
        sa.UniqueConstraint("petition_id", "code", name=op.f("uq_partner_petition_id_code")),
    )
    op.create_index(op.f("ix_partner_organisation_id"), "partner", ["organisation_id"])
    _index("ix_partner_once", "partner", ["petition_id", "organisation_id"], STANDING, unique=True)
    op.add_column("signature", sa.Column("informed_by", sa.LargeBinary(), nullable=True))
    op.add_column("signature", sa.Column("via", sa.SmallInteger(), nullable=True))
    _index("ix_signature_informed", "signature", ["petition_id", "bucket", "id"], INFORMED)
    _index("ix_signature_via", "signature", ["petition_id", "via", "state"], VIA)
    op.add_column(
        "petition_update", sa.Column("sender", sa.SmallInteger(), server_default=sa.text("0"), nullable=False)
    )
    op.drop_index("ix_petition_update_sending", table_name="petition_update")
    _index("ix_petition_update_sending", "petition_update", ["petition_id", "sender"], SENDING, unique=True)


def _index(name: str, table: str, columns: list[str], where: sa.TextClause, unique: bool = False) -> None:
    op.create_index(name, table, columns, unique=unique, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    op.execute("DELETE FROM petition_update WHERE sender <> 0")
    op.drop_index("ix_petition_update_sending", table_name="petition_update")
    _index("ix_petition_update_sending", "petition_update", ["petition_id"], SENDING, unique=True)
    op.drop_column("petition_update", "sender")
    op.drop_index("ix_signature_via", table_name="signature")
    op.drop_index("ix_signature_informed", table_name="signature")
    op.drop_column("signature", "via")
    op.drop_column("signature", "informed_by")
    op.drop_table("partner")
