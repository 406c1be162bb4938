"""The shape of signing in."""

from __future__ import annotations

from flask_babel import lazy_gettext as __
from flask_wtf import FlaskForm
from wtforms import PasswordField, StringField


class SignInForm(FlaskForm):
    """Address and password."""

    email = StringField(__("E-mail"))
    password = PasswordField(__("Password"))


class EmptyForm(FlaskForm):
    """A button that changes something: only its CSRF token is checked."""
