"""Keeping the promise beside the form: names are deleted so many months after a petition ends, and the count stays.

Each signature keeps the version of the text it signed, and that version holds the promise made to this signer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from uuid import UUID

import sqlalchemy as sa
from flask_babel import lazy_gettext as __
from sqlalchemy.orm import Session

from petition.core import audit
from petition.core.clock import months_after, now
from petition.core.db import BUCKETS, read_again, unhurried
from petition.core.retention import Rule, Transaction, deleted, keeps
from petition.petitions.models import Petition, PetitionText
from petition.signatures import forgetting
from petition.signatures.attempts import SIGNER_OF
from petition.signatures.models import ListName, Signature, SignatureState, Signer

AT_ONCE = 500
Version = tuple[UUID, int]
"""A petition's id and the number of one of its texts."""


def due(session: Session) -> list[Version]:
    """The versions whose signers were promised to be forgotten by now.

    A petition has ended when it came to a state in which nobody can sign, or else when its closing time is over.
    """
    at = now()
    over = sa.or_(Petition.ended_at.is_not(None), Petition.closes_at <= at)
    rows = session.execute(
        sa.select(
            *(PetitionText.petition_id, PetitionText.version, PetitionText.kept_months),
            sa.func.coalesce(Petition.ended_at, Petition.closes_at, type_=Petition.ended_at.type),
        )
        .join(Petition, Petition.id == PetitionText.petition_id)
        .where(PetitionText.kept_months.is_not(None), over)
    )
    return [
        (petition_id, version)
        for petition_id, version, months, end in rows
        if months is not None and months_after(end, months) <= at
    ]


def _promised_to(versions: list[Version]) -> sa.ColumnElement[bool]:
    signed = sa.tuple_(Signature.petition_id, Signature.text_version).in_(versions)
    return sa.and_(signed, sa.exists().where(SIGNER_OF))


def _portions(versions: list[Version]) -> Iterator[tuple[int, list[UUID]]]:
    """The signatures that still name somebody, in the order of their keys, AT_ONCE of a bucket at a time."""
    for bucket in range(BUCKETS if versions else 0):
        last = UUID(int=0)
        while True:
            after = sa.select(Signature.id).where(Signature.bucket == bucket, Signature.id > last)
            found = after.where(_promised_to(versions)).order_by(Signature.id).limit(AT_ONCE)
            ids = list(unhurried(read_again()).scalars(found))
            if not ids:
                break
            yield bucket, ids
            last = ids[-1]


def forget(transaction: Transaction) -> int:
    """Forgets in short transactions of one bucket each; a petition that was opened again meanwhile is left alone."""
    gone: Counter[UUID] = Counter()
    for bucket, ids in _portions(due(read_again())):
        with transaction() as session:
            these = sa.and_(Signature.bucket == bucket, Signature.id.in_(ids), _promised_to(due(session)))
            found = session.execute(sa.select(Signature.id, Signature.petition_id).where(these).with_for_update())
            by_id = {row.id: row.petition_id for row in found}
            _forget(session, bucket, list(by_id))
            gone.update(by_id.values())
    for petition_id, number in gone.items():
        with transaction() as session:
            _record(session, session.get_one(Petition, petition_id), number)
    return gone.total()


def _forget(session: Session, bucket: int, ids: list[UUID]) -> None:
    """What names them goes, and with it where a name may appear; what was never confirmed cannot be any more."""
    these = Signature.bucket == bucket, Signature.id.in_(ids)
    nowhere: dict[str, object] = {"list_name": ListName.COUNT, "show_name": False, "handle": None, "code_hash": None}
    nowhere |= {"updates": False, "informed_by": frozenset()}
    expired = {"state": SignatureState.EXPIRED, "ended_at": now()}
    forgetting.empty_mails(session.connection(), [(bucket, one, True) for one in ids])
    forgetting.forget_signers(session, [(bucket, one) for one in ids])
    deleted(session, sa.delete(Signer).where(Signer.bucket == bucket, Signer.signature_id.in_(ids)))
    deleted(session, sa.update(Signature).where(*these).values(nowhere))
    deleted(session, sa.update(Signature).where(*these, Signature.state == SignatureState.PENDING).values(expired))


def _record(session: Session, petition: Petition, number: int) -> None:
    whose = petition.organisation_id
    audit.record(session, audit.PROGRAM, "names forgotten", petition.slug, organisation_id=whose, number=number)


keeps(
    Rule(
        what=__("Who signed, where a petition promises to delete names after its end: name, city, comment, address"),
        why=__("that promise stood beside the form when they signed"),
        how_long=__("as many months after the petition's end as were promised; the count stays"),
        purge=forget,
    )
)
