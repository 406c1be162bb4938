"""Addresses left in peace: they take no mail, or their owners want none. Known by their keyed hashes alone."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from petition.core import retention
from petition.core.addresses import Address
from petition.core.clock import now
from petition.core.db import insert
from petition.core.keyed_hashes import mailbox_hash
from petition.mail.models import BounceKind, OwedMail, SuppressedAddress

NEWS = "update"
"""The template of mails that nobody asks for at the moment they are sent."""
ASKED_FOR_AGAIN = timedelta(days=7)
"""So long after a hard bounce not even what somebody asks for is sent there; the mailbox may be made meanwhile."""


def suppress(session: Session, mailbox: bytes, kind: BounceKind) -> None:
    """From now on no mail goes there but what `may_send` lets through. A complaint outlasts a bounce."""
    new = insert(session, SuppressedAddress).values(mailbox_hash=mailbox, kind=kind, since=now())
    kept = sa.case((SuppressedAddress.kind == BounceKind.COMPLAINT, SuppressedAddress.kind), else_=new.excluded.kind)
    session.execute(
        new.on_conflict_do_update(
            index_elements=[SuppressedAddress.mailbox_hash], set_={"kind": kept, "since": new.excluded.since}
        )
    )


def allow(session: Session, address: Address) -> bool:
    """Lets mail go to an address again; says whether any was held back."""
    gone = sa.delete(SuppressedAddress).where(SuppressedAddress.mailbox_hash == mailbox_hash(address.canonical))
    return retention.deleted(session, gone) > 0


def forgive(session: Session, mailboxes: sa.Select[bytes]) -> None:
    """Forgets that addresses took no mail. Complaints stay."""
    bounced = SuppressedAddress.kind == BounceKind.HARD, SuppressedAddress.mailbox_hash.in_(mailboxes)
    session.execute(sa.delete(SuppressedAddress).where(*bounced).execution_options(synchronize_session=False))


class Suppressed:
    """What is known against some mailboxes."""

    def __init__(self, session: Session, mailboxes: Collection[bytes]) -> None:
        known = sa.select(SuppressedAddress).where(SuppressedAddress.mailbox_hash.in_(mailboxes))
        self._known = {one.mailbox_hash: one for one in session.scalars(known)}

    def may_send(self, mail: OwedMail) -> bool:
        """Whether a mail may go: news never; what somebody has just asked for, unless the address is dead."""
        known = self._known.get(mail.mailbox_hash)
        if known is None:
            return True
        if mail.template == NEWS:
            return False
        return known.kind == BounceKind.COMPLAINT or now() - known.since > ASKED_FOR_AGAIN
