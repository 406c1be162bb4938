"""The editor: drafts, languages, versions; nothing typed is lost, nothing signed is altered."""

from __future__ import annotations

import html

import pytest
from flask import Flask

from petition.core.db import read_again
from petition.organisations.models import Role
from petition.petitions import service
from petition.petitions.models import State
from tests.conftest import SLUG, add_petition, signed_in
from tests.petitions.writing import change, filled, member, press, state_of, texts, token_on, write

KOREAN = {"ko__title": "강을 자유롭게", "ko__body": "강이 *흐르게* 하라."}


def test_a_petition_is_written_from_nothing(app: Flask) -> None:
    add_petition(app)
    owner = signed_in(app)
    page = owner.get("/organiser/petitions/new").text
    form = {"csrf_token": token_on(page), "organisation": "river-friends", "locale": "en"}
    refused = owner.post("/organiser/petitions/new", data=form | {"title": "Free the sea", "slug": "The Sea"})
    assert refused.status_code == 422
    assert 'value="Free the sea"' in refused.text
    made = owner.post("/organiser/petitions/new", data=form | {"title": "Free the sea", "slug": "sea"})
    assert made.location == "/organiser/petitions/sea/edit"
    written = write(owner, "sea", addressee="the Minister", en__body="Let it *be*.", en__summary="Short.", goal="500")
    assert written.status_code == 303
    assert "Saved." in owner.get(written.location).text
    with app.app_context():
        found = service.find(read_again(), "sea")
        assert (found.state, found.title, found.text.body, found.goal) == (
            State.DRAFT,
            "Free the sea",
            "Let it *be*.",
            500,
        )
        assert found.text.sha256 == service.sha256("en", "Free the sea", "Let it *be*.")
    again = owner.post("/organiser/petitions/new", data=form | {"title": "Another", "slug": "sea"})
    assert "already a petition at this address" in again.text


def test_half_filled_and_wrong_input_is_saved_named_and_lost_nowhere(app: Flask) -> None:
    add_petition(app, state=State.DRAFT)
    owner = signed_in(app)
    wrong = {
        "goal": "many",
        "addressee": "",
        "ko__title": "강",
        "closes_at": "2026-02-30T10:00",
        "en__title": "T" * 301,
    }
    refused = write(owner, **wrong)
    assert refused.status_code == 422
    assert "What you typed is saved" in refused.text
    for problem in ("#goal", "#addressee", "#ko-body", "#closes_at", "#en-title"):
        assert f'<a href="{problem}">' in refused.text
    fields = filled(owner.get(f"/organiser/petitions/{SLUG}/edit").text)
    for name, value in wrong.items():
        assert fields[name.replace("__", "-")] == value
    assert texts(app) == [(1, {"en": "Free the river"})]
    mended = press(owner, fields, goal="10", addressee="You", closes_at="", en__title="Better", **KOREAN)
    assert mended.status_code == 303
    assert texts(app) == [(1, {"en": "Better", "ko": KOREAN["ko__title"]})]


def test_a_page_that_was_open_for_too_long_loses_nothing(app: Flask) -> None:
    add_petition(app, state=State.DRAFT)
    refused = write(signed_in(app), en__title="Typed for hours", csrf_token="old")
    assert refused.status_code == 403
    assert 'value="Typed for hours"' in refused.text
    assert texts(app) == [(1, {"en": "Free the river"})]


def test_the_preview_shows_what_was_typed_made_safe_and_saves_nothing(app: Flask) -> None:
    add_petition(app, state=State.DRAFT)
    owner = signed_in(app)
    page = write(owner, do="preview", en__body="## Why\n\n<script>x</script> *now*", **KOREAN).text
    for shown in ("<h2>Why</h2>", "<em>now</em>", "<em>흐르게</em>"):
        assert shown in page
    assert "<script>x" not in page
    assert texts(app) == [(1, {"en": "Free the river"})]
    assert filled(page)["en-body"] == "## Why\n\n<script>x</script> *now*"


def test_of_two_editors_the_later_is_told_and_sees_what_would_change(app: Flask) -> None:
    add_petition(app, state=State.DRAFT)
    owner, editor = signed_in(app), member(app, Role.EDITOR)
    opened = filled(editor.get(f"/organiser/petitions/{SLUG}/edit").text)
    assert write(owner, en__title="Free the whole river").status_code == 303
    refused = press(editor, opened, en__title="Free the small river")
    assert refused.status_code == 409
    assert "Somebody else has saved" in refused.text
    assert "<del>whole</del><ins>small</ins>" in refused.text
    assert texts(app) == [(1, {"en": "Free the whole river"})]
    assert press(editor, filled(refused.text)).status_code == 303
    assert texts(app) == [(1, {"en": "Free the small river"})]


