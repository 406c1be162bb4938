"""The command line on the test's own instance, in a process of its own."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

import pytest

from petition.settings import Settings
from tests import commands

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(settings: Settings) -> Run:
    """Runs `petition …`: `run("dump", "a-slug")`."""
    environ = commands.environment(settings.instance, settings.database_url)

    def run_it(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        # What the environment says of the interpreter holds for one that is started with it.
        how = commands.run_anew if more else commands.run
        return how(environ | more, *arguments)

    return run_it
