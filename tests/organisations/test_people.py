"""The people of an organisation: inviting, joining, leaving; and each of it out of order, twice, by others."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from petition.accounts.service import find_user
from petition.core import audit_check
from petition.core.clock import now
from petition.core.db import read_again, writing
from petition.organisations.models import Invitation, Membership, OrganisationRules, Role
from petition.organisations.service import find_organisation
from tests.conftest import PASSWORD, signed_in
from tests.core.walk import delivered
from tests.organisations.conftest import People

RIVER = "/organiser/organisations/river-friends"
SendMail = Callable[[], int]


def send(client: FlaskClient, url: str, page: str = "/organiser/organisations/new", **fields: Any) -> Any:
    """Sends a form of a signed-in page, with the token that stands on a page."""
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get(page).text)
    assert token
    return client.post(url, data=fields | {"csrf_token": token[1]})


def roles(app: Flask, email: str, slug: str = "river-friends") -> set[str]:
    with app.app_context():
        session = read_again()
        whose = Membership.user_id == find_user(session, email).id
        there = Membership.organisation_id == find_organisation(session, slug).id
        return set(session.scalars(sa.select(Membership.role).where(whose, there)))


def id_of(app: Flask, email: str) -> Any:
    with app.app_context():
        return find_user(read_again(), email).id


@pytest.fixture
def link(app: Flask, send_mail: SendMail) -> Callable[[str], str]:
    """The path of the link in the newest mail to an address."""

    def newest(address: str) -> str:
        send_mail()
        mails = sorted(delivered(app), key=lambda mail: str(mail["Message-ID"]))  # which begins with the time
        texts = [mail.get_body(("plain",)).get_content() for mail in mails if mail["To"] == address]
        found = [urlsplit(match[0]).path for text in texts if (match := re.search(r"http\S+/invitations/\S+", text))]
        return found[-1]

    return newest


def invite(people: People, address: str, *wanted: Role) -> Any:
    return send(people.member, f"{RIVER}/people/invite", email=address, roles=list(wanted or [Role.EDITOR]))


def test_somebody_new_is_invited_joins_and_works(app: Flask, people: People, link: Callable[[str], str]) -> None:
    assert invite(people, "New@Example.org", Role.EDITOR, Role.OBSERVER).status_code == 303
    path, browser = link("New@example.org"), app.test_client()
    shown = browser.get(path)
    assert (shown.status_code, "Set-Cookie" in shown.headers) == (200, False)
    assert "River Friends" in shown.text
    assert "Editor" in shown.text
    assert browser.post(path, data={"name": "", "password": PASSWORD}).status_code == 422
    short = browser.post(path, data={"name": "Nina New", "password": "short"})
    assert short.status_code == 422
    assert "at least 12 characters" in short.text
    assert browser.post(path, data={"name": "Nina New", "password": PASSWORD}).status_code == 303
    assert roles(app, "new@example.org") == {Role.EDITOR, Role.OBSERVER}
    assert "Free the river" in browser.get("/organiser").text
    assert "Free the river" in signed_in(app, "new@example.org").get("/organiser").text
    for again in (browser, app.test_client()):
        assert again.get(path).status_code == 404
        assert again.post(path, data={"name": "Eve", "password": PASSWORD}).status_code == 404
    with app.app_context():
        assert read_again().scalar(sa.select(sa.func.count()).select_from(Invitation)) == 0


def test_somebody_with_an_account_accepts_signed_in_as_that_account(
    app: Flask, people: People, link: Callable[[str], str]
) -> None:
    invite(people, "owner@lake.example.org", Role.MODERATOR)
    path = link("owner@lake.example.org")
    assert "Sign in, then follow the link again" in people.nobody.get(path).text
    assert people.nobody.post(path, data={"name": "Eve", "password": PASSWORD}).status_code == 422
    assert "another address" in people.admin.get(path).text
    assert send(people.admin, path).status_code == 403
    assert people.stranger.post(path).status_code == 403, "without the token of the page"
    assert roles(app, "owner@lake.example.org") == set()
    assert send(people.stranger, path).status_code == 303
    assert roles(app, "owner@lake.example.org") == {Role.MODERATOR}
    assert send(people.stranger, path).status_code == 404


def test_an_invitation_ends_when_withdrawn_replaced_or_seven_days_old(
    app: Flask, people: People, link: Callable[[str], str]
) -> None:
    invite(people, "new@example.org")
    first = link("new@example.org")
    invite(people, "new@example.org", Role.OBSERVER)
    second = link("new@example.org")
    assert first != second
    assert people.nobody.get(first).status_code == 404
    with time_machine.travel(now() + timedelta(days=6, hours=23)):
        assert people.nobody.get(second).status_code == 200
    with time_machine.travel(now() + timedelta(days=7, seconds=1)):
        assert people.nobody.get(second).status_code == 404
        assert people.nobody.post(second, data={"name": "Eve", "password": PASSWORD}).status_code == 404
    withdraw = re.search(rf'"({RIVER}/people/invitations/\S+/withdraw)"', people.member.get(f"{RIVER}/people").text)
    assert withdraw
    elsewhere = withdraw[1].replace("river-friends", "lake-friends")
    assert send(people.stranger, elsewhere).status_code == 404, "it is another organisation's"
    assert people.nobody.get(second).status_code == 200
    assert send(people.member, withdraw[1]).status_code == 303
    assert people.nobody.get(second).status_code == 404
    assert people.nobody.get(second[:-1] + ("A" if second[-1] != "A" else "B")).status_code == 404


def test_a_withdrawn_invitation_whose_mail_waits_is_not_sent(app: Flask, people: People, send_mail: SendMail) -> None:
    invite(people, "new@example.org")
    with app.app_context(), writing() as session:
        session.execute(sa.delete(Invitation))
    assert send_mail() == 0
    assert delivered(app) == []


def test_wrong_invitations_are_refused_on_the_page(people: People) -> None:
    for fields, words in (
        ({"email": "no", "roles": ["editor"]}, "Enter an address"),
        ({"email": "new@example.org"}, "Choose at least one role"),
        ({"email": "owner@river.example.org", "roles": ["editor"]}, "This person is here already"),
        ({"email": "new@example.org", "roles": ["emperor"]}, "Please look at this again"),
    ):
        answer = send(people.member, f"{RIVER}/people/invite", **fields)
        assert answer.status_code == 422
        assert words in answer.text


def add_member(app: Flask, email: str, role: Role) -> Any:
    with app.app_context(), writing() as session:
        user = find_user(session, email)
        river = find_organisation(session, "river-friends")
        session.add(Membership(organisation_id=river.id, user_id=user.id, role=role))
        return user.id


def test_the_last_owner_can_neither_go_nor_be_sent_nor_become_less(app: Flask, people: People) -> None:
    owner = id_of(app, "owner@river.example.org")
    less = {"roles": ["editor"]}
    for url, fields in (("leave", {}), (f"people/{owner}/remove", {}), (f"people/{owner}/roles", less)):
        answer = send(people.member, f"{RIVER}/{url}", **fields)
        assert answer.status_code == 409
        assert "needs an owner" in answer.text
    assert roles(app, "owner@river.example.org") == {Role.OWNER}
    add_member(app, "owner@lake.example.org", Role.OWNER)
    assert send(people.member, f"{RIVER}/leave").status_code == 303
    assert people.member.get(f"{RIVER}/people").status_code == 404
    assert send(people.stranger, f"{RIVER}/leave").status_code == 409


def test_roles_are_changed_and_people_removed_at_once(app: Flask, people: People) -> None:
    stranger = add_member(app, "owner@lake.example.org", Role.OBSERVER)
    changed = send(people.member, f"{RIVER}/people/{stranger}/roles", roles=["editor", "delivery officer"])
    assert changed.status_code == 303
    assert roles(app, "owner@lake.example.org") == {Role.EDITOR, Role.DELIVERY_OFFICER}
    assert send(people.member, f"{RIVER}/people/{stranger}/roles").status_code == 422
    assert people.stranger.get("/organiser/petitions/free-the-river/list.csv", buffered=True).status_code == 200
    assert send(people.member, f"{RIVER}/people/{stranger}/remove").status_code == 303
    assert people.stranger.get("/organiser/petitions/free-the-river/list.csv").status_code == 404
    assert send(people.member, f"{RIVER}/people/{stranger}/remove").status_code == 404
    assert send(people.member, f"{RIVER}/people/{stranger}/roles", roles=["owner"]).status_code == 404
    assert roles(app, "owner@lake.example.org", "lake-friends") == {Role.OWNER}


def test_the_invitations_of_an_owner_who_is_removed_end(
    app: Flask, people: People, link: Callable[[str], str]
) -> None:
    stranger = add_member(app, "owner@lake.example.org", Role.OWNER)
    send(people.stranger, f"{RIVER}/people/invite", email="friend@example.org", roles=["owner"])
    path = link("friend@example.org")
    assert people.nobody.get(path).status_code == 200
    send(people.member, f"{RIVER}/people/{stranger}/remove")
    assert people.nobody.get(path).status_code == 404


def test_an_organisation_is_made_from_the_desk(app: Flask, people: People) -> None:
    new = "/organiser/organisations/new"
    for fields, words in (
        ({"name": ""}, "Enter a name"),
        ({"name": "Look at http://example.org"}, "without a link"),
        ({"name": "강의 친구들"}, "Latin letters"),
        ({"name": "A", "slug": "River Friends"}, "lower-case Latin letters"),
        ({"name": "A", "slug": "river-friends"}, "already an organisation"),
    ):
        answer = send(people.admin, new, **fields)
        assert answer.status_code == 422
        assert words in answer.text
    assert send(people.admin, new, name="River  Friends").location.endswith("/river-friends-2/people")
    assert send(people.admin, new, name="강의 친구들", slug="gang").status_code == 303
    assert roles(app, "admin@example.org", "river-friends-2") == {Role.OWNER}
    assert roles(app, "admin@example.org", "gang") == {Role.OWNER}
    assert people.nobody.get("/o/gang").status_code == 200


def test_an_organisation_that_asks_for_a_second_factor_shows_nothing_without_one(app: Flask, people: People) -> None:
    asked = send(people.member, f"{RIVER}/settings", name="River", second_factor="yes")
    assert asked.status_code == 422
    assert "lock yourself out" in asked.text
    with app.app_context(), writing() as session:
        river = find_organisation(session, "river-friends").id
        session.add(OrganisationRules(organisation_id=river, second_factor=True))
    assert "Free the river" not in people.member.get("/organiser").text
    assert people.member.get("/organiser/petitions/free-the-river").status_code == 404
    assert people.member.get(f"{RIVER}/people").status_code == 404
    assert "asks for a second factor" in people.member.get("/organiser/organisations").text
    assert people.stranger.get("/organiser/petitions/free-the-lake").status_code == 200


def test_settings_are_kept(app: Flask, people: People) -> None:
    assert send(people.member, f"{RIVER}/settings", name="Rivers!", second_approval="yes").status_code == 303
    page = people.member.get(f"{RIVER}/settings").text
    assert 'value="Rivers!"' in page
    assert re.search(r'name="second_approval" value="yes" checked', page)
    assert send(people.member, f"{RIVER}/settings", name="Rivers!").status_code == 303
    assert "checked" not in people.member.get(f"{RIVER}/settings").text


def test_owners_read_in_words_what_was_done_and_others_nothing(app: Flask, people: People) -> None:
    invite(people, "new@example.org")
    stranger = add_member(app, "owner@lake.example.org", Role.OBSERVER)
    send(people.member, f"{RIVER}/people/{stranger}/roles", roles=["editor"])
    people.member.get("/organiser/petitions/free-the-river/list.csv", buffered=True)
    page = " ".join(re.sub("<[^>]+>", " ", people.member.get(f"{RIVER}/audit").text).split())
    assert "Owner invited new@example.org: Editor" in page
    assert "Owner changed the roles of Lake Owner: Editor" in page
    assert "Owner downloaded the list of signers of free-the-river (csv)" in page
    assert "127.0.0.0/24" in page
    assert "127.0.0.1" not in page
    one_sort = people.member.get(f"{RIVER}/audit?action=invited").text
    assert "new@example.org" in one_sort
    assert "Lake Owner" not in one_sort
    assert "new@example.org" not in people.stranger.get("/organiser/organisations/lake-friends/audit").text
    assert "new@example.org" in people.admin.get("/admin/audit").text
    with app.app_context():
        assert audit_check.verify(read_again()).number == 3
    with time_machine.travel(now() + timedelta(days=366)), app.app_context(), writing() as session:
        session.execute(sa.text("DELETE FROM audit_detail"))
    assert "invited (erased): Editor" in people.member.get(f"{RIVER}/audit").text
