"""The transactional outbox: owing a mail, claiming it under a lease, saying what became of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from petition.core.addresses import Address
from petition.core.clock import now
from petition.core.db import Id, Instant
from petition.core.ids import new_id
from petition.core.keyed_hashes import bucket_of_hash
from petition.core.many_rows import ForEach, ManyRows
from petition.mail import caps
from petition.mail.models import MailState, OwedMail
from petition.mail.suppressed import NEWS, Suppressed, forgive

LEASE = timedelta(seconds=40)  # a dead worker's mail is anybody's after this long
SECONDS = (20, 60, 300, 900, 3600, 3 * 3600, 6 * 3600, 12 * 3600, 24 * 3600)
BACKOFF = [timedelta(seconds=seconds) for seconds in SECONDS]  # between the tries of one mail
SKEW = timedelta(seconds=5)  # that the clocks of several machines may differ
CLAIM_LOCK = 0x70657469  # any number that no other advisory lock of ours uses
IS_WAITING = sa.text("outbox.state = 0")  # a literal: with a parameter the partial index is of no use

Key = tuple[int, UUID]
"""A mail's bucket and id."""
OUTBOX = cast(sa.Table, OwedMail.__table__)
COLUMNS = (
    *("bucket", "id", "template", "locale", "recipient", "content", "mailbox_hash", "domain"),
    *("about", "signature_id", "created_at", "due"),
)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A mail in a worker's hand, as it was when it was claimed. Without a recipient it has been forgotten."""

    bucket: int
    id: UUID
    template: str
    locale: str
    recipient: str
    content: dict[str, Any]
    claimed_at: datetime

    @property
    def key(self) -> Key:
        """Where its row is."""
        return self.bucket, self.id


def _for_each(
    change: Callable[[sa.Update, sa.FromClause], sa.Update], **given: type[sa.types.TypeEngine[Any]]
) -> ForEach:
    """An UPDATE for each of many mails, found by their keys: SQLite would look for a list of keys everywhere."""

    def build(rows: sa.FromClause) -> sa.Update:
        found = sa.update(OwedMail).where(OwedMail.bucket == rows.c.bucket, OwedMail.id == rows.c.id)
        return change(found, rows)

    return ForEach(build, bucket=sa.SmallInteger, id=Id, **given)


def _held(update: sa.Update, given: sa.FromClause) -> sa.Update:
    return update.where(OwedMail.lease == given.c.lease, IS_WAITING)


TAKE = _for_each(
    lambda update, given: update.values(
        lease=given.c.lease, claimed_at=given.c.at, due=given.c.due, attempts=OwedMail.attempts + 1
    ),
    lease=Id,
    at=Instant,
    due=Instant,
)
RENEW = _for_each(lambda update, given: _held(update, given).values(due=given.c.due), lease=Id, due=Instant)
RELEASE = _for_each(
    lambda update, given: _held(update, given).values(
        due=given.c.at, lease=None, claimed_at=None, attempts=OwedMail.attempts - 1
    ),
    lease=Id,
    at=Instant,
)
FINISH = _for_each(
    lambda update, given: update.values(
        state=given.c.state, finished_at=given.c.at, lease=None, recipient=None, content=sa.null()
    ),
    state=sa.SmallInteger,
    at=Instant,
)


def row(
    *,
    template: str,
    locale: str,
    address: Address,
    mailbox: bytes,
    content: dict[str, Any],
    about: UUID | None = None,
    bucket: int | None = None,
    signature_id: UUID | None = None,
    due: datetime | None = None,
) -> tuple[Any, ...]:
    """A mail to be owed, as `COLUMNS`; `mailbox` is the address's `mailbox_hash`. Due at once, unless said when."""
    at = now()
    whose = bucket_of_hash(mailbox) if bucket is None else bucket, new_id()
    to = address.exact, content, mailbox, address.domain
    return (*whose, template, locale, *to, about, signature_id, at, due or at)


