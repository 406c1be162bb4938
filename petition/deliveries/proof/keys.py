"""Public keys (Ed25519) as packages and receipts carry them."""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
    load_pem_public_key,
)

from petition.deliveries.proof.faults import Fault

LARGEST = 1000
"""Bytes of a key's file: far more than the 113 that it takes."""


def public_key(content: bytes) -> Ed25519PublicKey:
    """The key in DER or PEM. Raises Fault unless it is an Ed25519 key, written in the usual form and nothing else."""
    encoding, load = (
        (Encoding.PEM, load_pem_public_key) if content.startswith(b"-----") else (Encoding.DER, load_der_public_key)
    )
    try:
        key = load(content)
    except (ValueError, UnsupportedAlgorithm):
        raise Fault("bad_key") from None
    if (
        not isinstance(key, Ed25519PublicKey)
        or key.public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo) != content
    ):
        raise Fault("bad_key")
    return key


def pem(key: Ed25519PublicKey) -> bytes:
    """The content of `key.pem`."""
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def der(key: Ed25519PublicKey) -> bytes:
    """What the fingerprint is taken of."""
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def signed(key: Ed25519PublicKey, signature: bytes, content: bytes) -> bool:
    """Whether the key's owner signed just this content."""
    try:
        key.verify(signature, content)
    except InvalidSignature:
        return False
    return True
