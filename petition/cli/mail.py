"""`petition mail`: the outbox."""

from __future__ import annotations

from uuid import UUID

import click
import sqlalchemy as sa

from petition.cli.common import json_option, print_json, with_app
from petition.core.db import read_again, writing
from petition.mail import outbox
from petition.mail.models import MailState, OwedMail


@click.group()
def mail() -> None:
    """The outbox: what is owed, what could not be sent."""


@mail.command("list")
@click.option("--state", type=click.Choice([state.name.lower() for state in MailState]), default="dead")
@click.option("--limit", default=50, show_default=True)
@json_option
@with_app
def list_(state: str, limit: int, as_json: bool) -> None:
    """Lists mails of one state, newest first, without addresses: domain, tries, why it failed."""
    session = read_again()
    rows = session.scalars(
        sa.select(OwedMail)
        .where(OwedMail.state == MailState[state.upper()])
        .order_by(OwedMail.created_at.desc())
        .limit(limit)
    ).all()
    numbers = {one.name.lower(): outbox.counts(session).get(one, 0) for one in MailState}
    if as_json:
        shown = [
            {
                "id": str(row.id),
                "template": row.template,
                "domain": row.domain,
                "created_at": row.created_at.isoformat(),
                "due": row.due.isoformat(),
                "attempts": row.attempts,
                "failure": row.failure,
            }
            for row in rows
        ]
        print_json({"counts": numbers, "mails": shown})
        return
    for row in rows:
        click.echo(
            f"{row.id}  {row.created_at:%Y-%m-%d %H:%M}  {row.template:<10} {row.domain}  "
            f"tries {row.attempts}  {row.failure or ''}"
        )
    click.echo("  ".join(f"{name}: {number}" for name, number in numbers.items()))


@mail.command()
@click.argument("mail_id", type=click.UUID, required=False)
@with_app
def retry(mail_id: UUID | None) -> None:
    """Makes dead letters due again: all, or the one of that id."""
    with writing() as session:
        number = outbox.retry(session, mail_id)
    click.echo(f"{number} mails will be tried again")
