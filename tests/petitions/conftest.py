"""The command line on the test's own instance, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from petition.settings import ROOT, Settings
from tests.conftest import KEYS

Run = Callable[..., subprocess.CompletedProcess[bytes]]


@pytest.fixture
def run(settings: Settings) -> Run:
    """Runs `petition …`: `run("dump", "a-slug")`."""
    environ = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "PETITION_INSTANCE": str(settings.instance),
        "PETITION_DATABASE_URL": settings.database_url,
        "PETITION_ENV": "development",
        **KEYS,
    }

    def run_it(*arguments: str, **more: Any) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [sys.executable, "-m", "petition", *arguments],
            env=environ | more,
            capture_output=True,
            timeout=60,
            cwd=settings.instance,
        )

    return run_it
