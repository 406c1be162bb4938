"""What the mails about accounts show. Nothing that was typed into a form: anybody can type any address."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import Session

from petition.accounts import links, notices
from petition.accounts.models import AddressChange, PasswordReset, Registration, User
from petition.core.tokens import sign_handle
from petition.mail.outbox import Claimed
from petition.mail.rendering import Letter, context_for

OneByOne = Callable[[Session, Claimed], Letter | None]


def _mails_of(template: str) -> Callable[[OneByOne], OneByOne]:
    """Registers what one mail of a template shows: these are few, and need not be gathered together."""

    def register(show: OneByOne) -> OneByOne:
        @context_for(template)
        def all_of_them(session: Session, mails: Sequence[Claimed]) -> list[Letter | None]:
            return [show(session, mail) for mail in mails]

        return show

    return register


def _base() -> str:
    return str(current_app.config["BASE_URL"])


def _letter(link: str, known: bool = False) -> Letter:
    return Letter({"site": urlsplit(_base()).netloc, "known": known}, {"link": f"{_base()}{link}"})


def _has_account(session: Session, email: str) -> bool:
    return session.scalar(sa.select(User.id).where(User.email == email)) is not None


@_mails_of(links.REGISTER)
def _register(session: Session, mail: Claimed) -> Letter | None:
    """The link to a new account; where there is one already, the mail says so."""
    handle = bytes.fromhex(mail.content["handle"])
    asked = links.find(session, links.REGISTER, Registration, handle)
    if asked is None:
        return None
    if _has_account(session, asked.email):
        return _letter("/login", known=True)
    return _letter(f"/register/{sign_handle(links.REGISTER, handle)}")


@_mails_of(links.RESET)
def _reset(session: Session, mail: Claimed) -> Letter | None:
    """The link to a new password; nothing where there is no account."""
    handle = bytes.fromhex(mail.content["handle"])
    asked = links.find(session, links.RESET, PasswordReset, handle)
    if asked is None or asked.user_id is None:
        return None
    return _letter(f"/reset/{sign_handle(links.RESET, handle)}")


@_mails_of(links.NEW_ADDRESS)
def _new_address(session: Session, mail: Claimed) -> Letter | None:
    """The link that confirms an account's new address; where another account has it, the mail says so."""
    handle = bytes.fromhex(mail.content["handle"])
    asked = links.find(session, links.NEW_ADDRESS, AddressChange, handle)
    if asked is None:
        return None
    if _has_account(session, asked.email):
        return _letter("/login", known=True)
    return _letter(f"/account/address/{sign_handle(links.NEW_ADDRESS, handle)}")


@_mails_of(notices.MAIL)
def _notice(_session: Session, mail: Claimed) -> Letter | None:
    """What happened to the account, and where to look at it."""
    words = notices.WORDS[notices.Notice(mail.content["what"])]
    same = {"site": urlsplit(_base()).netloc, "words": words}
    own = {"link": f"{_base()}/account", "device": mail.content["device"], "at": mail.content["at"]}
    return Letter(same, own)
