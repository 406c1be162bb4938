"""The phrases of a cover letter, in its language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal
from flask_babel import gettext as _
from flask_babel import ngettext

from petition.core import i18n

ENDS = tuple(",;:.!?،؛，：。！")
"""What a form of address may end with; where it does not, a comma follows."""


def letter_words(language: str, said: Mapping[str, Any], facts: Mapping[str, Any], number: int) -> dict[str, str]:
    """The phrases by their names in the template. `said` is what `cover_letter.frozen` took."""
    locale = Locale.parse(language, sep="-")
    with i18n.speaking(language):
        return {
            "document": _("Cover letter: %(title)s", title=said["title"]),
            "package": _("Package %(number)s", number=format_decimal(number, locale=locale)),
            "salutation": _salutation(said["mission"]["form_of_address"].strip()),
            "opening": "\n".join(_opening(said, facts, locale)),
            "closing": _("Yours faithfully,"),
            "check": _(
                "To check these files, scan the code or open the address: the page says how many people this package "
                "speaks for, and with which key it was signed. VERIFY.txt, among the files, says how to check them "
                "without us. Nothing in them can be changed without being found."
            ),
            "qr": _("A code that leads to the page of this package"),
            "public_page": _("The page of this package"),
            "key": _("The fingerprint of the key that signed it"),
            "addressee": _("To %(addressee)s", addressee=said["addressee"]),
            "by_country": _("Where people have signed"),
            "country": _("Country"),
            "signatures": _("Signatures"),
            "page": _("Page {page} of {pages}"),
        }


def _salutation(form: str) -> str:
    if not form:
        return _("Dear Sir or Madam,")
    return form if form.endswith(ENDS) else _("%(form_of_address)s,", form_of_address=form)


def _opening(said: Mapping[str, Any], facts: Mapping[str, Any], locale: Locale) -> Iterator[str]:
    people, places = facts["signature_count"], len(facts["signatures_by_country"])
    yield (
        ngettext(
            "With this letter we deliver to you the signature of %(number)s person to the petition “%(title)s”, "
            "addressed to %(addressee)s.",
            "With this letter we deliver to you the signatures of %(number)s people to the petition “%(title)s”, "
            "addressed to %(addressee)s.",
            people,
            number=format_decimal(people, locale=locale),
            title=said["title"],
            addressee=said["addressee"],
        )
        + " "
        + ngettext(
            "They signed from %(number)s country.",
            "They signed from %(number)s countries.",
            places,
            number=format_decimal(places, locale=locale),
        )
    )
    if period := _period(facts["filters"], locale):
        yield period
    yield _(
        "On the list each person appears as they chose: %(full)s with their name, %(initials)s with initials, "
        "%(count)s in the count alone. The petition's text follows.",
        **{name: format_decimal(facts["shown"][name], locale=locale) for name in ("full", "initials", "count")},
    )


def _period(filters: Mapping[str, Any], locale: Locale) -> str:
    """The part of the time since the petition began that the package is about; nothing where it is all of it."""
    days = {
        name: format_date(datetime.fromisoformat(filters[name]).date(), "long", locale=locale)
        for name in ("since", "until")
        if filters.get(name)
    }
    if len(days) == 2:
        return _("It holds the signatures confirmed from %(since)s until before %(until)s.", **days)
    if "since" in days:
        return _("It holds the signatures confirmed since %(since)s.", **days)
    return _("It holds the signatures confirmed before %(until)s.", **days) if days else ""
