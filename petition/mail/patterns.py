"""Patterns: the text of a finished message, with gaps for what differs from mail to mail.

A pattern is cut from a model that the standard library has made, with a token in each place. Gaps in the header
are filled in as they are. A line of a body is decoded, filled in and encoded again, since what is filled in may
move its soft line breaks; all other lines stay as they were encoded.
"""

from __future__ import annotations

import quopri
import re
from collections.abc import Mapping
from email.quoprimime import body_encode

EOL = "\r\n"
MOST_IN_LINE = 78  # as the standard library's policy has it
LINE = re.compile(r"(?:[^\r]*=\r\n)*[^\r]*\r\n")  # with its soft line breaks
SOFT_BREAK = f"={EOL}"

Pieces = list[str]
"""Text, a name, text, a name … text: what the names stand for belongs between the texts."""


class NotFillable(Exception):
    """A token in the model's header was folded or encoded, or stands there twice."""


class Pattern:
    """A message cut at its tokens: `fill` gives what the model would have been with other values."""

    def __init__(self, model: bytes, in_header: Mapping[str, str], in_body: Mapping[str, str]) -> None:
        """Tokens have names, and are such that nothing encodes or breaks them; a body need not hold all of them.

        The model's bodies are quoted-printable, and no other line ends in `=`. Raises NotFillable.
        """
        header, gap, body = model.decode("ascii").partition(EOL * 2)
        if any(header.count(token) != 1 for token in in_header.values()):
            raise NotFillable
        self._header = _cut(header + gap, in_header)
        self._body = [_cut_line(line, in_body) for line in LINE.findall(body)]

    def fill(self, values: Mapping[str, str]) -> bytes:
        """The message with these values instead of the tokens of the same names."""
        lines = (line if isinstance(line, str) else _encoded(_filled(line, values)) for line in self._body)
        return "".join((_filled(self._header, values), *lines)).encode("ascii")


def _cut(text: str, tokens: Mapping[str, str]) -> Pieces:
    names = {token: name for name, token in tokens.items()}
    pieces = re.split(f"({'|'.join(map(re.escape, names))})", text)
    return [names.get(piece, piece) for piece in pieces]


def _cut_line(line: str, tokens: Mapping[str, str]) -> str | Pieces:
    """The line as it is, or the pieces of what it encodes."""
    whole = line.replace(SOFT_BREAK, "")
    if not any(token in whole for token in tokens.values()):
        return line
    return _cut(quopri.decodestring(whole.removesuffix(EOL)).decode("latin-1"), tokens)


def _filled(pieces: Pieces, values: Mapping[str, str]) -> str:
    filled = pieces.copy()
    filled[1::2] = [values[name] for name in pieces[1::2]]
    return "".join(filled)


def _encoded(line: str) -> str:
    """A line of a body, its bytes given as Latin 1."""
    encoded: str = body_encode(line, MOST_IN_LINE, EOL)
    return encoded + EOL
