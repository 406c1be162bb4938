"""The imports of a petition: listing them, and taking one back as a whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy.orm import Session

from petition.core import audit
from petition.core.clock import now
from petition.core.db import unhurried
from petition.core.errors import NotFound
from petition.core.labels import checked_line
from petition.core.retention import Rule, deleted, keeps
from petition.petitions.models import Petition
from petition.signatures import forgetting
from petition.signatures.import_models import NOTE_LENGTH, ImportedSignature, SignatureImport
from petition.signatures.import_rows import ImportRefused
from petition.signatures.models import Signature, SignatureState, Signer
from petition.tallies import service as tallies

AT_ONCE = 500

keeps(
    Rule(
        what=lazy_gettext(
            "Where signatures collected elsewhere came from: list, witness, note on consent, who and when"
        ),
        why=lazy_gettext("to show them apart, and to take a wrong list back"),
        how_long=lazy_gettext("as long as the petition; the list itself is never kept"),
    )
)


@dataclass(frozen=True, slots=True)
class Undone:
    """How many signatures of an import were taken back, and how many their signers had confirmed themselves."""

    taken_back: int
    confirmed_by_signers: int


def of_petition(session: Session, petition_id: UUID) -> Sequence[SignatureImport]:
    """All imports of a petition, newest first."""
    found = sa.select(SignatureImport).where(SignatureImport.petition_id == petition_id)
    return session.scalars(found.order_by(SignatureImport.made_at.desc(), SignatureImport.id)).all()


def find(session: Session, import_id: str, organisations: sa.Select[UUID] | None = None) -> SignatureImport:
    """An import of a petition of these organisations, or of any. Raises NotFound."""
    try:
        wanted = sa.select(SignatureImport).where(SignatureImport.id == UUID(import_id))
    except ValueError:
        raise NotFound(_("There is no such import.")) from None
    if organisations is not None:
        mine = sa.select(Petition.id).where(Petition.organisation_id.in_(organisations))
        wanted = wanted.where(SignatureImport.petition_id.in_(mine))
    found = session.scalar(wanted)
    if found is None:
        raise NotFound(_("There is no such import."))
    return found


def undo(session: Session, made: SignatureImport, actor: str, reason: str) -> Undone:
    """Takes back all that an import has added, and forgets the addresses that it brought.

    What people have confirmed by the mailed link is their own act by now, and stays. Raises ImportRefused.
    """
    unhurried(session)
    reason = _checked_reason(reason)
    session.refresh(made, with_for_update=True)
    if made.undone_at is not None:
        raise ImportRefused(_("This import was taken back already."))
    taken_back, theirs = _invalidate(session, made)
    made.undone_at, made.undone_by, made.undone_reason = now(), actor, reason
    petition = session.get_one(Petition, made.petition_id)
    audit.record(
        session,
        actor,
        "import undone",
        petition.slug,
        organisation_id=petition.organisation_id,
        personal={"reason": reason},
        list=str(made.id),
        taken_back=taken_back,
    )
    return Undone(taken_back, theirs)


def _checked_reason(reason: str) -> str:
    try:
        return checked_line(reason, NOTE_LENGTH)
    except ValueError:
        raise ImportRefused(_("Say why, in a sentence.")) from None


def _invalidate(session: Session, made: SignatureImport) -> tuple[int, int]:
    added = SignatureState.PENDING if made.by_mail else SignatureState.CONFIRMED
    taken_back: Counter[tuple[UUID, str, datetime]] = Counter()
    keys, theirs = [], 0
    for bucket, signature_id, state, country, confirmed_at in session.execute(_brought(made)).all():
        if state == added:
            keys.append((bucket, signature_id))
            if confirmed_at:
                taken_back[made.petition_id, country, confirmed_at] += 1
        else:
            theirs += state == SignatureState.CONFIRMED
    for start in range(0, len(keys), AT_ONCE):
        _end(session, keys[start : start + AT_ONCE])
    if made.by_mail:
        forgetting.empty_mails(session.connection(), [(*key, True) for key in keys])
    tallies.add(session.connection(), Counter({key: -number for key, number in taken_back.items()}))
    return len(keys), theirs


def _brought(made: SignatureImport) -> sa.Select[int, UUID, SignatureState, str, datetime | None]:
    """What an import brought, locked in the order in which everybody locks."""
    of_import = sa.and_(ImportedSignature.bucket == Signature.bucket, ImportedSignature.signature_id == Signature.id)
    return (
        sa.select(Signature.bucket, Signature.id, Signature.state, Signature.country, Signature.confirmed_at)
        .join(ImportedSignature, of_import)
        .where(ImportedSignature.import_id == made.id)
        .order_by(Signature.bucket, Signature.id)
        .with_for_update(of=Signature)
    )


def _end(session: Session, keys: list[tuple[int, UUID]]) -> None:
    by_bucket: dict[int, list[UUID]] = {}
    for bucket, signature_id in keys:
        by_bucket.setdefault(bucket, []).append(signature_id)
    ended = {"state": SignatureState.INVALIDATED, "ended_at": now(), "place": None, "person_hash": None}
    ended |= {"code_hash": None, "updates": False, "informed_by": frozenset()}
    for bucket, ids in by_bucket.items():
        these = sa.and_(Signature.bucket == bucket, Signature.id.in_(ids))
        deleted(session, sa.update(Signature).where(these).values(ended))
        theirs = sa.and_(Signer.bucket == bucket, Signer.signature_id.in_(ids), Signer.address.is_not(None))
        deleted(session, sa.update(Signer).where(theirs).values(address=None))
