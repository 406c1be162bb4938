"""Mail that came back: reading reports (RFC 3464, status codes of RFC 3463) and complaints (RFC 5965)."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import Message
from email.policy import compat32

import sqlalchemy as sa
from flask_babel import lazy_gettext
from sqlalchemy.orm import Session

from petition.core import retention
from petition.core.clock import now
from petition.core.db import insert
from petition.mail.models import Bounce, BounceKind, OwedMail, SuppressedAddress
from petition.mail.outbox import Key
from petition.mail.return_paths import mail_reported
from petition.mail.suppressed import suppress

BOUNCE_LIFE = timedelta(days=90)
STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
NOT_THE_ADDRESS = re.compile(r"5\.(?:2\.[234]|3\.\d+|4\.(?!4$)\d+|6\.\d+|7\.\d+)")
"""Refused for good, but for the mail, the server or the way there (RFC 3463, 3), not for the address."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a report says of one mail of ours."""

    key: Key
    kind: BounceKind
    status: str = ""


def read_report(raw: bytes) -> Report | None:
    """What a message reports; None when it is no report, not about one mail of ours, or tells of no failure."""
    message = message_from_bytes(raw, policy=compat32)
    if message.get_content_type() != "multipart/report" or (key := mail_reported(raw)) is None:
        return None
    for part in message.walk():
        if part.get_content_type() == "message/feedback-report":
            return Report(key, BounceKind.COMPLAINT)
        if part.get_content_type() == "message/delivery-status":
            return _read_status(key, part)
    return None


def _read_status(key: Key, part: Message) -> Report | None:
    """The worst of what is said of the recipients: their fields come in groups after those of the message."""
    groups = part.get_payload()
    found = [
        Report(key, _kind(status[0]), status[0])
        for group in (groups if isinstance(groups, list) else [])
        if isinstance(group, Message)
        if str(group.get("Action", "")).strip().lower() == "failed"
        if (status := STATUS.findall(str(group.get("Status", ""))))
    ]
    return max(found, key=lambda report: report.kind == BounceKind.HARD, default=None)


def _kind(status: str) -> BounceKind:
    return BounceKind.HARD if is_hard(status) else BounceKind.SOFT


def is_hard(status: str) -> bool:
    """Whether an enhanced status code says that the address itself takes no mail."""
    return status.startswith("5.") and not NOT_THE_ADDRESS.fullmatch(status)


def record(session: Session, report: Report) -> bool:
    """Writes a report down, once; says whether it was news of a mail still known."""
    mail = session.get(OwedMail, report.key)
    if mail is None:
        return False
    new = insert(session, Bounce).values(
        bucket=mail.bucket, mail_id=mail.id, kind=report.kind, status=report.status, about=mail.about, at=now()
    )
    first = session.execute(new.on_conflict_do_nothing().returning(Bounce.kind)).first() is not None
    if first and report.kind != BounceKind.SOFT:
        suppress(session, mail.mailbox_hash, report.kind)
    return first


@dataclass(frozen=True, slots=True)
class BounceFigures:
    """Reports of the last `days` days and addresses held back now, by kind."""

    days: int
    reports: Counter[BounceKind]
    suppressed: Counter[BounceKind]


def figures(session: Session, days: int = 1) -> BounceFigures:
    """How much mail came back lately."""
    return BounceFigures(
        days,
        _by_kind(session, Bounce.kind, Bounce.at > now() - timedelta(days=days)),
        _by_kind(session, SuppressedAddress.kind, sa.true()),
    )


def _by_kind(session: Session, kind: sa.orm.Mapped[BounceKind], where: sa.ColumnElement[bool]) -> Counter[BounceKind]:
    rows = session.execute(sa.select(kind, sa.func.count()).where(where).group_by(kind))
    return Counter({row[0]: row[1] for row in rows})


def _forget(transaction: retention.Transaction) -> int:
    at: datetime = now()
    with transaction() as session:
        gone = retention.deleted(session, sa.delete(Bounce).where(Bounce.at < at - BOUNCE_LIFE))
        old = SuppressedAddress.kind == BounceKind.HARD, SuppressedAddress.since < at - 2 * BOUNCE_LIFE
        return gone + retention.deleted(session, sa.delete(SuppressedAddress).where(*old))


retention.keeps(
    retention.Rule(
        what=lazy_gettext("That a mail came back, and a keyed hash of an address that takes no mail"),
        why=lazy_gettext("so that we do not go on writing to it"),
        how_long=lazy_gettext("90 days; the hash 180 days, or until it is lifted when its owner complained"),
        purge=_forget,
    )
)
