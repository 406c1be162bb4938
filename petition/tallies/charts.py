"""Numbers as drawings: widths and heights by SVG attributes, since the security policy forbids inline styles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

HEIGHT = 200
LABELS = 5  # as many as fit on a small phone
FEWEST_PLACES, MOST_PLACES = 14, 100
LONG_SILENCE = 10
Place = datetime | None  # the start of a period, or None where a long silence is left out
BREAK: list[Place] = [None] * 3  # wide enough for the dates before and after it


@dataclass(frozen=True, slots=True)
class Column:
    """One day, week or month: `x` and `width` in per cent of the drawing, `y` and `height` in its units.

    `year` is set where it is new to the reader.
    """

    x: float
    y: float
    width: float
    height: float
    start: datetime
    signatures: int
    labelled: bool
    year: int | None


@dataclass(frozen=True, slots=True)
class Series:
    """A drawing of signatures over time.

    `unit` is `day`, `week` or `month`; `top` is the number its upper line stands for; `breaks` are the places
    (in per cent) where a long silence is left out.
    """

    unit: str
    columns: list[Column]
    breaks: list[float]
    top: int
    height: int = HEIGHT


def over_time(series: Sequence[tuple[datetime, int]]) -> Series | None:
    """The drawing of a series by day, or None when nobody has signed.

    Days that are too many to be told apart are put together by week, then by month.
    """
    if not series:
        return None
    for unit in UNITS:
        numbers, places = _places(series, unit)
        if len(places) <= MOST_PLACES:
            break
    return _draw(unit, numbers, places)


def _places(series: Sequence[tuple[datetime, int]], unit: str) -> tuple[Counter[datetime], list[Place]]:
    """Signatures by the start of their period, and every place of the drawing from first to last."""
    start_of, length = UNITS[unit]
    numbers: Counter[datetime] = Counter()
    for day, number in series:
        numbers[start_of(day)] += number
    places: list[Place] = []
    for period in sorted(numbers):
        if places and (last := places[-1]):
            silent = list(_between(last, period, lambda moment: start_of(moment + length)))
            places += silent if len(silent) <= LONG_SILENCE else BREAK
        places.append(period)
    return numbers, places


def _between(first: datetime, last: datetime, after: Callable[[datetime], datetime]) -> Iterator[datetime]:
    while (first := after(first)) < last:
        yield first


def _draw(unit: str, numbers: Counter[datetime], places: list[Place]) -> Series:
    top = round_up(max(numbers.values()))
    step = 100 / max(len(places), FEWEST_PLACES)
    labelled = _labelled(places)
    columns: list[Column] = []
    year = None
    for position, start in enumerate(places):
        if start is None:
            continue
        height = round(HEIGHT * numbers[start] / top, 1)
        new_year = start.year if position in labelled and start.year != year else None
        year = new_year or year
        columns.append(
            Column(
                x=round(position * step, 2),
                y=round(HEIGHT - height, 1),
                width=round(step * 0.78, 2),
                height=height,
                start=start,
                signatures=numbers[start],
                labelled=position in labelled,
                year=new_year,
            )
        )
    breaks = [round((place + 1.39) * step, 2) for place in range(len(places)) if places[place : place + 3] == BREAK]
    return Series(unit, columns, breaks, top)


def _labelled(places: list[Place]) -> set[int]:
    """The places whose date is written: evenly spaced, and anew after each silence."""
    every = max(1, -(-max(len(places), FEWEST_PLACES) // LABELS))
    labelled: list[int] = []
    for position in range(len(places)):
        if places[position] is None:
            continue
        anew = position == 0 or places[position - 1] is None
        if anew and len(labelled) > 1 and position - labelled[-1] < every / 2:
            labelled.pop()
        if anew or position - labelled[-1] >= every:
            labelled.append(position)
    return set(labelled)


def _day(moment: datetime) -> datetime:
    return moment


def _monday(moment: datetime) -> datetime:
    return moment - timedelta(days=moment.weekday())


def _month(moment: datetime) -> datetime:
    return moment.replace(day=1)


UNITS: dict[str, tuple[Callable[[datetime], datetime], timedelta]] = {
    "day": (_day, timedelta(days=1)),
    "week": (_monday, timedelta(days=7)),
    "month": (_month, timedelta(days=31)),
}


def round_up(number: int) -> int:
    """The next round number whose half is whole: a line stands for each."""
    power = 10 ** (len(str(number)) - 1)
    tops = (factor * power for factor in (1, 2, 3, 4, 6, 8, 10))
    return next(top for top in tops if top >= number and (top == 1 or top % 2 == 0))


def share(number: int, whole: int) -> float:
    """A width in per cent, at least wide enough to be seen."""
    return max(0.4, round(100 * number / whole, 2)) if whole else 0
