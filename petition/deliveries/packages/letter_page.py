"""A cover letter, made in a process of its own: `python -m petition.deliveries.packages.letter_page`.

It reads the letter as JSON on standard input and writes the PDF to standard output.
"""

import json
import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pikepdf
import regex
import typst

from petition.deliveries.fonts import chains, font_folders
from petition.deliveries.lines import ListError
from petition.deliveries.pdf_sieve import refused
from petition.deliveries.pdf_text import of_known_characters
from petition.deliveries.pdf_volume import repacked

_STANDARDS: list["typst.PDFStandard"] = ["a-2a", "ua-1"]
_TEMPLATE = Path(__file__).with_name("letter.typ")
_UNBROKEN = 45  # so many of the widest letter fit in a line
_WITHOUT_SPACES = (
    r"\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"  # within Chinese and Japanese, Typst does not know where their words end
)
_BROKEN_ANYWHERE = r"\p{Han}\p{Hiragana}\p{Katakana}"
_PHRASE = regex.compile(rf"[{_WITHOUT_SPACES}]{{{_UNBROKEN // 2},}}")
_LONG_WORD = regex.compile(rf"[^\s\u200b{_WITHOUT_SPACES}{_BROKEN_ANYWHERE}]{{{_UNBROKEN + 1},}}")
_PART = regex.compile(rf"\X{{1,{_UNBROKEN}}}")
_PART_OF_PHRASE = regex.compile(r"\X{1,10}")
_WORD = regex.compile(rf"[^\s\u200b{_WITHOUT_SPACES}]{{{_UNBROKEN + 1},}}")
_PART = regex.compile(rf"\X{{1,{_UNBROKEN}}}")
_WORD = re.compile(r"\S+")
_KEPT = {"qr", "kind", "language", "region", "han", "name_han", "address_han", "snapshot_on", "public_url"}
_REPLACEMENT, _BREAK = "\ufffd", "\u200b"


def main() -> int:
    """Returns 0, or 1 with one line on standard error."""
    letter = json.load(sys.stdin.buffer)
    try:
        sys.stdout.buffer.write(repacked(set_by_typst(letter)))
    except (ListError, typst.TypstError, pikepdf.PdfError) as error:
        print(f"{error}".splitlines()[0], file=sys.stderr)  # noqa: T201 (the way to the parent)
        return 1
    return 0


def set_by_typst(letter: dict[str, Any]) -> bytes:
    """The letter as PDF/A-2a and PDF/UA-1, with words that Typst refuses replaced. Raises typst.TypstError."""
    in_pieces = letter["text"]["language"] in {"zh", "ja"}
    drawable = _each_text(letter, lambda text: _drawable(text, in_pieces))
    try:
        return _compiled(drawable)
    except typst.TypstError:
        bad = refused(_words(drawable))
        if not bad:
            raise
        return _compiled(_each_text(drawable, lambda text: _WORD.sub(lambda it: _unless(it[0], bad), text)))


def _words(letter: dict[str, Any]) -> set[str]:
    found: set[str] = set()

    def note(text: str) -> str:
        found.update(_WORD.findall(text))
        return text

    _each_text(letter, note)
    return found


def _unless(word: str, bad: set[str]) -> str:
    return _REPLACEMENT if word in bad else word


def _compiled(letter: dict[str, Any]) -> bytes:
    return typst.compile(
        str(_TEMPLATE),
        format="pdf",
        font_paths=font_folders(),
        ignore_system_fonts=True,
        sys_inputs={"letter": json.dumps({**letter, "fonts": chains()}, ensure_ascii=False)},
        pdf_standards=_STANDARDS,
        timestamp=datetime.fromisoformat(letter["snapshot_on"]).replace(tzinfo=UTC),
    )


def _each_text(value: Any, change: Callable[[str], str]) -> Any:
    """The same data, every text in it changed that somebody will read."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [_each_text(one, change) for one in value]
    if isinstance(value, dict):
        return {key: one if key in _KEPT else _each_text(one, change) for key, one in value.items()}
    return value


def _drawable(text: str, in_pieces: bool) -> str:
    """Text of characters that the fonts have, line by line, in which what is too long for a line may break.

    `in_pieces`: also what is written without spaces, which Typst else breaks between words.
    """
    text = "\n".join(of_known_characters(line) for line in text.split("\n"))
    if in_pieces:
        text = _PHRASE.sub(lambda found: _BREAK.join(_PART_OF_PHRASE.findall(found[0])), text)
    return _LONG_WORD.sub(lambda found: _BREAK.join(_PART.findall(found[0])), text)


if __name__ == "__main__":
    sys.exit(main())
