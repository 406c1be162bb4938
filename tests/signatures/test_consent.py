"""DESIGN rule 6: a name appears only where its signer said so; what was agreed to is kept."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest
import time_machine

from petition.core import i18n
from petition.core.clock import now
from petition.core.db import writing
from petition.signatures import consent
from tests.conftest import SLUG
from tests.petitions.partnership import accepted, add_lake
from tests.site_visits import Visits

WORDINGS = {
    ("2026-11-1", "en"): "d4bc443f9db05c7c",
    ("2026-11-1", "ar"): "52026c5b345c3102",
    ("2026-11-1", "ko"): "821fe7e592ba35c4",
    ("2026-11-2", "en"): "614718eaf80cabd2",
    ("2026-11-2", "ar"): "be342e5d976bc14f",
    ("2026-11-2", "ko"): "015d0486197e0fd1",
}
"""Hashes of the words by version and language. New words want a new VERSION and new lines; old lines stay."""


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_words_once_agreed_to_are_not_altered_without_a_new_version(visits: Visits, language: str) -> None:
    with visits.app.test_request_context(), i18n.speaking(language):
        found = hashlib.sha256(consent.wording().encode()).hexdigest()[:16]
    assert WORDINGS.get((consent.VERSION, language)) == found, "other words need another VERSION, and a line above"


def test_the_words_are_kept_by_version_and_language(visits: Visits) -> None:
    kept = visits.rows("SELECT version, locale, wording FROM consent_wording ORDER BY locale")
    assert [row[:2] for row in kept] == [(consent.VERSION, language) for language in sorted(i18n.LANGUAGES)]
    english = next(row[2] for row in kept if row[1] == "en")
    add_lake(visits.app)
    accepted(visits.app)
    page = visits.app.test_client().get(f"/petitions/{SLUG}").text
    assert len(english.splitlines()) == 8
    for sentence in english.splitlines():
        assert sentence % {"organisation": "Lake Friends"} in page


def test_keeping_the_words_again_changes_nothing(visits: Visits) -> None:
    before = visits.everything()["consent_wording"]
    with visits.app.app_context(), writing() as session:
        consent.keep_wordings(session)
    assert visits.everything()["consent_wording"] == before


def test_nothing_is_chosen_for_the_signer(visits: Visits) -> None:
    page = visits.app.test_client().get(f"/petitions/{SLUG}").text
    form = page[page.index("<form method=") :]
    assert "checked" not in form
    assert "selected" not in form.replace('<option value="" selected>', "")


def test_unanswered_means_counted_without_a_name(visits: Visits) -> None:
    visits.counted("ana@example.org", name="Ana Unanswered")
    assert visits.rows("SELECT list_name, show_name, updates FROM signature") == [(0, 0, 0)]
    assert "Unanswered" not in visits.app.test_client().get(f"/petitions/{SLUG}").text


def test_the_three_choices_do_not_touch_each_other(visits: Visits) -> None:
    choices = [{"list_name": "full"}, {"list_name": "initials"}, {"show_name": "yes"}, {"updates": "yes"}]
    for number, chosen in enumerate(choices):
        visits.counted(f"ana{number}@example.org", name=f"Ana Number{number}", **chosen)
    kept = visits.rows("SELECT list_name, show_name, updates FROM signature ORDER BY created_at")
    assert kept == [(2, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1)]
    page = visits.app.test_client().get(f"/petitions/{SLUG}").text
    assert [number for number in range(4) if f"Number{number}" in page] == [2]


def test_a_name_leaves_the_public_page_when_its_signer_says_so(visits: Visits) -> None:
    browser = visits.counted("ana@example.org", name="Ana Shown", show_name="yes")
    assert "Ana Shown" in browser.get(f"/petitions/{SLUG}").text
    visits.change(browser, visits.refs(browser)[0], name="Ana Shown", country="KR")
    assert "Ana Shown" not in browser.get(f"/petitions/{SLUG}").text


@pytest.mark.parametrize("act", ["withdraw", "erase"])
def test_a_name_leaves_the_public_page_with_its_signature(visits: Visits, act: str) -> None:
    browser = visits.counted("ana@example.org", name="Ana Shown", show_name="yes")
    visits.change(browser, visits.refs(browser)[0], act)
    assert "Ana Shown" not in browser.get(f"/petitions/{SLUG}").text


def test_a_pending_name_is_nowhere(visits: Visits) -> None:
    visits.link("ana@example.org", name="Ana Shown", show_name="yes", list_name="full")
    assert "Ana Shown" not in visits.app.test_client().get(f"/petitions/{SLUG}").text


def consents(visits: Visits) -> list[tuple[str, ...]]:
    return visits.rows("SELECT consent_version, locale, substr(CAST(consented_at AS text), 1, 10) FROM signature")


def test_when_and_to_which_words_somebody_agreed_is_kept(visits: Visits, monkeypatch: pytest.MonkeyPatch) -> None:
    start = now()
    monkeypatch.setattr(consent, "VERSION", "older")
    path = visits.link("ana@example.org")
    assert consents(visits) == [("older", "en", f"{start:%Y-%m-%d}")]
    monkeypatch.undo()
    with time_machine.travel(start + timedelta(days=2), tick=True):
        browser = visits.app.test_client()
        visits.press(path, browser, name="Ana", country="KR")
        assert consents(visits) == [(consent.VERSION, "en", f"{start + timedelta(days=2):%Y-%m-%d}")]
    monkeypatch.setattr(consent, "VERSION", "newer")
    with time_machine.travel(start + timedelta(days=2, minutes=5), tick=True):
        visits.change(browser, visits.refs(browser)[0], name="Ana", country="KR", list_name="full")
    assert consents(visits)[0][0] == "newer"


def test_confirming_without_the_page_keeps_the_consent_given_on_signing(
    visits: Visits, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consent, "VERSION", "older")
    path = visits.link("ana@example.org")
    monkeypatch.undo()
    visits.press(path)
    assert consents(visits)[0][0] == "older"
