"""What is forgotten of accounts, and when."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa
from flask_babel import lazy_gettext
from sqlalchemy.orm import Session

from petition.accounts import links, notices
from petition.accounts.models import (
    AddressChange,
    BegunSignIn,
    KnownDevice,
    PasswordReset,
    Registration,
    SecondFactor,
    UserSession,
)
from petition.core.clock import now
from petition.core.retention import Rule, Transaction, deleted, keeps
from petition.mail.models import OwedMail
from petition.mail.retention import still_needed

DEVICE_LIFE = timedelta(days=90)
UNCONFIRMED_LIFE = timedelta(days=1)
TEMPLATES = (links.REGISTER, links.RESET, links.NEW_ADDRESS, notices.MAIL)


def _mail_of_an_account(session: Session, mail_id: UUID) -> bool:
    of_accounts = OwedMail.id == mail_id, OwedMail.template.in_(TEMPLATES)
    return session.execute(sa.select(OwedMail.id).where(*of_accounts)).first() is not None


still_needed.append(_mail_of_an_account)


def _end_sessions(transaction: Transaction) -> int:
    with transaction() as session:
        begun = deleted(session, sa.delete(BegunSignIn).where(BegunSignIn.expires_at < now()))
        return begun + deleted(session, sa.delete(UserSession).where(UserSession.expires_at < now()))


def _forget_unconfirmed(transaction: Transaction) -> int:
    factor = SecondFactor.confirmed_at.is_(None), SecondFactor.created_at < now() - UNCONFIRMED_LIFE
    old = (
        sa.delete(Registration).where(Registration.created_at < links.earliest(links.REGISTER)),
        sa.delete(AddressChange).where(AddressChange.created_at < links.earliest(links.NEW_ADDRESS)),
        sa.delete(SecondFactor).where(*factor),
    )
    with transaction() as session:
        return sum(deleted(session, one) for one in old)


def _forget_resets(transaction: Transaction) -> int:
    with transaction() as session:
        old = PasswordReset.created_at < links.earliest(links.RESET)
        return deleted(session, sa.delete(PasswordReset).where(old))


def _forget_devices(transaction: Transaction) -> int:
    with transaction() as session:
        return deleted(session, sa.delete(KnownDevice).where(KnownDevice.seen_at < now() - DEVICE_LIFE))


keeps(
    Rule(
        what=lazy_gettext("Sessions of signed-in organisers"),
        why=lazy_gettext("to know who is at work"),
        how_long=lazy_gettext("12 hours"),
        purge=_end_sessions,
    )
)
keeps(
    Rule(
        what=lazy_gettext("Accounts of organisers: name, address, hashed password, sealed second factor"),
        why=lazy_gettext("so that they can sign in"),
        how_long=lazy_gettext("as long as the account"),
    )
)
keeps(
    Rule(
        what=lazy_gettext("Registrations, new addresses and second factors that nobody has confirmed"),
        why=lazy_gettext("so that the mailed link can work"),
        how_long=lazy_gettext("one day"),
        purge=_forget_unconfirmed,
    )
)
keeps(
    Rule(
        what=lazy_gettext("Links to a new password"),
        why=lazy_gettext("so that the mailed link can work"),
        how_long=lazy_gettext("one hour"),
        purge=_forget_resets,
    )
)
keeps(
    Rule(
        what=lazy_gettext("A keyed hash of the device and network from which an account was used"),
        why=lazy_gettext("so that a new one can be told to its owner"),
        how_long=lazy_gettext("90 days after the last use"),
        purge=_forget_devices,
    )
)
