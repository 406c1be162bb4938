"""What every template can use: numbers, dates and countries in the page's language, links that keep it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from babel.dates import format_skeleton
from babel.lists import format_list
from flask import Flask, request
from flask_babel import format_date, format_decimal, format_percent, get_locale

from petition.core import countries, i18n, switches
from petition.deliveries.journal import words as journal
from petition.petitions.models import State
from petition.petitions.words import field_words, news_words, state_words
from petition.signatures.consent import partner_words, reassurance
from petition.tallies.charts import share


def _versions(folder: str) -> dict[str, str]:
    """A short hash of each static file: browsers may keep a file for ever, and a new one has a new address."""
    files = (path for path in Path(folder).iterdir() if path.is_file())
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest()[:10] for path in files}


def number(value: int) -> str:
    """A whole number as the language writes it."""
    return format_decimal(value)


def groups(digits: str) -> str:
    """A fingerprint as people compare it: in groups of four."""
    return " ".join(digits[at : at + 4] for at in range(0, len(digits), 4))


def day(value: datetime | date) -> str:
    """A day as the language writes it, in full."""
    return _formatted(value, "yMMMMd")


def short_day(value: date) -> str:
    """A day with its year, short enough for a list."""
    return _formatted(value, "yMMMd")


def period(start: datetime, unit: str) -> str:
    """A day, a month, or the week that begins on a day."""
    return _formatted(start, "yMMMM" if unit == "month" else "yMMMMd")


def short_period(start: datetime, unit: str) -> str:
    """The same without its year, short enough for a label."""
    return _formatted(start, "MMM" if unit == "month" else "MMMd")


def moment(value: datetime) -> str:
    """A day and the time of it, in UTC."""
    return f"{day(value)}, {value:%H:%M} UTC"


# English is read here all over the world, so the day comes before the month as it does in most of it.
ENGLISH = {"yMMMMd": "d MMMM y", "yMMMd": "d MMM y", "MMMd": "d MMM"}


def _formatted(value: datetime | date, skeleton: str) -> str:
    if i18n.language() == i18n.SOURCE and skeleton in ENGLISH:
        return format_date(value, ENGLISH[skeleton])
    return format_skeleton(skeleton, value, locale=get_locale())


def _in_language(tag: str) -> str:
    """This page's query in another language."""
    return "?" + urlencode(request.args.to_dict() | {"lang": tag})


def listed(names: Iterable[str]) -> str:
    """Several names in a sentence, joined as the language joins them."""
    return format_list(list(names), locale=get_locale())


def init_app(app: Flask) -> None:
    """Gives the templates their words, and static files their versions."""
    versions = _versions(app.static_folder or "")
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(
        number=number,
        day=day,
        moment=moment,
        period=period,
        short_period=short_period,
        country=countries.name,
        groups=groups,
        listed=listed,
        short_day=short_day,
        place=journal.place,
        local_day=journal.local_day,
        clock_time=journal.clock_time,
    )
    app.jinja_env.globals.update(
        language=i18n.language,
        languages=[(tag, i18n.own_name(tag)) for tag in i18n.LANGUAGES],
        own_names={tag: i18n.own_name(tag) for tag in i18n.LANGUAGES},
        own_name=i18n.own_name,
        field_words=field_words,
        news_words=news_words,
        direction=i18n.direction,
        in_language=_in_language,
        share=share,
        percent=lambda part, whole: format_percent(part / whole) if whole else "",
        state_words=state_words,
        reassurance=reassurance,
        partner_words=partner_words,
        delivery_state=journal.delivery_state,
        entry_kind=journal.entry_kind,
        site_url=app.config["BASE_URL"],
        State=State,
        site_banner=lambda: switches.current().banner,
    )

    @app.url_defaults
    def keep_language_and_version(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static":
            values["v"] = versions.get(values.get("filename", ""), "")
        elif "lang" in request.args and "lang" not in values and (tag := i18n.known(request.args["lang"])):
            values["lang"] = tag
