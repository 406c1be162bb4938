"""Signing: a pending signature and the mail it owes, in one transaction.

Nothing here looks at what the database knows of an address: the same three INSERTs for everybody, so
that neither the answer nor the work tells a stranger who has signed.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from petition.core.addresses import Address
from petition.core.clock import now
from petition.core.errors import NotOpen
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
    """What somebody filled in: cleaned fields, and where the request came from (`network_hash`)."""

    name: str
    country: str
    city: str | None = None
    comment: str | None = None
    show_name: bool = False
    list_name: ListName = ListName.COUNT
    updates: bool = False


def sign(session: Session, petition: Petition, address: Address, wish: Wish, locale: str, network: bytes) -> None:
    """Stores a pending signature and owes its mail. Raises NotOpen."""
    if not takes_signatures(petition):
        raise NotOpen(_("This petition takes no signatures now."))
    hashed = signature_hash(mailbox_hash(address.canonical), petition.id)
    bucket = bucket_of_hash(hashed)
    code = "".join(secrets.choice(CODE_ALPHABET) for _i in range(CODE_LENGTH))
    handle = new_handle(bucket)
    signature_id = new_id()
    session.execute(
        sa.insert(Signature).values(
            bucket=bucket,
            id=signature_id,
            petition_id=petition.id,
            text_version=petition.text.version,
            consent_version=consent.VERSION,
            locale=locale,
            country=wish.country,
            state=SignatureState.PENDING,
            created_at=now(),
            address_hash=hashed,
            handle=handle,
            code_hash=code_hash(hashed, code),
            show_name=wish.show_name,
            list_name=wish.list_name,
            updates=wish.updates,
            receipt_secret=secrets.token_bytes(RECEIPT_SECRET_BYTES),
            domain=address.domain,
            network_hash=network,
        )
    )
    session.execute(
        sa.insert(Signer).values(
            bucket=bucket,
            signature_id=signature_id,
            name=wish.name,
            city=wish.city,
            comment=wish.comment,
            address=address.exact,
        )
    )
    outbox.owe(
        session,
        template=MAIL,
        locale=locale,
        address=address,
        content={"handle": handle.hex(), "code": code},
        about=petition.id,
        bucket=bucket,
        signature_id=signature_id,
    )


def tidy_code(typed: str) -> str:
    """A typed code as it was sent: spaces and hyphens dropped, look-alikes O, I, L read as 0, 1, 1."""
    letters = "".join(letter for letter in typed.upper() if letter.isalnum())
    return letters.translate(str.maketrans("OIL", "011"))


def shown_code(code: str) -> str:
    """A code in two groups, as it stands in the mail."""
    return f"{code[:5]}-{code[5:]}"
