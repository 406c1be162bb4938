"""Times said by an authority (RFC 3161): somebody else's word that a file was there then.

With mail this is the only thing the program sends anywhere: a SHA-256, to the authority in PETITION_TIMESTAMP_URL.
"""

from __future__ import annotations

import hashlib
import http.client
import secrets
import time
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from flask import current_app

from petition.core.errors import DomainError

ASN1, TSP = "asn1crypto.core", "asn1crypto.tsp"  # loaded when used: they come with the extra that builds packages
ANSWER_SECONDS = 30.0
LONGEST_ANSWER = 256 * 1024
QUERY, ANSWER = "application/timestamp-query", "application/timestamp-reply"
GRANTED = {"granted", "granted_with_mods"}


class TimestampRefused(DomainError):
    """The authority could not be asked, or did not say what it was asked."""

    status = 502
    code = "timestamp_refused"


def answer_for(manifest: bytes) -> bytes | None:
    """The authority's answer (DER of a TimeStampResp) over the bytes; None where no authority is set.

    Raises TimestampRefused.
    """
    url = current_app.config["TIMESTAMP_URL"]
    return answer_over(url, hashlib.sha256(manifest).digest()) if url else None


def answer_over(url: str, digest: bytes) -> bytes:
    """The same over a SHA-256, from the authority at the address. Raises TimestampRefused."""
    tsp = import_module(TSP)
    imprint = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": digest}
    question = tsp.TimeStampReq(
        {"version": 1, "message_imprint": imprint, "nonce": secrets.randbits(63), "cert_req": True}
    )
    answer = _asked(url, question.dump())
    try:
        _check_granted(answer)
        _check(tsp.TimeStampResp.load(answer)["time_stamp_token"]["content"], question)
    except (ValueError, TypeError, KeyError):
        raise TimestampRefused("the authority's answer is no RFC 3161 answer") from None
    return answer


def _check_granted(answer: bytes) -> None:
    """Whether it is more than a refusal, which has no token."""
    first = import_module(ASN1).Sequence.load(answer, strict=True)[0].dump()
    status = import_module(TSP).PKIStatusInfo.load(first)["status"].native
    if status not in GRANTED:
        raise TimestampRefused(f"the authority gives no timestamp: {status.replace('_', ' ')}")


def _check(token: Any, question: Any) -> None:
    """Whether it is a token for the question. Its signature is checked by whoever trusts the authority."""
    said = token["encap_content_info"]["content"].parsed
    if said["message_imprint"].native != question["message_imprint"].native:
        raise TimestampRefused("the authority's answer is about something else")
    if said["nonce"].native != question["nonce"].native:
        raise TimestampRefused("the authority's answer is an old one: its nonce is not ours")
    if not token["certificates"] or not token["signer_infos"]:
        raise TimestampRefused("the authority's answer is not signed, or lacks the certificate")


def _asked(url: str, question: bytes) -> bytes:
    """What the authority answers, within ANSWER_SECONDS. Redirects are not followed. Raises TimestampRefused."""
    parts = urlsplit(url)
    sort = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    until = time.monotonic() + ANSWER_SECONDS
    path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    try:
        connection = sort(parts.netloc, timeout=ANSWER_SECONDS)
        try:
            connection.request("POST", path, question, {"Content-Type": QUERY, "Accept": ANSWER})
            with connection.getresponse() as response:
                if response.status != http.client.OK:
                    raise TimestampRefused(f"the authority answers with HTTP status {response.status}")
                return _read(response, until)
        finally:
            connection.close()
    except (OSError, http.client.HTTPException) as error:
        why = getattr(error, "strerror", None) or type(error).__name__
        raise TimestampRefused(f"the authority for timestamps cannot be reached: {why}") from None


def _read(response: http.client.HTTPResponse, until: float) -> bytes:
    answer = b""
    while part := response.read1(LONGEST_ANSWER):
        answer += part
        if len(answer) > LONGEST_ANSWER or time.monotonic() > until:
            raise TimestampRefused("the authority's answer is too long, or comes too slowly")
    return answer
