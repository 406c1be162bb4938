"""Signatures collected elsewhere: each import, which signatures it brought, and how many there are by origin."""

import sqlalchemy as sa
from alembic import op

from petition.core import db as types
from petition.signatures.models import Origin

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# As in 0001: told nothing, SQLite would take a bucket for ten rows.
SQLITE_STATISTICS = {
    ("signature", "ix_signature_elsewhere"): "100000 30000 1000 1000 1000",
    ("imported_signature", "imported_signature"): "100000 1600 1",
    ("imported_signature", "ix_imported_signature_import_id"): "100000 5000",
}


def upgrade() -> None:
    op.create_table(
        "signature_import",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("petition_id", types.Id(), nullable=False),
        sa.Column("origin", types.Small(Origin), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("witnessed_by", sa.String(length=120), nullable=True),
        sa.Column("consent_note", sa.String(length=500), nullable=True),
        sa.Column("file_sha256", sa.String(length=64), nullable=False),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("rows", "refused", "duplicates", "already_here", "added")
        ),
        sa.Column("made_by", sa.String(length=80), nullable=False),
        sa.Column("made_at", types.Instant(), nullable=False),
        sa.Column("undone_by", sa.String(length=80), nullable=True),
        sa.Column("undone_at", types.Instant(), nullable=True),
        sa.Column("undone_reason", sa.String(length=500), nullable=True),
        sa.ForeignKeyConstraint(
            ["petition_id"], ["petition.id"], name=op.f("fk_signature_import_petition_id_petition")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signature_import")),
    )
    op.create_index(op.f("ix_signature_import_petition_id"), "signature_import", ["petition_id"])
    op.create_table(
        "imported_signature",
        sa.Column("bucket", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("signature_id", types.Id(), nullable=False),
        sa.Column("import_id", types.Id(), nullable=False),
        sa.ForeignKeyConstraint(
            ["bucket", "signature_id"],
            ["signature.bucket", "signature.id"],
            name=op.f("fk_imported_signature_bucket_signature_id_signature"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["import_id"], ["signature_import.id"], name=op.f("fk_imported_signature_import_id_signature_import")
        ),
        sa.PrimaryKeyConstraint("bucket", "signature_id", name=op.f("pk_imported_signature")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_imported_signature_import_id"), "imported_signature", ["import_id"])
    elsewhere = sa.text("state = 1 AND origin <> 0")
    op.create_index(
        "ix_signature_elsewhere",
        "signature",
        ["petition_id", "country", "origin", "state"],
        sqlite_where=elsewhere,
        postgresql_where=elsewhere,
    )
    if op.get_bind().dialect.name == "sqlite":
        statistics = sa.table("sqlite_stat1", *map(sa.column, ("tbl", "idx", "stat")))
        rows = [{"tbl": table, "idx": index, "stat": stat} for (table, index), stat in SQLITE_STATISTICS.items()]
        op.bulk_insert(statistics, rows)


def downgrade() -> None:
    op.drop_index("ix_signature_elsewhere", "signature")
    op.drop_table("imported_signature")
    op.drop_table("signature_import")
