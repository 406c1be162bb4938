"""Organiser pages: members reach their own, and nobody anything else by any address (DESIGN rule 8)."""

from __future__ import annotations

import csv
import io
import itertools
import json
import threading
from typing import Any, BinaryIO

import pytest
import sqlalchemy as sa
from flask import Flask

from petition.accounts.service import find_user
from petition.core.audit import AuditEntry
from petition.core.db import read_again, writing
from petition.core.errors import DomainError
from petition.deliveries.export import FORMATS, MEDIA_TYPES
from petition.deliveries.streaming import CHUNK, WAITING, streamed
from petition.organisations.models import Membership
from petition.organisations.service import add_organisation, find_organisation
from petition.petitions import service as petitions
from petition.petitions.models import State
from tests.acts import confirm, sign
from tests.conftest import SLUG, add_petition
from tests.organisations.conftest import OTHER, POSTED, URLS, People

LIST = f"/organiser/petitions/{SLUG}/list"


def test_every_organiser_page_is_tried(app: Flask) -> None:
    rules = [rule for rule in app.url_map.iter_rules() if rule.rule.startswith(("/organiser", "/admin"))]
    changing = {rule.rule for rule in rules if {"POST", "PUT", "PATCH", "DELETE"} & set(rule.methods or ())}
    assert {rule.rule for rule in rules if "GET" in (rule.methods or ())} == set(URLS)
    assert changing == POSTED


def test_members_reach_their_own(people: People) -> None:
    for url in URLS.values():
        assert people.member.get(url, buffered=True).status_code == 200


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_nobody_is_led_to_the_sign_in_page(people: People, method: str) -> None:
    for url in [*URLS.values(), "/organiser/petitions/none", f"{LIST}.exe"]:
        answer = people.nobody.open(url, method=method)
        assert (answer.status_code, answer.location) == (303, "/login")
        assert "Free the river" not in answer.text


SPELLINGS = [
    "/organiser/petitions/{slug}",
    "/organiser/petitions/{slug}/list.csv",
    "/organiser/petitions/{slug}/list.pdf",
    "/organiser/petitions/{slug}/list.csv?petition={slug}&organisation=river-friends",
    "/organiser/petitions/free-the-lake/../{slug}/list.csv",
    "/organiser/petitions/%66ree-the-river/list.csv",
    "/organiser/petitions/FREE-THE-RIVER/list.csv",
    "/organiser/petitions/{slug}%00/list.csv",
    "/organiser/petitions/{slug}/list.CSV",
    "/organiser//petitions/{slug}/list.csv",
]


@pytest.mark.parametrize("url", SPELLINGS)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_another_organisations_people_and_administrators_get_nothing(people: People, url: str, method: str) -> None:
    for client in people.others():
        answer = client.open(url.format(slug=SLUG), method=method, follow_redirects=True)
        assert answer.status_code == 404
        assert "Free the river" not in answer.text
        assert "Content-Disposition" not in answer.headers


def test_whether_a_strangers_petition_exists_is_not_told(people: People) -> None:
    for url in SPELLINGS[:3]:
        existing, none = (people.stranger.get(url.format(slug=slug)) for slug in (SLUG, "none-at-all"))
        assert existing.text.replace(SLUG, "-") == none.text.replace("none-at-all", "-")


def test_the_desk_shows_ones_own_petitions_in_any_state(app: Flask, people: People) -> None:
    add_petition(app, "draft", title="A draft", state=State.DRAFT)
    mine, theirs, none = (client.get("/organiser").text for client in (people.member, people.stranger, people.admin))
    assert "Free the river" in mine
    assert "A draft" in mine
    assert "Free the lake" not in mine
    assert "Free the lake" in theirs
    assert "Free the river" not in theirs
    assert "Free the" not in none
    assert people.member.get("/organiser/petitions/draft").status_code == 200


def test_who_joins_sees_at_once_and_who_leaves_sees_nothing_at_once(app: Flask, people: People) -> None:
    with app.app_context(), writing() as session:
        river = find_organisation(session, "river-friends")
        lake_owner = find_user(session, "owner@lake.example.org")
        session.add(Membership(organisation_id=river.id, user_id=lake_owner.id))
    assert people.stranger.get(f"{LIST}.csv", buffered=True).status_code == 200
    assert people.stranger.get(f"/organiser/petitions/{OTHER}").status_code == 200
    with app.app_context(), writing() as session:
        session.execute(sa.delete(Membership))
    for client in (people.member, people.stranger):
        assert client.get(f"{LIST}.csv").status_code == 404
        assert client.get("/organiser").status_code == 200


def test_a_petition_that_moves_takes_its_pages_along(app: Flask, people: People) -> None:
    with app.app_context(), writing() as session:
        petitions.find(session, SLUG).organisation = find_organisation(session, "lake-friends")
    assert people.member.get(f"{LIST}.csv").status_code == 404
    assert people.stranger.get(f"{LIST}.csv", buffered=True).status_code == 200


