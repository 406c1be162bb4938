"""Which lines stand in which volume of a PDF list, under which heading."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby

from petition.deliveries.heading import ListHeading
from petition.deliveries.lines import ListError, ListLine


@dataclass(slots=True)
class Group:
    """The people of one country in one volume; `counted` are those without a name, in all volumes."""

    country: str
    name: str
    continued: bool = False
    rows: list[tuple[int, str, str]] = field(default_factory=list)
    counted: int = 0


@dataclass(slots=True)
class Volume:
    """`number` counts from 1; `rows` is how many people are in it by name or initials."""

    number: int
    groups: list[Group] = field(default_factory=list)
    rows: int = 0
    last: bool = False

    def open(self, country: str, name: str, continued: bool = False) -> Group:
        group = Group(country, name, continued)
        self.groups.append(group)
        return group

    def add(self, group: Group, line: ListLine) -> None:
        group.rows.append((line.n, line.name, line.city or ""))
        self.rows += 1

    def carry_over(self) -> tuple["Volume", Group]:
        """The next volume, and in it the group that goes on there, with those counted so far."""
        group = self.groups[-1]
        following = Volume(self.number + 1)
        rest = following.open(group.country, group.name, continued=bool(group.rows))
        rest.counted, group.counted = group.counted, 0
        if not group.rows:
            self.groups.pop()
        return following, rest


def volumes(lines: Iterable[ListLine], heading: ListHeading, rows_per_volume: int) -> Iterator[Volume]:
    """Full volumes, then a last one (the only one of a short or empty list).

    Raises ListError where a country comes twice, or where the lines are not as many per country as
    the heading says; always before the last volume, so that no whole list can be wrong.
    """
    volume = Volume(1)
    found: Counter[str] = Counter()
    for (country, name), members in groupby(_noted(lines, found), lambda line: (line.country, line.country_name)):
        group = volume.open(country, name)
        for line in members:
            if line.shown == "count":
                group.counted += 1
                continue
            if volume.rows == rows_per_volume:
                full = volume
                volume, group = full.carry_over()
                yield full
            volume.add(group, line)
    _compare(found, heading)
    volume.last = True
    yield volume


def _noted(lines: Iterable[ListLine], found: Counter[str]) -> Iterator[ListLine]:
    """The same lines, counted by country in `found` as they pass."""
    before = None
    for line in lines:
        if line.country != before and line.country in found:
            raise ListError(f"the lines of the country {line.country} are not in one block")
        before = line.country
        found[before] += 1
        yield line


def _compare(found: Counter[str], heading: ListHeading) -> None:
    said = {code: count for code, _, count in heading.by_country if count}
    if found.total() != heading.total or found != said:
        raise ListError(
            f"the heading speaks of {heading.total} signatures, the list has {found.total()},"
            " or they differ by country: they are not of one snapshot"
        )
