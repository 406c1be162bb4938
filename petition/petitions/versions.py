"""What differs between two texts, word by word."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import NamedTuple

from petition.petitions.models import PetitionText
from petition.petitions.service import PROMISES, SIGNED_WORDS

PIECE = re.compile(r"\n|[^\S\n]+|\w+|[^\w\s]")
MOST_PIECES = 4000


class Piece(NamedTuple):
    """A stretch of text and what became of it: `same`, `del` or `ins`."""

    kind: str
    text: str


def difference(old: str, new: str) -> list[Piece]:
    """Both texts as one, with what was taken out and what was put in.

    Lines are compared first, words only within lines that changed: a long text takes no longer than a short one.
    """
    lines = old.splitlines(keepends=True), new.splitlines(keepends=True)
    found = chain.from_iterable(_within(*changed) for changed in _compared(*lines))
    return list(_joined(found))


def _compared(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[str, str]]:
    for kind, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        before, after = "".join(old[a:b]), "".join(new[c:d])
        yield (before, before) if kind == "equal" else (before, after)


def _within(old: str, new: str) -> Iterator[Piece]:
    if old == new:
        yield Piece("same", old)
        return
    before, after = PIECE.findall(old), PIECE.findall(new)
    if len(before) + len(after) > MOST_PIECES:
        before, after = [old], [new]
    for gone, come in _compared(before, after):
        if gone == come:
            yield Piece("same", gone)
        else:
            yield Piece("del", gone)
            yield Piece("ins", come)


def _joined(pieces: Iterator[Piece]) -> Iterator[Piece]:
    last: Piece | None = None
    for piece in pieces:
        if last and piece.kind == last.kind:
            last = Piece(last.kind, last.text + piece.text)
            continue
        if last and last.text:
            yield last
        last = piece if piece.text or last is None else last
    if last and last.text:
        yield last


def changed_fields(old: Mapping[str, str], new: Mapping[str, str]) -> dict[str, list[Piece]]:
    """The difference of each field that is not the same in both, by name."""
    return {
        name: difference(_shown(name, old), _shown(name, new))
        for name in dict.fromkeys([*old, *new])
        if old.get(name, "") != new.get(name, "")
    }


def _shown(name: str, fields: Mapping[str, str]) -> str:
    value = fields.get(name, "")
    return "✓" if value and name.startswith("asks_") else value


def of_text(text: PetitionText) -> dict[str, str]:
    """What was signed with a text, by name: the words of each language, and the promises."""
    words = {
        f"{one.locale}-{name}": getattr(one, name) or "" for one in text.in_all_languages for name in SIGNED_WORDS
    }
    promises = {name: getattr(text, name) for name in PROMISES}
    return words | {name: "" if value is None else str(value) for name, value in promises.items()}
