"""Starting is fast because what only some need is loaded by them alone."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.util import cache_from_source
from pathlib import Path

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
FOR_FEW_PAGES = ["icalendar", "PIL", "segno", "regex"]
FOR_THE_WORKER = ["petition.worker", "petition.deliveries.packages.building", "petition.mail.sending"]


def loaded_by(statement: str) -> set[str]:
    """All modules that a new process has loaded after the statement."""
    told = f"{statement}\nimport sys\nprint(*sys.modules)"
    found = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(found.stdout.split())


@pytest.mark.parametrize("module", ["petition.cli.working", "petition.cli.mail"])
def test_neither_the_worker_nor_plain_commands_load_what_only_some_need(module: str) -> None:
    loaded = loaded_by(f"import {module}")
    assert {"flask", "sqlalchemy"} <= loaded
    assert loaded.isdisjoint(SLOW)


def test_the_web_server_loads_neither_what_few_pages_need_nor_what_the_worker_does() -> None:
    loaded = loaded_by("import petition.cli.running, petition.app")
    assert {"flask", "sqlalchemy", "granian", "petition.signatures.views"} <= loaded
    assert loaded.isdisjoint([*SLOW, *FOR_FEW_PAGES, *FOR_THE_WORKER])


def test_checking_a_tally_loads_neither_cryptography_nor_pages_and_configures_no_model() -> None:
    models = "from petition.petitions.models import Petition\nassert not Petition.__mapper__.configured"
    loaded = loaded_by(f"import petition.cli.tally\n{models}")
    assert {"sqlalchemy", "petition.signatures.recount"} <= loaded
    assert loaded.isdisjoint([*SLOW, *FOR_FEW_PAGES, "cryptography", "smtplib", "email_validator", "wtforms"])


def test_all_modules_are_compiled_when_the_program_is_installed() -> None:
    """Whoever runs it may not be allowed to write into its folder, and would compile all of them at every start."""
    subprocess.run(["make", "-s", "bytecode"], cwd=ROOT, check=True)
    for module in (ROOT / "petition").rglob("*.py"):
        compiled = Path(cache_from_source(module)).read_bytes()
        assert int.from_bytes(compiled[8:12], "little") == int(module.stat().st_mtime), module  # PEP 552


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
