"""Accounts: registration, second factor, resets, devices. Whoever is signed in signs in again."""

import sqlalchemy as sa
from alembic import op

from petition.core import db as types

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("user", sa.Column("language", sa.String(length=20), nullable=True))
    op.drop_table("user_session")
    _of_user(
        "user_session",
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("user_id", types.Id(), nullable=False),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.Column("expires_at", types.Instant(), nullable=False),
        sa.Column("seen_at", types.Instant(), nullable=False),
        sa.Column("confirmed_at", types.Instant(), nullable=False),
        sa.Column("device", sa.String(length=60), nullable=False),
        key=["token_hash"],
    )
    _of_user(
        "begun_sign_in",
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("user_id", types.Id(), nullable=False),
        sa.Column("expires_at", types.Instant(), nullable=False),
        key=["token_hash"],
    )
    _of_user(
        "exact_address",
        sa.Column("user_id", types.Id(), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        key=["user_id"],
    )
    _of_user(
        "second_factor",
        sa.Column("user_id", types.Id(), nullable=False),
        sa.Column("secret", sa.String(length=400), nullable=False),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.Column("confirmed_at", types.Instant(), nullable=True),
        key=["user_id"],
    )
    _of_user(
        "recovery_code",
        sa.Column("user_id", types.Id(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(length=16), nullable=False),
        key=["user_id", "code_hash"],
    )
    _of_user(
        "known_device",
        sa.Column("user_id", types.Id(), nullable=False),
        sa.Column("device_hash", sa.LargeBinary(length=16), nullable=False),
        sa.Column("seen_at", types.Instant(), nullable=False),
        key=["user_id", "device_hash"],
    )
    _of_user(
        "password_reset",
        sa.Column("handle_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("user_id", types.Id(), nullable=True),
        sa.Column("created_at", types.Instant(), nullable=False),
        key=["handle_hash"],
    )
    _of_user(
        "address_change",
        sa.Column("handle_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("user_id", types.Id(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("created_at", types.Instant(), nullable=False),
        key=["handle_hash"],
    )
    op.create_table(
        "registration",
        sa.Column("handle_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("handle_hash", name=op.f("pk_registration")),
    )
    op.create_index(op.f("ix_registration_email"), "registration", ["email"])


def _of_user(name: str, *columns: sa.Column, key: list[str]) -> None:
    """A table of what belongs to an account, found by the account unless its key begins with it."""
    op.create_table(
        name,
        *columns,
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f(f"fk_{name}_user_id_user"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint(*key, name=op.f(f"pk_{name}")),
    )
    if key[0] != "user_id":
        op.create_index(op.f(f"ix_{name}_user_id"), name, ["user_id"])


def downgrade() -> None:
    op.drop_column("user", "language")
    op.drop_table("registration")
    for name in ("address_change", "password_reset", "known_device", "recovery_code", "second_factor"):
        op.drop_table(name)
    for name in ("exact_address", "begun_sign_in", "user_session"):
        op.drop_table(name)
    _of_user(
        "user_session",
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("user_id", types.Id(), nullable=False),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.Column("expires_at", types.Instant(), nullable=False),
        key=["token_hash"],
    )
