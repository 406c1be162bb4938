"""Rules and invitations of organisations, blocked accounts, site switches; the audit log becomes a chain."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from petition.core import db as types
from petition.core.audit_chain import BEGINNING, Entry, entry_hash
from petition.core.ids import new_id

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

APPEND_ONLY = {
    "sqlite": (
        "CREATE TRIGGER audit_entry_stays BEFORE DELETE ON audit_entry"
        " BEGIN SELECT RAISE(ABORT, 'audit entries are never removed'); END",
        "CREATE TRIGGER audit_entry_stays_as_it_is BEFORE UPDATE ON audit_entry"
        " BEGIN SELECT RAISE(ABORT, 'audit entries are never changed'); END",
    ),
    "postgresql": (
        "CREATE OR REPLACE FUNCTION audit_entry_stays() RETURNS trigger LANGUAGE plpgsql AS"
        " 'BEGIN RAISE EXCEPTION ''audit entries are never changed or removed''; END'",
        "CREATE TRIGGER audit_entry_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry"
        " FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_stays()",
    ),
}


def _entries(*more: sa.ColumnClause) -> sa.TableClause:
    """The columns of `audit_entry` that former versions had too, and some others."""
    said = (
        sa.column("at", types.Instant()),
        *map(sa.column, ("actor", "action", "object")),
        sa.column("details", sa.JSON),
    )
    return sa.table("audit_entry", *said, *more)


SAID = ("at", "actor", "action", "object", "details")


def upgrade() -> None:
    _make_site_tables()
    _make_organisation_tables()
    old = _entries(sa.column("id", types.Id()))
    rows = op.get_bind().execute(sa.select(*(old.c[name] for name in SAID)).order_by(old.c.at, old.c.id)).all()
    op.drop_table("audit_entry")
    _make_audit_tables()
    _chain(rows)
    for statement in APPEND_ONLY[op.get_bind().dialect.name]:
        op.execute(statement)


def _make_site_tables() -> None:
    op.create_table(
        "site_switch",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.String(length=500), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_site_switch")),
    )
    op.create_table(
        "blocked_account",
        sa.Column("user_id", types.Id(), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_blocked_account_user_id_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_blocked_account")),
    )


def _make_organisation_tables() -> None:
    op.create_table(
        "organisation_rules",
        sa.Column("organisation_id", types.Id(), nullable=False),
        sa.Column("second_factor", sa.Boolean(), nullable=False),
        sa.Column("second_approval", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_organisation_rules_organisation_id_organisation"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organisation_id", name=op.f("pk_organisation_rules")),
    )
    op.create_table(
        "invitation",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("organisation_id", types.Id(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("canonical", sa.String(length=254), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("invited_by", types.Id(), nullable=False),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.Column("expires_at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["invited_by"], ["user.id"], name=op.f("fk_invitation_invited_by_user"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_invitation_organisation_id_organisation"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("organisation_id", "canonical", name=op.f("uq_invitation_organisation_id_canonical")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_invitation_token_hash")),
    )


def _make_audit_tables() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("object", sa.String(length=200), nullable=False),
        sa.Column("organisation_id", types.Id(), nullable=True),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("personal_hash", sa.LargeBinary(length=32), nullable=True),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_entry")),
    )
    op.create_index("ix_audit_entry_organisation_id_number", "audit_entry", ["organisation_id", "number"])
    op.create_table(
        "audit_detail",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("salt", sa.LargeBinary(length=16), nullable=False),
        sa.Column("network", sa.String(length=50), nullable=True),
        sa.Column("personal", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["number"], ["audit_entry.number"], name=op.f("fk_audit_detail_number_audit_entry")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_detail")),
    )
    op.create_table(
        "audit_head",
        sa.Column("only", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("only", name=op.f("pk_audit_head")),
    )


def _chain(rows: Sequence[sa.Row]) -> None:
    """Puts the entries of former versions into a chain, in the order of their times."""
    entries = _entries(sa.column("number"), sa.column("hash"))
    last = BEGINNING
    for number, (at, actor, action, object_, details) in enumerate(rows, 1):
        last = entry_hash(last, Entry(number, at, actor, action, object_, None, details, None))
        said = {"at": at, "actor": actor, "action": action, "object": object_, "details": details}
        op.get_bind().execute(sa.insert(entries).values(number=number, **said, hash=last))
    if rows:
        head = sa.table("audit_head", sa.column("only"), sa.column("number"), sa.column("hash"))
        op.get_bind().execute(sa.insert(head).values(only=1, number=len(rows), hash=last))


def downgrade() -> None:
    chained = _entries(sa.column("number"))
    rows = op.get_bind().execute(sa.select(*(chained.c[name] for name in SAID)).order_by(chained.c.number)).all()
    for table in ("audit_head", "audit_detail", "audit_entry"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_entry_stays()")
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
    plain = _entries(sa.column("id", types.Id()))
    for row in rows:
        op.get_bind().execute(sa.insert(plain).values(id=new_id(), **row._mapping))
    for table in ("invitation", "organisation_rules", "blocked_account", "site_switch"):
        op.drop_table(table)
