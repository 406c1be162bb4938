"""Texts in several languages, pictures, plans, drafts, and what administrators decide."""

from typing import Literal

import sqlalchemy as sa
from alembic import op

from petition.core.db import Id, Instant

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

WORDS = {"summary": 500, "risk": 2000, "thanks": 2000, "mail_words": 1000, "picture_alt": 300}


def _words() -> list[sa.Column]:
    return [sa.Column(name, sa.String(length), nullable=True) for name, length in WORDS.items()]


def _recreate() -> Literal["always", "never"]:
    """On SQLite the table is written anew: columns added to it would stand in no order."""
    return "always" if op.get_bind().dialect.name == "sqlite" else "never"


def upgrade() -> None:
    with op.batch_alter_table("petition_text", recreate=_recreate()) as table:
        for column in _words():
            table.add_column(column)
        table.add_column(sa.Column("frozen_at", Instant(), nullable=True))
        table.add_column(sa.Column("controllers", sa.String(1000), nullable=True))
        table.add_column(sa.Column("contact", sa.String(300), nullable=True))
        table.add_column(sa.Column("minimum_age", sa.Integer(), nullable=True))
        table.add_column(sa.Column("kept_months", sa.Integer(), nullable=True))
    op.create_table(
        "petition_translation",
        sa.Column("petition_id", Id(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("locale", sa.String(20), nullable=False),
        sa.Column("title", sa.String(300), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        *_words(),
        sa.Column("created_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["petition_id", "version"],
            ["petition_text.petition_id", "petition_text.version"],
            name=op.f("fk_petition_translation_petition_id_version_petition_text"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("petition_id", "version", "locale", name=op.f("pk_petition_translation")),
    )
    op.create_table(
        "picture",
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("petition_id", Id(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("large", sa.LargeBinary(), nullable=False),
        sa.Column("small", sa.LargeBinary(), nullable=False),
        _petition("picture"),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_picture")),
    )
    op.create_index(op.f("ix_picture_petition_id"), "picture", ["petition_id"])
    op.create_table(
        "petition_plan",
        sa.Column("petition_id", Id(), nullable=False),
        sa.Column("opens_at", Instant(), nullable=True),
        sa.Column("zone", sa.String(60), nullable=False),
        sa.Column("asks_city", sa.Boolean(), nullable=False),
        sa.Column("asks_comment", sa.Boolean(), nullable=False),
        sa.Column("picture_name", sa.String(32), nullable=True),
        _petition("petition_plan"),
        sa.ForeignKeyConstraint(
            ["picture_name"], ["picture.name"], name=op.f("fk_petition_plan_picture_name_picture")
        ),
        sa.PrimaryKeyConstraint("petition_id", name=op.f("pk_petition_plan")),
    )
    _create_editing()
    _create_reviews()


def _create_editing() -> None:
    op.create_table(
        "petition_draft",
        sa.Column("petition_id", Id(), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("saved_at", Instant(), nullable=False),
        sa.Column("saved_by", Id(), nullable=False),
        _petition("petition_draft"),
        _user("petition_draft", "saved_by", "CASCADE"),
        sa.PrimaryKeyConstraint("petition_id", name=op.f("pk_petition_draft")),
    )


def _create_reviews() -> None:
    op.create_table(
        "petition_review",
        sa.Column("petition_id", Id(), nullable=False),
        sa.Column("assignee_id", Id(), nullable=True),
        sa.Column("asked_at", Instant(), nullable=True),
        sa.Column("approved_at", Instant(), nullable=True),
        sa.Column("reason", sa.String(2000), nullable=True),
        _petition("petition_review"),
        _user("petition_review", "assignee_id", "SET NULL"),
        sa.PrimaryKeyConstraint("petition_id", name=op.f("pk_petition_review")),
    )
    op.create_table(
        "petition_review_note",
        sa.Column("id", Id(), nullable=False),
        sa.Column("petition_id", Id(), nullable=False),
        sa.Column("author_id", Id(), nullable=True),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        _petition("petition_review_note"),
        _user("petition_review_note", "author_id", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_petition_review_note")),
    )
    op.create_index(op.f("ix_petition_review_note_petition_id"), "petition_review_note", ["petition_id"])


def _petition(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_petition_id_petition")
    return sa.ForeignKeyConstraint(["petition_id"], ["petition.id"], name=name, ondelete="CASCADE")


def _user(table: str, column: str, ondelete: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}_user")
    return sa.ForeignKeyConstraint([column], ["user.id"], name=name, ondelete=ondelete)


def downgrade() -> None:
    for name in ("review_note", "review", "draft", "plan"):
        op.drop_table(f"petition_{name}")
    op.drop_table("picture")
    op.drop_table("petition_translation")
    with op.batch_alter_table("petition_text", recreate=_recreate()) as table:
        for name in (*WORDS, "frozen_at", "controllers", "contact", "minimum_age", "kept_months"):
            table.drop_column(name)
