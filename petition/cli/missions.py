"""`petition mission`: the directory of diplomatic missions."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from petition.cli.common import json_option, print_json, refuse, with_app
from petition.core.db import read_again, writing
from petition.deliveries.missions import importing, service
from petition.deliveries.missions.facts import COLUMNS
from petition.deliveries.missions.importing import Fate, Missions, Row


@click.group()
def mission() -> None:
    """Embassies, consulates and permanent missions, to which lists are handed over."""


@mission.command("list")
@json_option
@with_app
def list_(as_json: bool) -> None:
    """Lists all missions, also the closed ones."""
    found = service.all_missions(read_again(), open_only=False)
    if as_json:
        print_json([{column: getattr(one, column) for column in COLUMNS} for one in found])
        return
    for one in found:
        state = f"closed on {one.closed_on}" if one.closed_on else f"checked on {one.checked_on}"
        if not one.closed_on and not one.checked_on:
            state = "address to be checked"
        click.echo(f"{one.slug:<34}  {state:<21}  {one.name}")


@mission.command("import")
@click.argument("path", metavar="FILE.csv", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what would happen to every row, and write nothing.")
@json_option
@with_app
def import_(path: Path, dry_run: bool, as_json: bool) -> None:
    """Adds the missions in FILE.csv and changes those that are there, all or none.

    The first line names the columns, as `petition mission list --json` does.
    """
    file = importing.read(path.read_bytes())
    if dry_run:
        rows, done = importing.compare(read_again(), file), False
    else:
        with writing() as session:
            rows = importing.compare(session, file)
            done = importing.bring(session, None, rows)
    _tell(file, rows, dry_run, as_json)
    refused = sum(row.fate == Fate.REFUSED for row in rows)
    if refused and not done and not dry_run:
        refuse(f"{refused} rows cannot be taken: nothing was written")
    sys.exit(1 if refused else 0)


def _tell(file: Missions, rows: list[Row], dry_run: bool, as_json: bool) -> None:
    counts = importing.counts(rows)
    if as_json:
        report: list[dict[str, Any]] = [
            {"row": row.number, "mission": row.slug, "fate": row.fate.value, "columns": row.columns, "why": row.why}
            for row in rows
        ]
        print_json({"dry_run": dry_run, "rows": len(rows), **counts, "not_read": file.not_read, "report": report})
        return
    for row in rows:
        if row.fate != Fate.SAME:
            columns = f": {', '.join(row.columns)}" if row.columns else ""
            click.echo(f"row {row.number}: {row.fate}: {row.slug}{columns}{f': {row.why}' if row.why else ''}")
    if file.not_read:
        click.echo(f"columns not read: {', '.join(file.not_read)}")
    click.echo(f"{len(rows)} rows: {', '.join(f'{number} {fate}' for fate, number in counts.items())}")
