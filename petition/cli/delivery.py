"""`petition delivery`: packages for missions."""

from __future__ import annotations

import click

from petition.cli.delivery_build import build


@click.group()
def delivery() -> None:
    """Packages for missions: what is handed over, and checked by whoever holds it."""


delivery.add_command(build)
