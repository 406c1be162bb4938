"""`petition db`: migrations."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import click
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from petition import migrating
from petition.cli.common import json_option, print_json, refuse, with_any_database, with_app
from petition.core.backups import copy_database
from petition.core.db import Base, writing
from petition.core.db import db as database
from petition.core.migrations import current_and_newest
from petition.signatures.consent import keep_wordings


@click.group()
def db() -> None:
    """Migrations of the database."""


@db.command()
@click.argument("revision", default="head")
@with_any_database
def upgrade(revision: str) -> None:
    """Brings the tables to REVISION (the newest, if not given)."""
    current_and_newest()
    migrating.upgrade(revision=revision)
    current, newest = current_and_newest()
    if current == newest:
        with writing() as session:
            keep_wordings(session)
    click.echo(f"at revision {current}", err=True)


@db.command()
@click.argument("revision", default="-1")
@with_any_database
def downgrade(revision: str) -> None:
    """Takes the tables back to REVISION (the one before, if not given; `base` removes them all)."""
    current_and_newest()
    migrating.downgrade(revision=revision)
    click.echo(f"at revision {current_and_newest()[0] or 'none'}", err=True)


@db.command()
@json_option
@with_any_database
def current(as_json: bool) -> None:
    """Shows the revision of the database and the newest of the program."""
    at, newest = current_and_newest()
    if as_json:
        print_json({"current": at, "newest": newest})
    else:
        click.echo(f"{at or 'none'} (newest: {newest})")


@db.command()
@with_app
def check() -> None:
    """Fails if the models and the migrated tables differ."""
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, Base.metadata)
    if differences:
        refuse(f"models and tables differ: {differences}")
    click.echo("models and tables agree", err=True)


@db.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@with_any_database
def backup(file: Path) -> None:
    """Copies a SQLite database to FILE while it is in use. The keys are not in it: keep them elsewhere."""
    try:
        copy_database(database.engine, file)
    except (OSError, sqlite3.Error) as error:
        refuse(f"{file} could not be written: {getattr(error, 'strerror', None) or error}")
    click.echo(f"copied to {file}", err=True)
