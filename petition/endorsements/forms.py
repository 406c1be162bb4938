"""The shape of an endorsement as an editor writes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as __
from wtforms import Field, RadioField, SelectField, StringField, TextAreaField, ValidationError

from petition.core import countries, i18n
from petition.core.addresses import Address, AddressRefused, parse_address
from petition.core.forms import PageForm
from petition.core.names import NAME_LIMIT, NameRefused, clean_name, clean_text, clean_words
from petition.endorsements.models import WORDS, Kind

LONGEST_OFFICE = 200
LONGEST_STATEMENT = 600


def _cleaned(field: Field, clean: Callable[[str], str], problem: str) -> None:
    try:
        field.data = clean(field.data or "")
    except NameRefused:
        raise ValidationError(problem) from None


class WordsForm(PageForm):
    """Who endorses a petition, and what they say."""

    kind = RadioField(__("Who endorses?"), validate_choice=False)
    name = StringField(__("Name"))
    office = StringField(__("Office, or what the organisation is"))
    country = SelectField(__("Country"), validate_choice=False)
    statement = TextAreaField(__("Statement"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind.choices = [
            (Kind.ORGANISATION.value, _("An organisation")),
            (Kind.PERSON.value, _("A public figure")),
        ]
        self.country.choices = [("", _("Choose a country")), *countries.choices(i18n.language())]

    def validate_kind(self, field: RadioField) -> None:
        if field.data not in set(Kind):
            raise ValidationError(_("Choose one of these."))

    def validate_name(self, field: StringField) -> None:
        _cleaned(
            field, clean_name, _("Enter a name of %(most)s characters at most, without a link.", most=NAME_LIMIT)
        )

    def validate_office(self, field: StringField) -> None:
        problem = _("Enter one line of %(most)s characters at most, without a link.", most=LONGEST_OFFICE)
        _cleaned(field, lambda text: clean_words(text, LONGEST_OFFICE), problem)
        if not field.data:
            raise ValidationError(problem)

    def validate_country(self, field: SelectField) -> None:
        if field.data not in countries.CODES:
            raise ValidationError(_("Choose a country."))

    def validate_statement(self, field: TextAreaField) -> None:
        problem = _("Write %(number)s characters at most, without formatting.", number=LONGEST_STATEMENT)
        _cleaned(field, lambda text: clean_text(text, LONGEST_STATEMENT), problem)

    @property
    def words(self) -> dict[str, str]:
        """What was written, after validation."""
        return {name: self[name].data for name in WORDS}


class NewForm(WordsForm):
    """An endorsement that is not entered yet: also whom to ask, and in which language."""

    email = StringField(__("E-mail address of the endorser"))
    locale = SelectField(__("Language of the mail"), validate_choice=False)
    address: Address

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.locale.choices = [(tag, i18n.own_name(tag)) for tag in i18n.LANGUAGES]

    def validate_email(self, field: StringField) -> None:
        try:
            self.address = parse_address(field.data or "")
        except AddressRefused:
            raise ValidationError(_("Enter an address like name@example.org.")) from None

    def validate_locale(self, field: SelectField) -> None:
        if field.data not in i18n.LANGUAGES:
            raise ValidationError(_("Choose one of these."))
