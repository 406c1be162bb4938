"""The shape of asking for packages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal

from flask_babel import gettext as _
from flask_babel import lazy_gettext as __
from wtforms import Field, RadioField, SelectField, SelectMultipleField, StringField, ValidationError

from petition.core import countries, i18n
from petition.core.forms import PageForm
from petition.deliveries.missions.models import Mission
from petition.deliveries.packages.service import HOST

EVERYONE, SOME = "everyone", "some"


def _day(field: Field) -> date | None:
    text = (field.data or "").strip()
    try:
        found = date.fromisoformat(text) if text else None
        if found and not 1900 <= found.year < 2200:
            raise ValueError
    except ValueError:
        raise ValidationError(_("Enter a day like 2026-02-12.")) from None
    return found


class AskForm(PageForm):
    """For which missions, which signers, and in which language."""

    missions = SelectMultipleField(__("For which missions?"), validate_choice=False)
    whom = RadioField(__("Which signers?"), default=EVERYONE, validate_choice=False)
    countries = SelectMultipleField(__("Countries"), validate_choice=False)
    since = StringField(__("Confirmed from this day on"))
    until = StringField(__("Up to this day, included"))
    language = SelectField(__("Language of the files"), validate_choice=False)

    def __init__(self, missions: Sequence[Mission], languages: Sequence[str], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offered = {one.slug: one for one in missions}
        self.whom.choices = [
            (EVERYONE, _("Everyone")),
            (HOST, _("Those who live in the country where the mission is")),
            (SOME, _("Those who live in these countries:")),
        ]
        self.countries.choices = list(countries.choices(i18n.language()))
        self.language.choices = [(tag, i18n.own_name(tag)) for tag in languages]

    def validate_missions(self, field: SelectMultipleField) -> None:
        if not field.data or not set(field.data) <= self.offered.keys():
            raise ValidationError(_("Choose at least one mission."))

    def validate_whom(self, field: RadioField) -> None:
        if field.data not in (EVERYONE, HOST, SOME):
            raise ValidationError(_("Choose one of these."))

    def validate_countries(self, field: SelectMultipleField) -> None:
        if self.whom.data == SOME and (not field.data or not set(field.data) <= countries.CODES):
            raise ValidationError(_("Choose countries from the list."))

    def validate_since(self, field: StringField) -> None:
        _day(field)

    def validate_until(self, field: StringField) -> None:
        first, last = _day(self.since) if not self.since.errors else None, _day(field)
        if first and last and last < first:
            raise ValidationError(_("The end must be later than the beginning."))

    def validate_language(self, field: SelectField) -> None:
        if field.data not in dict(self.language.choices):
            raise ValidationError(_("Choose one of the languages."))

    @property
    def chosen(self) -> list[Mission]:
        """The missions, in the order of the page."""
        return [one for slug, one in self.offered.items() if slug in (self.missions.data or ())]

    @property
    def of_countries(self) -> list[str] | Literal["host"]:
        """As `service.ask` takes them."""
        if self.whom.data == HOST:
            return "host"
        return list(self.countries.data or ()) if self.whom.data == SOME else []

    @property
    def period(self) -> dict[str, datetime | None]:
        """From the start of the first day to before the end of the last (UTC)."""
        first, last = _day(self.since), _day(self.until)
        return {
            "since": datetime.combine(first, time(), UTC) if first else None,
            "until": datetime.combine(last, time(), UTC) + timedelta(days=1) if last else None,
        }
