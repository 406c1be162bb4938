"""`petition mail`: the outbox."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import click
import sqlalchemy as sa

from petition.cli.common import json_option, print_json, refuse, with_app
from petition.core import audit
from petition.core.db import read_again, writing
from petition.mail import outbox
from petition.mail.models import MailState, OwedMail


@click.group()
def mail() -> None:
    """The outbox: what is owed, what could not be sent."""


@mail.command("list")
@click.option("--state", type=click.Choice([state.name.lower() for state in MailState]), default="dead")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1))
@json_option
@with_app
def list_(state: str, limit: int, as_json: bool) -> None:
    """Lists mails of one state, newest first, without addresses: domain, tries, why it failed."""
    session = read_again()
    found = sa.select(OwedMail).where(OwedMail.state == MailState[state.upper()])
    mails = session.scalars(found.order_by(OwedMail.created_at.desc()).limit(limit)).all()
    counts = outbox.counts(session)
    numbers = {one.name.lower(): counts[one] for one in MailState}
    if as_json:
        print_json({"counts": numbers, "mails": [_shown(one) for one in mails]})
        return
    for one in mails:
        click.echo(
            f"{one.id}  {one.created_at:%Y-%m-%d %H:%M}  {one.template:<10} {one.domain}  "
            f"tries {one.attempts}  {one.failure or ''}"
        )
    click.echo("  ".join(f"{name}: {number}" for name, number in numbers.items()))


def _shown(one: OwedMail) -> dict[str, Any]:
    return {
        "id": str(one.id),
        "template": one.template,
        "domain": one.domain,
        "created_at": one.created_at.isoformat(),
        "due": one.due.isoformat(),
        "attempts": one.attempts,
        "failure": one.failure,
    }


@mail.command()
@click.argument("mail_id", type=click.UUID, required=False)
@json_option
@with_app
def retry(mail_id: UUID | None, as_json: bool) -> None:
    """Makes dead letters due again: all, or the one of that id."""
    with writing() as session:
        number = outbox.retry(session, mail_id)
        audit.record(session, audit.COMMAND_LINE, "mail retried", str(mail_id or "all"), mails=number)
    if mail_id and not number:
        refuse("no dead letter has this id, or what it said is forgotten already")
    if as_json:
        print_json({"retried": number})
        return
    click.echo(f"{number} mails will be tried again")
