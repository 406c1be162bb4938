"""`petition status`: the figures of `/metrics` on a terminal."""

from __future__ import annotations

from typing import Any

import click
from flask import current_app

from petition.cli.common import json_option, print_json, with_any_database
from petition.figures import figures


@click.command()
@json_option
@with_any_database
def status(as_json: bool) -> None:
    """Shows what the instance's processes have counted and what waits, also while nothing runs."""
    families = [_family(family) for family in figures(current_app.config["INSTANCE"])]
    if as_json:
        print_json(families)
        return
    for family in families:
        click.echo(f"{family['name'].removeprefix('petition_').replace('_', ' ')}: {family['meaning']}")
        for row in family["values"]:
            of = " ".join(row["labels"].values())
            click.echo(f"  {of:<32} {_shown(row)}" if of else f"  {_shown(row)}")
        if not family["values"]:
            click.echo("  (nothing yet)")


def _family(family: Any) -> dict[str, Any]:
    """A family's values by their labels; of a histogram the number of measurements and their sum."""
    rows: dict[tuple[tuple[str, str], ...], dict[str, Any]] = {}
    for sample in family.samples:
        end = sample.name.removeprefix(family.name).lstrip("_")
        if end in {"", "total", "count", "sum"}:
            row = rows.setdefault(tuple(sorted(sample.labels.items())), {"labels": sample.labels})
            row[end if end in {"count", "sum"} else "value"] = sample.value
    return {"name": family.name, "meaning": family.documentation, "values": list(rows.values())}


def _shown(row: dict[str, Any]) -> str:
    if "count" not in row:
        return f"{row['value']:,.10g}"
    mean = row["sum"] / row["count"] if row["count"] else 0
    return f"{row['count']:,.0f} times, {mean:.4g} on average"