def test_a_draft_that_was_loaded_from_a_file_meanwhile_is_a_conflict_too(app: Flask) -> None:
    add_petition(app, state=State.DRAFT)
    owner = signed_in(app)
    assert write(owner, goal="wrong").status_code == 422
    opened = filled(owner.get(f"/organiser/petitions/{SLUG}/edit").text)
    add_petition(app, state=State.DRAFT, title="From a file")
    assert press(owner, opened, goal="5").status_code == 409
    assert texts(app) == [(1, {"en": "From a file"})]


def test_words_people_could_sign_change_only_as_a_new_version(app: Flask) -> None:
    add_petition(app)
    owner = signed_in(app)
    assert write(owner, en__title="Free it").status_code == 303
    assert texts(app) == [(1, {"en": "Free the river"})], "saved is not published"
    assert "Free it" not in app.test_client().get(f"/petitions/{SLUG}").text
    page = owner.get(f"/organiser/petitions/{SLUG}/edit").text
    assert "<del>the river</del><ins>it</ins>" in page
    assert write(owner, do="publish").status_code == 303
    assert texts(app) == [(1, {"en": "Free the river"}), (2, {"en": "Free it"})]


@pytest.mark.parametrize(
    "changes",
    [
        {"en__body": "Other."},
        {"en__summary": "New."},
        {"en__risk": "Danger."},
        {"minimum_age": "16"},
        {"contact": "x@y.z"},
    ],
)
def test_whatever_is_agreed_to_belongs_to_the_version(app: Flask, changes: dict[str, str]) -> None:
    add_petition(app)
    assert write(signed_in(app), do="publish", **changes).status_code == 303
    assert [version for version, _titles in texts(app)] == [1, 2]


def test_what_nobody_signs_changes_without_a_new_version(app: Flask) -> None:
    add_petition(app)
    said = {"en__thanks": "Thank **you**.", "en__mail_words": "Hello.", "goal": "9", "asks_city": None}
    assert write(signed_in(app), do="publish", **said).status_code == 303
    assert texts(app) == [(1, {"en": "Free the river"})]
    page = app.test_client().get(f"/petitions/{SLUG}").text
    assert 'name="city"' not in page
    assert 'name="comment"' in page


def test_a_language_added_later_leaves_the_version_and_a_changed_one_does_not(app: Flask) -> None:
    add_petition(app)
    owner = signed_in(app)
    assert write(owner, do="publish", **KOREAN).status_code == 303
    assert texts(app) == [(1, {"en": "Free the river", "ko": "강을 자유롭게"})]
    assert write(owner, do="publish", ko__title="강").status_code == 303
    assert texts(app)[0] == (1, {"en": "Free the river", "ko": "강을 자유롭게"}), "what was signed stays"
    assert texts(app)[1] == (2, {"en": "Free the river", "ko": "강"})
    assert write(owner, do="publish", ko__title="", ko__body="").status_code == 303
    assert texts(app)[2] == (3, {"en": "Free the river"})
    assert len(texts(app)) == 3


def test_the_text_follows_the_pages_language_and_falls_back(app: Flask) -> None:
    add_petition(app)
    assert write(signed_in(app), do="publish", ko__summary="짧게.", **KOREAN).status_code == 303
    reader = app.test_client()
    for path in (f"/petitions/{SLUG}", "/", "/o/river-friends"):
        assert "강을 자유롭게" in reader.get(f"{path}?lang=ko").text
        assert "Free the river" in reader.get(f"{path}?lang=ar").text
    assert "<em>흐르게</em>" in reader.get(f"/petitions/{SLUG}?lang=ko").text
    assert 'hreflang="ko"' in reader.get(f"/petitions/{SLUG}").text


