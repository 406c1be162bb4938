"""The list as JSON lines: the form that hashes and receipts are made from."""

from collections.abc import Iterable
from itertools import islice
from json.encoder import encode_basestring
from typing import BinaryIO
from unicodedata import normalize

from petition.deliveries.lines import ListLine

_BATCH = 1000


def write_jsonl(stream: BinaryIO, lines: Iterable[ListLine]) -> int:
    """Writes each line's `canonical_line` ended by one 0x0A; returns the number of lines."""
    source = map(_text, lines)
    count = 0
    while batch := list(islice(source, _BATCH)):
        stream.write("".join(batch).encode())
        count += len(batch)
    return count


def canonical_line(line: ListLine) -> bytes:
    """The line as RFC 8785 canonical JSON in UTF-8, its text NFC (CONTRACT, `list.jsonl`, without `c`).

    Raises UnicodeEncodeError for text that is no Unicode (a lone surrogate).
    """
    return _text(line)[:-1].encode()


def _text(line: ListLine) -> str:
    n, country, _country_name, name, city, shown = line
    place = f'"country":{_string(country)},"n":{n}'
    if shown == "count":
        return f'{{{place},"shown":"count"}}\n'
    before = f'"city":{_string(city)},' if city else ""
    return f'{{{before}{place},"name":{_string(name)},"shown":"{shown}"}}\n'


def _string(text: str) -> str:
    # The standard library escapes just what RFC 8785 (3.2.2.2) escapes; a test compares each line
    # with the package rfc8785, which takes ten times as long.
    return encode_basestring(normalize("NFC", text))
