"""The program as it is run for real: settings, processes, and an application in this process to prepare with."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from flask import Flask

from benchmarks import load
from petition.app import create_app
from petition.core import committer
from petition.core.db import db
from petition.settings import ROOT, Settings, read_settings
from tests.processes import Program, Programs, free_port, request, wait_until

WEB_PROCESSES = 2
PEAK = re.compile(r"VmHWM:\s*(\d+) kB")
KEYS = {"PETITION_SECRET_KEY": "a secret of benchmarks", "PETITION_ADDRESS_KEY": "an address key of benchmarks"}


def instance_settings(instance: Path, **given: Any) -> Settings:
    """The settings of a production instance without limits per network."""
    environ = {"PETITION_INSTANCE": str(instance), "PETITION_LIMITS": "off", **KEYS}
    return read_settings(environ | {f"PETITION_{name.upper()}": str(value) for name, value in given.items()})


@contextlib.contextmanager
def application(settings: Settings) -> Iterator[Flask]:
    """The application in this process, its connections closed at the end."""
    app = create_app(settings)
    try:
        yield app
    finally:
        committer.close(app)
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
            app.extensions["petition.limiter"].storage.engine.dispose()


@dataclass
class Service:
    """A running instance on a database of known size."""

    app: Flask
    settings: Settings
    programs: Programs
    port: int
    size: int
    database: str
    web: Program | None = None

    @property
    def url(self) -> str:
        """Where the web server answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def where(self) -> dict[str, Any]:
        """What a result says of the database."""
        return {"database": self.database, "size": self.size}

    def serve(self) -> None:
        """Starts the web server; returns when it answers."""
        self.web = self.programs.serve(self.port, "--workers", str(WEB_PROCESSES))

    def warm_up(self, path: str, script: str = "get", *arguments: object) -> None:
        """A second of load that nobody measures: each process loads what it needs with its first requests."""
        load.wrk(f"{self.url}{path}", script, *arguments, seconds=1)

    def get(self, path: str) -> str:
        """A page of the running server. AssertionError when it is not there."""
        status, text = request(self.port, "GET", path)
        assert status == 200, f"{path}: {status}; {self.web.printed[-500:] if self.web else ''}"
        return text


@contextlib.contextmanager
def instance(databases: Any, size: int, scratch: Path, mail_url: str = "") -> Iterator[Service]:
    """An instance on a fresh copy of the database of this size; nothing runs yet. All is gone at the end."""
    folder = scratch / f"instance-{time.monotonic_ns()}"
    folder.mkdir(mode=0o700)
    port = free_port()
    mail = {"mail_url": mail_url} if mail_url else {}
    url = databases.copy(size, folder)
    settings = instance_settings(folder, database_url=url, base_url=f"http://127.0.0.1:{port}", **mail)
    programs = Programs(settings, folder)
    try:
        with application(settings) as app:
            yield Service(app, settings, programs, port, size, databases.name)
    finally:
        programs.close()
        databases.drop(url)
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def static_server() -> Iterator[str]:
    """A Flask view that returns a string, on the same web server with as many processes and threads."""
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.static_server", str(port), str(WEB_PROCESSES)]
    process = subprocess.Popen(command, cwd=ROOT, start_new_session=True)
    try:
        wait_until(lambda: process.poll() is not None or _answers(port), 30, "the static server")
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.terminate()
        process.wait(20)


def _answers(port: int) -> bool:
    try:
        return request(port, "GET", "/", seconds=5)[0] == 200
    except OSError:
        return False


class Ran(NamedTuple):
    """A command that ran to its end."""

    seconds: float
    megabytes: float
    """The most memory it had at once."""


def petition(settings: Settings, *command: str, prefix: tuple[str, ...] = ()) -> Ran:
    """Runs `petition COMMAND …` to its end. RuntimeError when it fails."""
    return timed([*prefix, sys.executable, "-m", "petition", *command], environment(settings))


def timed(command: list[str], environ: dict[str, str] | None = None) -> Ran:
    """Runs any command to its end, and says how long it took and how much memory. RuntimeError when it fails."""
    with tempfile.TemporaryFile("w+") as output:
        began = time.monotonic()
        process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=output, stderr=subprocess.STDOUT)
        memory = _Memory(process.pid)
        status = process.wait()
        seconds = time.monotonic() - began
        output.seek(0)
        if status:
            raise RuntimeError(f"{' '.join(command)} failed: {output.read().strip()[-500:]}")
    return Ran(seconds, memory.most())


def _peaks(pid: int) -> list[int]:
    """The most memory so far, in kB, of a process and of each that came of it; nothing for one that has ended."""
    found = PEAK.search(_read(Path(f"/proc/{pid}/status")))
    if not found:
        return []
    of_threads = [_read(path) for path in Path(f"/proc/{pid}/task").glob("*/children")]
    return [int(found[1]), *(peak for child in " ".join(of_threads).split() for peak in _peaks(int(child)))]


def _read(path: Path) -> str:
    """What a file of /proc says, or nothing when its process or thread has ended."""
    try:
        return path.read_text()
    except OSError:
        return ""


class _Memory:
    """Watches how much memory a process, or one that came of it, has at most.

    What `wait4` says of it would begin with the memory of this process, which the child has until its exec.
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._kilobytes = 0
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def _watch(self) -> None:
        while found := _peaks(self._pid):
            self._kilobytes = max(self._kilobytes, *found)
            time.sleep(0.02)

    def most(self) -> float:
        """Megabytes, when the process has ended."""
        self._thread.join()
        return self._kilobytes / 1024


def environment(settings: Settings) -> dict[str, str]:
    """The environment of a command on this instance."""
    found = {name: value for name, value in os.environ.items() if not name.startswith("PETITION_")}
    names = ("instance", "database_url", "base_url", "mail_url", "limits", "secret_key", "address_key")
    return found | {f"PETITION_{name.upper()}": str(getattr(settings, name)) for name in names}
