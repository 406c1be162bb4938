"""The second factor: time-based codes (RFC 6238) and recovery codes, each of which is taken once."""

from __future__ import annotations

import secrets
from uuid import UUID

import pyotp
import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from petition.accounts.models import RecoveryCode, SecondFactor, User
from petition.core import limits
from petition.core.clock import now
from petition.core.errors import DomainError
from petition.core.keyed_hashes import keyed_hash
from petition.core.retention import deleted
from petition.core.sealing import SealBroken, seal, unseal

SEAL = "second factor"
STEP_SECONDS = 30
TOLERANCE = 1  # steps that a phone's clock may be wrong, each way
RECOVERY_CODES = 10
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # without letters that are read as others


class CodeRefused(DomainError):
    """Not a code of this account, or one that was used."""

    status = 403
    code = "code_refused"


def count_try(user_id: UUID, network: bytes) -> None:
    """Counts a try at a code. Raises TooMany. Not inside a writing transaction: the counters have their own."""
    limits.hit_always(limits.SECOND_FACTOR, "second factor", user_id.hex, network.hex())
    limits.hit_always(limits.SECOND_FACTOR_ANYWHERE, "second factor anywhere", user_id.hex)


def begin(session: Session, user: User) -> None:
    """Makes a secret that counts once its owner has shown a code. Raises DomainError when there is a factor."""
    if user.has_second_factor:
        raise DomainError(_("Your account has a second factor. Remove it first to set up another."))
    session.execute(sa.delete(SecondFactor).where(SecondFactor.user_id == user.id))
    session.add(SecondFactor(user_id=user.id, secret=seal(SEAL, pyotp.random_base32())))


def secret_to_show(user: User) -> str | None:
    """The secret while it is being set up, and never again."""
    factor = user.second_factor
    if factor is None or factor.confirmed_at is not None:
        return None
    try:
        return unseal(SEAL, factor.secret)
    except SealBroken:
        return None


def address_of(secret: str, user: User, site: str) -> str:
    """What an authenticator reads from the picture."""
    return pyotp.TOTP(secret, interval=STEP_SECONDS).provisioning_uri(name=user.email, issuer_name=site)


def confirm(session: Session, user: User, code: str) -> list[str]:
    """Makes the factor count; returns the recovery codes. Raises CodeRefused."""
    factor = user.second_factor
    if factor is None or factor.confirmed_at is not None or not _take_time_code(session, factor, _plain(code)):
        raise _refused()
    confirmed = sa.update(SecondFactor).where(SecondFactor.user_id == user.id).values(confirmed_at=now())
    session.execute(confirmed)
    return new_codes(session, user)


def take(session: Session, user: User, code: str) -> bool:
    """Takes a code; True when it was a recovery code. Raises CodeRefused."""
    factor, plain = user.second_factor, _plain(code)
    if factor is not None and factor.confirmed_at is not None:
        if _take_time_code(session, factor, plain):
            return False
        of_user = RecoveryCode.user_id == user.id, RecoveryCode.code_hash == _hash(user.id, plain)
        if deleted(session, sa.delete(RecoveryCode).where(*of_user)):
            return True
    raise _refused()


def new_codes(session: Session, user: User) -> list[str]:
    """Makes recovery codes in place of all former ones. Shown once: only their hashes are kept."""
    session.execute(sa.delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    codes = ["".join(secrets.choice(ALPHABET) for _letter in range(10)) for _code in range(RECOVERY_CODES)]
    session.add_all(RecoveryCode(user_id=user.id, code_hash=_hash(user.id, code)) for code in codes)
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def codes_left(session: Session, user: User) -> int:
    """How many recovery codes are unused."""
    mine = sa.select(sa.func.count()).select_from(RecoveryCode).where(RecoveryCode.user_id == user.id)
    return session.scalar(mine) or 0


def remove(session: Session, user: User) -> bool:
    """Takes the factor and its recovery codes away; False when there was none."""
    session.execute(sa.delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    return deleted(session, sa.delete(SecondFactor).where(SecondFactor.user_id == user.id)) > 0


def _refused() -> CodeRefused:
    return CodeRefused(_("This code is not right, or it was used already."))


def _plain(code: str) -> str:
    return "".join(letter for letter in code.upper() if letter.isascii() and letter.isalnum())


def _hash(user_id: UUID, code: str) -> bytes:
    return keyed_hash("recovery code", user_id.bytes, code.encode())


def _take_time_code(session: Session, factor: SecondFactor, code: str) -> bool:
    """Whether the code belongs to this moment and none so late was taken before; it is then taken."""
    try:
        totp = pyotp.TOTP(unseal(SEAL, factor.secret), interval=STEP_SECONDS)
    except SealBroken:  # the key is gone; recovery codes still work
        return False
    present = int(now().timestamp()) // STEP_SECONDS
    fitting = [
        step
        for step in range(present - TOLERANCE, present + TOLERANCE + 1)
        if secrets.compare_digest(totp.generate_otp(step), code)
    ]
    if not fitting:
        return False
    unused = SecondFactor.user_id == factor.user_id, SecondFactor.last_step < max(fitting)
    return deleted(session, sa.update(SecondFactor).where(*unused).values(last_step=max(fitting))) > 0
