"""What is forgotten of signatures, and when."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa
from flask_babel import lazy_gettext
from sqlalchemy.orm import Session

from petition.core import limits
from petition.core.clock import now
from petition.core.db import BUCKETS
from petition.core.retention import Rule, Transaction, deleted, keeps
from petition.mail.models import MailState, OwedMail
from petition.mail.retention import still_needed
from petition.signatures import forgetting
from petition.signatures.attempts import LINK_LIFE
from petition.signatures.models import OwnPageLink, OwnPageSession, Signature, SignatureState, Signer
from petition.signatures.own_page import LINK_LIFE as OWN_PAGE_LINK_LIFE

WITHDRAWN_LIFE = timedelta(days=14)
TRACES_LIFE = timedelta(days=90)


def _by_bucket(forget: Callable[[Session, int], int]) -> Callable[[Transaction], int]:
    """Works bucket by bucket, so that signing never waits long for the purge."""

    def purge(transaction: Transaction) -> int:
        gone = 0
        for bucket in range(BUCKETS):
            with transaction() as session:
                gone += forget(session, bucket)
        return gone

    return purge


def _expire(session: Session, bucket: int) -> int:
    old = sa.and_(
        Signature.bucket == bucket,
        Signature.state == SignatureState.PENDING,
        Signature.created_at < now() - LINK_LIFE,
    )
    _delete_signers(session, bucket, old)
    ended = {"state": SignatureState.EXPIRED, "ended_at": now(), "handle": None, "code_hash": None, "updates": False}
    return deleted(session, sa.update(Signature).where(old).values(ended))


def _forget_withdrawn(session: Session, bucket: int) -> int:
    return _delete_signers(
        session,
        bucket,
        sa.and_(
            Signature.bucket == bucket,
            Signature.state.in_((SignatureState.WITHDRAWN, SignatureState.INVALIDATED)),
            Signature.ended_at < now() - WITHDRAWN_LIFE,
        ),
    )


def _delete_signers(session: Session, bucket: int, which: sa.ColumnElement[bool]) -> int:
    ids = sa.select(Signature.id).where(which)
    return deleted(session, sa.delete(Signer).where(Signer.bucket == bucket, Signer.signature_id.in_(ids)))


def _forget_links(session: Session, bucket: int) -> int:
    old = Signature.handle.is_not(None), Signature.created_at < now() - LINK_LIFE
    ended = sa.update(Signature).where(Signature.bucket == bucket, *old)
    return deleted(session, ended.values(handle=None, code_hash=None))


def _forget_networks(session: Session, bucket: int) -> int:
    old = Signature.network_hash.is_not(None), Signature.created_at < now() - TRACES_LIFE
    return deleted(session, sa.update(Signature).where(Signature.bucket == bucket, *old).values(network_hash=None))


def _forget_ended(session: Session, bucket: int) -> int:
    ended = SignatureState.EXPIRED, SignatureState.WITHDRAWN
    old = Signature.state.in_(ended), Signature.ended_at < now() - TRACES_LIFE
    return deleted(session, sa.delete(Signature).where(Signature.bucket == bucket, *old))


def _forget_needless_addresses(session: Session, bucket: int) -> int:
    needless = forgetting.attempts_at_counted_addresses(bucket)
    dead = forgetting.empty_mails(session, bucket, needless, MailState.DEAD)
    return dead + forgetting.forget_in_attempts(session, bucket, needless)


def _keeps_recipient(session: Session, mail_id: UUID) -> bool:
    """Whether the address that a mail went to is still kept with its signature."""
    kept = sa.select(Signer.signature_id).join(
        OwedMail, sa.and_(OwedMail.bucket == Signer.bucket, OwedMail.signature_id == Signer.signature_id)
    )
    return session.execute(kept.where(OwedMail.id == mail_id, Signer.address.is_not(None))).first() is not None


still_needed.append(_keeps_recipient)


def _forget_own_pages(transaction: Transaction) -> int:
    with transaction() as session:
        limits.forget_old_hits(session)
        links = sa.delete(OwnPageLink).where(OwnPageLink.created_at < now() - OWN_PAGE_LINK_LIFE)
        return deleted(session, links) + deleted(
            session, sa.delete(OwnPageSession).where(OwnPageSession.expires_at < now())
        )


keeps(
    Rule(
        what=lazy_gettext("Signatures that were never confirmed, with name and address"),
        why=lazy_gettext("so that the mailed link can work"),
        how_long=lazy_gettext("14 days"),
        purge=_by_bucket(_expire),
    )
)
keeps(
    Rule(
        what=lazy_gettext("Confirmed signatures: name, country, city, comment, your choices, the times"),
        why=lazy_gettext("they are the petition; each name appears only where its signer said so"),
        how_long=lazy_gettext("as long as the petition, or until you erase it"),
    )
)
keeps(
    Rule(
        what=lazy_gettext("The e-mail address of a confirmed signer"),
        why=lazy_gettext("only to send the news they asked for"),
        how_long=lazy_gettext("until they want no more news; without news it goes on confirming"),
        purge=_by_bucket(_forget_needless_addresses),
    )
)
keeps(
    Rule(
        what=lazy_gettext("A keyed hash of the address, and its domain"),
        why=lazy_gettext("so that one address counts at most two people"),
        how_long=lazy_gettext("as long as the signature"),
    )
)
keeps(
    Rule(
        what=lazy_gettext("Name, city and comment of withdrawn signatures"),
        why=lazy_gettext("so that their owner can still see them and erase them"),
        how_long=lazy_gettext("14 days"),
        purge=_by_bucket(_forget_withdrawn),
    )
)
keeps(
    Rule(
        what=lazy_gettext("The mailed links of signatures"),
        why=lazy_gettext("so that using one twice shows the same page"),
        how_long=lazy_gettext("14 days"),
        purge=_by_bucket(_forget_links),
    )
)
keeps(
    Rule(
        what=lazy_gettext("A keyed hash of the network a signature came from"),
        why=lazy_gettext("to find signatures made by machines"),
        how_long=lazy_gettext("90 days"),
        purge=_by_bucket(_forget_networks),
    )
)
keeps(
    Rule(
        what=lazy_gettext("What is left of expired and withdrawn signatures: country, times, hashes"),
        why=lazy_gettext("to see how many links are never used"),
        how_long=lazy_gettext("90 days"),
        purge=_by_bucket(_forget_ended),
    )
)
keeps(
    Rule(
        what=lazy_gettext("Links and sessions of signers' own pages, and counters of limits"),
        why=lazy_gettext("so that the link in the mail works"),
        how_long=lazy_gettext("24 hours; a session 30 minutes"),
        purge=_forget_own_pages,
    )
)
