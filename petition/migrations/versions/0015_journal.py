"""Deliveries, what happened at them, and photographs."""

import sqlalchemy as sa
from alembic import op

from petition.core import db as types

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "delivery",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("petition_id", types.Id(), nullable=False),
        sa.Column("mission_slug", sa.String(length=120), nullable=False),
        sa.Column("package_id", types.Id(), nullable=True),
        sa.Column("planned_at", types.Instant(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("settled_at", types.Instant(), nullable=True),
        sa.Column("created_by", types.Id(), nullable=True),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.Column("changed_at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(["petition_id"], ["petition.id"], name=op.f("fk_delivery_petition_id_petition")),
        sa.ForeignKeyConstraint(["mission_slug"], ["mission.slug"], name=op.f("fk_delivery_mission_slug_mission")),
        sa.ForeignKeyConstraint(["package_id"], ["package.id"], name=op.f("fk_delivery_package_id_package")),
        sa.ForeignKeyConstraint(
            ["created_by"], ["user.id"], name=op.f("fk_delivery_created_by_user"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
    )
    op.create_index("ix_delivery_petition_id", "delivery", ["petition_id", "state", "planned_at"])
    op.create_index("ix_delivery_package_id", "delivery", ["package_id"])
    _entries()
    op.create_table(
        "delivery_photo",
        sa.Column("delivery_id", types.Id(), nullable=False),
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("large", sa.LargeBinary(), nullable=True),
        sa.Column("small", sa.LargeBinary(), nullable=True),
        sa.Column("alt", sa.String(length=300), nullable=False),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.Column("removed_at", types.Instant(), nullable=True),
        sa.Column("removed_why", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["delivery.id"], name=op.f("fk_delivery_photo_delivery_id_delivery")
        ),
        sa.PrimaryKeyConstraint("delivery_id", "name", name=op.f("pk_delivery_photo")),
    )


def _entries() -> None:
    op.create_table(
        "delivery_entry",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("delivery_id", types.Id(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("happened_at", types.Instant(), nullable=False),
        sa.Column("to_whom", sa.String(length=200), nullable=False),
        sa.Column("by_whom", sa.String(length=200), nullable=False),
        sa.Column("carrier", sa.String(length=200), nullable=False),
        sa.Column("reference", sa.String(length=300), nullable=False),
        sa.Column("said", sa.String(length=2000), nullable=False),
        sa.Column("witnesses", sa.String(length=500), nullable=False),
        sa.Column("note", sa.String(length=2000), nullable=False),
        sa.Column("former_plan", types.Instant(), nullable=True),
        sa.Column("package_id", types.Id(), nullable=True),
        sa.Column("zip_sha256", sa.String(length=64), nullable=True),
        sa.Column("manifest_sha256", sa.String(length=64), nullable=True),
        sa.Column("replaces", types.Id(), nullable=True),
        sa.Column("why", sa.String(length=300), nullable=False),
        sa.Column("author", types.Id(), nullable=True),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.Column("removed_at", types.Instant(), nullable=True),
        sa.Column("removed_why", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["delivery.id"], name=op.f("fk_delivery_entry_delivery_id_delivery")
        ),
        sa.ForeignKeyConstraint(["package_id"], ["package.id"], name=op.f("fk_delivery_entry_package_id_package")),
        sa.ForeignKeyConstraint(
            ["replaces"], ["delivery_entry.id"], name=op.f("fk_delivery_entry_replaces_delivery_entry")
        ),
        sa.ForeignKeyConstraint(
            ["author"], ["user.id"], name=op.f("fk_delivery_entry_author_user"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_entry")),
        sa.UniqueConstraint("replaces", name=op.f("uq_delivery_entry_replaces")),
    )
    op.create_index("ix_delivery_entry_delivery_id", "delivery_entry", ["delivery_id"])


def downgrade() -> None:
    for table in ("delivery_photo", "delivery_entry", "delivery"):
        op.drop_table(table)
