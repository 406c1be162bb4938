"""The instance's Ed25519 key, with which packages are signed, and the public keys that ever signed one.

The private key lies in `package_key.pem` in the instance folder or in PETITION_PACKAGE_KEY, never in the
database. Only the worker and the command line read it: what web pages need are the public halves in the tables.
Every machine with an instance folder of its own has a key of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import current_app
from sqlalchemy.orm import Session

from petition.core import audit, ed25519
from petition.core.clock import now
from petition.core.db import insert, writing
from petition.core.errors import DomainError, NotFound
from petition.core.secret_files import kept_once
from petition.deliveries.atomic import whole_file
from petition.deliveries.packages.models import PackageKey

FILE = "package_key.pem"
SETTING = "PETITION_PACKAGE_KEY"


class KeyRefused(DomainError):
    """The key cannot be read, signs no more, or cannot be changed from here; the message says why."""

    status = 409
    code = "package_key_refused"


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key: DER and PEM (SubjectPublicKeyInfo), and the hexadecimal SHA-256 of the DER."""

    der: bytes
    pem: bytes
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Signed:
    """The 64 bytes of a signature, and the key that checks it."""

    signature: bytes
    der: bytes
    pem: bytes
    fingerprint: str


def signing_key(config: Mapping[str, Any]) -> Ed25519PrivateKey:
    """The private key; where there is none yet it is made and kept. Raises KeyRefused."""
    if config["PACKAGE_KEY"]:
        return ed25519.private_key(config["PACKAGE_KEY"])
    try:
        return ed25519.private_key(kept_once(config["INSTANCE"] / FILE, ed25519.new_private_pem).decode("ascii"))
    except OSError as error:
        raise KeyRefused(f"{FILE} in the instance folder cannot be read: {error.strerror}") from None
    except ValueError:
        raise KeyRefused(f"{FILE} in the instance folder holds no Ed25519 key") from None


def current() -> PublicKey:
    """The public half of the key that signs here now; from then on it is published. Raises KeyRefused.

    To be called outside `writing()`, as it commits.
    """
    with writing() as session:
        _key, public = _in_use(session)
    return public


def sign(manifest: bytes, expected: str | None = None) -> Signed:
    """The signature over these bytes. To be called outside `writing()`, as it publishes the public key first.

    `expected` is the fingerprint of the key that the bytes themselves name. Raises KeyRefused where the key
    has been changed since, or is retired.
    """
    with writing() as session:
        key, public = _in_use(session)
        if expected not in {None, public.fingerprint}:
            raise KeyRefused("the key has been changed since the package was begun")
        signature = key.sign(manifest)
    return Signed(signature, public.der, public.pem, public.fingerprint)


def rotate(session: Session) -> tuple[PackageKey | None, PackageKey]:
    """Puts a new key in place of the one in the file; returns the former one, if there was any, and the new one.

    The former private key is gone for good: what it signed is checked with its public half, which stays.
    Raises KeyRefused.
    """
    if current_app.config["PACKAGE_KEY"]:
        raise KeyRefused(
            f"the key comes from {SETTING}: set that to a new one (openssl genpkey -algorithm ed25519), restart the"
            " workers, then `petition keys retire` the former one"
        )
    path, former = current_app.config["INSTANCE"] / FILE, None
    if path.exists():
        former = _registered(session, ed25519.public_der(signing_key(current_app.config)))
        former.retired_at = former.retired_at or now()
        session.flush()  # with this lock nobody signs with it from here on
    try:
        with whole_file(path) as file:
            file.write(ed25519.new_private_pem())
    except OSError as error:
        raise KeyRefused(f"{FILE} cannot be written in the instance folder: {error.strerror}") from None
    new = _registered(session, ed25519.public_der(signing_key(current_app.config)))
    audit.record(session, audit.COMMAND_LINE, "package key made", new.fingerprint[:16])
    return former, new


def retire(session: Session, fingerprint: str) -> PackageKey:
    """Says that a key signs no more, where it does not lie in this instance's file. Raises NotFound, KeyRefused."""
    found = session.get(PackageKey, fingerprint)
    if found is None:
        raise NotFound("there is no key with this fingerprint")
    if found.retired_at:
        raise KeyRefused("this key was retired before")
    if fingerprint == ed25519.fingerprint(ed25519.public_der(signing_key(current_app.config))):
        raise KeyRefused("this key is the one that signs here; put a new one in its place first")
    found.retired_at = now()
    audit.record(session, audit.COMMAND_LINE, "package key retired", fingerprint[:16])
    return found


def published(session: Session) -> Sequence[PackageKey]:
    """Every key that signs or has signed, newest first."""
    newest = sa.select(PackageKey).order_by(PackageKey.first_used_at.desc(), PackageKey.fingerprint)
    return session.scalars(newest).all()


def public_pem(session: Session, fingerprint: str) -> bytes:
    """A public key by its fingerprint. Raises NotFound."""
    found = session.get(PackageKey, fingerprint)
    if found is None:
        raise NotFound("there is no key with this fingerprint")
    return ed25519.public_pem(found.der)


def _in_use(session: Session) -> tuple[Ed25519PrivateKey, PublicKey]:
    key = signing_key(current_app.config)
    der = ed25519.public_der(key)
    found = _registered(session, der)
    if found.retired_at:
        raise KeyRefused(f"the key of this instance was retired on {found.retired_at:%Y-%m-%d}: it needs a new one")
    return key, PublicKey(der, ed25519.public_pem(der), found.fingerprint)


def _registered(session: Session, der: bytes) -> PackageKey:
    """The key's row, locked: whoever retires it waits until what is being signed is signed, and the other way."""
    fingerprint = ed25519.fingerprint(der)
    row = {"fingerprint": fingerprint, "der": der, "first_used_at": now()}
    session.execute(insert(session, PackageKey).values(row).on_conflict_do_nothing())
    by_fingerprint = sa.select(PackageKey).where(PackageKey.fingerprint == fingerprint)
    return session.scalars(by_fingerprint.with_for_update()).one()
