"""The first tables: accounts, organisations, petitions, signatures, tallies, outbox."""

import sqlalchemy as sa
from alembic import op

from petition.core import db as types

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# What SQLite would find by ANALYZE in a database of a million signatures: rows, then rows for each value of the
# first column, of the first two, and so on. Told nothing, it takes a bucket for ten rows and reads a 64th of a
# table where an index would find one row. ANALYZE in a database that has grown puts its own numbers here.
SQLITE_STATISTICS = {
    ("signature", "signature"): "1000000 15625 1",
    ("signature", "sqlite_autoindex_signature_2"): "1000000 15625 5000 2 1",
    ("signature", "ix_signature_person"): "1000000 15625 5000 2 1",
    ("signature", "ix_signature_handle"): "20000 320 1",
    ("signature", "ix_signature_pending"): "20000 1",
    ("signature", "ix_signature_confirmed"): "1000000 300000 10000 2 2",
    ("signature", "ix_signature_shown"): "300000 100000 1",
    ("signer", "signer"): "1000000 15625 1",
    ("outbox", "outbox"): "100000 1600 1",
    ("outbox", "ix_outbox_due"): "1000 1",
    ("outbox", "ix_outbox_mailbox"): "100000 2 1",
    ("outbox", "ix_outbox_signature"): "100000 1600 1",
    ("tally", "tally"): "50000 800 100 1",
    ("hourly_tally", "hourly_tally"): "2000000 31000 10000 20 1",
}


def _tell_sqlite_what_to_expect() -> None:
    if op.get_bind().dialect.name != "sqlite":
        return
    op.execute("ANALYZE sqlite_schema")  # makes the table of statistics
    statistics = sa.table("sqlite_stat1", *map(sa.column, ("tbl", "idx", "stat")))
    rows = [{"tbl": table, "idx": index, "stat": stat} for (table, index), stat in SQLITE_STATISTICS.items()]
    op.bulk_insert(statistics, rows)


