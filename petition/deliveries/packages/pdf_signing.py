"""Signing PDFs with the instance's certificate, where one is set (PAdES)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from typing import Any

from cryptography.hazmat.primitives.serialization.pkcs12 import load_key_and_certificates
from flask import current_app

from petition.core.clock import now
from petition.core.errors import DomainError

PADES = "petition.deliveries.packages.pades"  # loaded when used: pyHanko would slow every start
CERTIFICATE, PASSPHRASE = "PETITION_PDF_CERTIFICATE", "PETITION_PDF_PASSPHRASE"


class SigningRefused(DomainError):
    """A certificate is set and PDFs cannot be signed with it; the message says why, on one line."""

    status = 503
    code = "pdf_signing_refused"


@dataclass(frozen=True, slots=True)
class Certificate:
    """A PKCS#12 file, what opens it, and until when its certificate holds."""

    pkcs12: bytes
    passphrase: bytes | None
    ends_at: datetime


def signed(pdf: bytes) -> bytes | None:
    """The PDF with a signature added behind its bytes, which stay as they are; None where no certificate is set.

    PAdES baseline B-B, with an authority for timestamps B-T. Raises SigningRefused, TimestampRefused.
    """
    certificate = certificate_of(current_app.config)
    if certificate is None:
        return None
    done: bytes = import_module(PADES).signed(pdf, certificate, current_app.config["TIMESTAMP_URL"])
    return done


def certificate_of(config: Mapping[str, Any]) -> Certificate | None:
    """The certificate that is set, if any. Raises SigningRefused where it cannot be used now."""
    path = config["PDF_CERTIFICATE"]
    if path is None:
        return None
    passphrase = config["PDF_PASSPHRASE"].encode() or None
    try:
        content = path.read_bytes()
        key, certificate, _others = load_key_and_certificates(content, passphrase)
    except OSError as error:
        raise SigningRefused(f"{CERTIFICATE} cannot be read: {error.strerror}") from None
    except (ValueError, TypeError):
        raise SigningRefused(f"{CERTIFICATE} is no PKCS#12 file, or {PASSPHRASE} does not open it") from None
    if key is None or certificate is None:
        raise SigningRefused(f"{CERTIFICATE} must hold a certificate and its private key")
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if not begins <= now() <= ends:
        raise SigningRefused(f"the certificate of {CERTIFICATE} is valid from {begins:%Y-%m-%d} to {ends:%Y-%m-%d}")
    return Certificate(content, passphrase, ends)
