"""The words that signers agree to, and their version.

Whoever changes a sentence here, in any language, must raise VERSION: each signature names the version
and language it was given under, and `consent_wording` keeps the words.
"""

from __future__ import annotations

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from petition.core import i18n
from petition.signatures.models import ConsentWording, ListName

VERSION = "2026-11-2"


def list_choices() -> list[tuple[str, str]]:
    """The choices for the list handed over, as form value and words."""
    return [
        (ListName.FULL.name.lower(), _("show my full name")),
        (ListName.INITIALS.name.lower(), _("show my initials and city")),
        (ListName.COUNT.name.lower(), _("count me, keep my name")),
    ]


def list_question() -> str:
    """What the choices for the list answer."""
    return _("On the list handed over")


def show_name_words() -> str:
    """The choice to appear on the public page."""
    return _("Show my name on this page")


def updates_words() -> str:
    """The choice to get news by mail."""
    return _("Tell me by mail how this petition goes on")


def partner_words(name: str) -> str:
    """The choice to get news from a partner. `Partner.name` keeps the name that was agreed to."""
    return _("%(organisation)s may write to me about this, too", organisation=name)


def reassurance() -> str:
    """What is promised below the button."""
    return _(
        "Not counted until you use the link we mail you. You can change, withdraw or erase it later; "
        "a list already handed over cannot be called back."
    )


def wording() -> str:
    """All sentences of consent in the language at hand, a line each."""
    lines = [list_question(), *(words for _value, words in list_choices())]
    partner = partner_words("%(organisation)s")
    return "\n".join([*lines, show_name_words(), updates_words(), partner, reassurance()])


def keep_wordings(session: Session) -> None:
    """Keeps the words of this version in every language of ours, once."""
    for language in i18n.LANGUAGES:
        if session.get(ConsentWording, (VERSION, language)) is None:
            with i18n.speaking(language):
                session.add(ConsentWording(version=VERSION, locale=language, wording=wording()))
