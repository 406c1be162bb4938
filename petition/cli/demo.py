"""`petition demo`: everything on one machine, with invented signatures."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import time
import urllib.request
from collections.abc import Callable
from multiprocessing import connection
from multiprocessing.context import SpawnProcess

import click

from petition import migrating
from petition.cli.common import make_app, refuse
from petition.cli.running import refuse_taken, run_server
from petition.core.db import writing
from petition.demo import loading
from petition.demo.campaigns import Campaign
from petition.ending import end_with_parent
from petition.signatures.consent import keep_wordings
from petition.worker import run_worker

READY_SECONDS = 60
WEB_PROCESSES = 2
SPAWN = multiprocessing.get_context("spawn")  # nothing of this process, least of all its database connections


@click.command()
@click.option(
    "--signatures", default=153_000, show_default=True, type=click.IntRange(0), help="Of the main campaign."
)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--load-only", is_flag=True, help="Load, then end.")
def demo(signatures: int, port: int, load_only: bool) -> None:
    """Loads the demo campaign, then starts web, worker and a local mailbox; Ctrl-C stops all."""
    if os.environ.setdefault("PETITION_ENV", "development") != "development":
        refuse("the demo is for PETITION_ENV=development only: its password is known to everybody")
    os.environ.setdefault("PETITION_BASE_URL", f"http://127.0.0.1:{port}")
    if not load_only:
        refuse_taken("127.0.0.1", port)
    app = make_app(migrated=False)
    with app.app_context():
        migrating.upgrade()
        with writing() as session:
            keep_wordings(session)
        began = time.monotonic()
        loading.load(signatures, _progress)
        click.echo(f"The demo is loaded ({time.monotonic() - began:.0f} s).", err=True)
    if not load_only:
        _run(port)


def _progress(campaign: Campaign, wanted: int, present: int) -> Callable[[int], None]:
    bar = click.progressbar(length=wanted, label=f"{campaign.path.stem:<24}", file=sys.stderr)
    bar.update(present)

    def stored(number: int) -> None:
        bar.update(number)
        if bar.pos >= wanted:
            bar.render_finish()

    return stored


def _run(port: int) -> None:
    signal.signal(signal.SIGTERM, lambda *_signal: sys.exit(0))
    children = [SPAWN.Process(target=_web, args=(port,)), SPAWN.Process(target=_worker)]
    try:
        for child in children:
            child.start()
        _wait_until_ready(port, children)
        _tell(f"http://127.0.0.1:{port}")
        connection.wait([child.sentinel for child in children])
        refuse("the web server or the worker has ended; stopping")
    except KeyboardInterrupt:
        click.echo("\nStopping.", err=True)
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        _stop(children)


def _web(port: int) -> None:
    end_with_parent(_end_this)
    run_server("127.0.0.1", port, WEB_PROCESSES)


def _worker() -> None:
    end_with_parent(_end_this)
    run_worker(make_app())


def _end_this() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def _stop(children: list[SpawnProcess]) -> None:
    started = [child for child in children if child.pid]
    for child in started:
        child.terminate()
    for child in started:
        child.join()


def _wait_until_ready(port: int, children: list[SpawnProcess]) -> None:
    until = time.monotonic() + READY_SECONDS
    while time.monotonic() < until and all(child.is_alive() for child in children):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    refuse("the web server did not start")


def _tell(base: str) -> None:
    main, *others = loading.addresses()
    click.echo(
        f"""
  Petition is running.

    The campaign        {base}{main}
    two small ones      {base}{others[0]}
                        {base}{others[1]}
    Mailbox             {base}/mailbox     (the mails you cause land here)
    Organisers          {base}/login
                        {loading.ORGANISER} or {loading.ADMINISTRATOR}, password: {loading.PASSWORD}

  Try it: sign the petition, open the mailbox, follow the link, see the number move.
  Lists:  .venv/bin/petition export {main.rpartition("/")[2]} -o list.xlsx
  Ctrl-C stops everything.
"""
    )
