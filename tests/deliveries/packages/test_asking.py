"""Asking for packages: what would be in them, who may ask, what is refused, what is written down."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from petition.accounts.models import User
from petition.core.audit import AuditEntry
from petition.core.clock import now
from petition.core.db import read_again, writing
from petition.core.errors import NotFound
from petition.deliveries.missions.models import Mission
from petition.deliveries.packages import service
from petition.deliveries.packages.models import Package
from petition.organisations.models import Membership, Role
from petition.organisations.roles import Action
from petition.petitions import service as petitions
from petition.petitions.models import Petition, State
from tests.conftest import SLUG
from tests.deliveries.packages.making import MISSION, add_mission, asked, frozen_lines, now_as

CAIRO, HOUSTON = "cn-eg-cairo-embassy", "cn-us-houston-embassy"


def ask(app: Flask, *missions: str, actor: str | None = None, **how: Any) -> list[Package]:
    """Asks for packages, as somebody with that address or on the command line."""
    with app.app_context(), writing() as session:
        petition = petitions.find(session, SLUG)
        found = [session.get_one(Mission, one) for one in missions]
        who = actor and session.scalars(sa.select(User).where(User.email == actor)).one()
        return service.ask(session, who, petition, found, **{"language": "en"} | how)


def test_what_is_counted_before_is_what_is_in_the_package(app: Flask, everybody: None) -> None:
    for countries in ((), ("KR", "JP", "IN"), ("FR",)):
        with app.app_context():
            session = read_again()
            petition = petitions.find(session, SLUG)
            seen = service.count_shown(session, petition.id, countries, None, None)
            assert seen.total == sum(seen.by_country.values())
        package = asked(app, countries=countries)
        if not seen.total:
            continue
        lines = frozen_lines(app, package)
        facts = now_as(app, package).facts
        assert facts["shown"] == {"full": seen.full, "initials": seen.initials, "count": seen.count}
        assert {one["code"]: one["signature_count"] for one in facts["signatures_by_country"]} == seen.by_country
        assert len(lines) == seen.total
    assert (seen.total, seen.by_country) == (0, {})


def test_packages_are_numbered_in_the_order_of_their_missions_and_written_down(app: Flask, everybody: None) -> None:
    add_mission(app, CAIRO)
    ask(app, MISSION)
    ask(app, CAIRO, MISSION, CAIRO, countries="host", actor="owner@river.example.org")
    with app.app_context():
        session = read_again()
        found = session.execute(
            sa.select(Package.number, Package.mission_slug, Package.countries, Package.state).order_by(Package.number)
        ).all()
        entries = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "package asked")).all()
        owner = session.scalars(sa.select(User.id).where(User.email == "owner@river.example.org")).one()
    assert found == [(1, MISSION, [], "waiting"), (2, CAIRO, ["EG"], "waiting"), (3, MISSION, ["GB"], "waiting")]
    assert [(one.details["number"], one.actor) for one in sorted(entries, key=lambda one: one.number)] == [
        (1, "command line"),
        (2, str(owner)),
        (3, str(owner)),
    ]


@pytest.mark.parametrize(
    ("missions", "how"),
    [
        ([], {}),
        ([HOUSTON], {}),
        ([MISSION, HOUSTON], {}),
        ([MISSION], {"countries": ["KR", "QQ"]}),
        ([MISSION], {"language": "xx"}),
        ([MISSION], {"since": now(), "until": now() - timedelta(days=1)}),
    ],
)
def test_what_cannot_be_made_is_refused_as_a_whole(
    app: Flask, everybody: None, missions: list[str], how: dict[str, Any]
) -> None:
    add_mission(app, HOUSTON, closed_on=date(2020, 7, 24))
    with pytest.raises(service.PackageRefused):
        ask(app, *missions, **how)
    with app.app_context():
        assert read_again().scalar(sa.select(sa.func.count()).select_from(Package)) == 0


def test_a_mission_that_closes_later_still_gets_one(app: Flask, everybody: None) -> None:
    add_mission(app, HOUSTON, closed_on=now().date() + timedelta(days=2))
    assert len(ask(app, HOUSTON)) == 1


def test_a_petition_that_nobody_can_see_has_no_packages(app: Flask, everybody: None) -> None:
    with app.app_context(), writing() as session:
        session.execute(sa.update(Petition).values(state=State.DRAFT))
    with pytest.raises(service.PackageRefused):
        ask(app, MISSION)


@pytest.mark.parametrize("role", [Role.EDITOR, Role.MODERATOR, Role.OBSERVER])
def test_only_who_may_build_packages_asks_for_them_and_finds_them(app: Flask, everybody: None, role: Role) -> None:
    package = asked(app)
    with app.app_context(), writing() as session:
        owner = session.scalars(sa.select(User).where(User.email == "owner@river.example.org")).one()
        assert service.find_for(session, owner, Action.BUILD_PACKAGES, package.id).number == 1
        session.execute(sa.update(Membership).values(role=role))
    with pytest.raises(NotFound):
        ask(app, MISSION, actor="owner@river.example.org")
    with app.app_context():
        session = read_again()
        owner = session.scalars(sa.select(User).where(User.email == "owner@river.example.org")).one()
        with pytest.raises(NotFound):
            service.find_for(session, owner, Action.BUILD_PACKAGES, package.id)


def test_only_what_failed_is_tried_again(app: Flask, everybody: None) -> None:
    package = asked(app)
    with app.app_context():
        with pytest.raises(service.PackageNotReady), writing() as session:
            service.retry(session, None, session.get_one(Package, package.id))
        with writing() as session:
            session.execute(sa.update(Package).values(state="failed", failure="No room."))
        with writing() as session:
            service.retry(session, None, session.get_one(Package, package.id))
    again = now_as(app, package)
    assert (again.state, again.failure) == ("waiting", None)


def test_whose_name_was_forgotten_is_counted(app: Flask, everybody: None) -> None:
    with app.app_context(), writing() as session:
        session.execute(sa.text("DELETE FROM signer WHERE name = '김민지'"))
    lines = frozen_lines(app, asked(app, countries=["KR"]))
    assert [line["shown"] for line in lines] == ["count", "count"]
    with app.app_context():
        session = read_again()
        seen = service.count_shown(session, petitions.find(session, SLUG).id, ["KR"], None, None)
    assert (seen.full, seen.initials, seen.count) == (0, 0, 2)
