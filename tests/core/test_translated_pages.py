"""Every page and mail in every language: nothing of ours left in English, laid out and linked right."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import parse_qs, parse_qsl, urljoin, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from petition.core import i18n
from petition.core.clock import now
from petition.core.tokens import form_token
from petition.translations import catalogues
from tests import conftest
from tests.conftest import CODE, make_settings, running
from tests.core.walk import SLUG, Walk, delivered, through_all_pages
from tests.databases import Databases

NOT_PAGES = {
    *("base.html", "macros.html", "mail/frame.html", "site/frame.html", "site/search.html"),
    *("organisations/log.html", "packages/parts.html", "packages/receipts.html"),
}
SHOWN_ATTRIBUTES = {"aria-label", "title", "alt", "placeholder"}
NEVER_TRANSLATED = re.compile(
    r"\S*[/@]\S*|[0-9a-f]{64}"
    r"|[0-9A-Z]{5}-[0-9A-Z]{5}|(?:[A-Z2-7]{4} ?){8}|ana|gmail\.com|River Friends|Owner"
    r"|(?<![A-Za-z])(?:WhatsApp|Telegram|Facebook|X|API|OpenAPI|UTC|PDF|ZIP|CSV|XLSX|JSONL?|JPEG|PNG|WebP)(?![A-Za-z])"
    r"|(?<![A-Za-z])(?:RFC|SHA|VERIFY\.txt|manifest\.json(?:\.sig)?|key\.pem|typst)(?![A-Za-z])"
)
NAME_OF_AN_ACCOUNT = "Owner"
WORDS_OF_FILES = re.compile(
    r"(?<![A-Za-z])(?:name|country|email|city|sheet|list_name|full|initials|count|utf-\d+|UTF-\d+|windows-1252"
    r"|petition signatures add"
    r"|[a-z]{2}-[a-z]{2}-[a-z…-]+|[a-z]+_[a-z_]+|slug|kind|source|latitude|longitude|UTF)(?![A-Za-z])"
)
WORDS_OF_PACKAGES = re.compile(
    r"[\w.-]+\.(?:pdf|csv|xlsx|jsonl|json|sig|tsr|pem|txt)|(?<![0-9a-f])(?:[0-9a-f]{4} ?){16}"
    r"|petition delivery verify|[a-z]+_[a-z_]+|SHA|Ed(?=25519)|RFC"
)
DAY = {"en": "12 February 2026", "ko": "2026년 2월 12일", "ar": "12 فبراير 2026"}


@pytest.fixture(scope="module", params=i18n.LANGUAGES)
def walk(request: pytest.FixtureRequest, databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Walk:
    """Everything there is to see, in one language after the other."""
    instance = tmp_path_factory.mktemp("walk")
    with running(make_settings(instance, databases.migrated(instance))) as app:
        return through_all_pages(app, request.param)


class Shown(HTMLParser):
    """What a reader sees or hears of a page, piece by piece, and where its links and forms lead."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self.targets: list[str] = []
        self._silent = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self._silent += tag in {"script", "style"}
        self.pieces += [value for name, value in attrs if name in SHOWN_ATTRIBUTES and value]
        if "hreflang" not in found and tag in {"a", "form"}:
            self.targets.append(found.get("href") or found.get("action") or "")

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in {"script", "style"}

    def handle_data(self, data: str) -> None:
        if not self._silent and data.strip():
            self.pieces.append(" ".join(data.split()))


def seen(walk: Walk) -> Iterator[tuple[str, list[str]]]:
    """The words of every page, of every mail and of its two parts, by name."""
    for name, page in walk.pages.items():
        yield name, Shown(page).pieces
    for mail in walk.mails:
        plain, laid_out = (mail.get_body((kind,)).get_content() for kind in ("plain", "html"))
        yield f"{mail['Subject']}: text", [mail["Subject"], *plain.splitlines()]
        yield f"{mail['Subject']}: HTML", Shown(laid_out).pieces


def test_the_way_leads_past_every_page_and_mail(walk: Walk) -> None:
    folder = Path(walk.app.jinja_loader.searchpath[0])  # type: ignore[union-attr]
    all_of_them = {str(path.relative_to(folder)) for path in folder.rglob("*.*")}
    assert walk.templates == all_of_them - NOT_PAGES


def test_no_sentence_of_ours_is_left_in_english(walk: Walk) -> None:
    if walk.language == i18n.SOURCE:
        pytest.skip("this is English")
    catalogue = catalogues.of_language(walk.language).read()
    messages = [message for message in catalogue if message.id]
    same_in_both = {text for message in messages for text in _texts(message.string)}
    english = {text for message in messages for text in _texts(message.id)} - same_in_both - {NAME_OF_AN_ACCOUNT}
    for name, pieces in seen(walk):
        assert english & set(pieces) == set(), name


def _texts(either: object) -> list[str]:
    return [either] if isinstance(either, str) else list(either)  # type: ignore[call-overload]


