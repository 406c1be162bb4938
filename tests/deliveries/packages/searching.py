"""Searching the files of packages for what must not be in them."""

from __future__ import annotations

import io
import subprocess
import zipfile
from collections.abc import Iterator

import pikepdf


def texts(name: str, content: bytes) -> Iterator[str]:
    """All that is in a file, also within what is packed, in every way in which text is written there."""
    packed = [content]
    if name.endswith(".xlsx"):
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            packed += [book.read(one) for one in book.namelist()] + [" ".join(book.namelist()).encode()]
    if name.endswith(".pdf"):
        with pikepdf.open(io.BytesIO(content)) as document:
            packed += [one.read_bytes() for one in document.objects if isinstance(one, pikepdf.Stream)]
            packed += [document.trailer.unparse(resolved=True)]
            strings = [str(one) for thing in document.objects for one in _strings(thing)]
        yield from strings
        yield subprocess.run(["pdftotext", "-", "-"], input=content, capture_output=True, check=True).stdout.decode()
    for part in packed:
        yield part.decode("utf-8", "replace")
        yield part.decode("utf-16-be", "replace")
        yield part[1:].decode("utf-16-be", "replace")


def _strings(thing: object) -> Iterator[pikepdf.String]:
    if isinstance(thing, pikepdf.String):
        yield thing
    elif isinstance(thing, pikepdf.Array):
        for one in thing:
            yield from () if getattr(one, "is_indirect", False) else _strings(one)
    elif isinstance(thing, pikepdf.Dictionary):
        for one in thing.values():
            yield from () if getattr(one, "is_indirect", False) else _strings(one)
