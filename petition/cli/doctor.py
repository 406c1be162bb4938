"""`petition doctor`: looks at a running instance."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import click
from flask import current_app
from sqlalchemy.exc import SQLAlchemyError

from petition.cli.common import json_option, print_json, with_any_database
from petition.core.db import read_again
from petition.doctor import chosen_settings, database, files, mail_records, outgoing_mail, package_signing
from petition.doctor.finding import Finding, Level, wrong
from petition.mail.senders import parse_sender


@click.command()
@click.option("--spf", metavar="TEXT", help="The SPF record of PETITION_MAIL_FROM's domain, as DNS gives it.")
@click.option("--dkim", metavar="TEXT", help="Its DKIM record.")
@click.option("--dmarc", metavar="TEXT", help="Its DMARC record.")
@json_option
@with_any_database
def doctor(spf: str | None, dkim: str | None, dmarc: str | None, as_json: bool) -> None:
    """Looks at the instance and says what to do; changes nothing. Exit status 1 when something is wrong."""
    findings = list(_look(spf, dkim, dmarc))
    if as_json:
        print_json([{name: getattr(one, name) for name in Finding.__slots__} for one in findings])
    else:
        for one in findings:
            click.echo(one)
    sys.exit(any(one.level is Level.WRONG for one in findings))


def _look(spf: str | None, dkim: str | None, dmarc: str | None) -> Iterator[Finding]:
    config = current_app.config
    domain = parse_sender(config["MAIL_FROM"])[1].rpartition("@")[2].lower()
    yield from chosen_settings.look(config, domain)
    yield from files.look(config["INSTANCE"], database.file())
    yield from package_signing.look(config)
    state = database.reachable()
    yield state
    if state.level is Level.OK:
        try:
            yield from database.look()
            yield from outgoing_mail.look(read_again())
        except SQLAlchemyError as error:
            yield wrong("database", f"it did not answer a question ({type(error).__name__})", "read its own log")
    if config["ENV"] == "production" or spf or dkim or dmarc:
        yield from mail_records.look(domain, spf, dkim, dmarc)
