"""The command line. Commands are loaded when they are used, so that `--help` answers at once."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping
from typing import Any

import click

from petition.core.garbage import loading

COMMANDS = {
    "bounces": ("petition.cli.bounces", "bounces", "Mail that came back, and addresses left in peace."),
    "audit": ("petition.cli.audit", "audit", "The log of who did what; whether it is whole."),
    "db": ("petition.cli.database", "db", "Migrations of the database."),
    "delivery": ("petition.cli.delivery", "delivery", "Packages for missions: builds and verifies them."),
    "demo": ("petition.cli.demo", "demo", "Loads the demo campaign, then starts web, worker and mailbox."),
    "doctor": ("petition.cli.doctor", "doctor", "Looks at the running service and says what to do."),
    "dump": ("petition.cli.petitions", "dump", "Writes a petition as a text file."),
    "export": ("petition.cli.export", "export", "Writes the list of a petition's signers."),
    "keys": ("petition.cli.keys", "keys", "The keys that packages are signed with."),
    "load": ("petition.cli.petitions", "load", "Creates or updates a petition from a text file."),
    "mail": ("petition.cli.mail", "mail", "The outbox: what is owed, what could not be sent."),
    "mission": ("petition.cli.missions", "mission", "Embassies and consulates: lists, imports."),
    "org": ("petition.cli.people", "org", "Organisations."),
    "purge": ("petition.cli.running", "purge", "Forgets now what the retention rules say."),
    "serve": ("petition.cli.running", "serve", "Runs the production web server."),
    "settings": ("petition.cli.running", "settings", "Shows every setting, its value, default and meaning."),
    "signatures": ("petition.cli.signatures", "signatures", "Signatures collected elsewhere: adds, takes back."),
    "status": ("petition.cli.status", "status", "The figures of the running service, on a terminal."),
    "tally": ("petition.cli.tally", "tally", "Signatures by country; checks and mends the counters."),
    "user": ("petition.cli.people", "user", "Accounts."),
    "worker": ("petition.cli.working", "worker", "Sends mail, builds packages, does the scheduled work."),
}


class Commands(click.Group):
    """Finds each command's module only when the command is used or explained.

    `table` has a module, a name in it and a line of help for each command.
    """

    def __init__(self, *arguments: Any, table: Mapping[str, tuple[str, str, str]], **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.table = table

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.table:
            return None
        module, attribute, _help = self.table[cmd_name]
        with loading():
            command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_module, _attribute, text) in self.table.items()])


@click.group(cls=Commands, table=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="petition", message="%(version)s")
def petition() -> None:
    """Petitions that are signed, confirmed by mail, tallied by country and handed over as lists."""


def main() -> None:
    """The `petition` command: exit 0 when done, 1 when refused or found wrong, 2 for wrong usage."""
    try:
        petition()
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
