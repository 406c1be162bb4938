"""How the names of one language are put together."""

from collections.abc import Mapping
from dataclasses import dataclass
from unicodedata import normalize


@dataclass(frozen=True, slots=True)
class Style:
    """Names of one language: word lists, and patterns that combine them.

    `locale` is the language tag of people named this way. `patterns` maps a pattern to its weight among the
    others; `{family}` in a pattern stands for a word of the list `family`, everything else for itself.
    A list begins with its most common word.
    """

    locale: str
    patterns: Mapping[str, int]
    lists: Mapping[str, tuple[str, ...]]


def words(text: str) -> tuple[str, ...]:
    """The words between blanks, in NFC; an underscore stands for a blank inside a word ("da_Silva")."""
    return tuple(normalize("NFC", word.replace("_", " ")) for word in text.split())


def style(locale: str, patterns: Mapping[str, int], **lists: str) -> Style:
    """A Style whose lists are written as one string each."""
    return Style(locale, patterns, {key: words(text) for key, text in lists.items()})


# Two words, the family last, and women as often as men: most of the world.
GIVEN_FAMILY = {"{woman} {family}": 50, "{man} {family}": 50}
