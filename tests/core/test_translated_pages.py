"""Every page and mail in every language: nothing of ours left in English, laid out and linked right."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from petition.core import i18n
from petition.translations import catalogues
from tests.conftest import CODE, make_settings, running
from tests.core.walk import SLUG, Walk, through_all_pages

NOT_PAGES = {"base.html", "macros.html"}
SHOWN_ATTRIBUTES = {"aria-label", "title", "alt", "placeholder"}
NEVER_TRANSLATED = re.compile(
    r"\S*[/@]\S*|[0-9A-Z]{5}-[0-9A-Z]{5}|ana|gmail\.com|River Friends|Owner"
    r"|(?<![A-Za-z])(?:WhatsApp|Telegram|Facebook|X|API|OpenAPI|UTC|PDF|ZIP|CSV|XLSX|JSONL?)(?![A-Za-z])"
)
DAY = {"ko": "2026년 2월 12일", "ar": "12 فبراير 2026"}


@pytest.fixture(scope="module", params=i18n.LANGUAGES)
def walk(request: pytest.FixtureRequest, migrated_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Walk:
    """Everything there is to see, in one language after the other."""
    instance = tmp_path_factory.mktemp("walk")
    (instance / "petition.db").write_bytes(migrated_database.read_bytes())
    with running(make_settings(instance)) as app:
        return through_all_pages(app, request.param)


class Shown(HTMLParser):
    """What a reader sees or hears of a page, piece by piece, and where its links and forms lead."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self.targets: list[str] = []
        self._silent = 0
        self.feed(html)

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
    for name, html in walk.pages.items():
        yield name, Shown(html).pieces
    for mail in walk.mails:
        plain, html = (mail.get_body((kind,)).get_content() for kind in ("plain", "html"))
        yield f"{mail['Subject']}: text", [mail["Subject"], *plain.splitlines()]
        yield f"{mail['Subject']}: HTML", Shown(html).pieces


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
    english = {text for message in messages for text in _texts(message.id)} - same_in_both
    for name, pieces in seen(walk):
        assert english.isdisjoint(pieces), name


def _texts(either: object) -> list[str]:
    return [either] if isinstance(either, str) else list(either)  # type: ignore[call-overload]


def test_a_script_of_its_own_shows_no_word_that_escaped_the_catalogue(walk: Walk) -> None:
    """Catches what was never marked for translation too."""
    if re.search("[A-Za-z]", i18n.own_name(walk.language)):
        pytest.skip("written with Latin letters")
    others = "|".join(i18n.own_name(tag) for tag in i18n.LANGUAGES)
    for name, pieces in seen(walk):
        if name == "mailbox":
            continue  # shows the dates of mails as they were sent
        text = re.sub(others, "", NEVER_TRANSLATED.sub("", "\n".join(pieces)))
        assert re.findall(r"[A-Za-z]{2,}", text) == [], name


def test_pages_and_mails_say_their_language_and_direction(walk: Walk) -> None:
    direction = "rtl" if walk.language == "ar" else "ltr"
    beginning = f'<html lang="{walk.language}" dir="{direction}">'
    for name, html in walk.pages.items():
        assert beginning in html, name
    for mail in walk.mails:
        assert beginning in mail.get_body(("html",)).get_content()


def test_every_link_and_form_keeps_the_language(walk: Walk) -> None:
    for name, html in walk.pages.items():
        for target in Shown(html).targets:
            parts = urlsplit(target)
            if parts.scheme or not parts.path or parts.path.startswith("/confirm/"):
                continue  # elsewhere, this very page, or the link in a mail
            assert parse_qs(parts.query).get("lang") == [walk.language], (name, target)
    assert all(f"lang={walk.language}" in target for target in walk.sent_to)


def test_codes_and_addresses_in_mails_read_from_left_to_right(walk: Walk) -> None:
    """Between Arabic words the digit that a code begins with would move to its end."""
    for mail in walk.mails:
        plain, html = (mail.get_body((kind,)).get_content() for kind in ("plain", "html"))
        for code in CODE.findall(plain):
            assert f'<b dir="ltr">{code}</b>' in html
            assert f'<bdi dir="ltr">{walk.app.config["BASE_URL"]}/confirm</bdi>' in html


def test_days_and_numbers_are_written_as_the_language_does(walk: Walk) -> None:
    day = DAY.get(walk.language)
    if day is None:
        pytest.skip("no example")
    assert day in walk.pages[f"/petitions/{SLUG}"]
    assert day in walk.pages[f"/petitions/{SLUG}/tally"]
    assert day in walk.pages["own page"]
    assert "1,000" in walk.pages[f"/petitions/{SLUG}"]
