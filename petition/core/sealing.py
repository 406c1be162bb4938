"""Secrets that the program must be able to read again: sealed, so that a stolen database does not tell them.

The keys are made of the secret key and its fallbacks by HKDF (RFC 5869), one for each purpose.
"""

from __future__ import annotations

import base64
import functools

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import current_app


class SealBroken(ValueError):
    """Sealed under a key that is not there any more, or changed since."""


def seal(purpose: str, secret: str) -> str:
    """The secret as it may be kept."""
    return _sealer(purpose).encrypt(secret.encode()).decode("ascii")


def unseal(purpose: str, sealed: str) -> str:
    """The secret again. Raises SealBroken."""
    try:
        return _sealer(purpose).decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise SealBroken from None


def _sealer(purpose: str) -> MultiFernet:
    keys = current_app.config["SECRET_KEY"], *current_app.config["SECRET_KEY_FALLBACKS"]
    return _sealer_with(keys, purpose)


@functools.lru_cache(20)
def _sealer_with(keys: tuple[str, ...], purpose: str) -> MultiFernet:
    return MultiFernet([Fernet(_derived(key, purpose)) for key in keys])


def _derived(key: str, purpose: str) -> bytes:
    hkdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"petition.sealed.{purpose}".encode())
    return base64.urlsafe_b64encode(hkdf.derive(key.encode()))
