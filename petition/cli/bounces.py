"""`petition bounces`: mail that came back."""

from __future__ import annotations

from pathlib import Path

import click

from petition.cli.common import json_option, print_json, refuse, with_app
from petition.core import audit
from petition.core.addresses import AddressRefused, parse_address
from petition.core.db import read_again, writing
from petition.mail.bounces import Report, figures, record
from petition.mail.models import BounceKind
from petition.mail.returned import KNOWN, NOT_A_REPORT, read_all
from petition.mail.suppressed import allow


@click.group()
def bounces() -> None:
    """Mail that came back, and addresses left in peace."""


@bounces.command()
@click.argument("mailbox", type=click.Path(path_type=Path))
@click.option("--keep", is_flag=True, help="Leave the reports in the mailbox.")
@json_option
@with_app
def read(mailbox: Path, keep: bool, as_json: bool) -> None:
    """Reads the reports in MAILBOX (a maildir or an mbox file), and removes those that it has read.

    An address that takes no mail gets none any more; the owner of one who complains gets no news.
    """

    def written(report: Report) -> bool:
        with writing() as session:
            return record(session, report)

    found = read_all(mailbox, written, keep)
    kinds = [*(kind.name.lower() for kind in BounceKind), KNOWN, NOT_A_REPORT]
    numbers = {kind: found[kind] for kind in kinds}
    if as_json:
        print_json(numbers)
        return
    click.echo("  ".join(f"{kind}: {number}" for kind, number in numbers.items()))


@bounces.command("figures")
@click.option("--days", default=7, show_default=True, type=click.IntRange(1, 90))
@json_option
@with_app
def figures_(days: int, as_json: bool) -> None:
    """Shows how much came back lately and how many addresses get no mail."""
    found = figures(read_again(), days)
    both = {"reports": found.reports, "suppressed": found.suppressed}
    numbers = {what: {kind.name.lower(): of[kind] for kind in BounceKind} for what, of in both.items()}
    if as_json:
        print_json({"days": days, **numbers})
        return
    for what, of in numbers.items():
        click.echo(f"{what:<11}" + "  ".join(f"{kind}: {number}" for kind, number in of.items()))


@bounces.command("allow")
@click.argument("address")
@with_app
def allow_(address: str) -> None:
    """Lets mail go to ADDRESS again."""
    try:
        parsed = parse_address(address)
    except AddressRefused:
        refuse("this is not a mail address")
    with writing() as session:
        held_back = allow(session, parsed)
        if held_back:
            audit.record(session, audit.COMMAND_LINE, "mail allowed again", "an address")
    if not held_back:
        refuse("no mail to this address is held back")
    click.echo("mail may go there again")
