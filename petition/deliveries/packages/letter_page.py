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
_UNBROKEN = 30  # so many of the widest letter fit in a line
_WITHOUT_SPACES = r"\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Han}\p{Hiragana}\p{Katakana}"
_LONG_WORD = regex.compile(rf"[^\s\u200b{_WITHOUT_SPACES}]{{{_UNBROKEN + 1},}}")
_PART = regex.compile(rf"\X{{1,{_UNBROKEN}}}")
_WORD = re.compile(r"\S+")
_KEPT = {"qr", "kind", "language", "region", "han", "name_han", "address_han", "snapshot_on", "public_url"}
_REPLACEMENT = "\ufffd"


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
    drawable = _each_text(letter, _drawable)
    try:
        return _compiled(drawable)
    except typst.TypstError:
        words: set[str] = set()
        _each_text(drawable, lambda text: words.update(_WORD.findall(text)) or text)
        bad = refused(words)
        if not bad:
            raise
        return _compiled(
            _each_text(drawable, lambda text: _WORD.sub(lambda it: _REPLACEMENT if it[0] in bad else it[0], text))
        )


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


def _drawable(text: str) -> str:
    """Text of characters that the fonts have, line by line, in which words too long for a line may break."""
    lines = [of_known_characters(line) for line in text.split("\n")]
    return _LONG_WORD.sub(lambda word: "\u200b".join(_PART.findall(word[0])), "\n".join(lines))


if __name__ == "__main__":
    sys.exit(main())
