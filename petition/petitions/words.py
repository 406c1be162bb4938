"""What readers are told about a petition's state."""

from __future__ import annotations

from flask_babel import gettext as _

from petition.core import i18n
from petition.petitions.models import PartnerState, State


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


def field_words(name: str) -> str:
    """What a field of the editor is called, with its language."""
    tag, _hyphen, word = name.rpartition("-")
    words = {
        "title": _("Title"),
        "summary": _("Summary, one sentence"),
        "body": _("Text"),
        "risk": _("What signers risk"),
        "picture_alt": _("What the picture shows"),
        "thanks": _("Words of thanks after confirming"),
        "mail_words": _("Words of yours in the mail with the link"),
        "addressee": _("To whom it is addressed"),
        "addressee_country": _("The addressee's country"),
        "goal": _("Goal"),
        "zone": _("Your time zone"),
        "opens_at": _("Opens"),
        "closes_at": _("Closes"),
        "asks_city": _("Ask for the city"),
        "asks_comment": _("Ask why people sign"),
        "controllers": _("Who answers for signers' data"),
        "contact": _("How to reach them: an address or a page"),
        "minimum_age": _("Minimum age"),
        "kept_months": _("Months that names are kept after the end"),
    }[word]
    return f"{words} ({i18n.own_name(tag)})" if tag else words


def news_words(news: str) -> str:
    """What a mail to organisers says of a petition's new state."""
    return {
        State.DRAFT.value: _("A petition is a draft again."),
        State.GATHERING.value: _("A petition gathers supporters."),
        State.REVIEW.value: _("A petition has its supporters and waits for review."),
        State.OPEN.value: _("A petition is open for signing."),
        State.PAUSED.value: _("A petition is paused."),
        State.CLOSED.value: _("A petition is closed."),
        State.ARCHIVED.value: _("A petition is archived."),
        State.REJECTED.value: _("A petition was rejected."),
        State.HIDDEN.value: _("A petition was hidden."),
        State.TAKEN_DOWN.value: _("A petition was taken down."),
        "approved": _("A petition was approved. It opens at its time."),
    }[news]


def partner_state_words(state: PartnerState) -> str:
    """What became of asking an organisation to be a partner."""
    return {
        PartnerState.INVITED: _("asked"),
        PartnerState.ACCEPTED: _("partner"),
        PartnerState.DECLINED: _("declined"),
        PartnerState.ENDED: _("ended"),
    }[state]
