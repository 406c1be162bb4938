"""One line of a list: who a signer wanted to be on it, and nothing more."""

import functools
import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any, Literal, NamedTuple
from unicodedata import normalize

from petition.core.errors import DomainError

Shown = Literal["full", "initials", "count"]

# Characters that are a grapheme each, whatever stands beside them of the same: letters of the usual scripts
# without the marks that join them, and what names are punctuated with. Most names have no others, and take a
# twentieth of the time.
_PUNCTUATION = "-'.’"
_PLAIN = re.compile(f"[A-Za-zÀ-ÖØ-öø-ɏЀ-ҁҊ-ԯא-תؠ-يぁ-ゖァ-ヺ一-鿿가-힣{_PUNCTUATION[1:]}-]*")
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


def _graphemes(word: str) -> Iterator[str]:
    return (match.group() for match in _compiled(_GRAPHEME).finditer(word))


@functools.cache
def _compiled(pattern: str) -> Any:
    return import_module(_REGEX).compile(pattern)
