"""One line of a list: who a signer wanted to be on it, and nothing more."""

import functools
import re
from collections.abc import Iterable, Iterator, Sequence
from importlib import import_module
from itertools import chain, groupby, islice, repeat
from operator import attrgetter
from typing import Any, Literal, NamedTuple
from unicodedata import normalize

from petition.core.errors import DomainError

Shown = Literal["full", "initials", "count"]
BATCH = 1_000

# Characters that are a grapheme each, whatever stands beside them of the same: letters of the usual scripts
# without the marks that join them, and what names are punctuated with. Most names have no others, and take a
# twentieth of the time.
_PUNCTUATION = "-'.’"
_LETTER = f"[A-Za-zÀ-ÖØ-öø-ɏЀ-ҁҊ-ԯא-תؠ-يぁ-ゖァ-ヺ一-鿿가-힣{_PUNCTUATION[1:]}-]"
_PLAIN = re.compile(f"{_LETTER}*")
_WORD = f"{_LETTER}+"
_PLAIN_NAME = re.compile(f"{_WORD}(?: {_WORD})*")
_PLAIN_NAMES = re.compile(f"{_PLAIN_NAME.pattern}(?:\n{_PLAIN_NAME.pattern})*")
_BEYOND_INITIALS = re.compile(r"(?<=[^ \n])[^ \n]+")
_REGEX = "regex"  # loaded when used: for the other names alone, and slow to load
_GRAPHEME = r"\X"
_ONLY_PUNCTUATION = r"[\p{P}\p{Z}\p{Cf}]+"


class ListError(DomainError):
    """A list cannot be made whole; the message says why, in one sentence for a person."""

    status = 500
    code = "list_failed"


class ListLine(NamedTuple):
    """A signer as a list shows them.

    `n` counts from 1 over the whole list; `country` is an alpha-2 code and `country_name` its name
    in the list's language; `name` is what is shown (full name, initials, or "" when counted only).
    """

    n: int
    country: str
    country_name: str
    name: str
    city: str | None
    shown: Shown


class Stretch(NamedTuple):
    """Lines of one country that stand one after the other, column by column.

    What is done to a column at once takes a fraction of what it takes line by line. A city that is not
    given is "".
    """

    numbers: Sequence[int]
    country: str
    country_name: str
    names: Sequence[str]
    cities: Sequence[str]
    shown: Sequence[Shown]

    def lines(self) -> Iterator[ListLine]:
        """The same, line by line."""
        places = repeat(self.country), repeat(self.country_name)
        cities = [city or None for city in self.cities]
        return map(ListLine._make, zip(self.numbers, *places, self.names, cities, self.shown, strict=False))


def line_by_line(stretches: Iterable[Stretch]) -> Iterator[ListLine]:
    """The lines of all stretches."""
    return chain.from_iterable(map(Stretch.lines, stretches))


def in_stretches(lines: Iterable[ListLine]) -> Iterator[Stretch]:
    """The lines in stretches of at most BATCH."""
    for place, alike in groupby(lines, attrgetter("country", "country_name")):
        while part := list(islice(alike, BATCH)):
            numbers, _codes, _called, names, cities, shown = zip(*part, strict=True)
            yield Stretch(numbers, *place, names, [city or "" for city in cities], shown)


def initials(name: str) -> str | None:
    """The first grapheme of each word, one space between; None where they would give the name away.

    That is where they are half or more of the name's graphemes (CONTRACT, "Files that strangers
    verify"). White space and punctuation are no part of a name here, so that "J. R." counts as two.
    """
    words = normalize("NFC", name).split()
    whole = "".join(words)
    if _PLAIN.fullmatch(whole):
        firsts = [word[0] for word in words]
        in_name = len(whole) - sum(map(whole.count, _PUNCTUATION))
    else:
        firsts = [next(_graphemes(word)) for word in words]
        only = _compiled(_ONLY_PUNCTUATION)
        in_name = sum(1 for word in words for part in _graphemes(word) if not only.fullmatch(part))
    if 2 * len(firsts) >= in_name:
        return None
    return " ".join(firsts)


def shown_as(name: str, city: str | None, choice: str) -> tuple[str, str | None, Shown]:
    """Name, city and manner in which a signer who chose `choice` stands on a list.

    Initials that would give the name away, an empty name and any unknown choice are counted only
    (DESIGN rule 6: what was not agreed to is not shown).
    """
    letters = initials(name) if choice == "initials" else None
    if choice == "full" and name.strip():
        return name, city or None, "full"
    if letters is not None:
        return letters, city or None, "initials"
    return "", None, "count"


def all_shown_as(
    names: Sequence[str], cities: Sequence[str], choice: str
) -> tuple[Sequence[str], Sequence[str], Sequence[Shown]]:
    """The columns of a stretch: `shown_as` for many who chose the same, most of whom need no closer look."""
    if choice == "full" and all(map(str.strip, names)):
        return names, cities, ["full"] * len(names)
    if choice == "initials":
        letters = _all_initials(names)
        shown: list[Shown] = ["initials" if some else "count" for some in letters]
        places = [city if some else "" for some, city in zip(letters, cities, strict=True)]
        return letters, places, shown
    lines = [shown_as(name, city, choice) for name, city in zip(names, cities, strict=True)]
    return [line[0] for line in lines], [line[1] or "" for line in lines], [line[2] for line in lines]


def _all_initials(names: Sequence[str]) -> list[str]:
    """The initials of each name, "" where they would give it away. Plain names are done in one go, which takes a
    third of the time."""
    if _PLAIN_NAMES.fullmatch("\n".join(names)):
        return _initials_of_plain(names)
    plain = [name for name in names if _PLAIN_NAME.fullmatch(name)]
    found = dict(zip(plain, _initials_of_plain(plain), strict=True)) if plain else {}
    return [found[name] if name in found else initials(name) or "" for name in names]


def _initials_of_plain(names: Sequence[str]) -> list[str]:
    whole = "\n".join(names)
    letters = whole
    for mark in (" ", *_PUNCTUATION):
        letters = letters.replace(mark, "")
    firsts = _BEYOND_INITIALS.sub("", whole).split("\n")
    # One character for each word and one space between: one more is twice the words.
    return [
        some if len(some) + 1 < len(in_name) else ""
        for some, in_name in zip(firsts, letters.split("\n"), strict=True)
    ]


def _graphemes(word: str) -> Iterator[str]:
    return (match.group() for match in _compiled(_GRAPHEME).finditer(word))


@functools.cache
def _compiled(pattern: str) -> Any:
    return import_module(_REGEX).compile(pattern)
