"""The page's language: `?lang=`, else what the browser accepts, else English."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from babel import Locale
from flask import Flask, g, has_request_context, request
from flask_babel import Babel, force_locale, get_locale
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

TRANSLATIONS = Path(__file__).resolve().parent.parent / "translations"
SOURCE = "en"
babel = Babel()


def available() -> list[str]:
    """The languages that have a catalogue, English first, as BCP 47 tags."""
    found = sorted(path.parent.parent.name.replace("_", "-") for path in TRANSLATIONS.glob("*/LC_MESSAGES/*.po"))
    return [SOURCE, *(tag for tag in found if tag != SOURCE)]


LANGUAGES = tuple(available())


def known(tag: str | None) -> str | None:
    """The language of ours that a tag names, or None. Case and separators do not matter."""
    if not tag:
        return None
    wanted = tag.replace("_", "-").lower()
    return next((language for language in LANGUAGES if language.lower() == wanted), None)


@functools.lru_cache(1000)
def accepted(header: str) -> str:
    """The language of ours that a browser's `Accept-Language` likes best, or English."""
    return parse_accept_header(header[:500], LanguageAccept).best_match(LANGUAGES) or SOURCE


def asked_for(lang: str | None, accept_language: str) -> str:
    """The language of a page: the one its address names, else the one its reader's browser likes best."""
    return known(lang) or accepted(accept_language)


def speak(tag: str) -> None:
    """Makes the page or form at hand speak one of our languages, where no request of Flask's says which."""
    g.locale = tag


def _select() -> str:
    if "locale" not in g:
        if not has_request_context():
            return SOURCE
        g.locale = asked_for(request.args.get("lang"), request.headers.get("Accept-Language", ""))
    return g.locale.replace("-", "_")


def language() -> str:
    """The BCP 47 tag of the page or mail being made."""
    return str(get_locale() or SOURCE).replace("_", "-")


def direction(tag: str) -> str:
    """`rtl` or `ltr`, for the `dir` attribute."""
    return str(Locale.parse(tag, sep="-").text_direction)


def own_name(tag: str) -> str:
    """What a language calls itself."""
    name = Locale.parse(tag, sep="-").get_display_name() or tag
    return name[:1].upper() + name[1:]


@contextmanager
def speaking(tag: str | None) -> Iterator[None]:
    """Makes everything inside speak the given language, or English."""
    with force_locale((known(tag) or SOURCE).replace("-", "_")):
        yield


def init_app(app: Flask) -> None:
    """Sets up translation. Times are shown in UTC unless a page says otherwise."""
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(TRANSLATIONS)
    babel.init_app(app, locale_selector=_select, default_locale=SOURCE, default_timezone="UTC")
