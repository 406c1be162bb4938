"""The directory of missions, with the ones that the file beside this one holds.

The file belongs to this migration and is never changed: what is found out later is written by a later migration.
"""

import csv
from datetime import date
from pathlib import Path

import sqlalchemy as sa
from alembic import op

from petition.core import db as types
from petition.core.clock import now

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

SHIPPED = Path(__file__).with_suffix(".csv")
NUMBERS, DAYS = ("latitude", "longitude"), ("checked_on", "closed_on")
MAY_BE_UNKNOWN = (*NUMBERS, *DAYS, "email", "opening_hours")


def upgrade() -> None:
    mission = op.create_table(
        "mission",
        sa.Column("slug", sa.String(length=120), nullable=False),
        sa.Column("sending_state", sa.String(length=2), nullable=False),
        sa.Column("host_country", sa.String(length=2), nullable=False),
        sa.Column("city", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("postal_address", sa.String(length=500), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("head_title", sa.String(length=120), nullable=False),
        sa.Column("form_of_address", sa.String(length=200), nullable=False),
        sa.Column("time_zone", sa.String(length=60), nullable=False),
        sa.Column("opening_hours", sa.String(length=300), nullable=True),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column("source", sa.String(length=500), nullable=False),
        sa.Column("checked_on", sa.Date(), nullable=True),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("changed_at", types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_mission")),
    )
    with SHIPPED.open(encoding="utf-8", newline="") as file:
        op.bulk_insert(mission, [_row(cells) for cells in csv.DictReader(file)])


def _row(cells: dict[str, str]) -> dict[str, object]:
    row: dict[str, object] = {
        name: None if name in MAY_BE_UNKNOWN and not cell else cell for name, cell in cells.items()
    }
    row |= {name: float(cells[name]) for name in NUMBERS if cells[name]}
    row |= {name: date.fromisoformat(cells[name]) for name in DAYS if cells[name]}
    return row | {"changed_at": now()}


def downgrade() -> None:
    op.drop_table("mission")
