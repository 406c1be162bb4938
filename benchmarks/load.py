"""Load on a web server, by wrk."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

LUA = Path(__file__).parent / "lua"
CONNECTIONS = 32
THREADS = 2


class LoadFailed(Exception):
    """The server did not answer as it should, so that its speed means nothing."""


@dataclass(frozen=True, slots=True)
class Load:
    """What wrk counted. Times in milliseconds but for `seconds`; the kinds of request as the script counts them."""

    requests: int
    seconds: float
    bytes: int
    p50: float
    p99: float
    statuses: int
    sockets: int
    pages: int
    polls: int
    signs: int
    confirms: int

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.requests / self.seconds

    @property
    def errors(self) -> int:
        """Answers of status 400 or more, and connections that failed."""
        return self.statuses + self.sockets

    def whole(self) -> Load:
        """The load itself. Raises LoadFailed when any answer was an error."""
        if self.errors or not self.requests:
            raise LoadFailed(
                f"{self.requests} answers, {self.statuses} of them errors, {self.sockets} broken connections"
            )
        return self


def wrk(
    url: str, script: str, *arguments: object, seconds: float, connections: int = CONNECTIONS, threads: int = THREADS
) -> Load:
    """Runs wrk with a script of ours. Raises LoadFailed when that fails."""
    command = ["wrk", f"-t{threads}", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--timeout", "10s"]
    command += ["-s", f"{script}.lua", url, *("--" for _any in arguments[:1]), *map(str, arguments)]
    done = subprocess.run(command, cwd=LUA, capture_output=True, text=True)
    lines = [line for line in done.stdout.splitlines() if line.startswith("REPORT ")]
    if done.returncode or not lines:
        raise LoadFailed(f"wrk failed: {(done.stderr or done.stdout).strip()[-500:]}")
    return Load(**json.loads(lines[0].removeprefix("REPORT ")))
