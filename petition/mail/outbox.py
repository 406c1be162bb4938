"""The transactional outbox: owing, claiming under a lease, finishing, and the caps on mail per address."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from petition.core.addresses import Address
from petition.core.clock import now
from petition.core.ids import new_id
from petition.core.keyed_hashes import bucket_of_hash, mailbox_hash
from petition.mail.models import MailState, OwedMail

LEASE = timedelta(seconds=40)
CAP_WINDOW = timedelta(days=1)
CAP_PER_PETITION = 5
CAP_IN_ALL = 10
SECONDS = (20, 60, 300, 900, 3600, 3 * 3600, 6 * 3600, 12 * 3600, 24 * 3600)
BACKOFF = [timedelta(seconds=seconds) for seconds in SECONDS]  # between the tries of one mail
CLAIM_LOCK = 0x70657469  # any number that no other advisory lock of ours uses


def owe(
    session: Session,
    *,
    template: str,
    locale: str,
    address: Address,
    content: dict[str, Any],
    about: UUID | None = None,
    bucket: int | None = None,
    signature_id: UUID | None = None,
) -> None:
    """Promises a mail, in the transaction of whatever promised it. One INSERT, whoever the address is."""
    mailbox = mailbox_hash(address.canonical)
    at = now()
    session.execute(
        sa.insert(OwedMail).values(
            bucket=bucket_of_hash(mailbox) if bucket is None else bucket,
            id=new_id(),
            template=template,
            locale=locale,
            recipient=address.exact,
            content=content,
            mailbox_hash=mailbox,
            domain=address.domain,
            about=about,
            signature_id=signature_id,
            created_at=at,
            due=at,
        )
    )


def claim(session: Session, lease: UUID, most: int) -> list[OwedMail]:
    """Takes up to `most` due mails for the worker that holds `lease`, as far as the caps allow.

    Runs in a writing transaction, one claim at a time over all workers, so that the caps are exact.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(CLAIM_LOCK)))
    at = now()
    due = session.scalars(
        sa.select(OwedMail)
        .where(OwedMail.state == MailState.WAITING, OwedMail.due <= at)
        .order_by(OwedMail.due)
        .limit(most)
        .with_for_update(skip_locked=True)
    ).all()
    claimed = []
    ledger = _Ledger(session, due, at)
    for mail in sorted(due, key=lambda mail: (mail.created_at, mail.id)):
        if mail.state != MailState.WAITING:
            continue
        if ledger.allows(mail):
            ledger.count(mail, at)
            mail.due, mail.claimed_at, mail.lease, mail.attempts = at + LEASE, at, lease, mail.attempts + 1
            claimed.append(mail)
        else:
            _wait_for_cap(session, mail, ledger)
    session.flush()
    return claimed


class _Ledger:
    """What the mailboxes of a batch were sent within the last day."""

    def __init__(self, session: Session, due: Sequence[OwedMail], at: datetime) -> None:
        self.sent: defaultdict[bytes, list[tuple[datetime, UUID | None]]] = defaultdict(list)
        rows = session.execute(
            sa.select(OwedMail.mailbox_hash, OwedMail.claimed_at, OwedMail.about).where(
                OwedMail.mailbox_hash.in_({mail.mailbox_hash for mail in due}),
                OwedMail.claimed_at > at - CAP_WINDOW,
                OwedMail.id.not_in([mail.id for mail in due]),
            )
        )
        for mailbox, claimed_at, about in rows:
            if claimed_at is not None:
                self.sent[mailbox].append((claimed_at, about))

    def _of_petition(self, mail: OwedMail) -> list[datetime]:
        return [at for at, about in self.sent[mail.mailbox_hash] if about is not None and about == mail.about]

    def allows(self, mail: OwedMail) -> bool:
        return len(self._of_petition(mail)) < CAP_PER_PETITION and not self.full(mail)

    def full(self, mail: OwedMail) -> bool:
        return len(self.sent[mail.mailbox_hash]) >= CAP_IN_ALL

    def count(self, mail: OwedMail, at: datetime) -> None:
        self.sent[mail.mailbox_hash].append((at, mail.about))

    def refill(self, mail: OwedMail) -> datetime:
        """When both caps have room again: each when its oldest counted mail is a day old."""
        full = []
        for times, cap in (
            (self._of_petition(mail), CAP_PER_PETITION),
            ([at for at, _ in self.sent[mail.mailbox_hash]], CAP_IN_ALL),
        ):
            if len(times) >= cap:
                full.append(sorted(times)[len(times) - cap])
        return max(full) + CAP_WINDOW