def owe_many(connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    """Promises mails, in the transaction of whatever promised them. One INSERT, whoever the addresses are."""
    ManyRows(connection.dialect, OUTBOX, COLUMNS, rows, True, state=MailState.WAITING, attempts=0).insert(connection)


def claim(session: Session, lease: UUID, most: int) -> list[Claimed]:
    """Takes up to `most` due mails for the worker that holds `lease`, as far as the caps allow.

    News come last: somebody waits for what is not news, and of news there are never many (`number_waiting`).

    Runs in a writing transaction, one claim at a time over all workers, so that the caps are exact.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(CLAIM_LOCK)))
    at = now()
    due = _due(session, at, most, OwedMail.template != NEWS)
    if len(due) < most:
        due += _due(session, at, most - len(due), OwedMail.template == NEWS)
    ledger = caps.Ledger(session, due, at)
    held_back = Suppressed(session, {mail.mailbox_hash for mail in due})
    claimed: list[Claimed] = []
    refused: list[tuple[Key, MailState]] = []
    for mail in sorted(due, key=lambda mail: (mail.created_at, mail.id)):
        if mail.state != MailState.WAITING:  # fell away for a newer one, just now
            continue
        if not held_back.may_send(mail):
            refused.append(((mail.bucket, mail.id), MailState.SUPPRESSED))
        elif ledger.take(mail):
            what = mail.template, mail.locale, mail.recipient or "", mail.content or {}
            claimed.append(Claimed(mail.bucket, mail.id, *what, at))
        else:
            _keep_newest(session, mail, ledger)
    TAKE.changed(session.connection(), [(*mail.key, lease, at, at + LEASE) for mail in claimed])
    finish(session.connection(), refused)
    return claimed


def _due(session: Session, at: datetime, most: int, which: sa.ColumnElement[bool]) -> list[OwedMail]:
    found = sa.select(OwedMail).where(IS_WAITING, OwedMail.due <= at, which).order_by(OwedMail.due).limit(most)
    return list(session.scalars(found.with_for_update(skip_locked=True)))


def _keep_newest(session: Session, mail: OwedMail, ledger: caps.Ledger) -> None:
    """Lets the newest mail to a full address wait for room (or about its petition, if only that is full).

    The older ones fall away: whoever asked last is most likely the one who still waits. Only mails about
    petitions make way for such mails: asking for own pages must not push out somebody's confirmation.
    """
    waiting = sa.select(OwedMail).where(IS_WAITING, ledger.without_place(mail.mailbox_hash))
    if mail.about is None:
        waiting = waiting.where(OwedMail.about.is_(None))
    elif ledger.full(mail):
        waiting = waiting.where(OwedMail.about.is_not(None))
    else:
        waiting = waiting.where(OwedMail.about == mail.about)
    newest, *older = session.scalars(waiting.order_by(OwedMail.created_at.desc(), OwedMail.id.desc()))
    newest.due = ledger.refill(newest) or newest.due
    for one in older:
        one.state = MailState.SUPERSEDED
    session.flush()
    finish(session.connection(), [((one.bucket, one.id), one.state) for one in older])


def renew(session: Session, lease: UUID, keys: Collection[Key]) -> None:
    """Keeps the mails that a worker still has in hand from falling to another."""
    RENEW.changed(session.connection(), [(*key, lease, now() + LEASE) for key in keys])


def release(session: Session, lease: UUID, keys: Collection[Key]) -> None:
    """Gives claimed mails back untried, for the next worker."""
    RELEASE.changed(session.connection(), [(*key, lease, now()) for key in keys])


def holds(session: Session, lease: UUID, key: Key) -> bool:
    """Whether a claimed mail still waits and has not fallen to another worker, or to nobody."""
    held = OwedMail.bucket == key[0], OwedMail.id == key[1], OwedMail.lease == lease, IS_WAITING
    return session.execute(sa.select(OwedMail.id).where(*held)).first() is not None


def finish(connection: Connection, mails: Sequence[tuple[Key, MailState]]) -> list[None]:
    """Mails have left, or nobody needs them any more: their recipients and contents are forgotten at once.

    Can be repeated.
    """
    at = now()
    in_order = sorted(mails)  # so that no two wait in a ring
    FINISH.changed(connection, [(*key, state, at) for key, state in in_order])
    return [None] * len(mails)


def fail(session: Session, key: Key, lease: UUID, failure: str, permanent: bool) -> None:
    """The mail did not leave: later again, or never (a dead letter, kept for `petition mail retry`).

    Only whoever holds the lease may say so: a worker that lost it knows less than the one that has it now.
    """
    mail = session.get(OwedMail, key)
    if mail is None or mail.state != MailState.WAITING or mail.lease != lease:
        return
    mail.failure, mail.lease = failure[:200], None
    if permanent or mail.attempts > len(BACKOFF):
        mail.state, mail.finished_at = MailState.DEAD, now()
    else:
        mail.due = now() + BACKOFF[mail.attempts - 1]


def retry(session: Session, mail_id: UUID | None = None) -> int:
    """Makes dead letters due again (all, or one by its id); says how many. Those already emptied stay dead.

    Whoever asks for it holds their addresses for good ones.
    """
    which = [OwedMail.state == MailState.DEAD, OwedMail.recipient.is_not(None)]
    if mail_id:
        which.append(OwedMail.id == mail_id)
    forgive(session, sa.select(OwedMail.mailbox_hash).where(*which))
    dead = sa.update(OwedMail).where(*which).execution_options(synchronize_session=False)
    result = session.execute(dead.values(state=MailState.WAITING, due=now(), attempts=0, finished_at=None))
    return int(result.rowcount)  # type: ignore[attr-defined]


def counts(session: Session) -> Counter[MailState]:
    """How many mails are in each state."""
    rows = session.execute(sa.select(OwedMail.state, sa.func.count()).group_by(OwedMail.state))
    return Counter({row[0]: row[1] for row in rows})


def number_waiting(session: Session, template: str, most: int) -> int:
    """How many mails of a sort wait to be sent; no more than `most` are counted."""
    some = sa.select(OwedMail.id).where(IS_WAITING, OwedMail.template == template).limit(most)
    return session.scalar(sa.select(sa.func.count()).select_from(some.subquery())) or 0


def anything_due(session: Session) -> bool:
    """Whether a mail is due: a read, so that an idle worker asks nobody for the write lock.

    In the order of an index: PostgreSQL expects many rows to be due and would look for any in the whole table.
    """
    due = sa.select(OwedMail.id).where(IS_WAITING, OwedMail.due <= now()).order_by(OwedMail.due).limit(1)
    return session.execute(due).first() is not None


def _put_off(at: datetime) -> sa.ColumnElement[bool]:
    """The mails that wait for a moment which only a clock that ran ahead can have named."""
    made_ahead = sa.and_(OwedMail.attempts == 0, OwedMail.created_at > at + SKEW)
    held_ahead = sa.and_(OwedMail.lease.is_not(None), OwedMail.due > at + LEASE + SKEW)
    ahead = sa.or_(made_ahead, held_ahead, OwedMail.due > at + BACKOFF[-1] + SKEW)
    return sa.and_(IS_WAITING, OwedMail.due > at + SKEW, ahead)


def any_put_off(session: Session) -> bool:
    """Whether a clock that ran ahead, here or elsewhere, holds up a mail."""
    return session.execute(sa.select(OwedMail.id).where(_put_off(now())).limit(1)).first() is not None


def mend_clock(session: Session) -> int:
    """Makes such mails due, those in somebody's hand after a lease; says how many."""
    at = now()
    due = sa.case((OwedMail.lease.is_not(None), sa.literal(at + LEASE, Instant)), else_=sa.literal(at, Instant))
    mended = sa.update(OwedMail).where(_put_off(at)).values(due=due)
    result = session.execute(mended.execution_options(synchronize_session=False))
    return int(result.rowcount)  # type: ignore[attr-defined]
