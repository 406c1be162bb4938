"""Signing: a pending signature and the mail it owes, in one transaction.

Nothing here looks at what the database knows of an address: the same three INSERTs for everybody, so
that neither the answer nor the work tells a stranger who has signed.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from petition.core.addresses import Address
from petition.core.clock import now
from petition.core.errors import NotOpen, TextChanged
from petition.core.ids import new_id
from petition.core.keyed_hashes import bucket_of_hash, code_hash, mailbox_hash, signature_hash
from petition.core.tokens import new_handle
from petition.mail import outbox
from petition.petitions.models import Petition
from petition.petitions.service import takes_signatures
from petition.signatures import consent
from petition.signatures.models import ListName, Signature, SignatureState, Signer

CODE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no I, L, O, U
CODE_LENGTH = 10  # 50 bits
RECEIPT_SECRET_BYTES = 32
MAIL = "confirm"


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody filled in, cleaned. A question left open means the least."""

    name: str
    country: str
    city: str | None = None
    comment: str | None = None
    show_name: bool = False
    list_name: ListName = ListName.COUNT
    updates: bool = False

    @property
    def of_signature(self) -> dict[str, Any]:
        """The part that stands in `signature`."""
        return {
            "country": self.country,
            "show_name": self.show_name,
            "list_name": self.list_name,
            "updates": self.updates,
        }

    @property
    def of_signer(self) -> dict[str, Any]:
        """The part that stands in `signer`."""
        return {"name": self.name, "city": self.city, "comment": self.comment}


@dataclass(frozen=True, slots=True)
class Page:
    """Where a form was filled in: the version of the text on it, its language, and the sender's `network_hash`."""

    text_version: int
    language: str
    network_hash: bytes


def consented(locale: str, at: datetime) -> dict[str, Any]:
    """Which words the choices answered, for `signature`."""
    return {"consent_version": consent.VERSION, "locale": locale, "consented_at": at}


def sign(session: Session, petition: Petition, address: Address, wish: Wish, page: Page) -> None:
    """Stores a pending signature and owes its mail. Raises NotOpen, or TextChanged when another text was read."""
    if not takes_signatures(petition):
        raise NotOpen(_("This petition takes no signatures now."))
    if page.text_version != petition.text.version:
        raise TextChanged(_("The text was changed while you read it. Please read it again before you sign."))
    hashed = signature_hash(mailbox_hash(address.canonical), petition.id)
    bucket, signature_id = bucket_of_hash(hashed), new_id()
    code, handle = _new_code(), new_handle(bucket)
    at = now()
    signature = {
        "bucket": bucket,
        "id": signature_id,
        "petition_id": petition.id,
        "text_version": petition.text.version,
        "state": SignatureState.PENDING,
        "created_at": at,
        "address_hash": hashed,
        "handle": handle,
        "code_hash": code_hash(hashed, code),
        "receipt_secret": secrets.token_bytes(RECEIPT_SECRET_BYTES),
        "domain": address.domain,
        "network_hash": page.network_hash,
    }
    signer = {"bucket": bucket, "signature_id": signature_id, "address": address.exact}
    session.execute(sa.insert(Signature).values(signature | wish.of_signature | consented(page.language, at)))
    session.execute(sa.insert(Signer).values(signer | wish.of_signer))
    outbox.owe(
        session,
        template=MAIL,
        locale=page.language,
        address=address,
        content={"handle": handle.hex(), "code": code},
        about=petition.id,
        bucket=bucket,
        signature_id=signature_id,
    )


def _new_code() -> str:
    return "".join(secrets.choice(CODE_ALPHABET) for _i in range(CODE_LENGTH))


def tidy_code(typed: str) -> str:
    """A typed code as it was sent: spaces and hyphens dropped, look-alikes O, I, L read as 0, 1, 1."""
    letters = "".join(letter for letter in typed.upper() if letter.isalnum())
    return letters.translate(str.maketrans("OIL", "011"))


def shown_code(code: str) -> str:
    """A code in two groups, as it stands in the mail."""
    return f"{code[:5]}-{code[5:]}"