def _wait_for_cap(session: Session, mail: OwedMail, ledger: _Ledger) -> None:
    """Lets only the newest mail wait for the cap (of this address, or of its petition only); older ones fall away."""
    waiting = sa.select(OwedMail).where(
        OwedMail.mailbox_hash == mail.mailbox_hash,
        OwedMail.state == MailState.WAITING,
        OwedMail.attempts == 0,
    )
    if not ledger.full(mail):
        waiting = waiting.where(OwedMail.about == mail.about)
    newest_first = waiting.order_by(OwedMail.created_at.desc(), OwedMail.id.desc())
    for position, other in enumerate(session.scalars(newest_first).all()):
        if position == 0:
            other.due = ledger.refill(mail)
        else:
            _finish(other, MailState.SUPERSEDED)


def renew(session: Session, lease: UUID, ids: Iterable[UUID]) -> None:
    """Pushes the lease of mails that are still being sent forward."""
    session.execute(
        sa.update(OwedMail)
        .where(OwedMail.id.in_(list(ids)), OwedMail.lease == lease, OwedMail.state == MailState.WAITING)
        .values(due=now() + LEASE)
    )


def release(session: Session, lease: UUID, ids: Iterable[UUID]) -> None:
    """Gives claimed mails back untried, for the next worker."""
    session.execute(
        sa.update(OwedMail)
        .where(OwedMail.id.in_(list(ids)), OwedMail.lease == lease, OwedMail.state == MailState.WAITING)
        .values(due=now(), lease=None, claimed_at=None, attempts=OwedMail.attempts - 1)
    )


def _one(session: Session, bucket: int, mail_id: UUID) -> OwedMail | None:
    return session.get(OwedMail, (bucket, mail_id))


def _finish(mail: OwedMail, state: MailState) -> None:
    mail.state, mail.finished_at, mail.lease = state, now(), None
    mail.recipient = mail.content = None


def mark_sent(session: Session, bucket: int, mail_id: UUID) -> None:
    """The mail has left: its recipient and content are forgotten at once."""
    if mail := _one(session, bucket, mail_id):
        _finish(mail, MailState.SENT)


def mark_needless(session: Session, bucket: int, mail_id: UUID) -> None:
    """Nobody waits for the mail any more."""
    if mail := _one(session, bucket, mail_id):
        _finish(mail, MailState.SUPERSEDED)


def mark_failed(session: Session, bucket: int, mail_id: UUID, failure: str, permanent: bool) -> None:
    """The mail did not leave: later again, or never (a dead letter, kept for `petition mail retry`)."""
    mail = _one(session, bucket, mail_id)
    if mail is None or mail.state != MailState.WAITING:
        return
    mail.failure, mail.lease = failure[:200], None
    if permanent or mail.attempts > len(BACKOFF):
        mail.state, mail.finished_at = MailState.DEAD, now()
    else:
        mail.due = now() + BACKOFF[mail.attempts - 1]


def retry(session: Session, mail_id: UUID | None = None) -> int:
    """Makes dead letters due again (all, or one by its id); says how many. Those already emptied stay dead."""
    dead = sa.update(OwedMail).where(OwedMail.state == MailState.DEAD, OwedMail.recipient.is_not(None))
    if mail_id:
        dead = dead.where(OwedMail.id == mail_id)
    result = session.execute(dead.values(state=MailState.WAITING, due=now(), attempts=0, finished_at=None))
    return int(result.rowcount)  # type: ignore[attr-defined]


def counts(session: Session) -> Counter[MailState]:
    """How many mails are in each state."""
    rows = session.execute(sa.select(OwedMail.state, sa.func.count()).group_by(OwedMail.state))
    return Counter({row[0]: row[1] for row in rows})


def anything_due(session: Session) -> bool:
    """Whether a mail is due: a read, so that an idle worker asks nobody for the write lock."""
    due = sa.select(OwedMail.id).where(sa.text("state = 0"), OwedMail.due <= now()).limit(1)
    return session.execute(due).first() is not None
