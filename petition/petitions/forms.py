"""The shape of what organisers and administrators write about a petition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import available_timezones

from flask_babel import lazy_gettext as __
from werkzeug.datastructures import MultiDict
from wtforms import (
    BooleanField,
    Field,
    Form,
    SelectField,
    StringField,
    TextAreaField,
    ValidationError,
)

from petition.core import countries, i18n
from petition.core.forms import PageForm
from petition.core.labels import checked_line
from petition.core.names import NameRefused, clean_text
from petition.petitions.editing import Content, Fields, moment
from petition.petitions.moderation import GROUNDS
from petition.petitions.service import PROMISES, TextRefused
from petition.petitions.text_file import HIGHEST_GOAL, checked_body

ZONES = sorted(name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "SystemV/")))


def _line(field: Field, limit: int, required: bool = False) -> None:
    if not (field.data or "").strip():
        field.data = None
        if required:
            raise ValidationError(__("Fill this in."))
        return
    try:
        field.data = checked_line(field.data, limit)
    except ValueError:
        raise ValidationError(__("This must be one line of at most %(limit)s characters.", limit=limit)) from None


def _lines(field: Field, limit: int) -> None:
    try:
        field.data = clean_text(field.data or "", limit) or None
    except NameRefused:
        raise ValidationError(
            __("This must be at most %(limit)s characters that can be shown.", limit=limit)
        ) from None


class WordsForm(Form):
    """The words of one language. A language but the petition's own may be left empty."""

    title = StringField(__("Title"))
    summary = StringField(__("Summary, one sentence"))
    body = TextAreaField(__("Text"))
    risk = TextAreaField(__("What signers risk"))
    picture_alt = StringField(__("What the picture shows"))
    thanks = TextAreaField(__("Words of thanks after confirming"))
    mail_words = TextAreaField(__("Words of yours in the mail with the link"))

    def __init__(self, fields: Fields, tag: str, required: bool) -> None:
        super().__init__(MultiDict(fields), prefix=f"{tag}-")
        self.tag = tag
        self.needed = required or any((field.data or "").strip() for field in self)

    def validate_title(self, field: Field) -> None:
        _line(field, 300, required=self.needed)

    def validate_summary(self, field: Field) -> None:
        _line(field, 500)

    def validate_body(self, field: Field) -> None:
        if not self.needed:
            return
        try:
            field.data = checked_body(field.data or "")
        except TextRefused:
            raise ValidationError(
                __("Write the text; it must be at most 200,000 characters that can be shown.")
            ) from None

    def validate_risk(self, field: Field) -> None:
        _lines(field, 2000)

    def validate_picture_alt(self, field: Field) -> None:
        _line(field, 300)

    def validate_thanks(self, field: Field) -> None:
        _lines(field, 2000)

    def validate_mail_words(self, field: Field) -> None:
        _lines(field, 1000)


