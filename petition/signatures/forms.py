"""The shape of what signers send. A form cleans as it checks: read `wish()` and `address` after validation."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Self

from flask_babel import gettext as _
from flask_babel import lazy_gettext as __
from wtforms import (
    BooleanField,
    Field,
    HiddenField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
    ValidationError,
)

from petition.core import countries, i18n
from petition.core.addresses import Address, AddressRefused, parse_address
from petition.core.clock import now
from petition.core.forms import PageForm
from petition.core.names import NameRefused, clean_line, clean_name, clean_text
from petition.core.tokens import form_token, version_in_form_token
from petition.signatures import consent
from petition.signatures.answers import CITY_LENGTH, COMMENT_LENGTH, LIST_NAMES, ticked
from petition.signatures.signing import Wish


class Refused(ValidationError):
    """A field cannot be taken; the message stands beside it."""


def _why_name(error: NameRefused) -> str:
    return {
        "empty": _("Enter your name."),
        "too_long": _("This is too long."),
        "link": _("A name cannot hold a link."),
        "control": _("This holds characters that cannot be shown. Please type it again."),
    }[error.reason]


def checked_address(text: str) -> Address:
    """The address typed into a form. Raises Refused with words for the person."""
    try:
        return parse_address(text)
    except AddressRefused:
        raise Refused(_("Enter an address like name@example.org")) from None


class PublicForm(PageForm):
    """A form on a page that is cached for all: its token is the page's, not the visitor's."""

    class Meta:
        csrf = False


class PartnerBoxes(Field):
    """A box for each partner of the petition, `informed_by-3` for the third; the data are their numbers."""

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        super().process(None, data, extra_filters)
        if formdata is not None:
            self.data = ticked(formdata)


class SignerFields(PublicForm):
    """What a signer says of themselves, on signing, confirming and correcting."""

    name = StringField(__("Name"))
    country = SelectField(__("Country"), validate_choice=False)
    city = StringField(__("City"))
    comment = TextAreaField(__("Why do you sign?"))
    show_name = BooleanField()
    list_name = RadioField(validate_choice=False)
    updates = BooleanField()
    informed_by = PartnerBoxes(default=frozenset())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.country.choices = [("", _("Choose a country")), *countries.choices(i18n.language())]
        self.list_name.choices = consent.list_choices()
        self.list_name.label.text = consent.list_question()
        self.show_name.label.text = consent.show_name_words()
        self.updates.label.text = consent.updates_words()

    @classmethod
    def showing(cls, wish: Wish) -> Self:
        """The form as it looks when it was filled in like this."""
        return cls(formdata=None, data=asdict(wish) | {"list_name": wish.list_name.name.lower()})

    def validate_name(self, field: StringField) -> None:
        try:
            field.data = clean_name(field.data or "")
        except NameRefused as error:
            raise Refused(_why_name(error)) from None

    def validate_country(self, field: SelectField) -> None:
        if field.data not in countries.CODES:
            raise Refused(_("Choose a country."))

    def validate_city(self, field: StringField) -> None:
        try:
            field.data = clean_line(field.data or "", CITY_LENGTH)
        except NameRefused as error:
            raise Refused(_why_name(error)) from None

    def validate_comment(self, field: TextAreaField) -> None:
        try:
            field.data = clean_text(field.data or "", COMMENT_LENGTH)
        except NameRefused as error:
            raise Refused(_why_name(error)) from None

    def validate_list_name(self, field: RadioField) -> None:
        if (field.data or "").lower() not in LIST_NAMES:
            raise Refused(_("Choose one of these."))

    def wish(self) -> Wish:
        """The cleaned fields. A question left open means the least: count me, keep my name."""
        return Wish(
            name=self.name.data or "",
            country=self.country.data,
            city=self.city.data or None,
            comment=self.comment.data or None,
            show_name=bool(self.show_name.data),
            list_name=LIST_NAMES[(self.list_name.data or "").lower()],
            updates=bool(self.updates.data),
            informed_by=frozenset(self.informed_by.data or ()),
        )


class SignForm(SignerFields):
    """The form on the petition page: three required fields."""

    email = StringField(__("E-mail"))
    form_token = HiddenField()
    address: Address
    text_version: int
    """Of the text that stood on the page with this form."""

    def validate_email(self, field: StringField) -> None:
        self.address = checked_address(field.data or "")

    def validate_form_token(self, field: HiddenField) -> None:
        version = version_in_form_token(field.data or "", now())
        if version is None:
            raise Refused(_("This page was open for a long time. Nothing is lost: press the button again."))
        self.text_version = version

    def renew_token(self, text_version: int) -> None:
        """Puts a fresh token in, for a form that is shown again or anew."""
        self.form_token.data = form_token(now(), text_version)


class AddressForm(PublicForm):
    """Asks for a link to the own page."""

    email = StringField(__("E-mail"))
    address: Address

    def validate_email(self, field: StringField) -> None:
        self.address = checked_address(field.data or "")


class CodeForm(AddressForm):
    """The code from the mail, typed in."""

    code = StringField(__("Code"))

    def validate_code(self, field: StringField) -> None:
        if not (field.data or "").strip():
            raise Refused(_("Enter the code from the mail."))


class KnownSignerForm(SignerFields):
    """What is asked of a signer we know. `email` is asked again only for news, where it is forgotten."""

    email = StringField(__("Your e-mail address again"))
    address: Address | None = None

    def validate_email(self, field: StringField) -> None:
        if field.data and field.data.strip():
            self.address = checked_address(field.data)


class OwnSignatureForm(KnownSignerForm):
    """Corrections on the own page."""

    class Meta:
        csrf = True
