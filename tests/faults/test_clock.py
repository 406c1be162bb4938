"""The clock is stepped an hour forward and back while web server and worker run.

The processes run under libfaketime (Debian package `faketime`), which reads the step from a file. Version
0.9.10 breaks `time.sleep`, which since Python 3.11 waits for a moment of the monotonic clock.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from petition.mail.sending import IN_HAND
from petition.settings import ROOT
from tests.faults import books
from tests.faults.crowd import Crowd, wait_for_work
from tests.faults.house import House, Service
from tests.faults.length import rounds
from tests.processes import wait_until

HOUR = 3600
MAIL_WITHIN_SECONDS = 30
STEPS = [HOUR, 0, -HOUR, 0] * rounds(short=1)
SLEEP = """import select, time
time.sleep = lambda seconds: select.select((), (), (), seconds) and None
"""


def libfaketime() -> Path | None:
    """The library for programs with threads."""
    return next(iter(sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))), None)


class Clock:
    """What time the processes of a house believe it is, in seconds after the real time."""

    def __init__(self, house: House, library: Path) -> None:
        folder = house.settings.instance.parent / "clock"
        folder.mkdir()
        (folder / "sitecustomize.py").write_text(SLEEP)
        self._file = folder / "step"
        self.set(0)
        house.programs.extra |= {
            "LD_PRELOAD": str(library),
            "PYTHONPATH": f"{folder}:{ROOT}",
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_FORCE_MONOTONIC_FIX": "0",  # else each wait for Python's own lock takes seconds
        }

    def set(self, seconds: int) -> None:
        """Steps the clock."""
        new = self._file.with_suffix(".new")
        new.write_text(f"{seconds:+d}\n")
        new.replace(self._file)


@pytest.mark.skipif(libfaketime() is None, reason="libfaketime is missing (Debian package faketime)")
@pytest.mark.timeout(300 + 30 * len(STEPS))
@pytest.mark.parametrize("house", ["sqlite"], indirect=True)
def test_signing_and_mail_go_on_while_the_clock_is_stepped(house: House, tell: Callable[[str], None]) -> None:
    library = libfaketime()
    assert library
    clock = Clock(house, library)
    service = Service(house)
    with Crowd(house) as crowd:
        for step in STEPS:
            wait_for_work(crowd)
            house.sink.be_slow(0.5)  # so that some mails are owed at one time and due at another
            wait_until(lambda: len(house.waiting()) > IN_HAND, 60, "mail that waits")
            clock.set(step)
            house.sink.accept()
        wait_for_work(crowd)
    wait_until(lambda: not house.waiting(), MAIL_WITHIN_SECONDS, "the sending of all mail")
    found = books.check(house, crowd)
    tell(f"clock stepped {len(STEPS)} times by an hour: {found.words}")
    assert crowd.refused == {}
    assert found.duplicates == 0
    service.end()
