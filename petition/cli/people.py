"""`petition user` and `petition org`."""

from __future__ import annotations

import sys

import click

from petition.accounts import notices, second_factor
from petition.accounts import service as accounts
from petition.cli.common import with_app
from petition.core import audit, i18n
from petition.core.db import writing
from petition.core.errors import DomainError
from petition.organisations import service as organisations


@click.group()
def user() -> None:
    """Accounts."""


@user.command("add")
@click.argument("email")
@click.option("--name", required=True)
@click.option("--admin", is_flag=True, help="May administer the site.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@with_app
def user_add(email: str, name: str, admin: bool, password_stdin: bool) -> None:
    """Adds the account EMAIL."""
    if password_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    with writing() as session:
        added = accounts.add_user(session, email, name, password, admin)
        audit.record(session, audit.COMMAND_LINE, "user added", str(added.id), admin=admin)
    click.echo("account added", err=True)


@user.command("reset-second-factor")
@click.argument("email")
@with_app
def user_reset_second_factor(email: str) -> None:
    """Takes the second factor of the account EMAIL away, so that the password alone signs in; its owner is told."""
    with writing() as session:
        found = accounts.find_user(session, email)
        if not second_factor.remove(session, found):
            raise DomainError("this account has no second factor")
        notices.tell(session, found, notices.Notice.FACTOR_OFF, "", i18n.SOURCE)
        audit.record(session, audit.COMMAND_LINE, "second factor removed", str(found.id))
    click.echo("second factor removed", err=True)


@click.group()
def org() -> None:
    """Organisations."""


@org.command("add")
@click.argument("slug")
@click.option("--name", required=True)
@click.option("--owner", required=True, help="The address of an account.")
@with_app
def org_add(slug: str, name: str, owner: str) -> None:
    """Adds the organisation SLUG with its first owner."""
    with writing() as session:
        added = organisations.add_organisation(session, slug, name, accounts.find_user(session, owner))
        audit.record(session, audit.COMMAND_LINE, "organisation added", slug, organisation_id=added.id, name=name)
    click.echo("organisation added", err=True)
