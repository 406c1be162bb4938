"""Invented signatures of a campaign, in the order of their confirming, from a seed and in flat memory."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from random import Random
from typing import NamedTuple

from petition.demo.countries import COUNTRIES, SHARES
from petition.demo.people import Person, people
from petition.demo.shape import HOURS, by_country, by_hour, hour_noise
from petition.demo.style import words

# 12 February 2012, nine in the morning in Seoul.
OPENED_AT = datetime(2012, 2, 12, tzinfo=UTC)

_MAILBOXES = words(
    "sparrow river lantern maple harbour willow comet pebble meadow cedar heron cloud orchard amber"
    " thistle violet juniper canyon raven clover ember fern harvest island jasper kestrel linden marigold"
    " north otter"
)
_HOUR = 3600
_MILLISECONDS = 1000


class DemoSignature(NamedTuple):
    """One invented confirmed signature.

    `country` is an alpha-2 code (ISO 3166-1 and XK), `locale` the signer's language tag ("ko", "zh_Hant"),
    `domain` a name that RFC 2606 reserves and `address` one at it that no other signature of the run has;
    `list_name` is "full", "initials" or "count". Times are UTC.
    """

    name: str
    city: str | None
    country: str
    comment: str | None
    locale: str
    domain: str
    address: str
    list_name: str
    show_name: bool
    updates: bool
    confirmed_at: datetime
    created_at: datetime


def signatures(
    count: int = 153_000,
    seed: int = 2012,
    countries: int = 100,
    *,
    shares: Mapping[str, float] = SHARES,
    opened_at: datetime = OPENED_AT,
) -> Iterator[DemoSignature]:
    """Exactly `count` signatures, by time of confirming, within 17 days of `opened_at` (aware).

    The same arguments give the same signatures. They come from the first `countries` countries of `shares`,
    in proportion to their weights; from every one of them when there are ten or more for each on average.
    Raises ValueError when `count` is negative or `countries` not between 1 and the number of shares.
    """
    if count < 0:
        raise ValueError("count is negative")
    if not 1 <= countries <= len(shares):
        raise ValueError(f"countries is not between 1 and {len(shares)}")
    return _signatures(count, seed, list(shares.items())[:countries], opened_at.astimezone(UTC))


def _signatures(
    count: int, seed: int, shares: list[tuple[str, float]], opened_at: datetime
) -> Iterator[DemoSignature]:
    numbers = by_country(count, [share for _, share in shares])
    totals = {code: number for (code, _), number in zip(shares, numbers, strict=True) if number}
    plan = _plan(totals, seed, opened_at)
    crowds = {
        code: people(COUNTRIES[code], number, Random(f"{seed}/people/{code}")) for code, number in totals.items()
    }
    rng = Random(f"{seed}/moments")
    opening = opened_at.timestamp()
    serial = 0
    for hour in range(HOURS):
        for offset, code in _moments({code: hours[hour] for code, hours in plan.items()}, rng):
            serial += 1
            yield _signature(next(crowds[code]), code, serial, opening, hour * _HOUR + offset, rng)


def _plan(totals: Mapping[str, int], seed: int, opened_at: datetime) -> dict[str, list[int]]:
    """How many confirm in each hour, by country. The news reaches the first country at once, others later."""
    rng = Random(f"{seed}/plan")
    noise = hour_noise(rng)
    plan: dict[str, list[int]] = {}
    for code, total in totals.items():
        delay = rng.randrange(6, 30) if plan else 0
        first_hour = (opened_at.hour + COUNTRIES[code].utc_hours) % 24
        plan[code] = by_hour(total, first_hour, delay, noise, rng)
    return plan


def _moments(numbers: Mapping[str, int], rng: Random) -> list[tuple[float, str]]:
    """When in one hour (seconds to the millisecond, never 0) somebody of which country confirms, in order."""
    last = _HOUR * _MILLISECONDS - 1
    return sorted(
        ((1 + int(rng.random() * last)) / _MILLISECONDS, code)
        for code, number in numbers.items()
        for _ in range(number)
    )


def _signature(person: Person, code: str, serial: int, opening: float, elapsed: float, rng: Random) -> DemoSignature:
    """The signature of a person who confirmed `elapsed` seconds after the opening (in Unix time)."""
    # Most confirm within minutes, a few after an hour; nobody signs before the opening.
    waited = min(60 + 5400 * rng.random() ** 4, elapsed / 2)
    mailbox = _MAILBOXES[int(rng.random() * len(_MAILBOXES))]
    return DemoSignature(
        name=person.name,
        city=person.city,
        country=code,
        comment=person.comment,
        locale=person.locale,
        domain=person.domain,
        address=f"{mailbox}.{serial}@{person.domain}",
        list_name=person.list_name,
        show_name=person.show_name,
        updates=person.updates,
        confirmed_at=datetime.fromtimestamp(opening + elapsed, UTC),
        created_at=datetime.fromtimestamp(opening + elapsed - waited, UTC),
    )
