"""What readers are told about a petition's state."""

from __future__ import annotations

from flask_babel import gettext as _

from petition.petitions.models import State


def state_words(state: State) -> str:
    """The state in one or two words."""
    return {
        State.DRAFT: _("Draft"),
        State.GATHERING: _("Gathering supporters"),
        State.REVIEW: _("In review"),
        State.OPEN: _("Open"),
        State.PAUSED: _("Paused"),
        State.CLOSED: _("Closed"),
        State.ARCHIVED: _("Archived"),
        State.REJECTED: _("Rejected"),
        State.HIDDEN: _("Hidden"),
        State.TAKEN_DOWN: _("Taken down"),
    }[state]
