"""Packages, their frozen lines, the leaves of their trees, and the keys they are signed with."""

import sqlalchemy as sa
from alembic import op

from petition.core import db as types

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _packages()
    op.create_table(
        "package_line",
        sa.Column("bucket", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("package_id", types.Id(), nullable=False),
        sa.Column("signature_id", types.Id(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("line", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["package_id"], ["package.id"], name=op.f("fk_package_line_package_id_package")),
        sa.PrimaryKeyConstraint("bucket", "package_id", "signature_id", name=op.f("pk_package_line")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_package_line_package_id", "package_line", ["package_id"])
    op.create_table(
        "package_leaves",
        sa.Column("package_id", types.Id(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("hashes", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["package_id"], ["package.id"], name=op.f("fk_package_leaves_package_id_package")),
        sa.PrimaryKeyConstraint("package_id", "number", name=op.f("pk_package_leaves")),
    )
    op.create_table(
        "package_key",
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("der", sa.LargeBinary(), nullable=False),
        sa.Column("first_used_at", types.Instant(), nullable=False),
        sa.Column("retired_at", types.Instant(), nullable=True),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f("pk_package_key")),
    )


def _packages() -> None:
    op.create_table(
        "package",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("petition_id", types.Id(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("mission_slug", sa.String(length=120), nullable=False),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("countries", sa.JSON(), nullable=False),
        sa.Column("since", types.Instant(), nullable=True),
        sa.Column("until", types.Instant(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("asked_by", types.Id(), nullable=True),
        sa.Column("asked_at", types.Instant(), nullable=False),
        sa.Column("lease", types.Id(), nullable=True),
        sa.Column("claimed_until", types.Instant(), nullable=True),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("steps", sa.Integer(), nullable=False),
        sa.Column("failure", sa.String(length=300), nullable=True),
        sa.Column("snapshot_at", types.Instant(), nullable=True),
        sa.Column("facts", sa.JSON(), nullable=True),
        sa.Column("letter", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("tops", sa.LargeBinary(), nullable=True),
        sa.Column("built_at", types.Instant(), nullable=True),
        sa.Column("tools", sa.JSON(), nullable=True),
        sa.Column("manifest", sa.LargeBinary(), nullable=True),
        sa.Column("signature", sa.LargeBinary(length=64), nullable=True),
        sa.Column("key", sa.String(length=64), nullable=True),
        sa.Column("zip_sha256", sa.String(length=64), nullable=True),
        sa.Column("zip_bytes", sa.BigInteger(), nullable=True),
        sa.Column("files_gone_at", types.Instant(), nullable=True),
        sa.Column("files_gone_why", sa.String(length=10), nullable=True),
        sa.Column("withdrawn_since", sa.Integer(), nullable=True),
        sa.Column("withdrawn_counted_at", types.Instant(), nullable=True),
        sa.ForeignKeyConstraint(["petition_id"], ["petition.id"], name=op.f("fk_package_petition_id_petition")),
        sa.ForeignKeyConstraint(["mission_slug"], ["mission.slug"], name=op.f("fk_package_mission_slug_mission")),
        sa.ForeignKeyConstraint(
            ["asked_by"], ["user.id"], name=op.f("fk_package_asked_by_user"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_package")),
        sa.UniqueConstraint("petition_id", "number", name=op.f("uq_package_petition_id_number")),
    )


def downgrade() -> None:
    for table in ("package_key", "package_leaves", "package_line", "package"):
        op.drop_table(table)
