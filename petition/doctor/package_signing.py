"""Whether packages can be signed with what is set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from petition.core.clock import now
from petition.deliveries.packages.pdf_signing import SigningRefused, certificate_of
from petition.doctor.finding import Finding, ok, warn, wrong

SOON = timedelta(days=30)


def look(config: Mapping[str, Any]) -> Iterator[Finding]:
    """The certificate that signs PDFs, where one is set."""
    about = "PETITION_PDF_CERTIFICATE"
    try:
        certificate = certificate_of(config)
    except SigningRefused as refused:
        yield wrong(about, refused.message, "mend it: no package is built before")
        return
    if certificate is None:
        return
    until = f"valid until {certificate.ends_at:%Y-%m-%d}"
    yield warn(about, until, "get a new one") if certificate.ends_at < now() + SOON else ok(about, until)
