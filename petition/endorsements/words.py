"""What editors are told about an endorsement."""

from __future__ import annotations

from flask_babel import gettext as _

from petition.endorsements.models import EndorsementState


def state_words(state: EndorsementState) -> str:
    """The state in a few words."""
    return {
        EndorsementState.DRAFT: _("not sent to the endorser"),
        EndorsementState.ASKED: _("waits for the endorser"),
        EndorsementState.AGREED: _("agreed"),
        EndorsementState.DECLINED: _("declined by the endorser"),
        EndorsementState.TAKEN_BACK: _("taken back by the endorser"),
        EndorsementState.TAKEN_DOWN: _("taken down"),
    }[state]
