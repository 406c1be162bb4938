"""Petitions: versions of texts, states, what readers see and find."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from petition.accounts.service import find_user
from petition.core.clock import now
from petition.core.db import db, read_again, writing
from petition.organisations.service import add_organisation, find_organisation
from petition.petitions import service
from petition.petitions.models import PUBLIC_STATES, Petition, State, Translation
from petition.petitions.service import Draft, TextRefused
from tests.conftest import SLUG, add_petition
from tests.petitions.conftest import Run

HIDDEN_STATES = set(State) - set(PUBLIC_STATES) - {State.TAKEN_DOWN}


def change(slug: str = SLUG, **changes: Any) -> Petition:
    """Stores the petition again, changed."""
    with writing() as session:
        values = {"title": "Free the river", "addressee": "the Minister", "body": "Let it *flow*.", "locale": "en"}
        organisation = find_organisation(session, "river-friends")
        service.store(session, Draft(slug=slug, organisation=organisation, **(values | changes)))
    return service.find(read_again(), slug)


def words(petition: Petition) -> list[tuple[int, str, str, str]]:
    return [(text.version, text.locale, text.title, text.body) for text in petition.texts]


FIRST = (1, "en", "Free the river", "Let it *flow*.")


@pytest.mark.parametrize("state", [State.OPEN, State.PAUSED, State.CLOSED, State.ARCHIVED, State.HIDDEN])
@pytest.mark.parametrize("then", [None, State.DRAFT, State.GATHERING, State.OPEN])
def test_a_published_text_is_never_altered(inside: Flask, state: State, then: State | None) -> None:
    add_petition(inside, state=state)
    if state == State.HIDDEN:
        change(state=State.OPEN)
    if then is not None:
        change(state=then)
    changed = change(body="Let it flow *now*.")
    assert words(changed) == [FIRST, (2, "en", "Free the river", "Let it flow *now*.")]


@pytest.mark.parametrize("changes", [{"title": "Free it"}, {"locale": "de"}, {"body": "Let it *flow*.\n"}])
def test_any_change_of_words_is_a_new_version(inside: Flask, changes: dict[str, str]) -> None:
    add_petition(inside)
    changed = change(**changes)
    assert [text.version for text in changed.texts] == [1, 2]
    assert words(changed)[0] == FIRST
    assert len({text.sha256 for text in changed.texts}) == 2


def test_the_same_words_again_are_no_new_version_and_former_ones_are(inside: Flask) -> None:
    add_petition(inside)
    assert len(change(goal=5).texts) == 1
    change(body="Other words.")
    assert words(change())[-1] == (3, *FIRST[1:])


def test_a_draft_is_rewritten_in_place_until_it_opens(inside: Flask) -> None:
    add_petition(inside, state=State.DRAFT)
    assert words(change(body="Better words.")) == [(1, "en", "Free the river", "Better words.")]
    assert words(change(body="Best words.", state=State.OPEN)) == [(1, "en", "Free the river", "Best words.")]
    assert len(change(body="Words too late.").texts) == 2


def test_the_hash_of_a_text_is_that_of_its_words(inside: Flask) -> None:
    text = add_petition(inside).text
    assert text.sha256 == hashlib.sha256(b"en\x00Free the river\x00Let it *flow*.").hexdigest()


def test_the_first_opening_is_remembered(inside: Flask) -> None:
    assert add_petition(inside, state=State.DRAFT).opened_at is None
    opened = change(state=State.OPEN).opened_at
    assert opened is not None
    with time_machine.travel(now() + timedelta(days=3)):
        change(state=State.PAUSED)
        assert change(state=State.OPEN).opened_at == opened


def test_another_organisation_cannot_take_a_petition_over(inside: Flask) -> None:
    add_petition(inside)
    with writing() as session:
        owner = find_user(session, "owner@river.example.org")
        add_organisation(session, "others", "Others", owner)

    def take_over() -> None:
        with writing() as session:
            others = find_organisation(session, "others")
            service.store(session, Draft(SLUG, others, "Mine", "Me", "Now.", "en"))

    with pytest.raises(TextRefused):
        take_over()
    found = service.find(read_again(), SLUG)
    assert (found.organisation.slug, words(found)) == ("river-friends", [FIRST])


PAGES = (
    "/petitions/{}",
    "/petitions/{}/tally",
    "/petitions/{}/tally.csv",
    "/petitions/{}/tally.json",
    "/petitions/{}/check-inbox",
    "/api/v1/petitions/{}",
    "/api/v1/petitions/{}/tally",
)


@pytest.mark.parametrize("state", list(State))
def test_the_public_sees_what_is_public_and_no_more(app: Flask, state: State) -> None:
    add_petition(app, state=state)
    client = app.test_client()
    expected = {State.TAKEN_DOWN: 410}.get(state, 200 if state in PUBLIC_STATES else 404)
    for page in PAGES:
        answer = client.get(page.format(SLUG))
        assert answer.status_code == expected, page
        assert expected == 200 or "Free the river" not in answer.text
    for listing in ("/", "/o/river-friends", "/api/v1/petitions"):
        assert ("Free the river" in client.get(listing).text) is (expected == 200)


@pytest.mark.parametrize("state", sorted(HIDDEN_STATES))
def test_a_petition_that_is_not_public_looks_like_none(app: Flask, state: State) -> None:
    add_petition(app, state=state)
    client = app.test_client()
    for page in PAGES:
        hidden, none = client.get(page.format(SLUG)), client.get(page.format("none-at-all"))
        assert hidden.text.replace(SLUG, "-") == none.text.replace("none-at-all", "-")


def test_only_an_open_petition_takes_signatures(app: Flask, sign: Callable[..., Any]) -> None:
    for state in State:
        slug = f"river-{state.value.replace('_', '-')}"
        add_petition(app, slug, state=state)
        status = sign("a@example.org", slug=slug).status_code
        assert status == (
            303
            if state == State.OPEN
            else 409
            if state in PUBLIC_STATES
            else 410
            if state == State.TAKEN_DOWN
            else 404
        )


def test_at_its_closing_time_a_petition_closes_for_everybody(app: Flask, sign: Callable[..., Any]) -> None:
    closes = now() + timedelta(hours=1)
    add_petition(app, closes_at=closes)
    client = app.test_client()

    def states() -> set[str]:
        listed = client.get("/api/v1/petitions?state=open").json["data"]
        closed = client.get("/api/v1/petitions?state=closed").json["data"]
        assert len(listed) + len(closed) == 1
        shown = [one["state"] for one in listed + closed]
        form = "form_token" in client.get(f"/petitions/{SLUG}").text
        return {*shown, client.get(f"/api/v1/petitions/{SLUG}").json["state"], "open" if form else "closed"}

    with time_machine.travel(closes - timedelta(seconds=1), tick=False):
        assert states() == {"open"}
        assert sign("a@example.org").status_code == 303
    with time_machine.travel(closes, tick=False):
        assert states() == {"closed"}
        assert sign("b@example.org").status_code == 409


def find(client: FlaskClient, query: str) -> set[str]:
    return {one["slug"] for one in client.get(f"/api/v1/petitions?{query}").json["data"]}


def test_petitions_are_found_by_words_of_title_and_addressee_in_any_script(app: Flask) -> None:
    add_petition(app, "river", title="Свободу РЕКЕ", addressee="the Minister")
    add_petition(app, "lake", title="호수를 자유롭게", addressee="ΥΠΟΥΡΓΌΣ", body="about 100% of it")
    client = app.test_client()
    assert find(client, "q=реке") == find(client, "q=MINISTER") == find(client, "q=свободу minister") == {"river"}
    assert find(client, "q=호수") == find(client, "q=υπουργός") == {"lake"}
    assert find(client, "q=") == find(client, "q=%00") == {"river", "lake"}
    for nothing in ("q=реке 호수", "q=%25", "q=_", "q=100"):
        assert find(client, nothing) == set()


def test_only_the_words_in_force_are_searched(inside: Flask) -> None:
    add_petition(inside)
    change(title="Free the lake")
    client = inside.test_client()
    assert (find(client, "q=river"), find(client, "q=lake")) == (set(), {SLUG})


def test_publish_opens_only_a_file_that_names_no_state(app: Flask, run: Run, tmp_path: Path) -> None:
    add_petition(app, state=State.PAUSED)
    path = tmp_path / "petition.md"

    def load(*options: str, state: str | None = None) -> str:
        lines = ['slug = "free-the-river"', 'organisation = "river-friends"', 'title = "T"', 'addressee = "A"']
        path.write_text("\n".join(["+++", *lines, *([f'state = "{state}"'] if state else []), "+++", "Text"]))
        answer = run("load", str(path), *options)
        assert answer.returncode == 0
        return answer.stdout.split()[1].rstrip(",")

    assert load() == "paused"
    assert load("--publish", state="closed") == "closed"
    assert load("--publish") == "open"
    assert load(state="draft") == "draft"


def test_a_load_is_in_the_audit_log(app: Flask, run: Run, tmp_path: Path) -> None:
    add_petition(app)
    (tmp_path / "again.md").write_text(run("dump", SLUG).stdout, newline="")
    assert run("load", str(tmp_path / "again.md")).returncode == 0
    with app.app_context():
        rows = db.session.execute(db.text("SELECT actor, action, object FROM audit_entry")).all()
    assert [tuple(row) for row in rows] == [("command line", "petition loaded", SLUG)]


def test_a_load_of_new_words_names_the_languages_that_lack_them(app: Flask, run: Run, tmp_path: Path) -> None:
    add_petition(app)
    with app.app_context(), writing() as session:
        service.find(session, SLUG).text.translations = [
            Translation(locale=tag, title="T", body="Text") for tag in ("de", "ko")
        ]
    file = tmp_path / "again.md"

    def load(words: str) -> str:
        file.write_text(words, newline="")
        answer = run("load", str(file))
        assert answer.returncode == 0
        return answer.stderr

    same = run("dump", SLUG).stdout
    assert load(same) == ""
    assert load(same + "And more.") == "petition: only the former words have translations: de, ko\n"
