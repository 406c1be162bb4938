"""Text made fit for a PDF/A page: what no font can draw would stop the whole document."""

import re
from functools import cache
from unicodedata import category, normalize

import regex

from petition.deliveries.fonts import coverage

UNBROKEN = 20  # so many of the widest letter fit in the narrowest column
_JOINERS = {0x200C, 0x200D}
_WIDEST = 0xFDFD  # a whole Arabic sentence in one sign; a row of them must break
_RARE = re.compile(r"[^\x20-\x7e]")
_LONG_WORD = re.compile(rf"\S{{{UNBROKEN + 1},}}")
_PILED_MARKS = regex.compile(r"(\p{Mn}{4})\p{Mn}+")
_STRAY_MARKS = regex.compile(r"(?<![\p{L}\p{M}])(?<![\p{L}\p{M}][\u200c\u200d])\p{M}+")
_GRAPHEME = regex.compile(r"\X")


class _Drawable(dict[int, str | None]):
    """A translation table that decides about each character once."""

    def __missing__(self, point: int) -> str | None:
        self[point] = drawn = _drawn(point)
        return drawn


def drawable(text: str) -> str:
    """NFC text of characters that the fonts can draw, with places to break words longer than 20.

    Controls, bidi overrides, variation selectors and private marks go, spaces of all kinds become
    one, a character that no font has becomes U+FFFD, and more than four marks on a letter are cut.
    """
    text = " ".join(of_known_characters(text).split())
    return _LONG_WORD.sub(_with_breaks, text)


def of_known_characters(text: str) -> str:
    """The same, with its spaces and words as they are."""
    if not _RARE.search(text):
        return text
    text = normalize("NFC", text).translate(_table())
    return _STRAY_MARKS.sub("", _PILED_MARKS.sub(r"\1", text))


@cache
def _table() -> _Drawable:
    return _Drawable()


def _drawn(point: int) -> str | None:
    kind = category(chr(point))
    if kind in ("Zs", "Zl", "Zp") or point in (0x09, 0x0A, 0x0D):
        return " "
    if point in _JOINERS:
        return chr(point)
    if kind in ("Cc", "Cf") or _is_variation_selector(point):
        return None
    if point == _WIDEST:
        return chr(point) + "\u200b"
    if kind != "Co" and point in coverage():
        return chr(point)
    parts = normalize("NFD", chr(point))
    apart = len(parts) > 1 and all(ord(part) in coverage() for part in parts)
    return parts if apart else "\ufffd"


def _is_variation_selector(point: int) -> bool:
    return 0xFE00 <= point <= 0xFE0F or 0xE0100 <= point <= 0xE01EF or 0x180B <= point <= 0x180F


def _with_breaks(word: re.Match[str]) -> str:
    parts = _GRAPHEME.findall(word.group())
    pieces = ("".join(parts[start : start + UNBROKEN]) for start in range(0, len(parts), UNBROKEN))
    return "\u200b".join(pieces)
