"""Where and on what a run was made: a figure means nothing without it."""

from __future__ import annotations

import os
import platform
import shutil
import sqlite3
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

from petition.settings import ROOT

PACKAGES = ("flask", "granian", "psycopg", "sqlalchemy", "werkzeug", "xlsxwriter")


def size() -> dict[str, Any]:
    """The machine: cores that we may use, and memory in GB."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {"cores": len(os.sched_getaffinity(0)), "memory_gb": round(memory / 2**30), "processor": _processor()}


def others() -> float:
    """How many processes of others ran in the last minute, on average (the load average)."""
    return round(os.getloadavg()[0], 1)


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = {line.partition(":")[2].strip() for line in lines if line.startswith("model name")}
    return ", ".join(sorted(names)) or platform.machine()


def versions(postgresql: str) -> dict[str, str]:
    """What was measured with what."""
    wrk = subprocess.run([shutil.which("wrk") or "wrk", "-v"], capture_output=True, text=True)
    return {
        "python": platform.python_version(),
        "postgresql": postgresql,
        "sqlite": sqlite3.sqlite_version,
        "wrk": wrk.stdout.split()[1],
        **{name: version(name) for name in PACKAGES},
    }


def commit() -> str:
    """The commit that was measured, with a plus sign where files were changed since."""
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty=+", "--exclude=*"], cwd=ROOT, capture_output=True, text=True
    )
    return done.stdout.strip() or "unknown"


def in_words(machine: dict[str, Any]) -> str:
    """The machine's size, for above a table."""
    return f"{machine['cores']} cores ({machine['processor']}), {machine['memory_gb']} GB of memory"
