"""The command behind `make translations`."""

from __future__ import annotations

import sys

import click
from babel import UnknownLocaleError

from petition.translations import catalogues, country_order
from petition.translations.catalogues import Stored


@click.command()
@click.argument("languages", nargs=-1, metavar="[LANGUAGE]...")
@click.option("--check", is_flag=True, help="Changes nothing; exit 1 when something would change.")
def main(languages: tuple[str, ...], check: bool) -> None:
    """Brings every catalogue up to date with code and templates and compiles it; adds the LANGUAGEs named."""
    template = catalogues.extract()
    found = {one.path: one for one in [*catalogues.stored(), *map(_named, languages)]}
    stale = [one for one in found.values() if _update(one, catalogues.merged(one.read(), template), check)]
    if check:
        for one in stale:
            click.echo(f"{one.locale}: not up to date; run `make translations`", err=True)
        sys.exit(1 if stale else 0)
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


def _update(one: Stored, content: bytes, check: bool) -> bool:
    """Whether the file has to change; changes it unless this is a check."""
    stale = not one.path.exists() or one.path.read_bytes() != content
    if stale and not check:
        one.path.parent.mkdir(parents=True, exist_ok=True)
        one.path.write_bytes(content)
    return stale
