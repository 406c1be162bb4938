"""The cover letter of a package: to whom, from whom, how many, the petition's text, and how to check it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import segno
from babel.dates import format_date
from babel.numbers import format_decimal
from flask import current_app
from sqlalchemy.orm import Session

from petition.core import countries, i18n
from petition.core.ed25519 import in_groups
from petition.deliveries.packages import keys
from petition.deliveries.packages.letter_text import blocks
from petition.deliveries.packages.letter_words import letter_words
from petition.deliveries.packages.models import Package
from petition.deliveries.pdf_list import han_of, han_of_country, locale_of, region_of
from petition.deliveries.pdf_processes import made_apart

PAGE = "petition.deliveries.packages.letter_page"
OF_MISSION = ("name", "postal_address", "head_title", "form_of_address", "sending_state", "host_country")


@dataclass(frozen=True, slots=True)
class Letter:
    """What a cover letter says. `language` and `text_language` are BCP 47 tags: of its phrases, and of the petition.

    `mission` has `name`, `postal_address`, `head_title`, `form_of_address`, and the codes `sending_state` and
    `host_country`. `body` is Markdown. `by_country` holds (name, number) in the order to print; `words` the
    phrases (see `letter_words`), ready to be printed but for the page numbers.
    """

    language: str
    snapshot_on: date
    mission: Mapping[str, str]
    title: str
    addressee: str
    body: str
    text_language: str
    organisations: Sequence[str]
    total: int
    by_country: Sequence[tuple[str, int]]
    public_url: str
    package_number: int
    fingerprint: str
    words: Mapping[str, str]


def frozen(package: Package) -> dict[str, Any]:
    """What the letter takes from rows that may change later: to be kept with the snapshot, as `package.letter`."""
    petition = package.petition
    words = petition.in_language(package.language)
    return {
        "mission": {name: getattr(package.mission, name) for name in OF_MISSION},
        "title": words.title,
        "body": words.body,
        "text_language": words.locale,
        "addressee": petition.addressee,
        "organisations": [petition.organisation.name, *(one.name for one in petition.partners)],
    }


def letter_of(session: Session, package: Package, fingerprint: str = "") -> Letter:
    """The letter of a package whose snapshot is taken. `fingerprint` is that of the key that is to sign it.

    Without one it is `package.key`'s or that of the key in use, which commits: not to be called in `writing()`.
    """
    fingerprint = fingerprint or package.key or keys.current().fingerprint
    said, facts = package.letter or frozen(package), package.facts or {}
    language = i18n.known(package.language) or i18n.SOURCE
    named = countries.names(language)
    numbers = [(named[one["code"]], one["signature_count"]) for one in facts["signatures_by_country"]]
    return Letter(
        language=language,
        snapshot_on=date.fromisoformat(facts["snapshot_on"]),
        total=facts["signature_count"],
        by_country=sorted(numbers, key=lambda one: (-one[1], one[0])),
        public_url=f"{current_app.config['BASE_URL']}/packages/{package.id}",
        package_number=package.number,
        fingerprint=fingerprint,
        words=letter_words(language, said, facts, package.number),
        **said,
    )


def write_cover_letter(letter: Letter, check: Callable[[], None] = lambda: None) -> bytes:
    """The letter as PDF/A-2a and PDF/UA-1, equal for equal letters. Raises ListError, and what `check` raises."""
    return made_apart(PAGE, json.dumps(_described(letter)).encode(), "the cover letter", check)


def _described(letter: Letter) -> dict[str, Any]:
    """All that the process which sets the letter needs to know."""
    locale, text_locale = locale_of(letter.language), locale_of(letter.text_language)
    mission = letter.mission
    return {
        "language": locale.language,
        "region": region_of(locale),
        "han": han_of(locale),
        "snapshot_on": letter.snapshot_on.isoformat(),
        "words": {
            **letter.words,
            "title": letter.title,
            "day": format_date(letter.snapshot_on, "long", locale=locale),
        },
        "mission": {
            "name": mission["name"],
            "name_han": han_of_country(mission["sending_state"]),
            "address": [line.strip() for line in mission["postal_address"].splitlines() if line.strip()],
            "address_han": han_of_country(mission["host_country"]),
            "head_title": mission["head_title"],
        },
        "text": {
            "language": text_locale.language,
            "region": region_of(text_locale),
            "han": han_of(text_locale),
            "blocks": blocks(letter.body),
        },
        "organisations": list(letter.organisations),
        "by_country": [(name, format_decimal(number, locale=locale)) for name, number in letter.by_country],
        "public_url": letter.public_url,
        "fingerprint": [in_groups(letter.fingerprint[:32]), in_groups(letter.fingerprint[32:])],
        "qr": segno.make(letter.public_url, error="m", micro=False).svg_inline(border=0),
    }
