"""How many sign in each country and hour: exact numbers that add up, drawn before any person is invented."""

from collections.abc import Sequence
from itertools import accumulate, pairwise
from math import floor
from random import Random

DAYS = 17
HOURS = DAYS * 24

# How busy the middle of each day is: two slow days, the news spreads, a second wave, the end.
_DAY_LEVELS = (1.0, 1.5, 4, 7, 15, 23, 26, 20, 12, 7, 5, 6, 13, 18, 12, 6, 4)

# How busy each local hour is, from midnight on.
_RHYTHM = (5, 3, 2, 1, 1, 2, 4, 7, 9, 10, 10, 9, 10, 9, 9, 9, 9, 10, 11, 12, 14, 15, 13, 9)

# Below this many signatures for each country a petition does not reach all of them.
_ENOUGH_FOR_EACH = 10


def by_country(count: int, shares: Sequence[float]) -> list[int]:
    """Signatures for each share, adding up to `count`: the method of largest remainders (Hamilton's).

    With ten or more for each country on average, none goes without one.
    """
    sure = 1 if count >= _ENOUGH_FOR_EACH * len(shares) else 0
    left = count - sure * len(shares)
    exact = [left * share / sum(shares) for share in shares]
    parts = [floor(part) for part in exact]
    by_remainder = sorted(range(len(shares)), key=lambda i: (parts[i] - exact[i], i))
    for i in by_remainder[: left - sum(parts)]:
        parts[i] += 1
    return [sure + part for part in parts]


def hour_noise(rng: Random) -> list[float]:
    """How far each hour lies above or below the smooth curve, the same for all countries."""
    return [rng.uniform(0.8, 1.2) for _ in range(HOURS)]


def by_hour(count: int, first_hour: int, delay: int, noise: Sequence[float], rng: Random) -> list[int]:
    """Signatures of one country in each hour of the campaign, adding up to `count`.

    `first_hour` is the local hour (0-23) of the first one; `delay` says how many hours later than elsewhere
    the news arrives. Systematic sampling: every hour is within one of its exact part, and unlike largest
    remainders it does not put the few signatures of small countries all into the same busiest hours.
    """
    levels = (_level(hour - delay) * _RHYTHM[(first_hour + hour) % 24] * noise[hour] for hour in range(HOURS))
    sums = list(accumulate(levels))
    # Thousandths, so that adding the start to a whole number never rounds up to the next.
    start = rng.randrange(1000) / 1000
    marks = [0, *(floor(count * (part / sums[-1]) + start) for part in sums)]
    return [later - earlier for earlier, later in pairwise(marks)]


def _level(hour: int) -> float:
    """How busy the campaign is at an hour, on straight lines between the middles of the days."""
    day = min(max(hour / 24 - 0.5, 0), DAYS - 1)
    before = min(int(day), DAYS - 2)
    return _DAY_LEVELS[before] + (_DAY_LEVELS[before + 1] - _DAY_LEVELS[before]) * (day - before)
