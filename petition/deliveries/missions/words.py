"""What is said of missions on pages."""

from __future__ import annotations

from flask_babel import gettext as _

from petition.deliveries.missions.importing import Fate
from petition.deliveries.missions.models import MissionKind


def kind_words(kind: MissionKind) -> str:
    """What sort of mission it is."""
    return {
        MissionKind.EMBASSY: _("embassy"),
        MissionKind.CONSULATE: _("consulate"),
        MissionKind.PERMANENT_MISSION: _("permanent mission to an international organisation"),
    }[kind]


def fate_words(fate: Fate) -> str:
    """What becomes of a row."""
    return {
        Fate.NEW: _("new"),
        Fate.CHANGED: _("changed"),
        Fate.SAME: _("as it is"),
        Fate.REFUSED: _("cannot be taken"),
    }[fate]
