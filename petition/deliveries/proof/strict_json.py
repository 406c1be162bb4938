"""JSON of which every byte counts: no key twice, whole numbers only, NFC, and canonical as RFC 8785 says."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any, NoReturn
from unicodedata import is_normalized

import rfc8785

from petition.deliveries.proof.faults import Fault, plain

MOST = 2**53 - 1
"""The largest whole number that every reader of JSON understands alike."""


def parse(content: bytes) -> Any:
    """The value. Raises Fault for what is not JSON in UTF-8, or could be read in two ways."""
    if content.startswith(b"\xef\xbb\xbf"):
        raise Fault("byte_order_mark")
    if content.endswith(b"\r"):
        raise Fault("carriage_return")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        raise Fault("not_utf8") from None
    try:
        value = json.loads(text, object_pairs_hook=_once, parse_constant=_no_number, parse_float=_not_whole)
    except Fault:
        raise
    except (ValueError, RecursionError):
        raise Fault("not_json") from None
    for part in _parts(value):
        _check_part(part)
    return value


def canonical(value: Any) -> bytes:
    """The one way to write the value (RFC 8785)."""
    written: bytes = rfc8785.dumps(value)
    return written


def check_canonical(value: Any, content: bytes) -> None:
    """Raises Fault unless `content` is the canonical form of the value."""
    if canonical(value) != content:
        raise Fault("not_canonical")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        ((name, _times),) = Counter(name for name, _value in pairs).most_common(1)
        raise Fault("key_twice", key=plain(name))
    return found


def _no_number(word: str) -> NoReturn:
    raise Fault("no_number", word=word)


def _not_whole(word: str) -> NoReturn:
    raise Fault("not_whole", word=plain(word))


def _parts(value: Any) -> Iterator[Any]:
    """All texts and numbers in the value, keys too."""
    waiting = [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            waiting += [*part.keys(), *part.values()]
        elif isinstance(part, list):
            waiting += part
        else:
            yield part


def _check_part(part: Any) -> None:
    if isinstance(part, str):
        try:
            part.encode()
        except UnicodeEncodeError:  # half of a surrogate pair, written as \\ud800
            raise Fault("not_utf8") from None
        if not is_normalized("NFC", part):
            raise Fault("not_nfc")
    elif isinstance(part, int) and abs(part) > MOST:
        raise Fault("not_whole", word=plain(str(part)))
