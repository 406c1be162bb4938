"""What is forgotten of signatures, and when."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection
from datetime import timedelta
from functools import partial
from uuid import UUID

import sqlalchemy as sa
from flask_babel import lazy_gettext
from sqlalchemy.orm import Session

from petition.core import limits
from petition.core.clock import now
from petition.core.db import read_again
from petition.core.retention import Rule, Transaction, deleted, keeps
from petition.mail.models import MailState, OwedMail
from petition.mail.retention import still_needed
from petition.signatures import forgetting, partner_boxes
from petition.signatures.attempts import LINK_LIFE, SIGNER_OF
from petition.signatures.models import OwnPageLink, OwnPageSession, Signature, SignatureState, Signer
from petition.signatures.own_page import LINK_LIFE as OWN_PAGE_LINK_LIFE

WITHDRAWN_LIFE = timedelta(days=14)
TRACES_LIFE = timedelta(days=90)
AT_ONCE = 500
IS_PENDING = sa.text("signature.state = 0")  # a literal: with a parameter the partial index is of no use


Condition = sa.ColumnElement[bool]
Forget = Callable[[Session, int, Condition], int]


def _where(which: Callable[[], Condition], forget: Forget) -> Callable[[Transaction], int]:
    """Finds by reading, forgets in short transactions of one bucket each: signing never waits long for the purge."""

    def purge(transaction: Transaction) -> int:
        found: defaultdict[int, list[UUID]] = defaultdict(list)
        for bucket, signature_id in read_again().execute(sa.select(Signature.bucket, Signature.id).where(which())):
            found[bucket].append(signature_id)
        gone = 0
        for bucket, ids in sorted(found.items()):
            for start in range(0, len(ids), AT_ONCE):
                these = sa.and_(Signature.bucket == bucket, Signature.id.in_(ids[start : start + AT_ONCE]), which())
                with transaction() as session:
                    gone += forget(session, bucket, these)
        return gone

    return purge


def _is_old_pending() -> Condition:
    return sa.and_(IS_PENDING, Signature.created_at < now() - LINK_LIFE)


def _expire(session: Session, bucket: int, these: Condition) -> int:
    _delete_signers(session, bucket, these)
    ended = {"state": SignatureState.EXPIRED, "ended_at": now(), "handle": None, "code_hash": None}
    ended |= {"updates": False, "informed_by": frozenset()}
    return deleted(session, sa.update(Signature).where(these).values(ended))


def _is_needless_address() -> Condition:
    known = sa.exists().where(SIGNER_OF, Signer.address.is_not(None))
    return sa.and_(IS_PENDING, known, forgetting.counts_at_its_address())


def _forget_addresses(session: Session, bucket: int, these: Condition) -> int:
    return forgetting.forget_addresses(session.connection(), _keys(session, bucket, these))


def _is_withdrawn_person() -> Condition:
    ended = Signature.state.in_((SignatureState.WITHDRAWN, SignatureState.INVALIDATED))
    return sa.and_(ended, Signature.ended_at < now() - WITHDRAWN_LIFE, sa.exists().where(SIGNER_OF))


def _delete_signers(session: Session, bucket: int, these: Condition) -> int:
    ids = sa.select(Signature.id).where(these)
    return deleted(session, sa.delete(Signer).where(Signer.bucket == bucket, Signer.signature_id.in_(ids)))


def _forget_signers(session: Session, bucket: int, these: Condition) -> int:
    forgetting.forget_signers(session, _keys(session, bucket, these))
    return _delete_signers(session, bucket, these)


def _keys(session: Session, bucket: int, these: Condition) -> list[forgetting.Key]:
    return [(bucket, one) for one in session.scalars(sa.select(Signature.id).where(these))]


def _has_old_link() -> Condition:
    return sa.and_(Signature.handle.is_not(None), Signature.created_at < now() - LINK_LIFE)


def _forget_links(session: Session, _bucket: int, these: Condition) -> int:
    return deleted(session, sa.update(Signature).where(these).values(handle=None, code_hash=None))


def _has_old_network() -> Condition:
    return sa.and_(Signature.network_hash.is_not(None), Signature.created_at < now() - TRACES_LIFE)


def _forget_networks(session: Session, _bucket: int, these: Condition) -> int:
    return deleted(session, sa.update(Signature).where(these).values(network_hash=None))


def _ended_long_ago() -> Condition:
    ended = Signature.state.in_((SignatureState.EXPIRED, SignatureState.WITHDRAWN))
    return sa.and_(ended, Signature.ended_at < now() - TRACES_LIFE)


def _forget_ended(session: Session, bucket: int, these: Condition) -> int:
    forgetting.forget_signers(session, _keys(session, bucket, these), wholly=True)
    _delete_signers(session, bucket, these)
    return deleted(session, sa.delete(Signature).where(these))


def _forget_dead_letters(transaction: Transaction) -> int:
    """Empties mails that died and whose address counts."""
    dead = sa.select(Signature.bucket, Signature.id).join(
        OwedMail, sa.and_(OwedMail.bucket == Signature.bucket, OwedMail.signature_id == Signature.id)
    )
    dead = dead.where(OwedMail.state == MailState.DEAD, OwedMail.recipient.is_not(None))
    gone = 0
    for bucket, signature_id in read_again().execute(dead.where(forgetting.counts_at_its_address())).all():
        with transaction() as session:
            gone += forgetting.empty_mails(session.connection(), [(bucket, signature_id, False)])
    return gone


def _forget_boxes_of_ended(transaction: Transaction) -> int:
    """Takes back what was allowed to partners that are none any more, and the addresses kept only for them."""
    gone = 0
    for petition_id, numbers in partner_boxes.ended(read_again()).items():
        holding = partial(partner_boxes.hold_any, petition_id, numbers)
        gone += _where(holding, _untick(numbers))(transaction)
    return gone


def _untick(numbers: Collection[int]) -> Forget:
    return lambda session, _bucket, these: partner_boxes.untick(session, these, numbers)


def _forget_known_addresses(transaction: Transaction) -> int:
    needless = _where(_is_needless_address, _forget_addresses)(transaction)
    return needless + _forget_boxes_of_ended(transaction) + _forget_dead_letters(transaction)


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
        purge=_where(_is_old_pending, _expire),
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
        purge=_forget_known_addresses,
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
        what=lazy_gettext("Name, city and comment of signatures withdrawn or struck out"),
        why=lazy_gettext("so that their owner can still see and erase them, and a mistake can be put right"),
        how_long=lazy_gettext("14 days"),
        purge=_where(_is_withdrawn_person, _forget_signers),
    )
)
keeps(
    Rule(
        what=lazy_gettext("The mailed links of signatures"),
        why=lazy_gettext("so that using one twice shows the same page"),
        how_long=lazy_gettext("14 days"),
        purge=_where(_has_old_link, _forget_links),
    )
)
keeps(
    Rule(
        what=lazy_gettext("A keyed hash of the network a signature came from"),
        why=lazy_gettext("to find signatures made by machines"),
        how_long=lazy_gettext("90 days"),
        purge=_where(_has_old_network, _forget_networks),
    )
)
keeps(
    Rule(
        what=lazy_gettext("What is left of expired and withdrawn signatures: country, times, hashes"),
        why=lazy_gettext("to see how many links are never used"),
        how_long=lazy_gettext("90 days"),
        purge=_where(_ended_long_ago, _forget_ended),
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
