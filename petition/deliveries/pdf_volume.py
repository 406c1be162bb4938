"""One volume of a PDF list, made in a process of its own: `python -m petition.deliveries.pdf_volume`.

It reads the volume as JSON on standard input and writes the PDF to standard output; nothing about a
signer touches the disk. Typst keeps some 0.5 GB per document, hence a fresh process for each.
"""

import io
import json
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pikepdf
import typst

from petition.deliveries.fonts import chains, font_folders
from petition.deliveries.lines import ListError
from petition.deliveries.pdf_processes import REFUSED
from petition.deliveries.pdf_text import drawable

_STANDARDS: list["typst.PDFStandard"] = ["a-2a", "ua-1"]
_TEMPLATE = Path(__file__).with_name("list.typ")
_KANA = re.compile(r"[\u3040-\u30ff\uff66-\uff9f]")
_HANGUL = re.compile(r"[\u1100-\u11ff\u3130-\u318f\uac00-\ud7af]")
_RIGHT_TO_LEFT = re.compile(r"^[\W\d_]*[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]")


def main() -> int:
    """Returns 0, or 1 with one line on standard error, or REFUSED with a line if Typst refused the text."""
    volume = json.load(sys.stdin.buffer)
    try:
        sys.stdout.buffer.write(repacked(compiled(volume)))
    except (ListError, typst.TypstError, pikepdf.PdfError) as error:
        print(f"{error}".splitlines()[0], file=sys.stderr)  # noqa: T201 (the way to the parent)
        return REFUSED if isinstance(error, typst.TypstError) else 1
    return 0


def compiled(volume: dict[str, Any]) -> bytes:
    """The volume set by Typst as PDF/A-2a and PDF/UA-1. Raises typst.TypstError."""
    return typst.compile(
        str(_TEMPLATE),
        format="pdf",
        font_paths=font_folders(),
        ignore_system_fonts=True,
        sys_inputs={"volume": json.dumps(_prepared(volume), ensure_ascii=False)},
        pdf_standards=_STANDARDS,
        timestamp=datetime.fromisoformat(volume["snapshot_on"]).replace(tzinfo=UTC),
    )


def repacked(pdf: bytes) -> bytes:
    """The same document in object streams, about a fifth of the size, equal bytes for equal input."""
    packed = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as document:
        document.save(
            packed,
            deterministic_id=True,
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
            compress_streams=True,
        )
    return packed.getvalue()


def _prepared(volume: dict[str, Any]) -> dict[str, Any]:
    words = {key: drawable(word) for key, word in volume["words"].items()}
    summary = [[drawable(name), number] for name, number in volume["summary"]]
    groups = [_prepared_group(group) for group in volume["groups"]]
    return {**volume, "words": words, "summary": summary, "groups": groups, "fonts": chains()}


def _prepared_group(group: dict[str, Any]) -> dict[str, Any]:
    rows = [[n, _marked(name, group["han"]), _marked(city, group["han"])] for n, name, city in group["rows"]]
    return {**group, "name": drawable(group["name"]), "counted": drawable(group["counted"]), "rows": rows}


def _marked(text: str, han: str) -> str | list[str]:
    """Drawable text; as a pair with a manner where it is not written as its country's names mostly are."""
    text = drawable(text)
    if text.isascii():
        return text
    if _RIGHT_TO_LEFT.match(text):
        return [text, "rtl"]
    if han != "ja" and _KANA.search(text):
        return [text, "ja"]
    if han != "ko" and _HANGUL.search(text):
        return [text, "ko"]
    return text


if __name__ == "__main__":
    sys.exit(main())
