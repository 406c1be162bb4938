"""The shape of what organisers and administrators fill in about organisations and people."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as __
from wtforms import BooleanField, PasswordField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import ValidationError

from petition.core import i18n
from petition.core.addresses import Address, AddressRefused, parse_address
from petition.core.forms import PageForm
from petition.core.labels import SLUG, SLUG_LENGTH, checked_line
from petition.core.names import NAME_LIMIT, NameRefused, clean_line, clean_name
from petition.core.switches import Switches
from petition.organisations.models import Role

REASON_LENGTH = 300
BANNER_LENGTH = 300


def _one_line(field: StringField, limit: int) -> None:
    try:
        field.data = checked_line(field.data or "", limit)
    except ValueError:
        raise ValidationError(_("Enter one line of %(most)s characters at most.", most=limit)) from None


class NamedForm(PageForm):
    """The name of an organisation. It goes out in mails to anybody, so it holds no link."""

    name = StringField(__("Name"))

    def validate_name(self, field: StringField) -> None:
        try:
            field.data = clean_name(field.data or "")
        except NameRefused:
            most = NAME_LIMIT
            raise ValidationError(
                _("Enter a name of %(most)s characters at most, without a link.", most=most)
            ) from None


class OrganisationForm(NamedForm):
    """A new organisation."""

    slug = StringField(__("Address of its page"))

    def validate_slug(self, field: StringField) -> None:
        if field.data and not (SLUG.fullmatch(field.data) and len(field.data) <= SLUG_LENGTH):
            raise ValidationError(_("Use lower-case Latin letters, digits and hyphens."))


class SettingsForm(NamedForm):
    """An organisation's name and what it asks of its people."""

    second_factor = BooleanField(__("Everybody here needs a second factor to sign in"))
    second_approval = BooleanField(__("An export of personal data needs a second person's approval"))


class RolesForm(PageForm):
    """What somebody is in the organisation."""

    roles = SelectMultipleField(__("Roles"), choices=[role.value for role in Role])

    def validate_roles(self, field: SelectMultipleField) -> None:
        if not field.data:
            raise ValidationError(_("Choose at least one role."))

    @property
    def chosen(self) -> list[Role]:
        """The roles that were ticked."""
        return [Role(role) for role in self.roles.data or ()]


class InviteForm(RolesForm):
    """Whom to invite, and as what."""

    email = StringField(__("E-mail"))
    address: Address

    def validate_email(self, field: StringField) -> None:
        try:
            self.address = parse_address(field.data or "")
        except AddressRefused:
            raise ValidationError(_("Enter an address like name@example.org.")) from None


class JoinForm(PageForm):
    """The account of somebody who was invited. The link itself says who may send it."""

    class Meta:
        csrf = False

    name = StringField(__("Name"))
    password = PasswordField(__("Password"))

    def validate_name(self, field: StringField) -> None:
        _one_line(field, 120)


class ReasonForm(PageForm):
    """Why something is done."""

    reason = StringField(__("Reason"))

    def validate_reason(self, field: StringField) -> None:
        _one_line(field, REASON_LENGTH)


class SwitchesForm(ReasonForm):
    """The switches of the site, with a field `banner_<language>` for each language."""

    signing_paused = BooleanField(__("Pause signing everywhere"))
    registration_closed = BooleanField(__("Close registration"))

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        right: bool = super().validate(*args, **kwargs)
        for field in self.banners.values():
            try:
                field.data = clean_line(field.data or "", BANNER_LENGTH)
            except NameRefused:
                field.errors = [_("Enter one line of %(most)s characters at most.", most=BANNER_LENGTH)]
                right = False
        return right

    @property
    def banners(self) -> dict[str, TextAreaField]:
        """The fields for the banner, by language."""
        return {language: self[f"banner_{language}"] for language in i18n.LANGUAGES}

    @property
    def wanted(self) -> Switches:
        """The switches as they were set."""
        words = {language: field.data for language, field in self.banners.items() if field.data}
        return Switches(bool(self.signing_paused.data), bool(self.registration_closed.data), words)

    @classmethod
    def showing(cls, switches: Switches) -> SwitchesForm:
        """The form as the switches stand."""
        banners = {f"banner_{language}": words for language, words in switches.banners.items()}
        stand = {"signing_paused": switches.signing_paused, "registration_closed": switches.registration_closed}
        return cls(formdata=None, data=stand | banners)


for _language in i18n.LANGUAGES:
    setattr(SwitchesForm, f"banner_{_language}", StringField(i18n.own_name(_language)))
