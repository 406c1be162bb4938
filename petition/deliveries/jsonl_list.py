"""The list as JSON lines: the form that hashes and receipts are made from."""

from collections.abc import Iterable
from json.encoder import encode_basestring
from typing import BinaryIO
from unicodedata import normalize

from petition.deliveries.lines import ListLine


def write_jsonl(stream: BinaryIO, lines: Iterable[ListLine]) -> int:
    """Writes each line's `canonical_line` ended by one 0x0A; returns the number of lines."""
    count = 0
    for line in lines:
        stream.write(canonical_line(line) + b"\n")
        count += 1
    return count


def canonical_line(line: ListLine) -> bytes:
    """The line as RFC 8785 canonical JSON in UTF-8, its text NFC (CONTRACT, `list.jsonl`, without `c`).

    Raises UnicodeEncodeError for text that is no Unicode (a lone surrogate).
    """
    place = f'"country":{_string(line.country)},"n":{line.n}'
    if line.shown == "count":
        return f'{{{place},"shown":"count"}}'.encode()
    city = f'"city":{_string(line.city)},' if line.city else ""
    return f'{{{city}{place},"name":{_string(line.name)},"shown":"{line.shown}"}}'.encode()


def _string(text: str) -> str:
    # The standard library escapes just what RFC 8785 (3.2.2.2) escapes; a test compares each line
    # with the package rfc8785, which takes ten times as long.
    return encode_basestring(normalize("NFC", text))
