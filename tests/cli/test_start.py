"""Starting is fast because what only some need is loaded by them alone."""

from __future__ import annotations

import re
import subprocess
import sys

import click
import pytest
from alembic.script import ScriptDirectory

from petition.cli.delivery import delivery
from petition.core.migrations import newest
from petition.settings import ROOT

SLOW = [
    *("alembic", "flask_migrate", "xlsxwriter", "typst", "pikepdf", "fontTools", "openpyxl", "prometheus_client"),
    *("pyhanko", "asn1crypto"),
]


def loaded_by(statement: str) -> set[str]:
    """The outermost names of all modules that a new process has loaded after the statement."""
    told = f"{statement}\nimport sys\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    found = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(found.stdout.split())


@pytest.mark.parametrize("module", ["petition.cli.running", "petition.cli.mail", "petition.web_process"])
def test_neither_servers_nor_plain_commands_load_what_only_some_need(module: str) -> None:
    loaded = loaded_by(f"import {module}")
    assert {"flask", "sqlalchemy"} <= loaded
    assert loaded.isdisjoint(SLOW)


def test_help_loads_neither_the_application_nor_the_database() -> None:
    loaded = loaded_by(
        "import click, petition.cli\nprint(petition.cli.petition.get_help(click.Context(petition.cli.petition)))"
    )
    assert "petition" in loaded
    assert loaded.isdisjoint([*SLOW, "flask", "sqlalchemy", "babel", "granian"])


def test_the_help_of_a_group_names_its_own_commands() -> None:
    words = delivery.get_help(click.Context(delivery))
    assert re.findall(r"^  ([a-z]+) ", words, re.MULTILINE) == ["build", "verify"]


def test_the_newest_revision_is_the_one_that_the_migrations_lead_to() -> None:
    assert ScriptDirectory(str(ROOT / "petition/migrations")).get_current_head() == newest()
