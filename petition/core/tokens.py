"""Signed tokens, one salt per purpose, so that a token made for one thing never opens another."""

from __future__ import annotations

import base64
import functools
import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any

from flask import current_app
from itsdangerous import BadSignature, Signer

from petition.core.errors import NotFound

HANDLE_BYTES = 16
FORM_LIFE = timedelta(hours=24)


class TokenRefused(NotFound):
    """A link that we did not make, or that was changed on its way."""

    code = "link_not_valid"


def _signer(purpose: str) -> Signer:
    return _signer_with(_keys(), purpose)


def _keys() -> tuple[str, ...]:
    """The secret keys, the one that signs last."""
    config = current_app.config
    return (*reversed(config["SECRET_KEY_FALLBACKS"]), config["SECRET_KEY"])


class KeptKeys(Signer):
    """Derives each key once, where others do with each token."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self._derived: dict[str | bytes | None, bytes] = {}

    def derive_key(self, secret_key: str | bytes | None = None) -> bytes:
        if secret_key not in self._derived:
            self._derived[secret_key] = super().derive_key(secret_key)
        return self._derived[secret_key]


@functools.lru_cache(100)
def _signer_with(keys: tuple[str, ...], purpose: str) -> Signer:
    return KeptKeys(keys, salt=f"petition.{purpose}", sep="~", key_derivation="hmac", digest_method=hashlib.sha256)


def new_handle() -> bytes:
    """16 random bytes that name a row to whoever got them by mail."""
    return secrets.token_bytes(HANDLE_BYTES)


def handle_of(random: bytes, bucket: int) -> bytes:
    """A handle of 16 random bytes, with the bucket (0–63) in the low six bits of the first.

    So the row can be found on the shard that holds it.
    """
    return bytes([(random[0] & 0xC0) | bucket]) + random[1:]


def bucket_of(handle: bytes) -> int:
    """The bucket that `new_handle` wrote into a handle."""
    return handle[0] & 0x3F


def sign_handle(purpose: str, handle: bytes) -> str:
    """The token for a handle, safe in a URL."""
    return _signer(purpose).sign(_encode(handle)).decode("ascii")


def read_handle(purpose: str, token: str) -> bytes:
    """The handle in a token of this purpose.

    Raises TokenRefused.
    """
    try:
        handle = _decode(_signed(purpose, token))
    except (BadSignature, ValueError):
        raise TokenRefused from None
    if len(handle) != HANDLE_BYTES:
        raise TokenRefused
    return handle


def form_token(at: datetime, text_version: int) -> str:
    """The token in a public form: the same for every visitor within one hour, so that the page can be cached.

    It holds the version of the petition's text that stood on the page.
    """
    return _signer("form").sign(f"{int(at.timestamp()) // 3600:x}.{text_version:x}").decode("ascii")


def version_in_form_token(token: str, at: datetime) -> int | None:
    """The version of the text on the page that a form came with, if it was served within the last day."""
    try:
        hour, version = _hour_and_version(_keys(), token)
    except (BadSignature, ValueError):
        return None
    age = at.timestamp() - hour * 3600
    return version if -3600 <= age <= FORM_LIFE.total_seconds() + 3600 else None


@functools.lru_cache(1000)
def _hour_and_version(_known_by: tuple[str, ...], token: str) -> tuple[int, int]:
    """What a public form's token says; all who got the page within an hour send the same one."""
    hour, version = (int(part, 16) for part in _signed("form", token).split(b"."))
    return hour, version


def _signed(purpose: str, token: str) -> bytes:
    """What was signed. Raises BadSignature or ValueError.

    Only the very token we made passes: base64 has several spellings of the same bytes, and a link that
    still works with its last character changed would surprise everybody.
    """
    raw = token.encode("ascii")
    _decode(raw.rpartition(b"~")[2])
    return _signer(purpose).unsign(raw)


def _encode(raw: bytes) -> bytes:
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


def _decode(text: bytes) -> bytes:
    raw = base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4))
    if _encode(raw) != text:
        raise ValueError("not the canonical spelling")
    return raw
