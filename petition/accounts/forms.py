"""The shape of what is filled in about accounts. A form cleans as it checks."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as __
from wtforms import PasswordField, StringField, ValidationError

from petition.accounts.service import NAME_LENGTH, SHORTEST_PASSWORD
from petition.core.addresses import Address, AddressRefused, parse_address
from petition.core.errors import Forbidden
from petition.core.forms import PageForm
from petition.core.names import NameRefused, clean_line

LONGEST_PASSWORD = 1000


class SignInForm(PageForm):
    """Address and password."""

    email = StringField(__("E-mail"))
    password = PasswordField(__("Password"))


class EmptyForm(PageForm):
    """A button that changes something: only its CSRF token is checked."""


def refuse_forged() -> None:
    """Raises Forbidden unless the form came from a page of this browser."""
    if not EmptyForm().validate():
        raise Forbidden(_("This page was open for too long. Please go back, load it again and repeat."))


class _Address(PageForm):
    email = StringField(__("E-mail"))
    address: Address

    def validate_email(self, field: StringField) -> None:
        try:
            self.address = parse_address(field.data or "")
        except AddressRefused:
            raise ValidationError(_("Enter an address like name@example.org")) from None


class _Name(PageForm):
    name = StringField(__("Name"))

    def validate_name(self, field: StringField) -> None:
        try:
            field.data = clean_line(field.data or "", NAME_LENGTH)
        except NameRefused as error:
            long = error.reason == "too_long"
            raise ValidationError(_("This is too long.") if long else _("Enter your name.")) from None
        if not field.data:
            raise ValidationError(_("Enter your name."))


class _NewPassword(PageForm):
    password = PasswordField(__("Password"))

    def validate_password(self, field: PasswordField) -> None:
        if len(field.data or "") < SHORTEST_PASSWORD:
            raise ValidationError(_("At least %(number)s characters, please.", number=SHORTEST_PASSWORD))
        if len(field.data or "") > LONGEST_PASSWORD:
            raise ValidationError(_("This is too long."))


class RegisterForm(_Name, _Address, _NewPassword):
    """A new account. Whoever asks has no session yet, so there is no token of one."""

    class Meta:
        csrf = False


class AskResetForm(_Address):
    """Whose password is forgotten."""

    class Meta:
        csrf = False


class ResetForm(_NewPassword):
    """A new password, behind a mailed link."""

    class Meta:
        csrf = False


class FinishForm(PageForm):
    """The password of a registration once more, in a browser that did not ask for it."""

    password = PasswordField(__("Password"))

    class Meta:
        csrf = False


class NameForm(_Name):
    """Another name."""


class AddressForm(_Address):
    """Another address."""


class PasswordForm(_NewPassword):
    """Another password."""


class CodeForm(PageForm):
    """A code of the second factor."""

    code = StringField(__("Code"))


class ConfirmForm(PageForm):
    """Who somebody is, once more: the password, or a code where there is a second factor."""

    password = PasswordField(__("Password"))
    code = StringField(__("Code"))

    def __init__(self, *args: Any, with_code: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self[("password" if with_code else "code")]
