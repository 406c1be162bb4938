"""`petition delivery`: packages for missions."""

from __future__ import annotations

import click

from petition.cli import Commands

COMMANDS = {
    "build": ("petition.cli.delivery_build", "build", "Builds packages now."),
    "verify": ("petition.cli.delivery_verify", "verify", "Checks a package or a receipt, with nothing but the file."),
}


@click.group(cls=Commands, table=COMMANDS)
def delivery() -> None:
    """Packages for missions: builds and verifies them."""
