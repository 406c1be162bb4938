"""What signers gave to the partners of a petition: the boxes they ticked, and by whose link they came."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from petition.core.bitmaps import holds
from petition.petitions.models import Partner, PartnerState
from petition.signatures.attempts import SIGNER_OF
from petition.signatures.models import Signature, Signer

FEWEST_TOLD = 10
"""Fewer signatures by a link are not told: who sent it to a few people would know which of them signed."""
IS_INFORMED = sa.text("signature.state = 1 AND signature.informed_by IS NOT NULL")
"""Literals: with parameters the partial index is of no use."""


def untick(session: Session, these: sa.ColumnElement[bool], numbers: Collection[int]) -> int:
    """Takes partners' boxes away from some signatures; says how many these are.

    The address is forgotten where neither the lead nor another partner may write to it.
    """
    rows = session.execute(
        sa.select(Signature, Signer).outerjoin(Signer, SIGNER_OF).where(these).with_for_update(of=Signature)
    ).all()
    for signature, signer in rows:
        signature.informed_by = signature.informed_by.difference(numbers)
        if signer is not None and not signature.updates and not signature.informed_by:
            signer.address = None
    return len(rows)


def ended(session: Session) -> dict[UUID, list[int]]:
    """The numbers of the partners that are none any more, by petition."""
    found: defaultdict[UUID, list[int]] = defaultdict(list)
    over = Partner.state == PartnerState.ENDED, Partner.answered_at.is_not(None)
    for petition_id, number in session.execute(sa.select(Partner.petition_id, Partner.number).where(*over)):
        found[petition_id].append(number)
    return found


def hold_any(petition_id: UUID, numbers: Collection[int]) -> sa.ColumnElement[bool]:
    """Whether a signature holds a box of one of these partners."""
    boxes = sa.or_(*(holds(Signature.informed_by, number) for number in numbers))
    return sa.and_(Signature.petition_id == petition_id, IS_INFORMED, boxes)


def counts_by_link(session: Session, petition_ids: Iterable[UUID]) -> dict[tuple[UUID, int], int]:
    """How many confirmed signatures came by each partner's link, by petition and number, from FEWEST_TOLD up."""
    number = sa.func.count()
    rows = session.execute(
        sa.select(Signature.petition_id, Signature.via, number)
        .where(Signature.petition_id.in_(list(petition_ids)), sa.text("state = 1 AND via IS NOT NULL"))
        .group_by(Signature.petition_id, Signature.via)
        .having(number >= FEWEST_TOLD)
    )
    return {(petition_id, via): found for petition_id, via, found in rows if via is not None}
