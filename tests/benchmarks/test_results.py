"""Ratios, tables and the history of the benchmarks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks import figures, results
from benchmarks.load import Load, LoadFailed
from benchmarks.results import Result
from benchmarks.writes import check_found

HERE = {"cores": 2, "memory_gb": 8, "processor": "one"}
POSTGRESQL = {"database": "PostgreSQL", "size": 1000}


def sign(value: float, size: int = 1000) -> Result:
    return results.rates(figures.SIGN, value * 10_000, 10_000, database="PostgreSQL", size=size)


def run(*found: Result, machine: dict[str, Any] = HERE) -> dict[str, Any]:
    return {"machine": machine, "results": [results.as_json(result) for result in found]}


def test_a_rate_is_a_part_of_its_yardstick() -> None:
    result = results.rates(figures.PAGE, 12_345, 20_000, **POSTGRESQL)
    assert result.value == pytest.approx(0.617, abs=0.001)
    assert (result.measured, result.beside, result.reached) == ("12,345/s", "20,000/s", True)


def test_a_time_is_a_multiple_of_its_yardstick() -> None:
    assert results.times(figures.HELP, 0.45, 0.3).value == pytest.approx(1.5)
    assert results.times(figures.HELP, 0.46, 0.3).reached is False


def test_a_yardstick_that_did_nothing_makes_no_ratio() -> None:
    with pytest.raises(ValueError, match="did nothing"):
        results.rates(figures.PAGE, 1, 0)


def test_a_goal_for_a_million_rows_says_nothing_of_a_thousand() -> None:
    assert Result(figures.TALLY_CHECK, 9, size=1000).reached is None
    assert Result(figures.TALLY_CHECK, 9, size=1_000_000).reached is False
    assert Result(figures.TALLY_CHECK, 0.9, size=1_000_000).reached is True


def test_a_figure_without_a_goal_is_only_shown() -> None:
    assert Result(figures.STORM_REPEATED, 3).reached is None


def test_the_terminal_table_names_what_was_missed_and_lines_up() -> None:
    found = [
        sign(0.1),
        results.rates(figures.PAGE, 9, 10, **POSTGRESQL),
        Result(figures.STORM_OUTBOX, 2.5, **POSTGRESQL),
    ]
    header, line, *rows = results.table(found, {}).splitlines()
    assert header.split()[:3] == ["database", "signatures", "what"]
    assert len(line) >= len(header)
    assert [row.split()[-2:] for row in rows] == [["NO", "new"], ["yes", "new"], ["yes", "new"]]
    ends = {row.index(word) + len(word) for row, word in zip(rows, ("1,000/s", "9/s", "2.50 s"), strict=True)}
    assert len(ends) == 1


def test_the_readme_table_has_as_many_cells_in_each_row() -> None:
    lines = results.markdown([sign(0.13), Result(figures.STORM_LOST, 0, **POSTGRESQL)]).splitlines()
    assert len({line.count("|") for line in lines}) == 1
    assert lines[1].startswith("| --- | ---: |")
    assert "| 0.130 | ≥ 0.12 | yes |" in lines[2]
    assert "| 0 rows |" in lines[3]


def test_what_is_read_from_the_history_is_what_was_written() -> None:
    found = [sign(0.1234), Result(figures.STORM_LOST, 0, **POSTGRESQL), results.times(figures.HELP, 1, 3)]
    assert results.read(json.loads(json.dumps(run(*found)))) == found


def test_a_figure_that_is_no_more_is_left_out_of_the_history() -> None:
    old = run(sign(0.1))
    old["results"].append(old["results"][0] | {"figure": "gone"})
    assert results.read(old) == [sign(0.1)]


def test_each_figure_is_compared_with_the_last_run_that_had_it() -> None:
    page = results.rates(figures.PAGE, 5, 10, **POSTGRESQL)
    last = results.last_values([run(sign(0.1), page), run(sign(0.2))], HERE)
    assert last == {sign(0).key: pytest.approx(0.2), page.key: 0.5}


def test_runs_on_another_machine_are_no_comparison() -> None:
    assert results.last_values([run(sign(0.1), machine=HERE | {"cores": 64})], HERE) == {}


@pytest.mark.parametrize(
    ("before", "words"),
    [(None, "new"), (0.2, "same"), (0.19, "about the same"), (0.1, "+100%"), (0.4, "-50%"), (0, "was 0")],
)
def test_the_last_column_says_what_became_of_a_figure(before: float | None, words: str) -> None:
    assert results.change(Result(figures.SIGN, 0.2), before) == words


def test_the_history_is_read_oldest_first(tmp_path: Path) -> None:
    names = [f"2026-11-{day:02}T080000" for day in range(1, 25)]
    for name in reversed(names):
        (tmp_path / f"{name}.json").write_text(json.dumps({"at": name}))
    assert [one["at"] for one in results.runs(tmp_path)] == names


def load(**counted: int) -> Load:
    kinds = dict.fromkeys(("statuses", "sockets", "pages", "polls", "signs", "confirms", "bytes"), 0)
    return Load(**{"requests": 100, "seconds": 2.0, "p50": 1.0, "p99": 2.0, **kinds, **counted})


def test_a_load_with_one_error_is_no_measurement() -> None:
    assert load().whole().rate == 50
    for wrong in ({"statuses": 1}, {"sockets": 1}, {"requests": 0}):
        with pytest.raises(LoadFailed):
            load(**wrong).whole()


def test_what_was_acknowledged_must_be_found() -> None:
    check_found(100, [100, 164])  # wrk goes away from as many open requests as it has connections
    for found in ([99], [100, 165]):
        with pytest.raises(LoadFailed):
            check_found(100, found)
