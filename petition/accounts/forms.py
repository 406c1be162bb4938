"""The shape of signing in."""

from __future__ import annotations

from flask_babel import lazy_gettext as __
from wtforms import PasswordField, StringField

from petition.core.forms import PageForm


class SignInForm(PageForm):
    """Address and password."""

    email = StringField(__("E-mail"))
    password = PasswordField(__("Password"))


class EmptyForm(PageForm):
    """A button that changes something: only its CSRF token is checked."""
