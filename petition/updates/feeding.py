"""Owing an update's mails little by little, so that nobody's confirmation waits behind a hundred thousand of them."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from petition.core.addresses import parse_address
from petition.core.clock import now
from petition.core.db import BUCKETS, read_again, writing
from petition.core.keyed_hashes import mailbox_hash
from petition.mail import outbox
from petition.mail.models import MailState, OwedMail
from petition.mail.suppressed import NEWS
from petition.updates.models import HeldMail, Update, UpdateState
from petition.updates.readers import chosen_readers, readers_after

PORTION = 500
MOST_WAITING = 500  # mails of updates in the outbox


def feed() -> bool:
    """Owes the next mails of each update that is being sent, if there is room; says whether any is.

    Any number of workers may call it: whoever locks an update first owes its next portion, and the place
    it has reached moves in the same transaction.
    """
    sending = read_again().scalars(sa.select(Update.id).where(Update.state == UpdateState.SENDING)).all()
    if sending and outbox.number_waiting(read_again(), NEWS, MOST_WAITING) < MOST_WAITING:
        for update_id in sending:
            with writing() as session:
                _feed(session, update_id)
    return bool(sending)


def _feed(session: Session, update_id: UUID) -> None:
    locked = sa.select(Update).where(Update.id == update_id, Update.state == UpdateState.SENDING)
    update = session.scalars(locked.with_for_update(skip_locked=True, of=Update)).one_or_none()
    if update is None:
        return
    held = session.scalars(sa.select(HeldMail).where(HeldMail.update_id == update.id).limit(PORTION)).all()
    if held:
        people = chosen_readers(session, update, [(one.bucket, one.signature_id) for one in held])
        for one in held:
            session.delete(one)
        update.owed -= len(held)
    else:
        people = list(readers_after(session, update, PORTION))
        last = people[-1] if len(people) == PORTION else None
        update.reached_bucket, update.reached_id = (last.bucket, last.id) if last else (BUCKETS, UUID(int=0))
    outbox.owe_many(session.connection(), [_mail(update, person) for person in people])
    update.owed += len(people)
    if update.reached_bucket == BUCKETS and not held:
        update.state, update.finished_at = UpdateState.SENT, now()


def _mail(update: Update, person: sa.Row[tuple[int, UUID, str, str]]) -> tuple[object, ...]:
    address = parse_address(person.address)
    return outbox.row(
        template=NEWS,
        locale=person.locale,
        address=address,
        mailbox=mailbox_hash(address.canonical),
        content={"update": update.id.hex, "signature": person.id.hex},
        about=update.petition_id,
        bucket=person.bucket,
        signature_id=person.id,
    )


def take_back(session: Session, update: Update) -> None:
    """Takes those mails of an update out of the outbox that nobody is sending; they are owed again later."""
    taken = (
        sa.delete(OwedMail)
        .where(*_waiting(update), OwedMail.lease.is_(None))
        .returning(OwedMail.bucket, OwedMail.signature_id)
    )
    rows = session.execute(taken.execution_options(synchronize_session=False)).all()
    session.add_all(HeldMail(update_id=update.id, bucket=bucket, signature_id=one) for bucket, one in rows if one)


def _waiting(update: Update) -> tuple[sa.ColumnElement[bool], ...]:
    """That a mail is one of this update's, and has not left. Another sender's may wait at the same time."""
    of_update = OwedMail.content["update"].as_string() == update.id.hex
    return (
        OwedMail.state == MailState.WAITING,
        OwedMail.template == NEWS,
        OwedMail.about == update.petition_id,
        of_update,
    )


def number_left(session: Session, update: Update) -> int:
    """How many of its mails have been owed and have not left yet."""
    waiting = session.scalar(sa.select(sa.func.count()).select_from(OwedMail).where(*_waiting(update))) or 0
    held = sa.select(sa.func.count()).select_from(HeldMail).where(HeldMail.update_id == update.id)
    return waiting + (session.scalar(held) or 0)
