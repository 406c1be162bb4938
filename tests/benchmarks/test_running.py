"""How long commands take and how much memory they have."""

from __future__ import annotations

import sys

import pytest

from benchmarks.running import timed


def test_the_memory_of_a_command_is_its_own() -> None:
    ours = bytearray(200 << 20)
    ours[::4096] = b"x" * len(ours[::4096])  # every page of it is there
    small = timed([sys.executable, "-c", "import time; time.sleep(0.2)"])
    large = timed([sys.executable, "-c", "import time; kept = b'x' * (100 << 20); time.sleep(0.2)"])
    assert small.megabytes < 60
    assert 95 < large.megabytes - small.megabytes < 110
    assert small.seconds >= 0.2


def test_the_memory_of_what_a_command_starts_is_seen_too() -> None:
    large = "import time; kept = b'x' * (100 << 20); time.sleep(0.5)"
    starts = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {large!r}])"
    in_a_thread = f"import threading; t = threading.Thread(target=exec, args=({starts!r},)); t.start(); t.join()"
    assert timed([sys.executable, "-c", in_a_thread]).megabytes > 100


def test_a_command_that_fails_is_no_measurement() -> None:
    with pytest.raises(RuntimeError, match="no good"):
        timed([sys.executable, "-c", "raise SystemExit('no good')"])
