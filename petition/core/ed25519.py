"""Ed25519 keys as people write them down: PEM, plain base64, fingerprints."""

from __future__ import annotations

import base64
import binascii
import hashlib

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_public_key,
    load_pem_private_key,
)

BYTES = 32


def private_key(text: str) -> Ed25519PrivateKey:
    """The key in PEM text (PKCS#8, unencrypted) or in the base64 of its 32 bytes. Raises ValueError."""
    try:
        if "-----BEGIN" not in text:
            return Ed25519PrivateKey.from_private_bytes(base64.b64decode(text.strip(), validate=True))
        found = load_pem_private_key(text.encode(), password=None)
    except (ValueError, TypeError, binascii.Error, UnsupportedAlgorithm):
        found = None
    if not isinstance(found, Ed25519PrivateKey):
        raise ValueError(f"must be an Ed25519 private key: PEM without a password, or base64 of its {BYTES} bytes")
    return found


def new_private_pem() -> bytes:
    """A fresh private key as PEM."""
    return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def public_der(key: Ed25519PrivateKey) -> bytes:
    """The public half as DER (SubjectPublicKeyInfo)."""
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def public_pem(der: bytes) -> bytes:
    """The same key as PEM."""
    return load_der_public_key(der).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def fingerprint(der: bytes) -> str:
    """The SHA-256 of a public key's DER, in 64 hexadecimal digits."""
    return hashlib.sha256(der).hexdigest()


def in_groups(digits: str) -> str:
    """A fingerprint in groups of four, as people compare it."""
    return " ".join(digits[start : start + 4] for start in range(0, len(digits), 4))
