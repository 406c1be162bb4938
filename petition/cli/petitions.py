"""`petition load` and `petition dump`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from petition.cli.common import refuse, with_app
from petition.core import audit
from petition.core.db import read_again, writing
from petition.petitions import service, text_file
from petition.petitions.models import Petition, State


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--publish", is_flag=True, help="Open the petition if the file names no state.")
@with_app
def load(file: Path, publish: bool) -> None:
    """Creates or updates the petition in FILE: TOML between +++ lines, then Markdown."""
    try:
        content = file.read_text("utf-8")
    except UnicodeDecodeError:
        refuse(f"{file} is not UTF-8")
    with writing() as session:
        draft = text_file.read(session, content)
        if publish and draft.state is None:
            draft = replace(draft, state=State.OPEN)
        petition = service.store(session, draft)
        audit.record(
            session,
            audit.COMMAND_LINE,
            "petition loaded",
            petition.slug,
            organisation_id=petition.organisation_id,
            version=petition.text.version,
            state=petition.state.value,
        )
        click.echo(f"{petition.slug}: {petition.state.value}, text version {petition.text.version}")
        if former := _languages_of_former_words(petition):
            click.echo(f"petition: only the former words have translations: {', '.join(former)}", err=True)


def _languages_of_former_words(petition: Petition) -> list[str]:
    """The languages in which the version before can be read, and the one in force cannot."""
    before = petition.texts[-2].languages if len(petition.texts) > 1 else []
    return [language for language in before if language not in petition.text.languages]


@click.command()
@click.argument("slug")
@with_app
def dump(slug: str) -> None:
    """Writes the petition SLUG to standard output, as `load` reads it."""
    click.echo(text_file.write(service.find(read_again(), slug)).encode(), nl=False)
