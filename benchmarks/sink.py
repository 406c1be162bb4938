"""A real SMTP server in a process of its own, which writes down what it gets: when, which mail, which link.

The links are dealt out to as many files as wrk has threads, for each to confirm with its own.
"""

from __future__ import annotations

import contextlib
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import Envelope, Session

from benchmarks.load import THREADS
from petition.settings import ROOT
from tests.processes import wait_until
from tests.smtp_sink import SmtpSink

MESSAGE_ID = re.compile(rb"^Message-ID:\s*<([^>]+)>", re.IGNORECASE | re.MULTILINE)
LINK = re.compile(rb"/confirm/([A-Za-z0-9_~-]{40,})")


class WritingSink(SmtpSink):
    """Keeps nothing in memory, and looks at a mail only as far as it must: it shares the machine."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._mails = (folder / "mails").open("w", buffering=1)
        self._last = folder / "last.eml"
        self._links = cycle([(folder / f"links-{thread}").open("w", buffering=1) for thread in range(THREADS)])

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        known, link = MESSAGE_ID.search(content), LINK.search(content.replace(b"=\r\n", b""))
        if not self._last.exists():
            self._last.write_bytes(content)
        self._mails.write(f"{time.time():.6f} {known[1].decode() if known else 'bare'}\n")
        if link and known:
            next(self._links).write(f"{link[1].decode()}\n")
        return "250 OK"


class Sink:
    """The running process, and what it has written down so far."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port
        self.url = f"smtp://127.0.0.1:{port}"

    @property
    def mails(self) -> list[tuple[float, str]]:
        """When each mail came (Unix seconds), and its Message-ID."""
        lines = (self.folder / "mails").read_text().splitlines()
        return [(float(at), known) for at, _space, known in (line.partition(" ") for line in lines)]

    @property
    def one_mail(self) -> bytes:
        """A mail that it got, whole."""
        return (self.folder / "last.eml").read_bytes()


@contextlib.contextmanager
def sink(scratch: Path) -> Iterator[Sink]:
    """A sink that runs until the end of the block."""
    folder = scratch / f"sink-{time.monotonic_ns()}"
    folder.mkdir()
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.sink", str(folder)], cwd=ROOT)
    try:
        wait_until(lambda: (folder / "port").exists() or process.poll() is not None, 20, "the SMTP sink")
        yield Sink(folder, int((folder / "port").read_text()))
    finally:
        process.terminate()
        process.wait(20)


def _main(folder: Path) -> None:
    signal.signal(signal.SIGTERM, lambda *_signal: sys.exit(0))
    with WritingSink(folder) as started:
        half = folder / "half"
        half.write_text(str(started.port))
        half.rename(folder / "port")
        signal.pause()


if __name__ == "__main__":
    _main(Path(sys.argv[1]))
