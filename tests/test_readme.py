"""The README tells what is there."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from petition import app as application
from petition.cli import COMMANDS
from petition.core import retention
from petition.settings import PREFIX, SETTINGS

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text("utf-8")


def test_the_readme_lists_every_setting() -> None:
    listed = set(re.findall(r"^\| `(PETITION_\w+)`", README, re.MULTILINE))
    assert listed == {PREFIX + setting.name for setting in SETTINGS}


def test_the_readme_lists_every_command() -> None:
    assert {name for name in COMMANDS if f"`petition {name}" not in README} == set()


def test_the_readme_gives_a_reason_for_every_library() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = [
        *project["dependencies"],
        *(name for extra in project["optional-dependencies"].values() for name in extra),
    ]
    table = README[README.index("## Why each library") :]
    assert {name for name in wanted if name.partition("[")[0] not in table} == set()


def test_the_readme_lists_every_retention_rule() -> None:
    assert application.BLUEPRINTS  # loading the features registers their rules
    table = README[README.index("## What is kept") : README.index("## How to run")]
    rows = [line for line in table.splitlines() if line.startswith("| ") and not line.startswith("| what")]
    assert len(rows) == len(list(retention.rules()))


def test_the_tree_of_the_readme_names_what_is_in_the_package() -> None:
    tree = README[README.index("## The tree") : README.index("**Reading and writing.**")]
    folders = {path.name for path in (ROOT / "petition").iterdir() if path.is_dir() and not path.name.startswith("_")}
    assert {name for name in folders if f"{name}/" not in tree} == set()
