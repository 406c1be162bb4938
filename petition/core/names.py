"""What people write about themselves (names, cities, comments): cleaned, and refused only where it does harm.

A name is any script, one word or six (DESIGN rule 6), so nothing here asks what a name looks like.
"""

import re
import unicodedata

NAME_LIMIT = 120
"""Characters (code points) of a cleaned name."""

_SPACES = " \u00a0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u202f\u205f\u3000"
_ZERO_WIDTH = "\u00ad\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u2060\u2061\u2062\u2063\u2064\ufeff"
ENDS = "\t\n\r" + _SPACES + _ZERO_WIDTH
"""What is cut off both ends of anything written: white space, line ends, zero-width characters."""

_SPACE = re.compile(f"[{_SPACES}]+")
# Blank letters and selectors: Unicode counts them as letters, marks or symbols, but they show nothing.
_BLANK = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0000-\U000e0fff]"
)
# Newly added letters (Cn to an older Python) and private ones (Co) are somebody's name too.
_LETTERS = ("L", "M", "N", "Co", "Cn")
_INVISIBLE = ("Zs", "Cf", "Cc")

_DROPPED = dict.fromkeys(map(ord, "\u061c\u200e\u200f\u2060\ufeff"))

# Controls, line and paragraph separators, bidi embeddings, overrides and isolates, lone surrogates and
# noncharacters (the last two cannot be stored as UTF-8 or written into XML).
_CONTROL = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef"
    + "".join(chr(plane << 16 | 0xFFFE) + chr(plane << 16 | 0xFFFF) for plane in range(17))
    + "]"
)

# Only endings that no surname has: "M.de Souza" and "J.Ru" are people. Two-letter ones ask for a longer word.
_LINK = re.compile(
    r"""://
      | (?<!\w) www\.
      | \w \. [a-z]{2,24} /
      | \w \. (?:com|net|org|info|biz|xyz|icu|online) (?! [\w-] )
      | \w{3} \. (?:ru|cn|io) (?! [\w.-] )
    """,
    re.VERBOSE | re.IGNORECASE,
)
_DOTS = str.maketrans("。", ".")


class NameRefused(ValueError):
    """Something written cannot be taken; `reason` is "empty", "too_long", "link" or "control".

    The text itself is not in the exception, so that it can be logged.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def clean_name(text: str) -> str:
    """Returns the name as it is stored and shown: NFC, trimmed, single spaces, joiners inside kept.

    Raises NameRefused only for what issue 2, point 4 lists: nothing visible in it, over 120 characters,
    a link, control or bidi-override characters.
    """
    name = clean_words(text, NAME_LIMIT)
    if not name:
        raise NameRefused("empty")
    return name


def clean_words(text: str, limit: int) -> str:
    """Returns one line cleaned like a name, "" when nothing in it can be seen.

    `limit` is in characters. Raises NameRefused: "too_long", "control" or "link".
    """
    words = clean_line(text, limit)
    if _holds_link(words):
        raise NameRefused("link")
    return words


def clean_line(text: str, limit: int) -> str:
    """Returns one line (a city, say) cleaned like a name, "" when nothing in it can be seen.

    `limit` is in characters. Raises NameRefused: "too_long" or "control".
    """
    _refuse_flood(text, limit)
    line = unicodedata.normalize("NFC", text.translate(_DROPPED)).strip(ENDS)
    if _CONTROL.search(line):
        raise NameRefused("control")
    line = _SPACE.sub(" ", line)
    return _within(line, limit)


def clean_text(text: str, limit: int) -> str:
    """Returns a text of several lines (a comment), NFC, trimmed, its line breaks as \\n and tabs as spaces.

    `limit` is in characters, a line break counting one. Raises NameRefused: "too_long" or "control".
    """
    _refuse_flood(text, limit)
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    lines = unicodedata.normalize("NFC", lines).strip(ENDS)
    if _CONTROL.search(lines.replace("\n", "")):
        raise NameRefused("control")
    return _within(lines, limit)


def same_person_form(name: str) -> str:
    """Returns the form by which two names on one address are one person (DESIGN rule 4).

    Case, spaces, hyphens, dots, joiners and full-width forms make no other person; letters, accents and
    digits do. A name without any letter (an emoji) stands for itself.
    """
    whole = folded(name)
    kept = whole.replace(" ", "")
    if not kept.isalpha() or _BLANK.search(kept):  # most names need no closer look
        kept = "".join(c for c in _BLANK.sub("", whole) if unicodedata.category(c).startswith(_LETTERS))
    return folded(kept) if kept else whole


def folded(text: str) -> str:
    """Returns text without differences of case and compatibility forms; folding twice changes nothing.

    The steps are toNFKC_Casefold's of the Unicode Standard (section 3.13), but nothing ignorable is dropped.
    """
    once = unicodedata.normalize("NFKC", unicodedata.normalize("NFD", text).casefold())
    return unicodedata.normalize("NFKC", once.casefold())


def _refuse_flood(text: str, limit: int) -> None:
    # Normalising takes time quadratic in a run of accents; no script needs ten code points for one.
    if len(text) > 10 * limit:
        raise NameRefused("too_long")


def _within(text: str, limit: int) -> str:
    if len(text) > limit:
        raise NameRefused("too_long")
    return text if _shows_something(text) else ""


def _shows_something(text: str) -> bool:
    return any(unicodedata.category(c) not in _INVISIBLE for c in _BLANK.sub("", text))


def _holds_link(name: str) -> bool:
    """Looks at the name as a browser would: zero-width characters and full-width letters hide no link."""
    plain = "".join(c for c in name if unicodedata.category(c) != "Cf")
    return bool(_LINK.search(unicodedata.normalize("NFKC", plain).translate(_DOTS)))
