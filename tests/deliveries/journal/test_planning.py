"""Planning deliveries: at the mission's own time, one or twenty at once, anew with the former time kept."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from flask import Flask

from petition.core.db import read_again, writing
from petition.deliveries.journal import service
from petition.deliveries.journal.models import Delivery
from petition.petitions import service as petitions
from tests.conftest import add_petition
from tests.deliveries.journal import made
from tests.deliveries.journal.conftest import ALL, MINE, Officer


def instants(officer: Officer, ids: list[str]) -> list[str]:
    return [officer.planned_at(one).strftime("%m-%dT%H:%M") for one in ids]


def test_one_time_for_many_missions_is_that_time_by_the_clocks_of_each(officer: Officer) -> None:
    with officer.app.app_context(), writing() as session:
        chosen = [made.add_mission(session, city).slug for city in ("London", "Seoul", "New York", "Sydney")]
    officer.done(f"{MINE}/new?of=ZZ", missions=chosen, at="2026-03-01T12:00")
    with officer.app.app_context():
        found = read_again().query(Delivery).all()
        planned = {one.mission.city: one.planned_at for one in found}
    noon = {"London": 12, "Seoul": 3, "New York": 17, "Sydney": 1}
    assert planned == {city: datetime(2026, 3, 1, hour, tzinfo=UTC) for city, hour in noon.items()}
    public = officer.look(ALL)
    assert public.count('<bdi dir="ltr">12:00</bdi>') == 4
    assert "4 planned" in public


def test_noon_stays_noon_when_clocks_have_been_put_forward_meanwhile(officer: Officer) -> None:
    (one,) = officer.plan("New York", at="2026-03-01T12:00")
    assert instants(officer, [one]) == ["03-01T17:00"]
    officer.done(f"/organiser/deliveries/{one}/plan", at="2026-03-15T12:00", note="They asked", anew="yes")
    assert instants(officer, [one]) == ["03-15T16:00"]
    page = officer.look(f"/deliveries/{one}")
    assert "12:00 UTC−4" in page
    assert "12:00 UTC−5" in page, "the former time, by the clocks of then"
    assert "They asked" in page


@pytest.mark.parametrize(
    ("city", "at", "instant"),
    [
        ("New York", "2026-03-08T01:59", "03-08T06:59"),
        ("New York", "2026-03-08T03:00", "03-08T07:00"),
        ("New York", "2026-11-01T01:30", "11-01T05:30"),  # it comes twice: the first
        ("Sydney", "2026-04-05T02:30", "04-04T15:30"),
        ("London", "2026-10-25T01:30", "10-25T00:30"),
        ("Seoul", "2026-03-08T02:30", "03-07T17:30"),
    ],
)
def test_times_about_a_change_of_clocks(officer: Officer, city: str, at: str, instant: str) -> None:
    assert instants(officer, officer.plan(city, at=at)) == [instant]


def test_a_time_that_the_clocks_leave_out_is_refused_for_all_and_names_the_city(officer: Officer) -> None:
    with officer.app.app_context(), writing() as session:
        chosen = [made.add_mission(session, city).slug for city in ("Seoul", "New York")]
    for at in ("2026-03-08T02:30", "", "noon", "9999-12-31T23:59", "0001-01-01T00:00"):
        answer = officer.press(f"{MINE}/new?of=ZZ", missions=chosen, at=at)
        assert answer.status_code == 422, at
        assert f"a day and time that there is in {'New York' if at.startswith('2026') else 'Seoul'}" in answer.text
        assert answer.text.count(" checked") == 2, "what was ticked stays ticked"
    assert "No delivery is planned yet." in officer.look(ALL)


def test_a_closed_mission_is_shown_and_gets_no_delivery_from_its_last_day_on(officer: Officer) -> None:
    with officer.app.app_context(), writing() as session:
        shut = made.add_mission(session, "London", closed_on=date(2020, 7, 24)).slug
        made.add_mission(session, "Seoul")
    page = officer.browser.get(f"{MINE}/new?of=ZZ&all=yes").text
    assert "closed on 24 July 2020" in page
    assert page.count(" checked") == 1, "all that are open"
    refused = officer.press(f"{MINE}/new?of=ZZ", missions=shut, at="2020-07-24T12:00")
    assert (refused.status_code, "This mission is closed" in refused.text) == (422, True)
    officer.done(f"{MINE}/new?of=ZZ", missions=shut, at="2020-07-23T12:00")


def test_who_chooses_no_mission_or_one_of_another_state_is_told(officer: Officer) -> None:
    with officer.app.app_context(), writing() as session:
        other = made.add_mission(session, "Seoul", sending_state="YY", slug="yy-kr-seoul-embassy").slug
        made.add_mission(session, "London")
    for chosen in ([], [other], ["nowhere"]):
        answer = officer.press(f"{MINE}/new?of=ZZ", missions=chosen, at="2026-03-01T12:00")
        assert (answer.status_code, "Choose a mission." in answer.text) == (422, True)


def test_missions_to_choose_from_are_first_those_of_the_addressee(app: Flask, officer: Officer) -> None:
    add_petition(app, "to-china", addressee_country="ZZ")
    with app.app_context(), writing() as session:
        made.add_mission(session, "Seoul", sending_state="AA", slug="aa-kr-seoul-embassy")
        made.add_mission(session, "London")
    page = officer.browser.get("/organiser/petitions/to-china/deliveries/new").text
    assert "London, Embassy" in page
    assert "Seoul, Embassy" not in page
    assert 'of=AA"' in page


def test_a_petition_has_so_many_deliveries_and_no_more(officer: Officer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "MOST", 2)
    officer.plan("London", "Seoul")
    with pytest.raises(service.PlanRefused, match="2 deliveries at most"):
        officer.plan("Sydney")


def test_a_cancelled_delivery_says_why_and_can_be_planned_anew(officer: Officer) -> None:
    (one,) = officer.plan("London")
    plan = f"/organiser/deliveries/{one}/plan"
    assert officer.press(plan, at="", cancel="yes").status_code == 422, "without a reason"
    officer.done(plan, at="", cancel="yes", note="The street is closed")
    assert "Cancelled" in officer.look(f"/deliveries/{one}")
    assert "The street is closed" in officer.look(f"/deliveries/{one}")
    again = officer.press(plan, at="", cancel="yes", note="Twice")
    assert "not planned any more" in again.text
    officer.done(plan, at="2026-03-01T12:00", anew="yes", note="It is open again")
    assert officer.look(ALL).count("Planned") > 1
    same = officer.press(plan, at="2026-03-01T12:00", anew="yes", note="Again")
    assert (same.status_code, "for this time already" in same.text) == (422, True)


def test_only_a_ready_package_of_the_petition_for_the_mission_can_be_chosen(app: Flask, officer: Officer) -> None:
    one, other = officer.plan("London", "Seoul")
    add_petition(app, "another")
    fits = officer.package(one)
    with app.app_context(), writing() as session:
        london = session.get_one(Delivery, UUID(one)).mission
        wrong = [
            made.add_package(session, petitions.find(session, "another"), london).id,
            made.with_package(session, session.get_one(Delivery, UUID(other)), number=2).id,
            made.with_package(session, session.get_one(Delivery, UUID(one)), number=3, state="building").id,
        ]
    page = f"/organiser/deliveries/{one}"
    assert re.findall(r'<option value="([^"]+)"', officer.desk(one)) == [fits]
    for package in (*wrong, "x", one):
        assert officer.press(page, package=package).status_code == 422
    officer.done(page, package=fits)
    assert "35,102 signatures" in officer.look(ALL)
    officer.done(page, package="")
    assert "35,102 signatures" not in officer.look(ALL)


def test_the_desk_names_the_next_delivery(officer: Officer) -> None:
    officer.plan("London", at="2020-01-01T12:00")
    assert "Next delivery" not in officer.browser.get("/organiser").text
    officer.plan("Seoul", at="2099-06-01T12:00")
    officer.plan("Sydney", at="2099-07-01T12:00")
    page = officer.browser.get("/organiser").text
    assert re.search(r"Next delivery: <bdi>Seoul, Embassy</bdi> · .*1 June 2099, <bdi dir=\"ltr\">12:00 UTC\+9", page)
    assert "Sydney" not in page
