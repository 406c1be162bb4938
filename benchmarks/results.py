"""What was measured: ratios, the table of a terminal or a README, the history, the comparison with the last run."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import figures
from benchmarks.figures import Figure

SMALL_CHANGE = 0.1  # of a ratio: less is noise on a machine like ours
HEADER = (
    *("database", "signatures", "what", "measured", "yardstick", "its figure"),
    *("ratio", "goal", "reached", "last run"),
)
RIGHT = {"signatures", "measured", "its figure", "ratio", "goal", "last run"}


@dataclass(frozen=True, slots=True)
class Result:
    """One figure as it came out. `value` is the ratio, or for figures with a unit what was measured itself.

    `measured` and `beside` are the two things the ratio is of, in words; `size` counts the signatures that
    were in the database before.
    """

    figure: Figure
    value: float
    database: str = "–"
    size: int | None = None
    measured: str = ""
    beside: str = ""

    @property
    def reached(self) -> bool | None:
        """Whether the goal is reached; None without one."""
        return self.figure.goal.reached(self.value, self.size) if self.figure.goal else None

    @property
    def key(self) -> str:
        """What makes results of different runs comparable."""
        return f"{self.figure.name}/{self.database}/{self.size}"


def rates(figure: Figure, rate: float, yardstick: float, **where: Any) -> Result:
    """The ratio of two rates, both a second."""
    return Result(figure, _ratio(rate, yardstick), measured=f"{rate:,.0f}/s", beside=f"{yardstick:,.0f}/s", **where)


def times(figure: Figure, seconds: float, yardstick: float, **where: Any) -> Result:
    """The ratio of two times: less is better."""
    measured, beside = f"{seconds:.2f} s", f"{yardstick:.2f} s"
    return Result(figure, _ratio(seconds, yardstick), measured=measured, beside=beside, **where)


def _ratio(value: float, yardstick: float) -> float:
    if yardstick <= 0:
        raise ValueError("the yardstick did nothing")
    return value / yardstick


def as_json(result: Result) -> dict[str, Any]:
    """The result for the history."""
    goal = str(result.figure.goal) if result.figure.goal else None
    return {
        "figure": result.figure.name,
        "database": result.database,
        "size": result.size,
        "value": result.value,
        "unit": result.figure.unit or "ratio",
        "measured": result.measured,
        "yardstick": result.beside,
        "goal": goal,
        "reached": result.reached,
    }


def from_json(line: dict[str, Any]) -> Result | None:
    """The result as it stands in the history; None for a figure that there is no more."""
    try:
        figure = figures.named(line["figure"])
    except KeyError:
        return None
    return Result(figure, line["value"], line["database"], line["size"], line["measured"], line["yardstick"])


def read(run: dict[str, Any]) -> list[Result]:
    """The results of a run of the history."""
    return [result for line in run["results"] if (result := from_json(line))]


def runs(folder: Path) -> list[dict[str, Any]]:
    """The history, oldest first."""
    return [json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.json"))]


def last_values(history: Iterable[dict[str, Any]], machine: dict[str, Any]) -> dict[str, float]:
    """Each figure's value in the last run that had it, of this machine's size only."""
    values: dict[str, float] = {}
    for run in history:
        if run["machine"] == machine:
            values |= {result.key: result.value for result in read(run)}
    return values


def change(result: Result, last: float | None) -> str:
    """What became of a figure since the last run, in words for the table's last column."""
    if last is None:
        return "new"
    if result.value == last:
        return "same"
    if last == 0:
        return f"was {_number(last)}"
    part = result.value / last - 1
    return "about the same" if abs(part) < SMALL_CHANGE else f"{part:+.0%}"


def table(results: Sequence[Result], last: dict[str, float]) -> str:
    """The results for a terminal."""
    rows = [HEADER, *(_row(result, change(result, last.get(result.key))) for result in results)]
    widths = [max(_width(row[column]) for row in rows) for column in range(len(HEADER))]
    lines = []
    for row in rows:
        cells = (_padded(*cell) for cell in zip(row, HEADER, widths, strict=True))
        lines.append("  ".join(cells).rstrip())
    return "\n".join([lines[0], "-" * max(map(_width, lines)), *lines[1:]])


def markdown(results: Sequence[Result]) -> str:
    """The results for the README: as the terminal shows them, without the comparison."""
    header = HEADER[:-1]
    rows = [header, tuple("---:" if name in RIGHT else "---" for name in header)]
    rows += [_row(result, "")[:-1] for result in results]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def one_line(result: Result) -> str:
    """The result as it is told while the others are still being measured."""
    database, size, what, measured, _words, beside, ratio, goal, reached, _since = _row(result, "")
    return f"{what} ({database}, {size}): {measured} beside {beside}, ratio {ratio}, goal {goal}: {reached}"


def _row(result: Result, since: str) -> tuple[str, ...]:
    figure = result.figure
    reached = {True: "yes", False: "NO", None: "–"}[result.reached]
    value = f"{_number(result.value)} {figure.unit}".rstrip()
    size = "–" if result.size is None else f"{result.size:,}"
    goal = str(figure.goal) if figure.goal else "–"
    what = result.database, size, figure.words, result.measured or value, figure.yardstick, result.beside or "–"
    return (*what, "–" if figure.unit else value, goal, reached, since)


def _number(value: float) -> str:
    if value == int(value):
        return f"{value:,.0f}"
    return f"{value:.3f}" if abs(value) < 1 else f"{value:,.2f}"


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _padded(text: str, column: str, width: int) -> str:
    gap = " " * (width - _width(text))
    return gap + text if column in RIGHT else text + gap
