"""Runs `petition …` for the tests, each in a process of its own, without starting Python anew every time.

Started with one end of a socket, it loads the program once. For each message it forks: the child becomes
`python -m petition …` with the environment, folder and files that came with it, up to the interpreter's end.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import runpy
import signal
import socket
import sys
import time
from typing import Any

from flask import Flask

from petition.app import BLUEPRINTS
from petition.cli import COMMANDS
from tests.compiled import CompiledRule

MOST = 1 << 20  # bytes of a message
DRIVER = ("psycopg", "sqlalchemy.dialects.postgresql.psycopg")  # which SQLAlchemy loads at the first engine
FILES = 4  # that come with it: stdin, stdout, stderr, and where the exit status is told


def serve(requests: socket.socket) -> None:
    """Forks for each request, until nobody can ask any more; returns in the processes that are a command."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        message, files, _flags, _from = socket.recv_fds(requests, MOST, FILES)
        if not message:
            sys.exit()
        if os.fork() == 0:
            requests.close()
            _watch(socket.socket(fileno=files[-1]))
            _become(json.loads(message), files[:-1])
            return
        for file in files:
            os.close(file)


def _watch(teller: socket.socket) -> None:
    """Tells the process id and the exit status of the process in which it returns."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    pid = os.fork()
    if pid:
        teller.send(str(pid).encode())
        _pid, status = os.waitpid(pid, 0)
        teller.send(str(os.waitstatus_to_exitcode(status)).encode())
        os._exit(0)
    teller.close()


def _become(request: dict[str, Any], files: list[int]) -> None:
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    time.tzset()
    sys.argv[1:] = request["arguments"]


def load_pages() -> None:
    """Loads all pages and compiles their routes, as each command that needs them would, without an application."""
    Flask.url_rule_class = CompiledRule
    app = Flask("petition")
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)


if __name__ == "__main__":
    for module, _attribute, _help in COMMANDS.values():
        importlib.import_module(module)
    for module in DRIVER:
        importlib.import_module(module)
    load_pages()
    gc.freeze()  # else each child's first search for garbage copies all of it
    serve(socket.socket(fileno=int(sys.argv[1])))
    runpy.run_module("petition", run_name="__main__", alter_sys=True)
