"""The `petition` command as a process of its own."""

from __future__ import annotations

import atexit
import functools
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryFile

from flask import Flask

from petition.settings import ROOT
from tests.conftest import KEYS

COMMAND = (sys.executable, "-m", "petition")
SECONDS = 240


def environment(instance: Path, database_url: str) -> dict[str, str]:
    """The environment of a command on an instance."""
    passed = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return {
        **passed,
        **KEYS,
        "PYTHONPATH": str(ROOT),
        "PYTHONWARNINGS": "error",
        "PETITION_INSTANCE": str(instance),
        "PETITION_DATABASE_URL": database_url,
        "PETITION_ENV": "development",
    }


def run_on(app: Flask, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs `petition …` to its end on the application's instance."""
    return run(environment(app.config["INSTANCE"], app.config["DATABASE_URL"]), *arguments)


def run(
    env: Mapping[str, str],
    *arguments: str | Path,
    stdin: str = "",
    cwd: str | Path = "/",
    timeout: float = SECONDS,
) -> subprocess.CompletedProcess[str]:
    """Runs `petition …` to its end. Raises subprocess.TimeoutExpired, and kills it, after so many seconds."""
    words = [str(one) for one in arguments]
    request = {"arguments": words, "cwd": str(cwd), "env": dict(env)}
    with TemporaryFile() as given, TemporaryFile() as out, TemporaryFile() as err:
        given.write(stdin.encode())
        given.seek(0)
        status = _ask(request, [given.fileno(), out.fileno(), err.fileno()], timeout)
        for file in (out, err):
            file.seek(0)
        return subprocess.CompletedProcess([*COMMAND, *words], status, out.read().decode(), err.read().decode())


def run_anew(env: Mapping[str, str], *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """The same in a new interpreter, for what is about the interpreter."""
    done = subprocess.run([*COMMAND, *arguments], env=env, capture_output=True, cwd="/", timeout=SECONDS)
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


def _ask(request: dict[str, object], files: list[int], timeout: float) -> int:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        socket.send_fds(_server(), [json.dumps(request).encode()], [*files, theirs.fileno()])
        theirs.close()
        ours.settimeout(timeout)
        pid = int(ours.recv(64))
        try:
            return int(ours.recv(64))
        except TimeoutError:
            os.kill(pid, signal.SIGKILL)
            raise subprocess.TimeoutExpired(str(request["arguments"]), timeout) from None


@functools.cache
def _server() -> socket.socket:
    """What runs the commands of this process's tests (`tests/command_server.py`)."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    server = subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "tests.command_server", str(theirs.fileno())],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        cwd=ROOT,
        pass_fds=[theirs.fileno()],
        start_new_session=True,
    )
    theirs.close()

    def end() -> None:
        ours.close()
        server.wait(10)

    atexit.register(end)
    return ours
