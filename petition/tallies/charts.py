"""Numbers as drawings: widths and heights by SVG attributes, since the security policy forbids inline styles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

WIDTH, HEIGHT = 680, 200
LABEL_DAYS = 6


@dataclass(frozen=True, slots=True)
class Column:
    """One day's column, in the drawing's units."""

    x: float
    y: float
    width: float
    height: float
    day: datetime
    signatures: int
    labelled: bool


@dataclass(frozen=True, slots=True)
class Series:
    """A drawing of signatures by day; `top` is the number its upper line stands for."""

    columns: list[Column]
    top: int
    width: int = WIDTH
    height: int = HEIGHT


def by_day(series: Sequence[tuple[datetime, int]]) -> Series | None:
    """The series with its empty days filled in, or None when nobody has signed."""
    if not series:
        return None
    first, last = series[0][0], series[-1][0]
    numbers = dict(series)
    days = [first + timedelta(days=offset) for offset in range((last - first).days + 1)]
    top = round_up(max(numbers.values()))
    step = WIDTH / max(len(days), 14)
    every = max(1, -(-len(days) // LABEL_DAYS))
    columns = []
    for position, day in enumerate(days):
        number = numbers.get(day, 0)
        height = round(HEIGHT * number / top, 1)
        columns.append(
            Column(
                x=round(position * step, 1),
                y=round(HEIGHT - height, 1),
                width=round(step * 0.78, 1),
                height=height,
                day=day,
                signatures=number,
                labelled=position % every == 0,
            )
        )
    return Series(columns, top)


def round_up(number: int) -> int:
    """The next number that starts with 1, 2 or 5 and goes on with zeros."""
    power = 10 ** (len(str(number)) - 1)
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= number)


def share(number: int, whole: int) -> float:
    """A width in per cent, at least wide enough to be seen."""
    return max(0.4, round(100 * number / whole, 2)) if whole else 0
