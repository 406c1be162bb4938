"""Invented signers of one country: names, places, remarks and choices, in bulk."""

from collections.abc import Iterator, Sequence
from itertools import accumulate
from random import Random
from string import Formatter
from typing import NamedTuple

from petition.demo.comments import COMMENTS
from petition.demo.countries import Country
from petition.demo.names import STYLES
from petition.demo.places import CITIES

_BATCH = 512
_LIST_NAMES = ("full", "initials", "count")
_OPEN_CHOICES = (45, 65, 100)
_GUARDED_CHOICES = (7, 13, 100)
# Whoever is named in full on lists mostly also shows the name on the public page; the two are asked apart.
_SHOWS_NAME = {"full": 0.7, "initials": 0.2, "count": 0.02}
_GIVES_CITY = 40  # in a hundred
_COMMENTS = 0.03
_WANTS_UPDATES = 0.08

# RFC 2606 reserves these: no mail to them reaches anybody.
_RESERVED = ("example.org", "example.com", "example.net")


class Person(NamedTuple):
    """What a signer says about themselves."""

    name: str
    city: str | None
    comment: str | None
    locale: str
    domain: str
    list_name: str
    show_name: bool
    updates: bool


class Mould(NamedTuple):
    """A pattern ready for filling: the text with gaps, the list for each gap, and the language."""

    text: str
    lists: tuple[Sequence[str], ...]
    locale: str


def people(country: Country, count: int, rng: Random) -> Iterator[Person]:
    """Invents `count` signers of a country, a batch at a time."""
    moulds, mould_weights = _moulds(country)
    cities, city_weights = _cities(country.code)
    choices = _GUARDED_CHOICES if country.guarded else _OPEN_CHOICES
    domains = [f"{host}.{country.code.lower()}.{top}" for host in ("mail", "post") for top in _RESERVED]
    for done in range(0, count, _BATCH):
        size = min(_BATCH, count - done)
        batch = zip(
            rng.choices(moulds, cum_weights=mould_weights, k=size),
            rng.choices(cities, cum_weights=city_weights, k=size),
            rng.choices(domains, k=size),
            rng.choices(_LIST_NAMES, cum_weights=choices, k=size),
            strict=True,
        )
        for mould, city, domain, list_name in batch:
            yield _person(mould, city, domain, list_name, rng)


def _person(mould: Mould, city: str | None, domain: str, list_name: str, rng: Random) -> Person:
    comment = None
    if rng.random() < _COMMENTS and mould.locale in COMMENTS:
        comment = rng.choice(COMMENTS[mould.locale])
    show_name = rng.random() < _SHOWS_NAME[list_name]
    updates = rng.random() < _WANTS_UPDATES
    return Person(_name(mould, rng), city, comment, mould.locale, domain, list_name, show_name, updates)


def _name(mould: Mould, rng: Random) -> str:
    """Fills a mould, not twice with the same word ("Lucía Lucía").

    The power favours the beginning of each list, where the common names are.
    """
    drawn = [names[int(rng.random() ** 1.5 * len(names))] for names in mould.lists]
    if len(set(drawn)) < len(drawn):
        return _name(mould, rng)
    return mould.text.format(*drawn)


def _moulds(country: Country) -> tuple[list[Mould], list[float]]:
    """The moulds of a country's people and their summed weights."""
    moulds: list[Mould] = []
    weights: list[float] = []
    for key, voice_weight in country.voices.items():
        style = STYLES[key]
        total = sum(style.patterns.values())
        for pattern, weight in style.patterns.items():
            gaps = [gap for _, gap, _, _ in Formatter().parse(pattern) if gap]
            text = pattern.format(**dict.fromkeys(gaps, "{}"))
            moulds.append(Mould(text, tuple(style.lists[gap] for gap in gaps), style.locale))
            weights.append(voice_weight * weight / total)
    return moulds, list(accumulate(weights))


def _cities(code: str) -> tuple[list[str | None], list[float]]:
    """A country's cities and summed weights, falling with the rank; None for those who give no city."""
    cities = CITIES[code]
    ranks = [1 / (rank + 1) for rank in range(len(cities))]
    weights = [100 - _GIVES_CITY, *(_GIVES_CITY * rank / sum(ranks) for rank in ranks)]
    return [None, *cities], list(accumulate(weights))
