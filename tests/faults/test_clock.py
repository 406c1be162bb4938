"""The clock is stepped an hour forward and back while web server and worker run.

The processes run under libfaketime (Debian package `faketime`), which reads the step from a file.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from petition.mail.sending import IN_HAND
from tests.faults import books
from tests.faults.crowd import Crowd, wait_for_work
from tests.faults.house import House, Service
from tests.faults.length import rounds

HOUR = 3600
STEPS = [HOUR, 0, -HOUR, 0] * rounds(short=1)


def libfaketime() -> Path | None:
    """The library for programs with threads."""
    return next(iter(sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))), None)


class Clock:
    """What time the processes of a house believe it is, in seconds after the real time."""

    def __init__(self, house: House, library: Path) -> None:
        self._file = house.settings.instance / "clock"
        self.set(0)
        house.programs.extra |= {
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "DONT_FAKE_MONOTONIC": "1",
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
        wait_for_work(crowd)
        for step in STEPS:
            clock.set(step)
            wait_for_work(crowd)
    house.wait_for_all_mail()
    found = books.check(house, crowd)
    tell(f"clock stepped {len(STEPS)} times by an hour: {found.words}")
    assert crowd.refused == {}
    assert found.duplicates <= IN_HAND * len(STEPS)
    service.end()
