"""`petition audit`: the log of who did what."""

from __future__ import annotations

from typing import Any

import click
import sqlalchemy as sa

from petition.cli.common import json_option, print_json, refuse, with_app
from petition.core import audit as log
from petition.core import audit_check
from petition.core.audit import AuditDetail, AuditEntry
from petition.core.db import read_again, writing


@click.group()
def audit() -> None:
    """The log of who did what: whether it is whole, and what stands in it."""


@audit.command()
@click.option("--head", metavar="HASH", help="Also check that this former end, from a mail or a manifest, is in it.")
@json_option
@with_app
def verify(head: str | None, as_json: bool) -> None:
    """Checks that no entry was changed, removed, moved or put in; exit 1 and one sentence that names the place."""
    try:
        end = audit_check.verify(read_again(), head)
    except audit_check.ChainBroken as broken:
        if as_json:
            print_json({"ok": False, "problem": broken.message})
        refuse(broken.message)
    if as_json:
        print_json({"ok": True, "entries": end.number, "head": end.hash})
    else:
        click.echo(f"{end.number} entries, all as they were written; the log ends with {end.hash}")


@audit.command()
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1))
@click.option("--action", help="Entries of this sort alone.")
@json_option
@with_app
def show(limit: int, action: str | None, as_json: bool) -> None:
    """Shows the newest entries, the last one last."""
    query = sa.select(AuditEntry, AuditDetail).outerjoin(AuditDetail, AuditDetail.number == AuditEntry.number)
    if action:
        query = query.where(AuditEntry.action == action)
    rows = read_again().execute(query.order_by(AuditEntry.number.desc()).limit(limit)).all()
    shown = [_shown(entry, detail) for entry, detail in reversed(rows)]
    if as_json:
        print_json(shown)
        return
    for one in shown:
        more = "  ".join(f"{name}={value}" for name, value in {**one["details"], **one["personal"]}.items())
        click.echo(f"{one['number']:>6}  {one['at'][:19]}  {one['actor']}  {one['action']}  {one['object']}  {more}")


def _shown(entry: AuditEntry, detail: AuditDetail | None) -> dict[str, Any]:
    return {
        "number": entry.number,
        "at": entry.at.isoformat(),
        "actor": entry.actor,
        "action": entry.action,
        "object": entry.object,
        "details": entry.details,
        "network": detail.network if detail else None,
        "personal": detail.personal if detail else {},
        "hash": entry.hash.hex(),
    }


@audit.command()
@click.argument("number", type=click.IntRange(1))
@with_app
def erase(number: int) -> None:
    """Erases the personal details of entry NUMBER; the entry stays, and the log whole."""
    with writing() as session:
        if not log.erase(session, number):
            refuse("this entry has no personal details, or they are erased already")
        log.record(session, log.COMMAND_LINE, "personal details erased", str(number))
    click.echo(f"erased the personal details of entry {number}", err=True)
