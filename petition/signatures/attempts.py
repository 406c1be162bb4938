"""Attempts: signatures as their mailed links and typed codes find them."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as __
from sqlalchemy.orm import Session

from petition.core import limits
from petition.core.addresses import Address
from petition.core.clock import now
from petition.core.errors import DomainError, NotFound
from petition.core.keyed_hashes import code_hash, keyed_hash, mailbox_hash, signature_hash
from petition.core.tokens import bucket_of
from petition.mail.models import OwedMail
from petition.petitions.models import Petition
from petition.signatures.models import Signature, SignatureState, Signer
from petition.signatures.signing import MAIL, Wish, tidy_code

LINK_LIFE = timedelta(days=14)
UNKNOWN_LINK = __("This link is not known here any more. Please sign again.")
SIGNER_OF = sa.and_(Signer.bucket == Signature.bucket, Signer.signature_id == Signature.id)


@dataclass(frozen=True, slots=True)
class Attempt:
    """A signature, counted or not, with who gave it and to what."""

    signature: Signature
    signer: Signer
    petition: Petition

    @property
    def ended(self) -> bool:
        """Whether the link can no longer make it count."""
        if self.signature.state == SignatureState.PENDING:
            return now() - self.signature.created_at > LINK_LIFE
        return self.signature.state != SignatureState.CONFIRMED

    @property
    def knows_address(self) -> bool:
        """Whether the address is still kept."""
        return self.signer.address is not None

    @property
    def wish(self) -> Wish:
        """What was filled in. News cannot be wished for where the address is forgotten."""
        return Wish(
            name=self.signer.name,
            country=self.signature.country,
            city=self.signer.city,
            comment=self.signer.comment,
            show_name=self.signature.show_name,
            list_name=self.signature.list_name,
            updates=self.signature.updates and self.knows_address,
            informed_by=self.signature.informed_by if self.knows_address else frozenset(),
        )

    def address_to_keep(self, wish: Wish, typed: Address | None) -> str | None:
        """The address that the wish needs kept: the one typed again, or the one still known; None without news.

        Raises DomainError when news are wished for and there is no address, or it is another mailbox.
        """
        if not wish.wants_mail:
            return None
        if typed is not None:
            hashed = signature_hash(mailbox_hash(typed.canonical), self.signature.petition_id)
            if not secrets.compare_digest(hashed, self.signature.address_hash):
                raise DomainError(__("That is not the address you signed with."))
            return typed.exact
        if not self.knows_address:
            raise DomainError(__("To get news, type your e-mail address again: we have forgotten it."))
        return self.signer.address


def find(session: Session, handle: bytes) -> Attempt:
    """The attempt that a mailed link belongs to. Raises NotFound when it was forgotten meanwhile."""
    row = session.execute(
        sa.select(Signature, Signer, Petition)
        .join(Signer, SIGNER_OF)
        .join(Petition, Petition.id == Signature.petition_id)
        .where(Signature.bucket == bucket_of(handle), Signature.handle == handle)
    ).one_or_none()
    if row is None:
        raise NotFound(UNKNOWN_LINK)
    return Attempt(*row)


def find_by_code(session: Session, address: Address, code: str, network: bytes) -> bytes:
    """The handle of the attempt whose mail to this address held this code.

    Five tries an hour for one address from one network: a stranger elsewhere cannot use them up.
    Raises TooMany or NotFound.
    """
    mailbox = mailbox_hash(address.canonical)
    limits.hit_always(limits.CODE_TRIES, "code", keyed_hash("tries", mailbox, network).hex())
    mailed = session.execute(
        sa.select(Signature.handle, Signature.code_hash, Signature.address_hash)
        .join(OwedMail, sa.and_(OwedMail.bucket == Signature.bucket, OwedMail.signature_id == Signature.id))
        .where(OwedMail.mailbox_hash == mailbox, OwedMail.template == MAIL)
    )
    typed = tidy_code(code)
    for handle, kept, address_hash in mailed:
        if handle and kept and secrets.compare_digest(kept, code_hash(address_hash, typed)):
            return bytes(handle)
    raise NotFound(_("This address and code do not belong together. Look at the newest mail from us."))
