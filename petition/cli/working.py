"""`petition worker`: apart from the web server, which loads nothing of what builds packages and sends mail."""

from __future__ import annotations

import click

from petition.cli.common import make_app
from petition.worker import run_worker


@click.command()
@click.option("--once", is_flag=True, help="Do what is due, then end.")
def worker(once: bool) -> None:
    """Sends mail, builds packages and does the scheduled work until SIGTERM or Ctrl-C. Run as many as you like."""
    sent = run_worker(make_app(), once)
    if once:
        click.echo(f"{sent} mails sent")
