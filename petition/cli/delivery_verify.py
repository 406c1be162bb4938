"""`petition delivery verify`: needs no database, no network and no settings, so it loads nothing that does."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from petition.cli.json_output import json_option, print_json
from petition.core.garbage import not_searched
from petition.deliveries.proof.faults import printable
from petition.deliveries.proof.sentences import NOTES
from petition.deliveries.proof.verify import Report, check, fingerprint_of


class Fingerprint(click.ParamType):
    """The SHA-256 of a public key; blanks, hyphens and colons in it do not matter."""

    name = "FINGERPRINT"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            return fingerprint_of(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


@click.command()
@click.argument("path", metavar="FILE_OR_FOLDER", type=click.Path(exists=True, path_type=Path))
@click.option("--key", type=Fingerprint(), help="The key you trust: checks who made it, too.")
@click.option("--deep", is_flag=True, help="Compare the cells of CSV and XLSX with the list.")
@json_option
def verify(path: Path, key: str | None, deep: bool, as_json: bool) -> None:
    """Checks a package (a ZIP or a folder) or a receipt: exit status 0, or 1 and a sentence for each fault."""
    with not_searched():
        report = check(path, key=key, deep=deep)
    if as_json:
        print_json(report.as_json())
    else:
        for line in _said(report):
            click.echo(printable(line))
    sys.exit(not report.ok)


def _said(report: Report) -> list[str]:
    if not report.ok:
        return [str(fault) for fault in report.faults]
    found = report.summary
    petition, mission, shown = found["petition"], found["mission"], found["shown"]
    lines = [
        "The package is whole." if report.kind == "package" else "The line is in the package.",
        f"Petition: {petition['title']}, to {petition['addressee']}",
        f"For: {mission['name']}, {mission['city']} ({mission['host_country']})",
        f"Signers on {found['snapshot_on']}: {found['signature_count']} from"
        f" {len(found['signatures_by_country'])} countries, {shown['full']} with their name,"
        f" {shown['initials']} with initials, {shown['count']} counted only",
        f"Key: {found['key']}" + (" (the one you named)" if report.authentic else ""),
    ]
    if line := found.get("line"):
        who = line.get("name", "counted only")
        lines.insert(
            1, f"Line {line['n']}: {', '.join(part for part in (who, line.get('city'), line['country']) if part)}"
        )
    return lines + [NOTES[note] for note in report.notes]
