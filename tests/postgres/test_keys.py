"""The keys that a sharded PostgreSQL needs (DESIGN, "Keys and scale"), read from the tables' descriptions."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from petition.core.db import Base, Id
from petition.deliveries.packages.models import Package, PackageLine
from petition.mail.models import OwedMail
from petition.petitions.models import Petition, PetitionText
from petition.signatures.import_models import ImportedSignature, SignatureImport
from petition.signatures.models import Signature, Signer
from petition.tallies.models import HourlyTally, Tally

FIRST = {
    **{Signature: "bucket", Signer: "bucket", ImportedSignature: "bucket", OwedMail: "bucket"},
    PackageLine: "bucket",
    **{Tally: "slot", HourlyTally: "slot"},
}
SPREAD = {model.__table__: column for model, column in FIRST.items()}
ON_EVERY_MACHINE = {  # Citus: reference tables
    one.__table__ for one in (Petition, PetitionText, SignatureImport, Package)
}
TABLES = Base.metadata.sorted_tables


def unique_keys(table: sa.Table) -> list[list[str]]:
    """Primary key, unique constraints and unique indexes: the columns of each."""
    constraints = [
        one for one in table.constraints if isinstance(one, (sa.PrimaryKeyConstraint, sa.UniqueConstraint))
    ]
    indexes = [one for one in table.indexes if one.unique]
    return [[column.name for column in one.columns] for one in (*constraints, *indexes)]


@pytest.mark.parametrize("table", SPREAD, ids=lambda table: table.name)
def test_every_unique_key_begins_with_what_the_table_is_spread_by(table: sa.Table) -> None:
    keys = unique_keys(table)
    assert keys
    assert {key[0] for key in keys} == {SPREAD[table]}


@pytest.mark.parametrize("table", SPREAD, ids=lambda table: table.name)
def test_a_reference_stays_on_its_machine(table: sa.Table) -> None:
    for reference in table.foreign_key_constraints:
        if reference.referred_table in SPREAD:
            assert reference.column_keys[0] == SPREAD[table]
            assert reference.elements[0].column.name == SPREAD[reference.referred_table]
        else:
            assert reference.referred_table in ON_EVERY_MACHINE


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_no_table_points_at_one_that_is_spread_but_those_beside_it(table: sa.Table) -> None:
    if table not in SPREAD:
        assert not {one.referred_table for one in table.foreign_key_constraints} & SPREAD.keys()


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_the_program_makes_every_id_and_no_database_counts(table: sa.Table) -> None:
    assert table.autoincrement_column is None
    for column in table.columns:
        assert column.identity is None
        # A column that came later says what it is in rows that were there; the same constant counts nothing.
        assert column.server_default is None or str(column.server_default.arg) == str(column.default.arg)
        assert not isinstance(column.default, sa.Sequence)
        if column.name == "id" or column.name.endswith("_id"):
            assert isinstance(column.type, Id)
