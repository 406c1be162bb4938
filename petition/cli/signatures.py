"""`petition signatures`: signatures that were collected elsewhere, on paper or by another platform."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import Any

import click
from flask import current_app

from petition.cli.common import json_option, print_json, refuse, with_app
from petition.core.db import read_again, writing
from petition.petitions import service as petitions
from petition.signatures import import_rows, importing, imports
from petition.signatures.import_checking import CheckedList, Fate, check
from petition.signatures.import_file import ENCODINGS, ListFile
from petition.signatures.models import Origin

ACTOR = "command line"


@click.group()
def signatures() -> None:
    """Signatures collected elsewhere: adding them, and taking a list back."""


@signatures.command()
@click.argument("slug")
@click.argument("path", metavar="FILE.csv", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--origin", type=click.Choice(["paper", "import"]), default="import", show_default=True)
@click.option("--source", default="", metavar="WORDS", help="Where the list comes from; stands in the mails.")
@click.option("--witnessed-by", default="", metavar="NAME", help="Who saw the sheets of paper being signed.")
@click.option("--confirmed-by", default="", metavar="NOTE", help="Where the proof of consent is: counted at once.")
@click.option("--names-as-in-file", is_flag=True, help="Show names as the column list_name says.")
@click.option(
    "--encoding", type=click.Choice(ENCODINGS), help="Default: UTF-8, or UTF-16 if it begins with its mark."
)
@click.option("--skip-bad-rows", is_flag=True, help="Add the others, when some rows cannot be taken.")
@click.option("--dry-run", is_flag=True, help="Say what would happen to every row, and add nothing.")
@json_option
@with_app
def add(slug: str, path: Path, origin: str, as_json: bool, dry_run: bool, skip_bad_rows: bool, **said: Any) -> None:
    """Adds the signatures in FILE.csv to SLUG, all or none.

    Sheets of paper need a witness and count at once, and so does a list with --confirmed-by. Everybody on another
    list is mailed to, and counts after using the link.
    """
    petition_id = petitions.find(read_again(), slug).id
    encoding = said.pop("encoding")
    given = import_rows.provenance(
        Origin[origin.upper()], said["source"], said["witnessed_by"], said["confirmed_by"], said["names_as_in_file"]
    )
    with path.open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
        stream.seek(0)
        file = ListFile(stream, encoding)
        import_rows.check_columns(file.header.places, given)
        with CheckedList(petition_id, given, sha256, current_app.config["INSTANCE"]) as checked:
            check(import_rows.read(file.records(), given), checked)
            report = {"slug": slug, "dry_run": dry_run, "origin": origin, "by_mail": given.by_mail}
            report |= {"not_read": file.header.not_read}
            _finish(checked, report, as_json, dry_run, skip_bad_rows)


def _finish(checked: CheckedList, report: dict[str, Any], as_json: bool, dry_run: bool, skip_bad_rows: bool) -> None:
    refused = bool(checked.counts[Fate.REFUSED]) and not skip_bad_rows
    numbers = {"rows": checked.rows} | {fate.value: checked.counts[fate] for fate in Fate}
    report |= numbers | {"import": None, "added": 0, "already_here": None}
    if dry_run or refused:
        report["already_here"] = _already_here(checked)
    else:
        done = importing.add(writing, checked, ACTOR, skip_bad_rows)
        report |= {"import": str(done.import_id), "added": done.added}
        report["already_here"] = None if checked.given.by_mail else done.already_here
    if as_json:
        print_json(report | {"report": _rows(checked)})
    else:
        _print(checked, report)
    if refused and not dry_run:
        refuse(f"{checked.counts[Fate.REFUSED]} rows cannot be taken: nothing was added")
    sys.exit(1 if refused else 0)


def _already_here(checked: CheckedList) -> int | None:
    """How many of the rows would not count again; where everybody is mailed to, nobody looks."""
    if checked.given.by_mail:
        return None
    return sum(1 for _entry in checked.already_here(read_again().connection()))


def _rows(checked: CheckedList) -> list[dict[str, Any]]:
    """What becomes of every row, in their order."""
    new = [{"row": entry.number, "fate": Fate.NEW.value} for batch in checked.batches() for entry in batch]
    others = [
        {"row": note.number, "fate": note.fate.value, "column": note.column, "why": note.why}
        for note in checked.notes
    ]
    return sorted(new + others, key=lambda row: int(str(row["row"])))


def _print(checked: CheckedList, report: dict[str, Any]) -> None:
    for note in checked.notes:
        click.echo(f"row {note.number}: {note.fate}: {f'{note.column}: ' if note.column else ''}{note.why}")
    if report["not_read"]:
        click.echo(f"columns not read: {', '.join(report['not_read'])}")
    click.echo(
        f"{report['rows']} rows: {report['new']} new, {report['duplicate']} duplicate, {report['refused']} refused"
    )
    if report["already_here"]:
        click.echo(f"{report['already_here']} of the new are here already and do not count again")
    if report["import"]:
        how = "mailed to; each counts after using the link" if report["by_mail"] else "added"
        click.echo(f"{report['added']} {how}; import {report['import']}")


@signatures.command()
@click.argument("import_id")
@click.option("--reason", required=True, help="Stands in the audit log.")
@json_option
@with_app
def undo(import_id: str, reason: str, as_json: bool) -> None:
    """Takes back all that the import IMPORT_ID has added."""
    with writing() as session:
        done = imports.undo(session, imports.find(session, import_id), ACTOR, reason)
    if as_json:
        print_json({"taken_back": done.taken_back, "confirmed_by_signers": done.confirmed_by_signers})
        return
    click.echo(f"{done.taken_back} signatures taken back")
    if done.confirmed_by_signers:
        click.echo(f"{done.confirmed_by_signers} were confirmed by their signers, and stay")


@signatures.command("imports")
@click.argument("slug")
@json_option
@with_app
def imports_(slug: str, as_json: bool) -> None:
    """Lists the imports of SLUG, newest first."""
    session = read_again()
    found = imports.of_petition(session, petitions.find(session, slug).id)
    if as_json:
        names = ("rows", "refused", "duplicates", "already_here", "added", "source", "witnessed_by", "consent_note")
        more = ("file_sha256", "made_by", "made_at", "undone_by", "undone_at", "undone_reason")
        print_json(
            [
                {"import": str(one.id), "origin": one.origin.name.lower(), "by_mail": one.by_mail}
                | {name: getattr(one, name) for name in (*names, *more)}
                for one in found
            ]
        )
        return
    for one in found:
        state = "undone" if one.undone_at else "mailed to" if one.by_mail else "added"
        origin = one.origin.name.lower()
        click.echo(f"{one.id}  {one.made_at:%Y-%m-%d %H:%M}  {origin:<6}  {one.added:>9,} {state}  {one.source}")
