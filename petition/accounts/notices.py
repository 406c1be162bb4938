"""Mails that tell the owner of an account what happened to it."""

from __future__ import annotations

import enum

from flask_babel import LazyString, lazy_gettext
from sqlalchemy.orm import Session

from petition.accounts import links
from petition.accounts.models import User
from petition.core.addresses import Address
from petition.core.clock import now

MAIL = "account_notice"


class Notice(enum.StrEnum):
    """What happened."""

    SIGN_IN = "sign-in"
    PASSWORD = "password"  # noqa: S105 (a word, not one)
    ADDRESS = "address"
    FACTOR_ON = "second factor on"
    FACTOR_OFF = "second factor off"
    NEW_CODES = "new recovery codes"
    CODE_USED = "recovery code used"


WORDS: dict[Notice, LazyString] = {
    Notice.SIGN_IN: lazy_gettext("Your account was used from a new device or network"),
    Notice.PASSWORD: lazy_gettext("The password of your account was changed"),
    Notice.ADDRESS: lazy_gettext("Your account has a new address and leaves this one"),
    Notice.FACTOR_ON: lazy_gettext("Your account now has a second factor"),
    Notice.FACTOR_OFF: lazy_gettext("The second factor of your account was removed"),
    Notice.NEW_CODES: lazy_gettext("New recovery codes were made for your account"),
    Notice.CODE_USED: lazy_gettext("A recovery code of your account was used"),
}


def tell(session: Session, user: User, what: Notice, device: str, language: str, to: Address | None = None) -> None:
    """Owes the mail, to the account's address or the one given."""
    content = {"what": str(what), "device": device, "at": f"{now():%Y-%m-%d %H:%M} UTC"}
    links.owe(session, MAIL, to or user.address, content, language, about="told")
