"""What is kept of signatures that were collected elsewhere: each import, and which signatures it brought."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from petition.core.clock import now
from petition.core.db import Base, Small
from petition.core.ids import new_id
from petition.petitions.models import Petition
from petition.signatures.models import Origin

SOURCE_LENGTH, WITNESS_LENGTH, NOTE_LENGTH = 200, 120, 500


class SignatureImport(Base):
    """One list that somebody brought. The list itself is never kept, only the SHA-256 of its file.

    `witnessed_by` saw the sheets of paper being signed; `consent_note` says where the proof of consent of a list
    is. A list with neither was mailed to: its signatures wait for their signers.
    `rows` is what the list held, of it `refused` and `duplicates` were not taken, nor those `already_here`.
    """

    __tablename__ = "signature_import"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    petition_id: Mapped[UUID] = mapped_column(sa.ForeignKey(Petition.id), index=True)
    origin: Mapped[Origin] = mapped_column(Small(Origin))
    source: Mapped[str] = mapped_column(sa.String(SOURCE_LENGTH))
    witnessed_by: Mapped[str | None] = mapped_column(sa.String(WITNESS_LENGTH))
    consent_note: Mapped[str | None] = mapped_column(sa.String(NOTE_LENGTH))
    file_sha256: Mapped[str] = mapped_column(sa.String(64))
    rows: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)
    duplicates: Mapped[int] = mapped_column(default=0)
    already_here: Mapped[int] = mapped_column(default=0)
    added: Mapped[int] = mapped_column(default=0)
    made_by: Mapped[str] = mapped_column(sa.String(80))
    made_at: Mapped[datetime] = mapped_column(default=now)
    undone_by: Mapped[str | None] = mapped_column(sa.String(80))
    undone_at: Mapped[datetime | None]
    undone_reason: Mapped[str | None] = mapped_column(sa.String(NOTE_LENGTH))

    @property
    def by_mail(self) -> bool:
        """Whether each signer was mailed to, instead of being counted at once."""
        return self.witnessed_by is None and self.consent_note is None


class ImportedSignature(Base):
    """Which import brought a signature. It goes with the signature, whoever erases that."""

    __tablename__ = "imported_signature"
    __table_args__ = (
        sa.ForeignKeyConstraint(["bucket", "signature_id"], ["signature.bucket", "signature.id"], ondelete="CASCADE"),
        {"sqlite_with_rowid": False},
    )

    bucket: Mapped[int] = mapped_column(sa.SmallInteger, primary_key=True, autoincrement=False)
    signature_id: Mapped[UUID] = mapped_column(primary_key=True)
    import_id: Mapped[UUID] = mapped_column(sa.ForeignKey(SignatureImport.id), index=True)
