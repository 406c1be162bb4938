"""The lines of `list.jsonl`: a signer a line, in the one form that hashes are taken of (RFC 8785, NFC).

A line tells no date, no id and no address. Its `c` commits to the signer's secret: whoever knows the secret of a
package can prove which line is theirs, and once the secret is erased, `c` says nothing of anybody.
"""

from __future__ import annotations

import hmac
import re
from hashlib import sha256
from json.encoder import encode_basestring
from typing import Any
from unicodedata import normalize

from petition.deliveries.proof import schema, strict_json
from petition.deliveries.proof.faults import Fault

COMMITMENT = b"petition-line/1\0"
NOT_ON_A_LIST = re.compile("[\0-\x1f\x7f-\x9f\u2028\u2029]")
"""Controls, and what some programs take for the end of a line."""


def secret_of(receipt_secret: bytes, package_id: str) -> bytes:
    """The secret of one signature in one package (32 bytes); `package_id` as a UUID is usually written."""
    return hmac.digest(receipt_secret, package_id.encode("ascii"), "sha256")


def commitment(secret: bytes) -> str:
    """The `c` of the line whose secret this is."""
    return sha256(COMMITMENT + secret).hexdigest()


def clean(text: str) -> str:
    """The text as it stands on a list: NFC, with a space for each control and line separator. Sort by this."""
    return NOT_ON_A_LIST.sub(" ", normalize("NFC", text))


def canonical_line(n: int, country: str, shown: str, name: str, city: str | None, c: str) -> bytes:
    """A line without its line end; name and city are cleaned, and left away where `shown` is "count".

    Raises UnicodeEncodeError for text that is no Unicode (a lone surrogate).
    """
    if shown == "count":
        return f'{{"c":"{c}","country":"{country}","n":{n},"shown":"count"}}'.encode()
    # The standard library escapes just what RFC 8785 (3.2.2.2) escapes; a test compares with the package rfc8785.
    place = f'"city":{encode_basestring(clean(city))},' if city else ""
    words = f'"name":{encode_basestring(clean(name))},"shown":"{shown}"'
    return f'{{"c":"{c}",{place}"country":"{country}","n":{n},{words}}}'.encode()


def parse_line(line: bytes) -> dict[str, Any]:
    """The members of a line. Raises Fault (a ValueError) in a plain sentence unless it is just as it must be."""
    found = strict_json.parse(line)
    schema.check("line", found)
    for text in (found.get("name", ""), found.get("city", "")):
        if NOT_ON_A_LIST.search(text):
            raise Fault("control_character")
    strict_json.check_canonical(found, line)
    return found
