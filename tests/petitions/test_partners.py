"""A lead asks organisations to be partners: what each side can do, see and end."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa
from flask import Flask

from petition.core.db import read_again, writing
from petition.organisations.models import Membership, Organisation, Role
from petition.petitions.models import Partner, Petition, State
from tests.conftest import SLUG, add_petition, signed_in
from tests.petitions.partnership import Sides, accepted, add_lake, ended, post, renamed, sides
from tests.site_visits import Visits

LEAD_PAGE = f"/organiser/petitions/{SLUG}/partners"
LAKE_PAGE = f"{LEAD_PAGE}/1"
PUBLIC = f"/petitions/{SLUG}"


@pytest.fixture
def both(app: Flask, petition: Petition) -> Sides:
    return sides(app)


def partners_of(app: Flask) -> list[tuple[int, str]]:
    with app.app_context():
        rows = read_again().execute(sa.select(Partner.number, Partner.state).order_by(Partner.number))
        return [(number, state.value) for number, state in rows]


@pytest.mark.parametrize("typed", ["lake-friends", " Lake-Friends ", "https://example.org/o/lake-friends/"])
def test_an_organisation_is_asked_by_its_address(app: Flask, both: Sides, typed: str) -> None:
    assert post(both.lead, LEAD_PAGE, organisation=typed).status_code == 303
    assert partners_of(app) == [(1, "invited")]
    assert "Lake Friends" in both.lead.get(LEAD_PAGE).text
    assert "Lake Friends" not in app.test_client().get(PUBLIC).text


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("nobody-here", "no organisation at that address"),
        ("river-friends", "own organisation"),
        ("", "no organisation"),
    ],
)
def test_who_cannot_be_asked_is_said_and_what_was_typed_stays(app: Flask, both: Sides, typed: str, told: str) -> None:
    answer = post(both.lead, LEAD_PAGE, organisation=typed)
    assert answer.status_code == 422
    assert told in answer.text
    assert f'value="{typed}"' in answer.text
    assert partners_of(app) == []


def test_nobody_is_asked_twice_while_an_answer_or_a_partnership_stands(app: Flask, both: Sides) -> None:
    for _time in range(2):
        answer = post(both.lead, LEAD_PAGE, organisation="lake-friends")
    assert answer.status_code == 422
    assert "has been asked already" in answer.text
    assert partners_of(app) == [(1, "invited")]


def test_the_owners_asked_get_a_mail_that_leads_to_who_asks_and_the_text(app: Flask, both: Sides) -> None:
    post(both.lead, LEAD_PAGE, organisation="lake-friends")
    visits = Visits(app)
    assert visits.work() == 1
    (box,) = (app.config["INSTANCE"] / "mail" / "new").iterdir()
    mail = box.read_text("utf-8")
    assert "River Friends asks Lake Friends" in mail
    assert "Free the river" in mail
    path = re.search(r"http://[^/]+(/organiser/\S+)", mail)
    assert path
    assert path[1] == LAKE_PAGE
    page = both.lake.get(LAKE_PAGE).text
    assert "River Friends asks Lake Friends" in page
    assert "Asked by Owner" in page
    assert "<em>flow</em>" in page
    assert LAKE_PAGE in both.lake.get("/organiser").text


def test_what_was_taken_back_is_not_mailed_any_more(app: Flask, both: Sides) -> None:
    post(both.lead, LEAD_PAGE, organisation="lake-friends")
    ended(app)
    assert Visits(app).work() == 0


def test_a_partner_that_accepts_is_named_on_the_page_and_sees_the_petition_on_its_desk(
    app: Flask, both: Sides
) -> None:
    post(both.lead, LEAD_PAGE, organisation="lake-friends")
    assert SLUG not in both.lake.get("/organiser").text.replace(LAKE_PAGE, "")
    assert both.lake.get(f"/organiser/petitions/{SLUG}").status_code == 404
    assert post(both.lake, LAKE_PAGE, do="accept").location == f"/organiser/petitions/{SLUG}"
    assert "A petition of River Friends with Lake Friends" in app.test_client().get(PUBLIC).text
    assert f'/organiser/petitions/{SLUG}"' in both.lake.get("/organiser").text
    assert both.lake.get(f"/organiser/petitions/{SLUG}").status_code == 200


def test_one_that_declines_sees_nothing_and_can_be_asked_again_under_another_number(app: Flask, both: Sides) -> None:
    post(both.lead, LEAD_PAGE, organisation="lake-friends")
    assert post(both.lake, LAKE_PAGE, do="decline").location == "/organiser"
    assert both.lake.get(LAKE_PAGE).status_code == 404
    assert both.lake.get(f"/organiser/petitions/{SLUG}").status_code == 404
    post(both.lead, LEAD_PAGE, organisation="lake-friends")
    assert partners_of(app) == [(1, "declined"), (2, "invited")]


@pytest.mark.parametrize("side", ["lead", "lake"])
def test_either_side_ends_it_and_the_partner_leaves_the_page_and_its_desk(app: Flask, both: Sides, side: str) -> None:
    accepted(app)
    if side == "lead":
        post(both.lead, LEAD_PAGE, end="1")
    else:
        post(both.lake, LAKE_PAGE, do="end")
    assert partners_of(app) == [(1, "ended")]
    assert "Lake Friends" not in app.test_client().get(PUBLIC).text
    assert both.lake.get(f"/organiser/petitions/{SLUG}").status_code == 404
    assert "ended" in both.lead.get(LEAD_PAGE).text


def test_an_answer_given_twice_or_too_late_changes_nothing(app: Flask, both: Sides) -> None:
    accepted(app)
    assert post(both.lake, LAKE_PAGE, do="decline").status_code == 422
    assert partners_of(app) == [(1, "accepted")]
    token = re.search(r'name="csrf_token" value="([^"]+)"', both.lake.get(LAKE_PAGE).text)
    ended(app)
    assert token
    late = both.lake.post(LAKE_PAGE, data={"csrf_token": token[1], "do": "accept"})
    assert late.status_code == 404
    assert partners_of(app) == [(1, "ended")]


def test_both_organisations_read_each_step_in_their_audit_logs(app: Flask, both: Sides) -> None:
    post(both.lead, LEAD_PAGE, organisation="lake-friends")
    post(both.lake, LAKE_PAGE, do="accept")
    post(both.lead, LEAD_PAGE, end="1")
    for client, slug in ((both.lead, "river-friends"), (both.lake, "lake-friends")):
        log = client.get(f"/organiser/organisations/{slug}/audit").text
        for words in ("asked lake-friends", "accepted for lake-friends", "ended that lake-friends"):
            assert words in log


def test_only_owners_answer_and_only_for_their_own_organisation(app: Flask, both: Sides) -> None:
    add_lake(app, "sea-friends", "Sea Friends", "owner@sea.example.org")
    post(both.lead, LEAD_PAGE, organisation="lake-friends")
    assert both.lead.get(LAKE_PAGE).status_code == 404
    assert signed_in(app, "owner@sea.example.org").get(LAKE_PAGE).status_code == 404
    lake = sa.select(Organisation.id).where(Organisation.slug == "lake-friends").scalar_subquery()
    with app.app_context(), writing() as session:
        session.execute(sa.update(Membership).where(Membership.organisation_id == lake).values(role=Role.EDITOR))
    assert both.lake.get(LAKE_PAGE).status_code == 404


def test_only_the_leads_owners_and_editors_ask_and_a_partner_never(app: Flask, both: Sides) -> None:
    accepted(app)
    assert both.lake.get(LEAD_PAGE).status_code == 404
    assert both.lake.post(LEAD_PAGE, data={"organisation": "sea-friends"}).status_code == 404


def test_a_form_without_its_token_does_nothing(app: Flask, both: Sides) -> None:
    post(both.lead, LEAD_PAGE, organisation="lake-friends")
    assert both.lead.post(LEAD_PAGE, data={"end": "1"}).status_code == 403
    assert both.lake.post(LAKE_PAGE, data={"do": "accept"}).status_code == 403
    assert partners_of(app) == [(1, "invited")]


def test_a_partner_keeps_the_name_that_signers_agreed_to(app: Flask, both: Sides) -> None:
    accepted(app)
    renamed(app, "lake-friends", "Nuclear Friends")
    page = app.test_client().get(PUBLIC).text
    assert "Lake Friends may write to me" in page
    assert "Nuclear" not in page


def test_a_partner_sees_a_draft_too_and_nobody_else_does(app: Flask, both: Sides) -> None:
    accepted(app)
    with app.app_context(), writing() as session:
        session.execute(sa.update(Petition).values(state=State.DRAFT))
    assert both.lake.get(f"/organiser/petitions/{SLUG}").status_code == 200
    assert both.lake.get(f"/organiser/petitions/{SLUG}/edit").status_code == 404


def test_an_organisation_of_another_petition_is_no_partner_of_this(app: Flask, both: Sides) -> None:
    accepted(app)
    add_petition(app, "other")
    assert both.lake.get("/organiser/petitions/other").status_code == 404


def test_the_boxes_of_many_partners_are_folded(app: Flask, both: Sides) -> None:
    for number in range(1, 6):
        add_lake(app, f"lake-{number}", f"Lake {number}", f"owner{number}@lake.example.org")
        accepted(app, f"lake-{number}", f"owner{number}@lake.example.org")
    page = app.test_client().get(PUBLIC).text
    assert "News from partners, if you like" in page
    assert page.count("may write to me about this") == 5
