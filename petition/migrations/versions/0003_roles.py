"""Somebody may have several roles in an organisation."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _key("organisation_id", "user_id", "role")


def downgrade() -> None:
    op.execute("DELETE FROM membership WHERE role <> 'owner'")
    _key("organisation_id", "user_id")


def _key(*columns: str) -> None:
    with op.batch_alter_table("membership") as table:
        table.drop_constraint(op.f("pk_membership"), type_="primary")
        table.create_primary_key(op.f("pk_membership"), list(columns))
        table.alter_column("role", existing_type=sa.String(20), nullable=False)