class EditForm(Form):
    """The whole petition. It is made from the fields as they were typed, which stay as they are beside it."""

    addressee = StringField(__("To whom it is addressed"))
    addressee_country = SelectField(__("The addressee's country"), validate_choice=False)
    goal = StringField(__("Goal"))
    zone = SelectField(__("Your time zone"), validate_choice=False)
    opens_at = StringField(__("Opens"))
    closes_at = StringField(__("Closes"))
    asks_city = BooleanField(__("Ask for the city"))
    asks_comment = BooleanField(__("Ask why people sign"))
    controllers = TextAreaField(__("Who answers for signers' data"))
    contact = StringField(__("How to reach them: an address or a page"))
    minimum_age = StringField(__("Minimum age"))
    kept_months = StringField(__("Months that names are kept after the end"))

    def __init__(self, fields: Fields, tags: Sequence[str]) -> None:
        super().__init__(MultiDict(fields))
        self.addressee_country.choices = [("", __("none")), *countries.choices(i18n.language())]
        self.zone.choices = [(name, name) for name in ("UTC", *ZONES)]
        self.in_languages = [WordsForm(fields, tag, number == 0) for number, tag in enumerate(tags)]

    def validate(self, extra_validators: Any = None) -> bool:
        """Whether every field in every language can be taken."""
        return all([super().validate(extra_validators), *(words.validate() for words in self.in_languages)])

    @property
    def problems(self) -> list[tuple[Field, str]]:
        """Each field that cannot be taken, and the language it belongs to, if any."""
        own = [(field, "") for field in self if field.errors]
        return own + [(field, words.tag) for words in self.in_languages for field in words if field.errors]

    def validate_addressee(self, field: Field) -> None:
        _line(field, 300, required=True)

    def validate_addressee_country(self, field: Field) -> None:
        if field.data and field.data not in countries.CODES:
            raise ValidationError(__("Choose a country."))

    def validate_goal(self, field: Field) -> None:
        _between(field, 1, HIGHEST_GOAL)

    def validate_minimum_age(self, field: Field) -> None:
        _between(field, 1, 99)

    def validate_kept_months(self, field: Field) -> None:
        _between(field, 0, 1200)

    def validate_zone(self, field: Field) -> None:
        if field.data not in ("UTC", *ZONES):
            raise ValidationError(__("Choose a time zone from the list."))

    def validate_opens_at(self, field: Field) -> None:
        self._moment(field)

    def validate_closes_at(self, field: Field) -> None:
        self._moment(field)
        if self.opens_at.data and field.data and str(self.opens_at.data) >= str(field.data):
            raise ValidationError(__("It must close after it opens."))

    def _moment(self, field: Field) -> None:
        zone = self.zone.data if self.zone.data in ("UTC", *ZONES) else "UTC"
        try:
            field.data = moment(field.data, zone) if field.data else None
        except (ValueError, OverflowError):
            raise ValidationError(__("Enter a day and time that there is in this zone.")) from None

    def validate_controllers(self, field: Field) -> None:
        _lines(field, 1000)

    def validate_contact(self, field: Field) -> None:
        _line(field, 300)

    def content(self) -> Content:
        """What was written, after validation."""
        plain = {name: field.data for name, field in self._fields.items() if name not in PROMISES}
        plain["addressee_country"] = plain["addressee_country"] or None
        words = {
            form.tag: {field.short_name.removeprefix(f"{form.tag}-"): field.data for field in form}
            for form in self.in_languages
            if form.needed
        }
        return Content(**plain, promises={name: self._fields[name].data for name in PROMISES}, words=words)


def _between(field: Field, least: int, most: int) -> None:
    typed = (field.data or "").strip()
    if typed and not (typed.isdecimal() and len(typed) < 12 and least <= int(typed) <= most):
        raise ValidationError(__("Enter a whole number from %(least)s to %(most)s.", least=least, most=most))
    field.data = int(typed) if typed else None


class NewForm(PageForm):
    """What a petition needs to begin with."""

    organisation = SelectField(__("Organisation"), validate_choice=False)
    title = StringField(__("Title"))
    slug = StringField(__("Address"))
    locale = SelectField(__("Language"), validate_choice=False)

    def __init__(self, organisations: Mapping[str, str], **more: Any) -> None:
        super().__init__(**more)
        self.organisation.choices = list(organisations.items())
        self.locale.choices = [(tag, i18n.own_name(tag)) for tag in i18n.LANGUAGES]

    def validate_organisation(self, field: Field) -> None:
        if field.data not in dict(self.organisation.choices):
            raise ValidationError(__("Choose an organisation."))

    def validate_locale(self, field: Field) -> None:
        if field.data not in i18n.LANGUAGES:
            raise ValidationError(__("Choose a language."))


class StateForm(PageForm):
    """A change of state, with the reason where one is needed."""

    state = StringField()
    ground = SelectField(__("Reason"), validate_choice=False)
    words = TextAreaField(__("In your own words"))

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.ground.choices = list(GROUNDS.items())


class NoteForm(PageForm):
    """A note among administrators."""

    words = TextAreaField(__("Note"))
