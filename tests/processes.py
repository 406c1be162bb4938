"""Real processes of the program, each in a process group of its own, on a test's instance."""

from __future__ import annotations

import contextlib
import http.client
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from petition.settings import ROOT, Settings

FORKED = multiprocessing.get_context("forkserver")
"""For functions in processes of their own, forked from one that has loaded the program and used nothing of it: each
makes its own application and connections."""
FORKED.set_forkserver_preload(["tests.conftest", "tests.acts"])


def wait_until(condition: Callable[[], object], seconds: float = 20, what: str = "it") -> None:
    """Returns once the condition holds; AssertionError when it does not within so many seconds."""
    pause, until = threading.Event(), time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, f"{what} did not happen within {seconds} s"
        pause.wait(0.01)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _status(pid: int) -> list[str]:
    """State, parent and process group, or nothing for a process that is gone or only waits to be buried."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:3]
    except (FileNotFoundError, ProcessLookupError):
        return []
    return [] if fields[0] in "ZX" else fields


def alive(pid: int) -> bool:
    """Whether anything of the process runs: a killed one holds its sockets until its last thread is gone."""
    try:
        threads = os.listdir(f"/proc/{pid}/task")
    except FileNotFoundError:
        return False
    return len(threads) > 1 or bool(_status(pid))


def stopped(pid: int) -> bool:
    """Whether a SIGSTOP has reached the process."""
    return _status(pid)[:1] == ["T"]


def _all() -> list[int]:
    return [int(folder.name) for folder in Path("/proc").iterdir() if folder.name.isdigit()]


def children_of(pid: int) -> list[int]:
    """The processes that this one has started."""
    return [one for one in _all() if _status(one)[1:2] == [str(pid)]]


class Program(subprocess.Popen[str]):
    """One started command; what it prints is kept in a file.

    `extra` goes into its environment; `prefix` is the command that starts it, if any (`prlimit …`).
    """

    def __init__(
        self, settings: Settings, output: Path, extra: Mapping[str, str], prefix: Sequence[str], *command: str
    ) -> None:
        self._output = output
        with output.open("w") as file:
            super().__init__(
                [*prefix, sys.executable, "-m", "petition", *command],
                env=_environment(settings) | extra,
                cwd=ROOT,
                stdout=file,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )

    @property
    def printed(self) -> str:
        """Everything it has printed so far, on both outputs."""
        return self._output.read_text()

    @property
    def group(self) -> list[int]:
        """This process and all that came of it, as far as they are alive."""
        return [one for one in _all() if _status(one)[2:3] == [str(self.pid)]]

    def send(self, number: int) -> None:
        """Sends a signal to this process and to all that came of it."""
        for pid in self.group:
            with contextlib.suppress(ProcessLookupError):  # it may end meanwhile
                os.kill(pid, number)

    def ends(self, seconds: float = 20) -> int:
        """Waits for the end and returns the exit status."""
        return self.wait(seconds)

    def close(self) -> None:
        """Ends it and all that came of it, whatever state they are in."""
        self.send(signal.SIGKILL)
        self.wait()


def _environment(settings: Settings) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("PETITION_")} | {
        "PYTHONPATH": str(ROOT),
        "PETITION_INSTANCE": str(settings.instance),
        "PETITION_ENV": settings.env,
        "PETITION_SECRET_KEY": settings.secret_key,
        "PETITION_ADDRESS_KEY": settings.address_key,
        "PETITION_DATABASE_URL": settings.database_url,
        "PETITION_BASE_URL": settings.base_url,
        "PETITION_MAIL_URL": settings.mail_url,
        "PETITION_LIMITS": settings.limits,
    }


class Programs:
    """Starts commands for a test and ends them after it; `extra` and `prefix` hold for each (see Program)."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.settings = settings
        self.extra: dict[str, str] = {}
        self.prefix: tuple[str, ...] = ()
        self._folder = folder
        self._started: list[Program] = []

    def start(self, *command: str) -> Program:
        """Starts `petition COMMAND …` and returns at once."""
        output = self._folder / f"{len(self._started)}-{command[0]}.log"
        self._started.append(Program(self.settings, output, self.extra, self.prefix, *command))
        return self._started[-1]

    def run(self, *command: str, seconds: float = 60) -> Program:
        """Runs `petition COMMAND …` to its end."""
        program = self.start(*command)
        program.wait(seconds)
        return program

    def serve(self, port: int, *options: str) -> Program:
        """Starts the web server and returns once it answers."""
        program = self.start("serve", "--port", str(port), *options)
        wait_until(lambda: program.poll() is not None or answers(port), 60, "the web server")
        assert program.poll() is None, program.printed
        return program

    def close(self) -> None:
        """Ends everything that was started."""
        for program in self._started:
            program.close()


class Answer(NamedTuple):
    """What a web server said: status, headers by lower-case name, text."""

    status: int
    headers: dict[str, str]
    text: str


def ask(port: int, method: str, path: str, body: str = "", seconds: float = 30) -> Answer:
    """One HTTP request on a connection of its own. Raises OSError or HTTPException."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)
    try:
        kind = {"Content-Type": "application/x-www-form-urlencoded"} if method == "POST" else {}
        connection.request(method, path, body or None, kind)
        answer = connection.getresponse()
        headers = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(answer.status, headers, answer.read().decode())
    finally:
        connection.close()


def request(port: int, method: str, path: str, body: str = "", seconds: float = 30) -> tuple[int, str]:
    """The same, for who needs status and text alone."""
    answer = ask(port, method, path, body, seconds)
    return answer.status, answer.text


def answers(port: int) -> bool:
    """Whether a web server there is ready."""
    try:
        return request(port, "GET", "/readyz", seconds=5)[0] == 200
    except (OSError, http.client.HTTPException):
        return False
