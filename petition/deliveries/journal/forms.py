"""The shape of what is planned and recorded."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import lazy_gettext as __
from wtforms import Field, SelectField, SelectMultipleField, StringField, TextAreaField, ValidationError

from petition.core.forms import PageForm
from petition.core.names import NameRefused, clean_line, clean_text
from petition.deliveries.journal.models import WORDS, Delivery, DeliveryEntry, EntryKind
from petition.deliveries.journal.recording import Told
from petition.deliveries.journal.service import PlanRefused, instant
from petition.deliveries.journal.words import field_value

LONGEST = {"to_whom": 200, "by_whom": 200, "carrier": 200, "reference": 300, "witnesses": 500}
LONGEST_WORDS = 2000
LONGEST_REASON = 300
NO_PACKAGE = "none"
FIELDS: dict[EntryKind, tuple[str, ...]] = {
    EntryKind.DELIVERED: ("to_whom", "by_whom", "witnesses", "note"),
    EntryKind.POSTED: ("carrier", "reference", "by_whom", "witnesses", "note"),
    EntryKind.SENT: ("reference", "to_whom", "by_whom", "note"),
    EntryKind.REFUSED: ("said", "by_whom", "witnesses", "note"),
}
"""What each kind of entry tells, in the order of its form."""
REQUIRED: dict[EntryKind, tuple[str, ...]] = {
    EntryKind.DELIVERED: ("to_whom", "by_whom"),
    EntryKind.POSTED: ("carrier",),
    EntryKind.SENT: ("reference",),
    EntryKind.REFUSED: ("said",),
}


def clean(field: Field, limit: int, required: bool, lines: bool = False) -> None:
    """Cleans what was written in a field. Raises ValidationError."""
    try:
        field.data = (clean_text if lines else clean_line)(field.data or "", limit)
    except NameRefused:
        raise ValidationError(
            _("This must be at most %(limit)s characters that can be shown.", limit=limit)
        ) from None
    if required and not field.data:
        raise ValidationError(_("Fill this in."))


class ReasonForm(PageForm):
    """Why something is corrected, struck out or taken away."""

    why = StringField(__("Why?"))

    def validate_why(self, field: Field) -> None:
        clean(field, LONGEST_REASON, required=True)


class PhotoForm(PageForm):
    """What a photograph shows; the file itself is read by the view."""

    alt = StringField(__("What the photograph shows"))

    def validate_alt(self, field: Field) -> None:
        clean(field, LONGEST_REASON, required=True)


class PlanForm(PageForm):
    """Missions, and the day and time by their own clocks."""

    missions = SelectMultipleField(__("Missions"), validate_choice=False)
    at = StringField(__("Day and time there"))


class AnewForm(PageForm):
    """Another time for a delivery, or none."""

    at = StringField(__("Day and time there"))
    note = StringField(__("Why?"))

    def validate_note(self, field: Field) -> None:
        clean(field, LONGEST_REASON, required=True)


class EntryForm(PageForm):
    """What happened: only the fields of its kind stay on the form."""

    at = StringField(__("Day and time there"))
    to_whom = StringField(__("To whom"))
    by_whom = StringField(__("By whom"))
    carrier = StringField(__("Carrier"))
    reference = StringField()
    said = TextAreaField(__("What was said at the gate"))
    witnesses = StringField(__("Witnesses"))
    note = TextAreaField(__("More about it"))
    package = SelectField(__("Which package?"), validate_choice=False)
    why = StringField(__("What was wrong?"))

    def __init__(
        self, delivery: Delivery, kind: EntryKind, packages: dict[UUID, str], corrects: bool = False, **more: Any
    ) -> None:
        super().__init__(**more)
        self.delivery, self.kind = delivery, kind
        self.reference.label.text = _("Message-ID of the mail") if kind == EntryKind.SENT else _("Number")
        self.package.choices = [
            ("", _("Choose")),
            *((str(id_), words) for id_, words in packages.items()),
            (NO_PACKAGE, _("None made here")),
        ]
        for name in {*WORDS} - {*FIELDS[kind]} | (set() if corrects else {"why"}):
            del self[name]

    @classmethod
    def of_entry(cls, delivery: Delivery, entry: DeliveryEntry, packages: dict[UUID, str]) -> EntryForm:
        """The form for correcting an entry, filled in as the entry stands."""
        filled = {name: getattr(entry, name) for name in WORDS}
        filled["at"] = field_value(entry.happened_at, delivery.mission.time_zone)
        filled["package"] = str(entry.package_id) if entry.package_id else NO_PACKAGE
        return cls(delivery, entry.kind, packages, corrects=True, formdata=None, data=filled)

    @property
    def words(self) -> list[Field]:
        """The fields of its words, in the order of the form."""
        return [self[name] for name in FIELDS[self.kind]]

    def is_required(self, field: Field) -> bool:
        """Whether an entry of this kind needs the field."""
        return field.name in REQUIRED[self.kind]

    def is_long(self, field: Field) -> bool:
        """Whether there is room for several lines."""
        return field.name not in LONGEST

    def validate(self, extra_validators: Any = None) -> bool:
        """Whether everything can be taken."""
        return super().validate({field.name: [self._checked] for field in self.words} | (extra_validators or {}))

    def _checked(self, form: PageForm, field: Field) -> None:
        clean(field, LONGEST.get(field.name, LONGEST_WORDS), self.is_required(field), self.is_long(field))

    def validate_at(self, field: Field) -> None:
        try:
            self.happened_at = instant(self.delivery.mission, field.data or "")
        except PlanRefused as refused:
            raise ValidationError(refused.message) from None

    def validate_package(self, field: Field) -> None:
        if field.data not in {value for value, _words in self.package.choices if value}:
            raise ValidationError(_("Choose one of these."))

    def validate_why(self, field: Field) -> None:
        clean(field, LONGEST_REASON, required=True)

    @property
    def told(self) -> Told:
        """What was written, after validation."""
        package = None if self.package.data == NO_PACKAGE else UUID(self.package.data)
        words = {field.name: field.data for field in self.words}
        return Told(self.kind, self.happened_at, package, words)
