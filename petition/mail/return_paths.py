"""Return paths of their own for every mail (VERP), so that a report says which mail it is about.

`bounces@example.org` becomes `bounces+<token>@example.org` (RFC 5233's detail). The token names the mail's row
and is signed: nobody else than who got a mail can report it as undeliverable. It survives mail servers that
do not keep capitals.
"""

from __future__ import annotations

import base64
import hmac
import re
from uuid import UUID

from petition.core.keyed_hashes import keyed_hash
from petition.mail.outbox import Key

SIGNATURE_BYTES = 8
TOKEN = re.compile(rb"\+([a-z2-7]{40})@", re.IGNORECASE)


def return_path(bounce_address: str, key: Key) -> str:
    """The envelope's sender for the mail with this bucket and id."""
    local, _at, domain = bounce_address.rpartition("@")
    row = bytes([key[0]]) + key[1].bytes
    return f"{local}+{base64.b32encode(row + _signature(row)).decode().lower()}@{domain}"


def mail_reported(report: bytes) -> Key | None:
    """The bucket and id of the one mail of ours whose return path stands in a report; None: no mail, or several."""
    rows = set()
    for token in TOKEN.findall(report):
        raw = base64.b32decode(token.upper())
        row, signature = raw[:-SIGNATURE_BYTES], raw[-SIGNATURE_BYTES:]
        if hmac.compare_digest(signature, _signature(row)):
            rows.add(row)
    if len(rows) != 1:
        return None
    (row,) = rows
    return row[0], UUID(bytes=row[1:])


def _signature(row: bytes) -> bytes:
    return keyed_hash("return path", row)[:SIGNATURE_BYTES]
