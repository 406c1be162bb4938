"""The caps on mail per address, so that our form cannot be used to fill a stranger's mailbox."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from petition.mail.models import OwedMail

WINDOW = timedelta(days=1)
PER_PETITION = 5
IN_ALL = 10
WITHOUT_PETITION = 3  # links to own pages: they must not use up what confirmations need


class Ledger:
    """The places that mails to the mailboxes of some due mails hold.

    A mail takes a place when it is first claimed and keeps it while it is tried again, until a day after
    the last try: a mail server that is down costs nobody the mails that were already theirs.
    """

    def __init__(self, session: Session, due: Sequence[OwedMail], at: datetime) -> None:
        self.at = at
        self._places: defaultdict[bytes, dict[UUID, tuple[datetime, UUID | None]]] = defaultdict(dict)
        rows = session.execute(
            sa.select(OwedMail.mailbox_hash, OwedMail.id, OwedMail.claimed_at, OwedMail.about).where(
                OwedMail.mailbox_hash.in_({mail.mailbox_hash for mail in due}),
                OwedMail.claimed_at > at - WINDOW,
            )
        )
        for mailbox, mail_id, claimed_at, about in rows:
            assert claimed_at
            self._places[mailbox][mail_id] = claimed_at, about

    def take(self, mail: OwedMail) -> bool:
        """Gives the mail a place, or renews the one it holds; False when a cap leaves no room."""
        places = self._places[mail.mailbox_hash]
        if mail.id not in places and self.refill(mail) is not None:
            return False
        places[mail.id] = self.at, mail.about
        return True

    def without_place(self, mailbox: bytes) -> sa.ColumnElement[bool]:
        """The mails to a mailbox that hold no place: never claimed, or not within the last day."""
        return sa.and_(OwedMail.mailbox_hash == mailbox, OwedMail.id.not_in(self._places[mailbox]))

    def full(self, mail: OwedMail) -> bool:
        """Whether the mail's address has no room left for anything, whatever it is about."""
        return len(self._places[mail.mailbox_hash]) >= IN_ALL

    def refill(self, mail: OwedMail) -> datetime | None:
        """When both caps will have room for the mail; None: they have now."""
        places = self._places[mail.mailbox_hash].values()
        in_all = sorted(at for at, _about in places)
        alike = sorted(at for at, about in places if about == mail.about)
        caps = (in_all, IN_ALL), (alike, PER_PETITION if mail.about else WITHOUT_PETITION)
        return max((times[-cap] + WINDOW for times, cap in caps if len(times) >= cap), default=None)
