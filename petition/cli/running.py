"""`petition serve`, `purge` and `settings`."""

from __future__ import annotations

import errno
import multiprocessing
import os
import signal
import socket
import sys
import time
from functools import partial

import click
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from petition import settings as settings_table
from petition import web_process
from petition.cli.common import json_option, make_app, print_json, refuse, with_app
from petition.core import audit, retention
from petition.core.db import db, writing
from petition.ending import hear_signals

THREADS = 32  # of a web process: more than its connections, since who waits for a group commit holds none
PATIENCE_SECONDS = 15
END_SECONDS = 8  # that open requests get when the server is told to end


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option(
    "--workers", default=2, show_default=True, type=click.IntRange(1), help="Web processes, about one for each core."
)
def serve(host: str, port: int, workers: int) -> None:
    """Runs the production web server until SIGTERM or Ctrl-C."""
    run_server(host, port, workers)


def run_server(host: str, port: int, workers: int) -> None:
    """Serves until told to end; open requests are answered first.

    The web processes are forks that go on with the application made here: it takes longer to make than all else
    that they begin with, and one that replaces another serves by the same settings.
    """
    refuse_taken(host, port)
    app = make_app()
    with app.app_context():
        db.engine.dispose()  # one that shares a SQLite file's locks holds none
    hear_signals()
    multiprocessing.set_start_method("fork", force=True)  # newer Pythons have another one as their default
    os.register_at_fork(after_in_child=_ends_when_told)
    Granian(
        "petition.web_process",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=THREADS,
        backpressure=THREADS * 32,
        websockets=False,
        log_level=LogLevels.error,
        respawn_failed_workers=True,
        workers_kill_timeout=END_SECONDS,
    ).serve(target_loader=partial(web_process.begin, app), wrap_loader=False)


def _ends_when_told() -> None:
    """A process that is still starting would only set the server's flag, of which it has a copy, and be
    killed in the end, with the requests that it took meanwhile."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def refuse_taken(host: str, port: int) -> None:
    """Ends the command with one line when nobody can listen there."""
    try:
        family, kind, proto, _name, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, proto) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen(1)
    except OSError as error:
        why = "the port is taken; choose another" if error.errno == errno.EADDRINUSE else error.strerror
        refuse(f"cannot listen on {host}, port {port}: {why}")


@click.command()
@json_option
@with_app
def purge(as_json: bool) -> None:
    """Forgets now what the retention rules say; the worker does the same once a day."""
    gone = retention.purge()
    with writing() as session:
        audit.record(session, audit.COMMAND_LINE, "purged", "site", forgotten=sum(gone.values()))
    if as_json:
        print_json(gone)
    else:
        for what, number in gone.items():
            click.echo(f"{number:>8}  {what}")
    until = time.monotonic() + PATIENCE_SECONDS
    while not retention.empty_log():
        if time.monotonic() > until:
            refuse("what was forgotten is gone from the tables, but the log is still being read: run it again later")
        time.sleep(0.2)


@click.command()
@json_option
def settings(as_json: bool) -> None:
    """Shows every setting, its value (secrets hidden), its default and its meaning."""
    rows, problems = settings_table.table()
    if as_json:
        print_json(rows)
    else:
        for row in rows:
            click.echo(f"{row['name']}\n    {row['meaning']}")
            click.echo(f"    value: {row['value'] or '(none)'}   default: {row['default'] or '(none)'}")
    if problems:
        for problem in problems:
            click.echo(f"petition: {problem}", err=True)
        sys.exit(1)