def upgrade() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("object", sa.String(length=200), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
    )
    op.create_table(
        "consent_wording",
        sa.Column("version", sa.String(length=20), nullable=False),
        sa.Column("locale", sa.String(length=20), nullable=False),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("version", "locale", name=op.f("pk_consent_wording")),
    )
    op.create_table(
        "organisation",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation")),
        sa.UniqueConstraint("slug", name=op.f("uq_organisation_slug")),
    )
    op.create_table(
        "outbox",
        sa.Column("bucket", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("template", sa.String(length=40), nullable=False),
        sa.Column("locale", sa.String(length=20), nullable=False),
        sa.Column("recipient", sa.String(length=254), nullable=True),
        sa.Column("content", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("mailbox_hash", sa.LargeBinary(length=16), nullable=False),
        sa.Column("domain", sa.String(length=255), nullable=False),
        sa.Column("about", types.Id(), nullable=True),
        sa.Column("signature_id", types.Id(), nullable=True),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.Column("due", types.Instant(), nullable=False),
        sa.Column("claimed_at", types.Instant(), nullable=True),
        sa.Column("lease", types.Id(), nullable=True),
        sa.Column("attempts", sa.SmallInteger(), nullable=False),
        sa.Column("finished_at", types.Instant(), nullable=True),
        sa.Column("failure", sa.String(length=200), nullable=True),
        sa.PrimaryKeyConstraint("bucket", "id", name=op.f("pk_outbox")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_outbox_due",
        "outbox",
        ["due"],
        unique=False,
        sqlite_where=sa.text("state = 0"),
        postgresql_where=sa.text("state = 0"),
    )
    op.create_index("ix_outbox_mailbox", "outbox", ["mailbox_hash", "claimed_at"], unique=False)
    op.create_index("ix_outbox_signature", "outbox", ["bucket", "signature_id"], unique=False)
    op.create_table(
        "own_page_link",
        sa.Column("handle", sa.LargeBinary(length=16), nullable=False),
        sa.Column("mailbox_hash", sa.LargeBinary(length=16), nullable=False),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("handle", name=op.f("pk_own_page_link")),
    )
    op.create_table(
        "own_page_session",
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("mailbox_hash", sa.LargeBinary(length=16), nullable=True),
        sa.Column("petition_id", types.Id(), nullable=True),
        sa.Column("address_hash", sa.LargeBinary(length=16), nullable=True),
        sa.Column("expires_at", types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_own_page_session")),
    )
    op.create_table(
        "periodic_job",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("due", types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_periodic_job")),
    )
    op.create_table(
        "rate_hit",
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("hits", sa.Integer(), nullable=False),
        sa.Column("until", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_rate_hit")),
    )
    op.create_table(
        "user",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("admin", sa.Boolean(), nullable=False),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user")),
        sa.UniqueConstraint("email", name=op.f("uq_user_email")),
    )
    op.create_table(
        "membership",
        sa.Column("organisation_id", types.Id(), nullable=False),
        sa.Column("user_id", types.Id(), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_membership_organisation_id_organisation"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_membership_user_id_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("organisation_id", "user_id", name=op.f("pk_membership")),
    )
    op.create_index(op.f("ix_membership_user_id"), "membership", ["user_id"], unique=False)
    op.create_table(
        "petition",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("organisation_id", types.Id(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "gathering",
                "review",
                "open",
                "paused",
                "closed",
                "archived",
                "rejected",
                "hidden",
                "taken_down",
                name="state",
                native_enum=False,
                length=12,
            ),
            nullable=False,
        ),
        sa.Column("addressee", sa.String(length=300), nullable=False),
        sa.Column("addressee_country", sa.String(length=2), nullable=True),
        sa.Column("goal", sa.Integer(), nullable=True),
        sa.Column("locale", sa.String(length=20), nullable=False),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.Column("opened_at", types.Instant(), nullable=True),
        sa.Column("closes_at", types.Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_petition_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_petition")),
        sa.UniqueConstraint("slug", name=op.f("uq_petition_slug")),
    )
    op.create_index(op.f("ix_petition_organisation_id"), "petition", ["organisation_id"], unique=False)
    op.create_table(
        "user_session",
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("user_id", types.Id(), nullable=False),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.Column("expires_at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_user_session_user_id_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_user_session")),
    )
    op.create_index(op.f("ix_user_session_user_id"), "user_session", ["user_id"], unique=False)
    op.create_table(
        "hourly_tally",
        sa.Column("slot", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("petition_id", types.Id(), nullable=False),
        sa.Column("hour", types.Instant(), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("signatures", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["petition_id"], ["petition.id"], name=op.f("fk_hourly_tally_petition_id_petition"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("slot", "petition_id", "hour", "country", name=op.f("pk_hourly_tally")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "petition_text",
        sa.Column("petition_id", types.Id(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("locale", sa.String(length=20), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["petition_id"], ["petition.id"], name=op.f("fk_petition_text_petition_id_petition"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("petition_id", "version", name=op.f("pk_petition_text")),
    )
    op.create_table(
        "signature",
        sa.Column("bucket", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("petition_id", types.Id(), nullable=False),
        sa.Column("text_version", sa.Integer(), nullable=False),
        sa.Column("consent_version", sa.String(length=20), nullable=False),
        sa.Column("consented_at", types.Instant(), nullable=False),
        sa.Column("locale", sa.String(length=20), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("origin", sa.SmallInteger(), nullable=False),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.Column("confirmed_at", types.Instant(), nullable=True),
        sa.Column("ended_at", types.Instant(), nullable=True),
        sa.Column("address_hash", sa.LargeBinary(length=16), nullable=False),
        sa.Column("place", sa.SmallInteger(), nullable=True),
        sa.Column("person_hash", sa.LargeBinary(length=16), nullable=True),
        sa.Column("handle", sa.LargeBinary(length=16), nullable=True),
        sa.Column("code_hash", sa.LargeBinary(length=16), nullable=True),
        sa.Column("show_name", sa.Boolean(), nullable=False),
        sa.Column("list_name", sa.SmallInteger(), nullable=False),
        sa.Column("updates", sa.Boolean(), nullable=False),
        sa.Column("receipt_secret", sa.LargeBinary(length=32), nullable=False),
        sa.Column("domain", sa.String(length=255), nullable=False),
        sa.Column("network_hash", sa.LargeBinary(length=16), nullable=True),
        sa.CheckConstraint("(state = 1) = (person_hash IS NOT NULL)", name=op.f("ck_signature_confirmed_has_person")),
        sa.CheckConstraint("(state = 1) = (place IS NOT NULL)", name=op.f("ck_signature_confirmed_has_place")),
        sa.CheckConstraint("place IN (1, 2)", name=op.f("ck_signature_place")),
        sa.CheckConstraint("state <> 1 OR confirmed_at IS NOT NULL", name=op.f("ck_signature_confirmed_has_time")),
        sa.ForeignKeyConstraint(["petition_id"], ["petition.id"], name=op.f("fk_signature_petition_id_petition")),
        sa.PrimaryKeyConstraint("bucket", "id", name=op.f("pk_signature")),
        sa.UniqueConstraint(
            "bucket",
            "petition_id",
            "address_hash",
            "place",
            name=op.f("uq_signature_bucket_petition_id_address_hash_place"),
        ),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_signature_confirmed",
        "signature",
        ["petition_id", "country", "confirmed_at", "state"],
        unique=False,
        sqlite_where=sa.text("state = 1"),
        postgresql_where=sa.text("state = 1"),
    )
    op.create_index(
        "ix_signature_handle",
        "signature",
        ["bucket", "handle"],
        unique=True,
        sqlite_where=sa.text("handle IS NOT NULL"),
        postgresql_where=sa.text("handle IS NOT NULL"),
    )
    op.create_index(
        "ix_signature_pending",
        "signature",
        ["created_at"],
        unique=False,
        sqlite_where=sa.text("state = 0"),
        postgresql_where=sa.text("state = 0"),
    )
    op.create_index(
        "ix_signature_person",
        "signature",
        ["bucket", "petition_id", "address_hash", "person_hash"],
        unique=True,
        sqlite_where=sa.text("person_hash IS NOT NULL"),
        postgresql_where=sa.text("person_hash IS NOT NULL"),
    )
    op.create_index(
        "ix_signature_shown",
        "signature",
        ["petition_id", "confirmed_at"],
        unique=False,
        sqlite_where=sa.text("state = 1 AND show_name"),
        postgresql_where=sa.text("state = 1 AND show_name"),
    )
    op.create_table(
        "tally",
        sa.Column("slot", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("petition_id", types.Id(), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("signatures", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["petition_id"], ["petition.id"], name=op.f("fk_tally_petition_id_petition"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("slot", "petition_id", "country", name=op.f("pk_tally")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "signer",
        sa.Column("bucket", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("signature_id", types.Id(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("city", sa.String(length=80), nullable=True),
        sa.Column("comment", sa.String(length=1000), nullable=True),
        sa.Column("address", sa.String(length=254), nullable=True),
        sa.ForeignKeyConstraint(
            ["bucket", "signature_id"],
            ["signature.bucket", "signature.id"],
            name=op.f("fk_signer_bucket_signature_id_signature"),
        ),
        sa.PrimaryKeyConstraint("bucket", "signature_id", name=op.f("pk_signer")),
        sqlite_with_rowid=False,
    )
    _tell_sqlite_what_to_expect()


def downgrade() -> None:
    op.drop_table("signer")
    op.drop_table("tally")
    op.drop_index(
        "ix_signature_shown",
        table_name="signature",
        sqlite_where=sa.text("state = 1 AND show_name"),
        postgresql_where=sa.text("state = 1 AND show_name"),
    )
    op.drop_index(
        "ix_signature_person",
        table_name="signature",
        sqlite_where=sa.text("person_hash IS NOT NULL"),
        postgresql_where=sa.text("person_hash IS NOT NULL"),
    )
    op.drop_index(
        "ix_signature_pending",
        table_name="signature",
        sqlite_where=sa.text("state = 0"),
        postgresql_where=sa.text("state = 0"),
    )
    op.drop_index(
        "ix_signature_handle",
        table_name="signature",
        sqlite_where=sa.text("handle IS NOT NULL"),
        postgresql_where=sa.text("handle IS NOT NULL"),
    )
    op.drop_index(
        "ix_signature_confirmed",
        table_name="signature",
        sqlite_where=sa.text("state = 1"),
        postgresql_where=sa.text("state = 1"),
    )
    op.drop_table("signature")
    op.drop_table("petition_text")
    op.drop_table("hourly_tally")
    op.drop_index(op.f("ix_user_session_user_id"), table_name="user_session")
    op.drop_table("user_session")
    op.drop_index(op.f("ix_petition_organisation_id"), table_name="petition")
    op.drop_table("petition")
    op.drop_index(op.f("ix_membership_user_id"), table_name="membership")
    op.drop_table("membership")
    op.drop_table("user")
    op.drop_table("rate_hit")
    op.drop_table("periodic_job")
    op.drop_table("own_page_session")
    op.drop_table("own_page_link")
    op.drop_index("ix_outbox_signature", table_name="outbox")
    op.drop_index("ix_outbox_mailbox", table_name="outbox")
    op.drop_index(
        "ix_outbox_due", table_name="outbox", sqlite_where=sa.text("state = 0"), postgresql_where=sa.text("state = 0")
    )
    op.drop_table("outbox")
    op.drop_table("organisation")
    op.drop_table("consent_wording")
    op.drop_table("audit_entry")
