"""Signing: a pending signature and the mail it owes, in one transaction with others of the same moment.

Nothing here looks at what the database knows of an address: the same three INSERTs for everybody, so
that neither the answer nor the work tells a stranger who has signed.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast
from uuid import UUID

import sqlalchemy as sa
from flask_babel import lazy_gettext as __
from sqlalchemy.engine import Connection

from petition.core.addresses import Address
from petition.core.clock import now
from petition.core.errors import NotOpen, TextChanged
from petition.core.ids import new_id
from petition.core.keyed_hashes import bucket_of_hash, code_hash, hash_for_many, mailbox_hash, signature_hash
from petition.core.many_rows import ManyRows
from petition.core.together import together
from petition.core.tokens import HANDLE_BYTES, handle_of
from petition.mail import outbox
from petition.petitions.models import Petition
from petition.petitions.service import in_force, takes_signatures
from petition.signatures import consent
from petition.signatures.models import ListName, Origin, Signature, SignatureState, Signer

CODE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no I, L, O, U
CODE_LENGTH = 10  # 50 bits
CODE_BYTES = 7
RECEIPT_SECRET_BYTES = 32
MAIL = "confirm"
SIGNATURE, SIGNER = cast(sa.Table, Signature.__table__), cast(sa.Table, Signer.__table__)
NOT_OPEN = __("This petition takes no signatures now.")
TEXT_CHANGED = __("The text was changed while you read it. Please read it again before you sign.")


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
    informed_by: frozenset[int] = frozenset()
    """The numbers of the partners that may write, too."""

    @property
    def wants_mail(self) -> bool:
        """Whether the address is needed for more than confirming."""
        return self.updates or bool(self.informed_by)

    def among(self, partners: Collection[int]) -> Wish:
        """The same, where only these partners may write."""
        return (
            self
            if self.informed_by.issubset(partners)
            else replace(self, informed_by=self.informed_by.intersection(partners))
        )

    @property
    def of_signature(self) -> dict[str, Any]:
        """The part that stands in `signature`."""
        return {
            "country": self.country,
            "show_name": self.show_name,
            "list_name": self.list_name,
            "updates": self.updates,
            "informed_by": self.informed_by,
        }

    @property
    def of_signer(self) -> dict[str, Any]:
        """The part that stands in `signer`."""
        return {"name": self.name, "city": self.city, "comment": self.comment}


@dataclass(frozen=True, slots=True)
class Page:
    """Where a form was filled in: the version of the text on it, its language, and the sender's `network_hash`.

    `by` is the code of the share link that led to it; one that no partner has is ignored.
    """

    text_version: int
    language: str
    network_hash: bytes | None
    by: str = ""


@dataclass(frozen=True, slots=True)
class Brought:
    """A signature that its signer did not fill in here: from where it was brought, and when to mail about it."""

    source: str
    due: datetime


def consented(locale: str, at: datetime) -> dict[str, Any]:
    """Which words the choices answered, for `signature`."""
    return {"consent_version": consent.VERSION, "locale": locale, "consented_at": at}


@dataclass(frozen=True, slots=True)
class NewSignature:
    """A pending signature ready to be stored, and the mail that it owes."""

    petition_id: UUID
    text_version: int
    signature: tuple[Any, ...]
    signer: tuple[Any, ...]
    mail: tuple[Any, ...]


SIGNATURE_COLUMNS = (
    *("bucket", "id", "petition_id", "text_version", "created_at", "consented_at", "locale", "address_hash"),
    *("handle", "code_hash", "receipt_secret", "domain", "network_hash", "via"),
    *("country", "show_name", "list_name", "updates", "informed_by"),
)
SIGNER_COLUMNS = ("bucket", "signature_id", "name", "city", "comment", "address")


def sign(
    petition: Petition, address: Address, wish: Wish, page: Page, brought: Brought | None = None
) -> NewSignature:
    """What signing writes. Raises NotOpen, or TextChanged when another text was read; `store` asks again."""
    if refused := _refused(takes_signatures(petition), petition.text.version, page.text_version):
        raise refused
    if petition.plan:  # what was not asked is not kept, whoever sends it
        city = wish.city if petition.plan.asks_city else None
        wish = replace(wish, city=city, comment=wish.comment if petition.plan.asks_comment else None)
    if wish.informed_by:
        wish = wish.among([partner.number for partner in petition.partners])
    partner = petition.partner_of_link(page.by) if page.by else None
    keyed = hash_for_many()
    mailbox = mailbox_hash(address.canonical, keyed)
    hashed = signature_hash(mailbox, petition.id, keyed)
    bucket, signature_id, at = bucket_of_hash(hashed), new_id(), now()
    code, handle, secret = _new_secrets(bucket)
    return NewSignature(
        petition.id,
        page.text_version,
        (
            *(bucket, signature_id, petition.id, page.text_version, at, at, page.language, hashed),
            *(handle, code_hash(hashed, code, keyed), secret),
            *(address.domain, page.network_hash, partner.number if partner else None),
            *wish.of_signature.values(),
        ),
        (bucket, signature_id, *wish.of_signer.values(), address.exact),
        outbox.row(
            template=MAIL,
            locale=page.language,
            address=address,
            mailbox=mailbox,
            content={"handle": handle.hex(), "code": code} | ({"brought_from": brought.source} if brought else {}),
            about=petition.id,
            bucket=bucket,
            signature_id=signature_id,
            due=brought.due if brought else None,
        ),
    )


def _refused(takes_signatures: bool, version: int, read: int) -> NotOpen | TextChanged | None:
    if not takes_signatures:
        return NotOpen(NOT_OPEN)
    return None if read == version else TextChanged(TEXT_CHANGED)


def store(connection: Connection, new: list[NewSignature]) -> list[NotOpen | TextChanged | None]:
    """Stores many signatures and their mails, in the transaction of the committer. Can be repeated.

    One whose petition takes no signatures any more, or has another text, is refused: its place in the
    list says so.
    """
    now_in_force = in_force(connection, {one.petition_id for one in new})
    answers = [_refused(*now_in_force[one.petition_id], one.text_version) for one in new]
    taken = [one for one, refused in zip(new, answers, strict=True) if refused is None]
    if taken:
        insert(connection, taken, origin=Origin.WEB, consent_version=consent.VERSION)
    return answers


def insert(connection: Connection, new: list[NewSignature], **common: Any) -> None:
    """Writes signatures, all with the same `origin` and `consent_version`, and their mails. Can be repeated."""
    dialect, again = connection.dialect, True
    signatures, signers = [one.signature for one in new], [one.signer for one in new]
    common = {"state": SignatureState.PENDING} | common
    with together(connection):
        ManyRows(dialect, SIGNATURE, SIGNATURE_COLUMNS, signatures, again, **common).insert(connection)
        ManyRows(dialect, SIGNER, SIGNER_COLUMNS, signers, again).insert(connection)
        outbox.owe_many(connection, [one.mail for one in new])


def _new_secrets(bucket: int) -> tuple[str, bytes, bytes]:
    """Code, handle and receipt secret, all from one question to the system: each costs the process its turn."""
    random = secrets.token_bytes(CODE_BYTES + HANDLE_BYTES + RECEIPT_SECRET_BYTES)
    bits, rest = int.from_bytes(random[:CODE_BYTES]), random[CODE_BYTES:]
    code = "".join(CODE_ALPHABET[bits >> shift & 31] for shift in range(0, 5 * CODE_LENGTH, 5))
    return code, handle_of(rest[:HANDLE_BYTES], bucket), rest[HANDLE_BYTES:]


def tidy_code(typed: str) -> str:
    """A typed code as it was sent: spaces and hyphens dropped, look-alikes O, I, L read as 0, 1, 1."""
    letters = "".join(letter for letter in typed.upper() if letter.isalnum())
    return letters.translate(str.maketrans("OIL", "011"))


def shown_code(code: str) -> str:
    """A code in two groups, as it stands in the mail."""
    return f"{code[:5]}-{code[5:]}"