def test_a_script_of_its_own_shows_no_word_that_escaped_the_catalogue(walk: Walk) -> None:
    """Catches what was never marked for translation too."""
    if re.search("[A-Za-z]", i18n.own_name(walk.language)):
        pytest.skip("written with Latin letters")
    others = "|".join(i18n.own_name(tag) for tag in i18n.LANGUAGES)
    for name, pieces in seen(walk):
        text = re.sub(others, "", NEVER_TRANSLATED.sub("", "\n".join(pieces)))
        text = text.replace("petition audit verify --head", "")
        if name.startswith(("add signatures", "mission")):
            text = WORDS_OF_FILES.sub("", text)
        if name.startswith("verify"):
            text = WORDS_OF_PACKAGES.sub("", text)
        assert re.findall(r"[A-Za-z]{2,}", text) == [], name


def test_pages_and_mails_say_their_language_and_direction(walk: Walk) -> None:
    direction = "rtl" if walk.language == "ar" else "ltr"
    beginning = f'<html lang="{walk.language}" dir="{direction}">'
    for name, page in walk.pages.items():
        assert beginning in page, name
    for mail in walk.mails:
        assert beginning in mail.get_body(("html",)).get_content()
        assert mail["Content-Language"] == walk.language


def test_every_link_and_form_keeps_the_language(walk: Walk) -> None:
    for name, page in walk.pages.items():
        for target in Shown(page).targets:
            parts = urlsplit(target)
            if parts.scheme or not parts.path or parts.path.startswith("/confirm/"):
                continue  # elsewhere, this very page, or the link in a mail
            assert parse_qs(parts.query).get("lang") == [walk.language], (name, target)
    assert all(f"lang={walk.language}" in target for target in walk.sent_to)


def test_codes_and_addresses_in_mails_read_from_left_to_right(walk: Walk) -> None:
    """Between Arabic words the digit that a code begins with would move to its end."""
    for mail in walk.mails:
        plain, laid_out = (mail.get_body((kind,)).get_content() for kind in ("plain", "html"))
        for code in CODE.findall(plain):
            assert re.search(f'<b dir="ltr"[^>]*>{code}</b>', laid_out)
            assert re.search('<a [^>]*dir="ltr"[^>]*>[^<]*/confirm</a>', laid_out)


def test_days_and_numbers_are_written_as_the_language_does(walk: Walk) -> None:
    day = DAY.get(walk.language)
    if day is None:
        pytest.skip("no example")
    assert day in walk.pages[f"/petitions/{SLUG}"]
    assert day in walk.pages[f"/petitions/{SLUG}/tally"]
    assert day in walk.pages["own page"]
    assert "1,000" in walk.pages[f"/petitions/{SLUG}"]


def test_another_language_shows_the_same_search(client: FlaskClient) -> None:
    found = client.get("/petitions", query_string={"q": "a&b <c>", "state": "open", "lang": "ko"}).text
    link = html.unescape(re.search(r'<a href="([^"]+)" lang="ar" hreflang="ar">', found)[1])
    assert dict(parse_qsl(urlsplit(link).query)) == {"q": "a&b <c>", "state": "open", "lang": "ar"}


def test_another_language_after_a_refused_form_leads_back_to_the_petition(client: FlaskClient) -> None:
    refused = client.post(f"/petitions/{conftest.SLUG}/sign", query_string={"lang": "ko"})
    link = re.search(r'<a href="([^"]+)" lang="ar" hreflang="ar">', refused.text)[1]
    answer = client.get(urljoin(refused.request.path, link), follow_redirects=True)
    assert answer.status_code == 200
    assert '<html lang="ar" dir="rtl">' in answer.text


def test_a_browsers_own_language_is_spoken_where_the_address_names_none(client: FlaskClient) -> None:
    for accepted, language in (("ko-KR,ko;q=0.9,en;q=0.8", "ko"), ("ar-EG", "ar"), ("xx", "en"), ("", "en")):
        answer = client.get("/", headers={"Accept-Language": accepted})
        assert f'<html lang="{language}"' in answer.text
    named = client.get("/?lang=en", headers={"Accept-Language": "ko"})
    assert '<html lang="en"' in named.text


def test_many_mails_at_once_speak_each_to_its_own_reader(
    app: Flask, client: FlaskClient, send_mail: Callable[[], int]
) -> None:
    with app.app_context():
        token = form_token(now(), 1)
    languages = [i18n.LANGUAGES[number % len(i18n.LANGUAGES)] for number in range(24)]
    for number, language in enumerate(languages):
        form = {"name": "Ana", "country": "KR", "email": f"{language}{number}@example.org", "form_token": token}
        signed = client.post(f"/petitions/{conftest.SLUG}/sign", query_string={"lang": language}, data=form)
        assert signed.status_code == 303
    assert send_mail() == len(languages)
    mails = delivered(app)
    assert len(mails) == len(languages)
    subjects = {mail["To"][:2]: mail["Subject"] for mail in mails}
    assert subjects["en"] == "Please confirm your signature"
    assert subjects["ko"] == "서명을 확인해 주십시오"
    assert all(mail["Subject"] == subjects[mail["To"][:2]] for mail in mails)
