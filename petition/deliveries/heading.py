"""What stands above a list: the petition, the day, the counts, and the words around them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType

ENGLISH: Mapping[str, str] = MappingProxyType(
    {
        "list": "List of signatures",
        "to": "To {addressee}",
        "as_of": "confirmed signatures on {day}",
        "by_country": "Where people have signed",
        "country": "Country",
        "signatures": "Signatures",
        "number": "No.",
        "name": "Name",
        "city": "City",
        "continued": "{country} (continued)",
        "volume": "Volume {volume}",
        "range": "Numbers {first} to {last} of {total}",
        "note": "Each person appears as they chose: with their name, with initials, or in the count alone. "
        "Those in the count alone have a number too, so some numbers are not below.",
        "end": "End of the list.",
        "page": "Page {page} of {pages}",
    }
)


def english_counted(people: int, formatted: str, alone: bool) -> str:
    """The phrase for people who are in the count without a name.

    `people` decides singular or plural, `formatted` is the number as to be printed, and `alone`
    tells that no named person of the country stands before the phrase.
    """
    who = "person" if people == 1 else "people"
    phrase = f"{formatted} {who} who asked to be counted without their name"
    return phrase if alone else f"and {phrase}"


@dataclass(frozen=True, slots=True)
class ListHeading:
    """The facts of one snapshot that head a list, in the list's language.

    `language` is a BCP 47 tag; `by_country` holds (code, name, count), in the order to print, and
    its counts add up to `total`. `words` replaces any of the ENGLISH labels, keeping their {places}.
    """

    title: str
    addressee: str
    language: str
    snapshot_on: date
    total: int
    by_country: Sequence[tuple[str, str, int]]
    words: Mapping[str, str] = field(default_factory=dict)
    counted: Callable[[int, str, bool], str] = english_counted

    def word(self, key: str) -> str:
        """The label for `key`; KeyError for a key that ENGLISH does not have."""
        return self.words.get(key, ENGLISH[key])
