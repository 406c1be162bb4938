"""The signers who chose to appear on the public page."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from petition.signatures.models import Signature, Signer

MOST = 8


@dataclass(frozen=True, slots=True)
class ShownSigner:
    """A name on the public page."""

    name: str
    country: str
    comment: str | None


def latest(session: Session, petition_id: UUID) -> list[ShownSigner]:
    """The newest confirmed signers who asked to be shown, newest first."""
    rows = session.execute(
        sa.select(Signer.name, Signature.country, Signer.comment)
        .join(Signer, sa.and_(Signer.bucket == Signature.bucket, Signer.signature_id == Signature.id))
        .where(
            Signature.petition_id == petition_id,
            sa.text("signature.state = 1 AND signature.show_name"),  # the words of the index, so that it is used
        )
        .order_by(Signature.confirmed_at.desc())
        .limit(MOST)
    )
    return [ShownSigner(*row) for row in rows]