def test_former_versions_can_be_read_and_compared(app: Flask) -> None:
    add_petition(app)
    owner = signed_in(app)
    write(owner, do="publish", en__body="Let it *run*.")
    reader = app.test_client()
    page = reader.get(f"/petitions/{SLUG}").text
    assert "Text version 2 of" in page
    assert f'href="/petitions/{SLUG}/text/1"' in page
    former = reader.get(f"/petitions/{SLUG}/text/1")
    assert "<em>flow</em>" in former.text
    assert reader.get(f"/petitions/{SLUG}/text/2").location == f"/petitions/{SLUG}"
    assert reader.get(f"/petitions/{SLUG}/text/3").status_code == 404
    history = owner.get(f"/organiser/petitions/{SLUG}/history").text
    assert "<del>flow</del><ins>run</ins>" in history
    assert "Let it *flow*." in html.unescape(owner.get(f"/organiser/petitions/{SLUG}/history?version=1").text)


def test_the_promises_stand_beside_the_form(app: Flask) -> None:
    add_petition(app, state=State.DRAFT)
    said = {"controllers": "River Friends, Dam 1", "contact": "data@river.example.org", "minimum_age": "16"}
    said |= {"kept_months": "6", "addressee_country": "CN", "en__risk": "Your family there may be visited."}
    assert write(signed_in(app), **said).status_code == 303
    change(app, state=State.OPEN)
    page = html.unescape(app.test_client().get(f"/petitions/{SLUG}").text)
    form = page[page.index("<aside") :]
    for shown in ("River Friends, Dam 1", "data@river.example.org", "at least 16 years", "deleted 6 months", "China"):
        assert shown in form
    assert said["en__risk"] in form


def test_times_are_entered_in_the_organisers_zone_and_stored_in_utc(app: Flask) -> None:
    add_petition(app, state=State.DRAFT)
    owner = signed_in(app)
    zone = {"zone": "Asia/Seoul", "opens_at": "2027-01-01T09:00", "closes_at": "2027-02-01T00:00"}
    assert write(owner, **zone).status_code == 303
    with app.app_context():
        found = service.find(read_again(), SLUG)
        assert found.closes_at.isoformat() == "2027-01-31T15:00:00+00:00"
        assert found.plan.opens_at.isoformat() == "2027-01-01T00:00:00+00:00"
    fields = filled(owner.get(f"/organiser/petitions/{SLUG}/edit").text)
    assert (fields["zone"], fields["closes_at"][:16]) == ("Asia/Seoul", "2027-02-01T00:00")
    for wrong in (
        {"zone": "Europe/Berlin", "closes_at": "2027-03-28T02:30"},  # clocks go from two to three
        {"zone": "Moon/Base"},
        {"closes_at": "2026-12-01T00:00"},
        {"closes_at": "9999-12-31T23:59", "zone": "America/New_York"},
    ):
        assert write(owner, **zone | wrong).status_code == 422, wrong


def test_the_addressee_of_signed_words_stays(app: Flask) -> None:
    add_petition(app)
    refused = write(signed_in(app), do="publish", addressee="the King")
    assert refused.status_code == 400
    assert "make another petition" in refused.text
    assert 'value="the King"' in refused.text


def test_only_who_may_write_reaches_the_editor(app: Flask) -> None:
    add_petition(app)
    for role in Role:
        writes = role in (Role.OWNER, Role.EDITOR)
        client = member(app, role)
        for page in ("edit", "state"):
            assert client.get(f"/organiser/petitions/{SLUG}/{page}").status_code == (200 if writes else 404), role
        token = token_on(client.get("/organiser/petitions/new").text) if writes else "none"
        for page in ("edit", "state", "picture"):
            sent = client.post(f"/organiser/petitions/{SLUG}/{page}", data={"csrf_token": token, "do": "preview"})
            assert (sent.status_code == 404) is not writes, (role, page)
    assert state_of(app) == State.OPEN


def test_what_the_form_shows_is_what_is_in_force(app: Flask) -> None:
    """Opening the editor and saving it unchanged changes nothing, whatever the petition holds."""
    nasty = {"title": "<b>&amp; \"'", "body": "\n\n  a\n</textarea>\n\n", "locale": "ka", "addressee": "x &lt;"}
    add_petition(app, goal=7, **nasty)
    assert write(signed_in(app), do="publish").status_code == 303
    with app.app_context():
        found = service.find(read_again(), SLUG)
        assert [(text.title, text.body, text.locale) for text in found.texts] == [
            (nasty["title"], nasty["body"], "ka")
        ]
        assert (found.goal, found.addressee, found.closes_at) == (7, "x &lt;", None)
