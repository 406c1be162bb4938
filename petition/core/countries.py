"""Countries: every ISO 3166-1 code and XK (Kosovo), with natural names in each language.

Names are CLDR's, by Babel; where CLDR's long form is not what people say, a short one stands here.
The order of names follows each language's own rules (`country_order.json`, made by `make translations`
with the collation of ICU; see tests/browser).
"""

from __future__ import annotations

import functools
import json
import unicodedata
from pathlib import Path

import pycountry
from babel import Locale

from petition.core import i18n

CODES = frozenset(country.alpha_2 for country in pycountry.countries) | {"XK"}
ORDER = Path(__file__).with_name("country_order.json")

SHORT_NAMES = {
    "en": {
        "CD": "Congo (Kinshasa)",
        "CG": "Congo (Brazzaville)",
        "FK": "Falkland Islands",
        "HK": "Hong Kong",
        "MM": "Myanmar",
        "MO": "Macao",
        "PS": "Palestine",
    },
    "ko": {
        "CD": "콩고 민주 공화국",
        "CG": "콩고 공화국",
        "FK": "포클랜드 제도",
        "HK": "홍콩",
        "MM": "미얀마",
        "MO": "마카오",
        "PS": "팔레스타인",
    },
    "ar": {
        "CD": "الكونغو الديمقراطية",
        "CG": "جمهورية الكونغو",
        "FK": "جزر فوكلاند",
        "HK": "هونغ كونغ",
        "MM": "ميانمار",
        "MO": "ماكاو",
        "PS": "فلسطين",
    },
}


@functools.cache
def names(language: str) -> dict[str, str]:
    """The name of each country in a language of ours, by code."""
    locale = Locale.parse(language, sep="-")
    english = Locale.parse("en").territories
    found = {code: locale.territories.get(code) or english[code] for code in CODES}
    return found | SHORT_NAMES.get(language, {})


@functools.cache
def _order() -> dict[str, list[str]]:
    return {language: codes.split() for language, codes in json.loads(ORDER.read_text("utf-8")).items()}


@functools.cache
def choices(language: str) -> tuple[tuple[str, str], ...]:
    """(code, name) of every country, in the order of the language's alphabet."""
    named = names(language)
    order = _order().get(language) or sorted(CODES, key=lambda code: named[code])
    return tuple((code, named[code]) for code in order)


def name(code: str) -> str:
    """A country's name in the language of the page."""
    return names(i18n.language()).get(code, code)


ALSO = {
    "UK": "GB",
    "Great Britain": "GB",
    "England": "GB",
    "Scotland": "GB",
    "Wales": "GB",
    "Korea": "KR",
    "Republic of Korea": "KR",
}
ALSO |= {"America": "US", "USA": "US", "UAE": "AE", "Holland": "NL", "Ivory Coast": "CI", "Burma": "MM"}
ALSO |= {
    "Swaziland": "SZ",
    "Macedonia": "MK",
    "Czech Republic": "CZ",
    "Turkey": "TR",
    "Cape Verde": "CV",
    "East Timor": "TL",
}


def find_code(text: str, language: str = "en") -> str | None:
    """The code of a country that somebody wrote: its code or three letters, or its name in English or the language.

    Case, accents, spaces and punctuation make no difference.
    """
    return _codes(language).get(_plain(text))


@functools.cache
def _codes(language: str) -> dict[str, str]:
    """Every spelling that stands for one country alone, plain; a name of ours wins over one of another list."""
    found: dict[str, str] = {}
    for country in pycountry.countries:
        for kind in ("name", "official_name", "common_name", "alpha_3"):
            if spelling := getattr(country, kind, None):
                found[_plain(spelling)] = country.alpha_2
    for spoken in ("en", language):
        long_names = Locale.parse(spoken, sep="-").territories
        found |= {_plain(long_names[code]): code for code in CODES if code in long_names}
        found |= {_plain(name): code for code, name in names(spoken).items()}
    return found | {_plain(name): code for name, code in ALSO.items()} | {code.lower(): code for code in CODES}


def _plain(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text.replace("&", " and ")).casefold()
    return "".join(letter for letter in letters if letter.isalnum())