@pytest.fixture
def signatures(app: Flask, people: People) -> None:
    """Three confirmed signatures and a pending one."""
    for number, country in enumerate(("KR", "KR", "FR")):
        confirm(app, sign(app, f"signer{number}@example.org", f"Signer {number}", country))
    sign(app, "pending@example.org", "Pending Person")


@pytest.mark.usefixtures("signatures")
@pytest.mark.parametrize("format_", FORMATS)
def test_the_list_comes_in_every_format_as_a_file_that_nobody_keeps(people: People, format_: str) -> None:
    answer = people.member.get(f"{LIST}.{format_}", buffered=True)
    content = answer.data
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == MEDIA_TYPES[format_]
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Disposition"].startswith(f'attachment; filename="{SLUG}-20')
    assert answer.headers["Content-Disposition"].endswith(f'.{format_}"')
    assert content.startswith({"pdf": b"%PDF", "xlsx": b"PK", "csv": b"\xef\xbb\xbf", "jsonl": b"{"}[format_])
    assert b"example.org" not in content


@pytest.mark.usefixtures("signatures")
def test_the_list_holds_the_confirmed_signatures_and_no_others(people: People) -> None:
    rows = list(csv.reader(io.StringIO(people.member.get(f"{LIST}.csv", buffered=True).data.decode("utf-8-sig"))))
    lines = people.member.get(f"{LIST}.jsonl", buffered=True).text.splitlines()
    assert len(rows) == 1 + 3
    assert len([json.loads(line) for line in lines]) == 3
    assert "Pending Person" not in str(rows) + str(lines)


def entries(app: Flask) -> list[tuple[str, str, str, Any]]:
    with app.app_context():
        found = read_again().scalars(sa.select(AuditEntry).order_by(AuditEntry.id)).all()
        return [(one.actor, one.action, one.object, one.details) for one in found]


def test_a_download_stands_in_the_audit_log_and_a_refusal_does_not(app: Flask, people: People) -> None:
    for client in (people.stranger, people.admin, people.nobody):
        client.get(f"{LIST}.csv")
    people.member.get(f"{LIST}.exe")
    people.member.get(f"/organiser/petitions/{SLUG}")
    assert entries(app) == []
    people.member.get(f"{LIST}.csv", buffered=True)
    with app.app_context():
        actor = str(find_user(read_again(), "owner@river.example.org").id)
    assert entries(app) == [(actor, "list downloaded", SLUG, {"format": "csv"})]


def test_a_list_is_sent_while_it_is_written_and_no_longer_than_somebody_reads(app: Flask) -> None:
    stopped = threading.Event()
    written = 0

    def write(stream: BinaryIO) -> None:
        nonlocal written
        try:
            for _turn in itertools.count():
                written += stream.write(b"x" * CHUNK)
        finally:
            stopped.set()

    reading = streamed(app, write)
    assert sum(len(next(reading)) for _turn in range(100)) >= 100
    assert not stopped.is_set()
    assert written < (100 + WAITING + 10) * CHUNK, "what nobody has read yet is not kept in memory without end"
    reading.close()  # type: ignore[attr-defined]
    assert stopped.wait(10)


def test_a_list_that_fails_is_cut_short_and_not_ended(app: Flask) -> None:
    def write(stream: BinaryIO) -> None:
        stream.write(b"the first half")
        raise DomainError("no second half")

    with pytest.raises(DomainError):
        list(streamed(app, write))


@pytest.mark.parametrize(
    ("slug", "name", "words"),
    [
        ("River Friends", "Name", "the slug must be"),
        ("../etc", "Name", "the slug must be"),
        ("", "Name", "the slug must be"),
        ("a" * 81, "Name", "the slug must be"),
        ("rivers", "", "the name must not be empty"),
        ("rivers", "two\nlines", "the name must be one line"),
        ("rivers", "a" * 201, "the name is longer than 200"),
        ("river-friends", "Name", "there is already an organisation"),
    ],
)
def test_a_bad_organisation_is_refused_in_one_line(
    app: Flask, people: People, slug: str, name: str, words: str
) -> None:
    def add() -> None:
        with writing() as session:
            add_organisation(session, slug, name, find_user(session, "admin@example.org"))

    with app.app_context(), pytest.raises(DomainError) as caught:
        add()
    assert caught.value.message.startswith(words)
    assert caught.value.message.isprintable()


def test_an_organisations_public_page_shows_its_public_petitions(app: Flask, people: People) -> None:
    add_petition(app, "draft", title="A draft", state=State.DRAFT)
    page = people.nobody.get("/o/river-friends").text
    assert "River Friends" in page
    assert "Free the river" in page
    assert "A draft" not in page
    assert "Free the lake" not in page
    assert people.nobody.get("/o/none").status_code == 404
