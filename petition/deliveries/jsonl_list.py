"""The list as JSON lines: the form that hashes and receipts are made from."""

import re
from collections.abc import Iterable, Sequence
from json.encoder import encode_basestring
from typing import BinaryIO
from unicodedata import is_normalized, normalize

from petition.deliveries.lines import ListLine, Stretch

_ESCAPED = re.compile(r'[\x00-\x1f"\\]')


def write_jsonl(stream: BinaryIO, stretches: Iterable[Stretch]) -> int:
    """Writes each line's `canonical_line` ended by one 0x0A; returns the number of lines."""
    count = 0
    for stretch in stretches:
        stream.write(_text(stretch).encode())
        count += len(stretch.numbers)
    return count


def canonical_line(line: ListLine) -> bytes:
    """The line as RFC 8785 canonical JSON in UTF-8, its text NFC (CONTRACT, `list.jsonl`, without `c`).

    Raises UnicodeEncodeError for text that is no Unicode (a lone surrogate).
    """
    alone = Stretch([line.n], line.country, line.country_name, [line.name], [line.city or ""], [line.shown])
    return _text(alone)[:-1].encode()


def _text(stretch: Stretch) -> str:
    (country,) = _strings([stretch.country])
    place = f'"country":"{country}","n":'
    columns = zip(stretch.numbers, _strings(stretch.names), _strings(stretch.cities), stretch.shown, strict=True)
    return "".join(
        [
            f'{{{place}{n},"shown":"count"}}\n'
            if shown == "count"
            else f'{{"city":"{city}",{place}{n},"name":"{name}","shown":"{shown}"}}\n'
            if city
            else f'{{{place}{n},"name":"{name}","shown":"{shown}"}}\n'
            for n, name, city, shown in columns
        ]
    )


def _strings(texts: Sequence[str]) -> Sequence[str]:
    """What stands between the quotes. Most texts stay as they are, and many are looked at as one: nothing composes
    with a space before it."""
    whole = " ".join(texts)
    if is_normalized("NFC", whole) and not _ESCAPED.search(whole):
        return texts
    # The standard library escapes just what RFC 8785 (3.2.2.2) escapes; a test compares each line
    # with the package rfc8785, which takes ten times as long.
    return [encode_basestring(normalize("NFC", text))[1:-1] for text in texts]
