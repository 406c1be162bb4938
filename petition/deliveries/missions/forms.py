"""The shape of a mission as an organiser writes it, and of a file of missions."""

from __future__ import annotations

from typing import Any

from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as __
from wtforms import BooleanField, HiddenField, RadioField, SelectField, StringField, TextAreaField, ValidationError

from petition.core import countries, i18n
from petition.core.clock import now
from petition.core.forms import PageForm
from petition.deliveries.missions.facts import FactsRefused, as_cells, checked
from petition.deliveries.missions.importing import FileRefused
from petition.deliveries.missions.models import Mission, MissionKind
from petition.deliveries.missions.words import kind_words

MOST_BYTES = 1_000_000


class KnownForm(PageForm):
    """What may be changed of a mission that is there."""

    name = StringField(__("Name"))
    city = StringField(__("City"))
    postal_address = TextAreaField(__("Postal address"))
    email = StringField(__("E-mail"))
    head_title = StringField(__("Title of its head"))
    form_of_address = StringField(__("How letters begin"))
    time_zone = StringField(__("Time zone"))
    opening_hours = StringField(__("Opening hours"))
    latitude = StringField(__("Latitude"))
    longitude = StringField(__("Longitude"))
    source = StringField(__("Where this is published"))
    closed_on = StringField(__("Closed on"))
    checked_today = BooleanField(__("I compared all of this with the source today"))
    facts: dict[str, Any]

    def __init__(self, mission: Mission | None = None, **kwargs: Any) -> None:
        self.known = as_cells(mission) if mission else {}
        super().__init__(**{"data": self.known} | kwargs)

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        """Checks all fields together; what they say is then in `facts`."""
        right: bool = super().validate(*args, **kwargs)
        cells = self.known | {name: str(field.data or "") for name, field in self._fields.items()}
        if self.checked_today.data:
            cells["checked_on"] = now().date().isoformat()
        try:
            self.facts = checked(cells)
        except FactsRefused as refused:
            for column, words in refused.problems.items():
                self[column].errors = self[column].errors or [words]
            return False
        return right


class NewForm(KnownForm):
    """A mission that is not in the directory yet."""

    sending_state = SelectField(__("Sending state"), validate_choice=False)
    host_country = SelectField(__("Host country"), validate_choice=False)
    kind = RadioField(__("What is it?"), validate_choice=False)
    slug = StringField(__("Id"))

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        states = [("", _("Choose a country")), *countries.choices(i18n.language())]
        self.sending_state.choices = self.host_country.choices = states
        self.kind.choices = [(kind.value, kind_words(kind)) for kind in MissionKind]

    def validate_kind(self, field: RadioField) -> None:
        if field.data not in set(MissionKind):
            raise ValidationError(_("Choose one of these."))


class FileForm(PageForm):
    """A file of missions. The page that says what would happen holds it, and sends it again."""

    text = HiddenField()

    def content(self) -> bytes:
        """The file. Raises FileRefused."""
        uploaded = request.files.get("file")
        content = (self.text.data or "").encode()
        if uploaded:
            with uploaded.stream as stream:
                content = stream.read(MOST_BYTES + 1)
        if not content:
            raise FileRefused(_("Choose a file."))
        if len(content) > MOST_BYTES:
            raise FileRefused(_("The file is too long for this page: use the command `petition mission import`."))
        return content
