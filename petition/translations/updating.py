"""The command behind `make translations`."""

from __future__ import annotations

import sys
from typing import NoReturn

import click
from babel import UnknownLocaleError
from babel.messages.catalog import Catalog

from petition.translations import catalogues, country_order
from petition.translations.catalogues import Stored


@click.command()
@click.argument("languages", nargs=-1, metavar="[LANGUAGE]...")
@click.option("--check", is_flag=True, help="Changes nothing; exit 1 when messages were added or are gone.")
def main(languages: tuple[str, ...], check: bool) -> None:
    """Brings every catalogue up to date with code and templates and compiles it; adds the LANGUAGEs named."""
    template = catalogues.extract()
    found = {one.path: one for one in [*catalogues.stored(), *map(_named, languages)]}
    if check:
        _check(list(found.values()), template)
    for one in found.values():
        one.path.parent.mkdir(parents=True, exist_ok=True)
        one.path.write_bytes(catalogues.merged(one.read(), template))
    catalogues.compile_stale()
    for one in found.values():
        lacking = len(list(catalogues.lacking(one.read())))
        click.echo(f"{one.locale!s:<8} {len(template)} messages, {lacking} without translation")
    country_order.update([str(one.locale).replace("_", "-") for one in found.values()])


def _named(tag: str) -> Stored:
    try:
        return catalogues.of_language(tag)
    except (UnknownLocaleError, ValueError):
        raise click.BadParameter(f"{tag} is no language that CLDR knows") from None


def _check(found: list[Stored], template: Catalog) -> NoReturn:
    """Ends the program; a message that only moved from file to file makes no catalogue stale."""
    wanted = {message.id for message in template}
    stale = [one for one in found if {message.id for message in one.read()} != wanted]
    for one in stale:
        click.echo(f"{one.locale}: not up to date; run `make translations`", err=True)
    sys.exit(1 if stale else 0)
