"""The drawing of signatures over time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from petition.tallies.charts import HEIGHT, MOST_PLACES, over_time, round_up

START = datetime(2012, 2, 12, tzinfo=UTC)


def _days(*numbers: int) -> list[tuple[datetime, int]]:
    return [(START + timedelta(days=position), number) for position, number in enumerate(numbers) if number]


def test_nobody_signed_means_no_drawing() -> None:
    assert over_time([]) is None


def test_each_day_has_a_column_and_short_silences_stay_empty() -> None:
    drawn = over_time(_days(5, 0, 0, 10))
    assert drawn is not None
    assert drawn.unit == "day"
    assert [column.signatures for column in drawn.columns] == [5, 0, 0, 10]
    assert [column.height for column in drawn.columns] == [HEIGHT / 2, 0, 0, HEIGHT]
    assert drawn.breaks == []


def test_a_long_silence_is_left_out_and_marked_and_the_year_is_told_again() -> None:
    drawn = over_time([*_days(5, 7), (datetime(2026, 11, 22, tzinfo=UTC), 1)])
    assert drawn is not None
    assert drawn.unit == "day"
    assert [column.signatures for column in drawn.columns] == [5, 7, 1]
    assert len(drawn.breaks) == 1
    assert drawn.columns[1].x < drawn.breaks[0] < drawn.columns[2].x
    assert [column.year for column in drawn.columns] == [2012, None, 2026]
    assert drawn.columns[2].labelled


def test_many_days_are_put_together_by_week() -> None:
    drawn = over_time(_days(*[1] * 300))
    assert drawn is not None
    assert drawn.unit == "week"
    assert all(column.start.weekday() == 0 for column in drawn.columns)
    assert sum(column.signatures for column in drawn.columns) == 300


def test_many_weeks_are_put_together_by_month() -> None:
    drawn = over_time(_days(*[2] * 1500))
    assert drawn is not None
    assert drawn.unit == "month"
    assert [column.start.day for column in drawn.columns] == [1] * 50
    assert sum(column.signatures for column in drawn.columns) == 3000


@settings(deadline=None)
@given(st.dictionaries(st.integers(0, 20_000), st.integers(1, 10**6), min_size=1, max_size=200))
def test_whenever_people_sign_every_signature_is_drawn_inside_the_drawing(signed: dict[int, int]) -> None:
    drawn = over_time([(START + timedelta(days=day), number) for day, number in sorted(signed.items())])
    assert drawn is not None
    assert sum(column.signatures for column in drawn.columns) == sum(signed.values())
    assert all(column.x >= 0 and column.x + column.width <= 100.01 for column in drawn.columns)
    assert all(column.y >= 0 and column.y + column.height <= HEIGHT + 0.11 for column in drawn.columns)
    assert [column.x for column in drawn.columns] == sorted({column.x for column in drawn.columns})
    assert drawn.columns[0].labelled
    assert len(drawn.columns) <= MOST_PLACES or drawn.unit == "month"


@pytest.mark.parametrize(
    ("number", "top"), [(1, 1), (2, 2), (3, 4), (9, 10), (11, 20), (21_000, 30_000), (100, 100), (81, 100)]
)
def test_the_upper_line_is_round_and_has_a_whole_half(number: int, top: int) -> None:
    assert round_up(number) == top
