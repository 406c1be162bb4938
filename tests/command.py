"""The program as a process of its own, on a test's instance."""

from __future__ import annotations

import os
import subprocess
import sys

from flask import Flask

from tests.conftest import KEYS


def environment(app: Flask) -> dict[str, str]:
    """The environment of a command that works on the application's instance."""
    found = {name: value for name, value in os.environ.items() if not name.startswith("PETITION_")}
    where = {"PETITION_INSTANCE": str(app.config["INSTANCE"]), "PETITION_DATABASE_URL": app.config["DATABASE_URL"]}
    return found | where | {"PETITION_ENV": "development", **KEYS}


def run(app: Flask, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs `petition …` to its end."""
    command = [sys.executable, "-m", "petition", *arguments]
    return subprocess.run(command, env=environment(app), capture_output=True, text=True, timeout=120)
