"""Takes out the few names that Typst refuses to draw although its fonts have every character of them:
`python -m petition.deliveries.pdf_sieve`, a volume as JSON in and out.

That happens where marks of one script follow signs of another in a run from right to left, and in
PDF/A it stops the whole document. Nobody's odd name may keep the names of all others off a list.
"""

import json
import sys
from collections.abc import Iterable

import typst

from petition.deliveries.fonts import chains, font_folders
from petition.deliveries.pdf_text import drawable

_STANDARDS: list["typst.PDFStandard"] = ["a-2a", "ua-1"]
_AT_ONCE = 500  # texts in a probe: ten times as many paragraphs, in little memory
_PROBE = b"""
#let d = json(bytes(sys.inputs.probe))
#set document(title: "probe")
#for chain in d.chains.values() {
  set text(font: chain, fallback: false)
  for it in d.texts { par(text(dir: ltr, it)); par(text(dir: rtl, it)) }
}
"""


def main() -> int:
    """Puts U+FFFD for each name or city that is refused; returns 0."""
    volume = json.load(sys.stdin.buffer)
    rows = [row for group in volume["groups"] for row in group["rows"]]
    bad = refused(drawable(text) for row in rows for text in row[1:])
    for row in rows:
        row[1:] = ["\ufffd" if drawable(text) in bad else text for text in row[1:]]
    sys.stdout.buffer.write(json.dumps(volume).encode())
    return 0


def refused(texts: Iterable[str]) -> set[str]:
    """Those of `texts` that Typst refuses with some order of fonts, in some direction; found by halving."""
    fonts = typst.Fonts(include_system_fonts=False, font_paths=font_folders())
    found: set[str] = set()
    once = sorted(set(texts))
    for start in range(0, len(once), _AT_ONCE):
        found |= _refused(once[start : start + _AT_ONCE], fonts)
    return found


def _refused(texts: list[str], fonts: typst.Fonts) -> set[str]:
    if not texts or _drawn(texts, fonts):
        return set()
    if len(texts) == 1:
        return set(texts)
    half = len(texts) // 2
    return _refused(texts[:half], fonts) | _refused(texts[half:], fonts)


def _drawn(texts: list[str], fonts: typst.Fonts) -> bool:
    probe = json.dumps({"texts": texts, "chains": chains()}, ensure_ascii=False)
    try:
        typst.compile(_PROBE, format="pdf", font_paths=fonts, sys_inputs={"probe": probe}, pdf_standards=_STANDARDS)
    except typst.TypstError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
