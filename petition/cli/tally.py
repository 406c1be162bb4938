"""`petition tally`: signatures by country."""

from __future__ import annotations

import sys

import click

from petition.cli.common import json_option, print_json, with_figures_only
from petition.core.db import read_again, writing
from petition.petitions import service as petitions
from petition.signatures import recount
from petition.tallies.service import count


@click.command()
@click.argument("slug")
@click.option("--check", is_flag=True, help="Compare the counters with the rows; exit 1 if they differ.")
@click.option("--rebuild", is_flag=True, help="Mend the counters, while signing goes on.")
@json_option
@with_figures_only
def tally(slug: str, check: bool, rebuild: bool, as_json: bool) -> None:
    """Shows the confirmed signatures of SLUG by country."""
    if rebuild:
        from petition.core import audit  # to compare is done in a second, of which these would take a tenth

        petition = petitions.find(read_again(), slug)
        with writing() as session:
            mended = recount.rebuild(session, petition.id)
            whose = petition.organisation_id
            audit.record(session, audit.COMMAND_LINE, "tally rebuilt", slug, organisation_id=whose, counters=mended)
        if not check:
            click.echo(f"{mended} counters mended", err=as_json)
    if check:
        _check(slug, as_json)
    elif not rebuild:
        _show(slug, as_json)


def _show(slug: str, as_json: bool) -> None:
    from petition.core import countries

    session = read_again()
    petition = petitions.find(session, slug)
    counted = count(session, petition.id)
    if as_json:
        from petition.api import shapes  # brings the pages with it

        content = shapes.petition(petition, counted)
        print_json({key: content[key] for key in ("slug", "signature_count", "signatures_by_country", "as_of")})
        return
    for code, number in counted.by_country:
        click.echo(f"{number:>12,}  {code}  {countries.name(code)}")
    click.echo(f"{counted.total:>12,}  in all")


def _check(slug: str, as_json: bool) -> None:
    session = read_again()
    lines = recount.compare(session, petitions.find_id(session, slug))
    wrong = [line for line in lines if not line.right]
    if as_json:
        differences = [
            {
                "code": line.country,
                "rows": line.rows,
                "tally": line.tally,
                "hours": line.hours,
                "wrong_hours": line.wrong_hours,
            }
            for line in wrong
        ]
        total = sum(line.rows for line in lines)
        print_json({"slug": slug, "ok": not wrong, "signature_count": total, "wrong": differences})
    else:
        from petition.core import countries

        for line in wrong:
            click.echo(
                f"{line.country} {countries.name(line.country)}: {line.rows} confirmed signatures, "
                f"the tally says {line.tally}, its hours add up to {line.hours} ({line.wrong_hours} of them wrong)"
            )
        click.echo(f"{len(lines)} countries compared, {len(wrong)} wrong")
    sys.exit(1 if wrong else 0)
