"""What can be wrong with a package or a receipt, each with its own plain sentence."""

from __future__ import annotations

from collections.abc import Callable

from petition.deliveries.proof.sentences import SENTENCES

LONGEST = 80
JOINERS = "\u200c\u200d"  # part of names in many scripts, and of emoji


class Fault(ValueError):
    """Something found wrong: a stable code, and the values that its sentence names.

    A value may be a fault itself: "line 5 of list.jsonl: …".
    """

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code)
        self.code = code
        self.values = values

    def __str__(self) -> str:
        return self.said(str)

    def said(self, translate: Callable[[str], str]) -> str:
        """The sentence, in the language that `translate` turns the English of SENTENCES into."""
        values = {
            name: value.said(translate) if isinstance(value, Fault) else value for name, value in self.values.items()
        }
        return translate(SENTENCES[self.code]) % values


def plain(text: str) -> str:
    """Text of strangers as it may stand in a sentence: printable, and not long."""
    shown = printable(text)
    return shown if len(shown) <= LONGEST else shown[:LONGEST] + "…"


def printable(text: str) -> str:
    """The text without what could control a terminal or turn the direction of writing."""
    return "".join(one if one.isprintable() or one in JOINERS else "\N{REPLACEMENT CHARACTER}" for one in text)
