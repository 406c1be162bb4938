"""The table of the benchmarks: every scenario is measured, and its goal is the one that was set."""

from __future__ import annotations

from collections import Counter

import pytest

from benchmarks.__main__ import GROUPS
from benchmarks.bench import PROFILED, top_of
from benchmarks.figures import FIGURES, MILLION, named
from benchmarks.load import LUA

GOALS = {
    "page": "≥ 0.6",
    "page-growth": "≥ 0.9",
    "poll": "≥ 0.7",
    "sign": "≥ 0.12",
    "sign-growth": "≥ 0.9",
    "confirm": "≥ 0.2",
    "confirm-p99": "≤ 50",
    "sqlite-sign": "≥ 0.25",
    "sqlite-confirm": "≥ 0.25",
    "storm-errors": "≤ 0",
    "storm-lost": "≤ 0",
    "storm-drift": "≤ 0",
    "storm-outbox": "≤ 10",
    "mail": "≥ 0.5",
    "export-csv": "≤ 1.5",
    "export-jsonl": "≤ 1.5",
    "export-xlsx": "≤ 1.3",
    "export-memory": "≤ 150",
    "tally-check": "≤ 1",
    "package-seconds": "≤ 60",
    "package-memory": "≤ 1000",
    "verify-seconds": "≤ 6",
    "help": "≤ 1.5",
    "serve": "≤ 5",
}
ONLY_WITH_A_MILLION = {"export-csv", "export-jsonl", "export-xlsx", "export-memory", "tally-check", "verify-seconds"}


def test_no_goal_was_lowered_and_none_forgotten() -> None:
    assert {figure.name: str(figure.goal) for figure in FIGURES if figure.goal} == GOALS


def test_lists_and_their_check_are_judged_with_a_million_rows() -> None:
    bound = {figure.name for figure in FIGURES if figure.goal and figure.goal.of_size == MILLION}
    assert bound == ONLY_WITH_A_MILLION


def test_every_figure_is_measured_by_one_group() -> None:
    measured = Counter(figure.name for group in GROUPS.values() for figure in group.FIGURES)
    assert measured == Counter(figure.name for figure in FIGURES)


@pytest.mark.parametrize("name", GOALS)
def test_a_goal_is_reached_at_its_limit_and_missed_beyond(name: str) -> None:
    goal = named(name).goal
    assert goal
    beyond = goal.limit + (0.01 if goal.at_most else -0.01)
    size = goal.of_size or MILLION
    assert goal.reached(goal.limit, size)
    assert goal.reached(beyond, size) is False


def test_every_load_script_reports_what_it_did() -> None:
    scripts = [path for path in LUA.glob("*.lua") if "function request" in path.read_text() or path.stem == "get"]
    assert {path.stem for path in scripts} == {"get", "sign", "confirm", "storm"}
    assert all('dofile("report.lua")' in path.read_text() for path in scripts)


def test_every_load_and_every_list_can_be_profiled() -> None:
    ratios = {figure for figure in FIGURES if figure.goal and not figure.unit and "growth" not in figure.name}
    assert {figure.name for figure in ratios - set(PROFILED)} == {"help", "serve"}


def test_a_profile_is_told_by_its_innermost_frames() -> None:
    profile = ("main (a:1);work (b:2) 30", "main (a:1);other (c:3);work (b:2) 60", "main (a:1) 10")
    _heading, *lines = top_of("\n".join(profile)).splitlines()
    assert [line.split() for line in lines] == [["90.0%", "work", "(b:2)"], ["10.0%", "main", "(a:1)"]]
