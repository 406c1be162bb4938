"""`petition export`: the list of a petition's signers as a file."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import click

from petition.cli.common import refuse, with_app
from petition.core import audit
from petition.core.countries import CODES
from petition.core.db import db, writing
from petition.deliveries import export as lists
from petition.deliveries import personal as personal_list
from petition.deliveries.atomic import whole_file
from petition.deliveries.lines import ListError
from petition.petitions import service as petitions

T = TypeVar("T")
MOMENT = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ"])


@click.command()
@click.argument("slug")
@click.option("-o", "--output", "path", required=True, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--format", "format_", type=click.Choice(lists.FORMATS), help="Default: by the name of the file.")
@click.option("--country", multiple=True, metavar="CC", help="Only of this country; may be given more than once.")
@click.option("--since", type=MOMENT, help="Confirmed at or after this moment (UTC).")
@click.option("--until", type=MOMENT, help="Confirmed before this moment (UTC).")
@click.option("--personal", is_flag=True, help="Everything kept; a line in the audit log.")
@with_app
def export(
    slug: str,
    path: Path,
    format_: str | None,
    country: tuple[str, ...],
    since: datetime | None,
    until: datetime | None,
    personal: bool,
) -> None:
    """Writes the list of SLUG's confirmed signers, names as each signer chose, without addresses."""
    format_ = format_ or _by_name(path)
    codes = tuple(code.upper() for code in country)
    for code in codes:
        if code not in CODES:
            raise click.UsageError(f"{code} is not a country code")
    petition = petitions.find(db.session(), slug)
    chosen = lists.Filter(
        petition.id, codes, since and since.replace(tzinfo=UTC), until and until.replace(tzinfo=UTC)
    )
    try:
        number = _personal(path, format_, slug, chosen) if personal else _list(path, format_, slug, chosen)
    except OSError as error:
        refuse(f"{path} could not be written: {error.strerror}")
        return
    except ListError as error:
        refuse(str(error))
        return
    click.echo(f"{number} signatures in {path}", err=True)


def _utc(moment: datetime | None) -> datetime | None:
    return moment and moment.replace(tzinfo=UTC)


def _by_name(path: Path) -> str:
    ending = {"zip": "pdf"}.get(path.suffix.lstrip(".").lower(), path.suffix.lstrip(".").lower())
    if ending not in lists.FORMATS:
        raise click.UsageError(f"say --format {'/'.join(lists.FORMATS)}, or name the file so")
    return ending


def _list(path: Path, format_: str, slug: str, chosen: lists.Filter) -> int:
    session = lists.snapshot(db.session())
    about = lists.heading(session, petitions.find(session, slug), chosen)
    rows = lists.lines(session, chosen, about.language)
    if lists.file_format(format_, about) == "zip" and path.suffix == ".pdf":
        click.echo(f"more than one volume: {path} is a ZIP of PDF files", err=True)
    with whole_file(path) as stream:
        return lists.write(stream, format_, about, _shown(rows, about.total))


def _personal(path: Path, format_: str, slug: str, chosen: lists.Filter) -> int:
    with writing() as session:
        filters = {"countries": list(chosen.countries), "since": str(chosen.since), "until": str(chosen.until)}
        audit.record(session, "command line", "personal export", slug, format=format_, **filters)
    session = lists.snapshot(db.session())
    with whole_file(path) as stream:
        return personal_list.write(stream, format_, _shown(personal_list.rows(session, chosen), None))


def _shown(rows: Iterator[T], total: int | None) -> Iterator[T]:
    """The rows themselves, with a progress bar where a person is watching."""
    if not sys.stderr.isatty():
        yield from rows
        return
    with click.progressbar(length=total or 0, label="Exporting", file=sys.stderr, update_min_steps=1000) as bar:
        for row in rows:
            yield row
            bar.update(1)
