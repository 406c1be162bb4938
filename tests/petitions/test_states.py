"""The life of a petition: every change there is in the table happens as it says, and no other."""

from __future__ import annotations

import html
import itertools
import re
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from petition import periodic_jobs
from petition.accounts.models import User
from petition.core.audit import AuditEntry
from petition.core.clock import now
from petition.core.db import db, read_again, writing
from petition.core.errors import Forbidden
from petition.core.tokens import sign_handle
from petition.mail.models import OwedMail
from petition.organisations.models import Role
from petition.petitions import service, states, support
from petition.petitions.models import Petition, Plan, Review, State
from petition.petitions.states import TABLE, ChangeRefused, Sees, Who
from tests.conftest import SLUG, add_petition, signed_in
from tests.core.walk import delivered
from tests.petitions.writing import administrator, change, decide, go, member, state_of, texts, token_on, write
from tests.site_visits import Visits

DOCS = Path(__file__).resolve().parents[2] / "docs" / "states.md"


def test_the_docs_show_the_table_of_the_code() -> None:
    rows = [line.strip("| ").split(" | ") for line in DOCS.read_text("utf-8").splitlines() if line.startswith("| ")]
    mails = {(False, False): "none", (True, False): "organisers", (True, True): "organisers and administrators"}
    assert rows[1:] == [
        [
            one.source.value,
            one.target.value,
            ", ".join(sorted(one.who)),
            one.sees,
            mails[one.mails, one.tells_administrators],
            "needed" if one.needs_reason else "no",
        ]
        for one in TABLE
    ]
    assert rows[0][0] == "from"


def test_no_change_stands_in_the_table_twice_and_every_state_can_be_left_or_is_meant_to_last() -> None:
    pairs = [(one.source, one.target) for one in TABLE]
    assert len(pairs) == len(set(pairs))
    assert {one.source for one in TABLE} == set(State)


def user(role: str) -> User | None:
    addresses = {"organiser": "owner@river.example.org", "administrator": "admin@example.org"}
    who = {**addresses, "observer": "observer@river-friends.example.org"}.get(role)
    return db.session.scalars(sa.select(User).where(User.email == who)).one() if who else None


ACTORS = {"organiser": Who.ORGANISER, "administrator": Who.ADMINISTRATOR, "program": Who.PROGRAM, "observer": None}


def test_every_change_happens_for_whom_the_table_names_and_for_nobody_else(app: Flask) -> None:
    """All pairs of states, each tried by each kind of actor."""
    add_petition(app)
    administrator(app)
    member(app, Role.OBSERVER)
    known = {(one.source, one.target): one for one in TABLE}
    wrong = []
    with app.app_context():
        stands: State | None = None
        for source, target, role in itertools.product(State, State, ACTORS):
            if stands != source:
                change_state(source)
            row = known.get((source, target))
            expected = target if row and ACTORS[role] in row.who else source
            if (stands := attempt(target, role)) != expected:
                wrong.append(f"{role} from {source.value} to {target.value}: it is {stands.value} then")
    assert not wrong, "\n".join(wrong)


def attempt(target: State, role: str) -> State:
    """Tries it; returns what state the petition is in then."""
    try:
        with writing() as session:
            states.move(session, user(role), service.find(session, SLUG), target, "Because.")
    except (ChangeRefused, Forbidden):
        pass
    return read_again().scalars(sa.select(Petition.state).where(Petition.slug == SLUG)).one()


def change_state(state: State) -> None:
    with writing() as session:
        service.find(session, SLUG).state = state


def test_a_change_is_in_the_audit_log_and_its_mails_are_owed(app: Flask) -> None:
    add_petition(app)
    administrator(app)
    member(app, Role.EDITOR)
    member(app, Role.OBSERVER)
    organisers = {"owner@river.example.org", "editor@river-friends.example.org"}
    with app.app_context():
        for row in TABLE:
            with writing() as session:
                service.find(session, SLUG).state = row.source
                session.execute(sa.delete(OwedMail))
                before = session.scalar(sa.select(sa.func.max(AuditEntry.number))) or 0
            actor = user(min(row.who))
            with writing() as session:
                states.move(session, actor, service.find(session, SLUG), row.target, "Because.")
            mails = read_again().scalars(sa.select(OwedMail)).all()
            expected = organisers if row.mails else set()
            expected = expected | {"admin@example.org"} if row.tells_administrators else expected
            assert {mail.recipient for mail in mails} == expected, row
            (entry,) = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.number > before)).all()
            assert (entry.actor, entry.action) == (str(actor.id) if actor else "the program", "petition state")
            assert entry.details == {"source": row.source, "target": row.target, "reason": "Because."}


def test_a_reason_is_asked_for_where_the_table_says_so(app: Flask) -> None:
    add_petition(app)
    administrator(app)
    with app.app_context():
        for row in (one for one in TABLE if one.needs_reason):
            change_state(row.source)
            with pytest.raises(ChangeRefused), writing() as session:
                states.move(session, user("administrator"), service.find(session, SLUG), row.target)
            assert service.find(read_again(), SLUG).state == row.source


def test_the_public_sees_what_the_table_says(app: Flask) -> None:
    add_petition(app)
    reader = app.test_client()
    with app.app_context():
        path = f"/petitions/{SLUG}/support/{support.token(service.find(read_again(), SLUG))}"
        with writing() as session:
            session.add(Review(petition_id=service.find(session, SLUG).id, reason="It names a neighbour."))
    for state, sees in states.SEEN.items():
        change(app, state=state)
        public, secret = reader.get(f"/petitions/{SLUG}"), reader.get(path)
        seen = {
            (404, 404, False): Sees.NOTHING,
            (404, 200, False): Sees.LINK if 'name="form_token"' in secret.text else Sees.NOTHING,
            (200, 303, False): Sees.FORM if 'name="form_token"' in public.text else Sees.PAGE,
            (404, 404, True): Sees.REASON,
            (410, 303, True): Sees.GONE,
        }[public.status_code, secret.status_code, "It names a neighbour." in public.text]
        assert seen == sees, state
        assert public.status_code == 200 or "Free the river" not in public.text


@pytest.fixture
def visits(app: Flask) -> Visits:
    return Visits(app)


def support_path(owner: FlaskClient) -> str:
    page = owner.get(f"/organiser/petitions/{SLUG}/state").text
    found = re.search(r'value="http[^"]*?(/petitions/[^"]+/support/[^"]+)"', page)
    assert found
    return html.unescape(found[1])


def test_five_supporters_by_the_secret_link_bring_a_petition_to_review_and_count_once_open(
    app: Flask, visits: Visits
) -> None:
    add_petition(app, state=State.DRAFT)
    owner, admin = signed_in(app), administrator(app)
    assert go(owner, "open").status_code == 409
    assert go(owner, "gathering").status_code == 303
    path = support_path(owner)
    assert app.test_client().get(path).headers["Cache-Control"] == "no-store"
    links = []
    for number in range(6):
        known = {mail.path for mail in visits.mails()}
        sent = app.test_client().post(path, data=visits.form(email=f"s{number}@example.org"))
        assert sent.status_code == 303
        assert 'name="form_token"' not in app.test_client().get(sent.location).text, "it says to look for the mail"
        links += [mail.path for mail in visits.mails() if mail.path not in known]
    assert visits.sign("public@example.org").status_code == 404, "only by the secret link"
    public_page = f'href="/petitions/{SLUG}"'  # of which nothing is to be seen yet
    assert public_page not in app.test_client().get(links[0]).text
    assert public_page not in visits.press(links[0]).text
    for link in links[1:4]:
        assert "You are counted" in visits.press(link).text
    move_on(app)
    assert state_of(app) == State.GATHERING
    assert path in html.unescape(visits.press(links[4]).text), "supporters pass on the secret link"
    move_on(app)
    assert state_of(app) == State.REVIEW
    assert app.test_client().post(path, data=visits.form(email="late@example.org")).status_code == 409
    assert "You are counted" in visits.press(links[5]).text, "who signed in time can still confirm"
    assert decide(admin, "state", state="open").status_code == 303
    assert app.test_client().get(path).location == f"/petitions/{SLUG}"
    assert app.test_client().get(f"/api/v1/petitions/{SLUG}").json["signature_count"] == 6
    visits.work()
    told = {(mail["To"], mail["Subject"]) for mail in delivered(app) if mail["Subject"].startswith("A petition")}
    waits, opened = "A petition has its supporters and waits for review.", "A petition is open for signing."
    assert told == {
        ("owner@river.example.org", waits),
        ("owner@river.example.org", opened),
        ("admin@example.org", waits),
    }


def move_on(app: Flask) -> None:
    with app.app_context():
        periodic_jobs.move_petitions()


def test_another_link_or_another_petitions_opens_nothing(app: Flask) -> None:
    add_petition(app, state=State.GATHERING)
    other = add_petition(app, "other", state=State.GATHERING)
    with app.app_context():
        theirs, wrong = support.token(other), sign_handle("confirm", other.id.bytes)
    for slug, token in ((SLUG, theirs), (SLUG, "x"), ("other", theirs[:-1] + "~"), ("other", wrong)):
        for method in ("GET", "POST"):
            assert app.test_client().open(f"/petitions/{slug}/support/{token}", method=method).status_code == 404
    assert app.test_client().get(f"/petitions/other/support/{theirs}").status_code == 200


def test_what_supporters_signed_is_frozen(app: Flask) -> None:
    add_petition(app, state=State.DRAFT)
    owner = signed_in(app)
    assert write(owner, en__title="First").status_code == 303
    assert go(owner, "gathering").status_code == 303
    assert go(owner, "draft").status_code == 303
    assert write(owner, do="publish", en__title="Second").status_code == 303
    assert write(owner, en__title="Third").status_code == 303, "nobody could sign the second"
    assert texts(app) == [(1, {"en": "First"}), (2, {"en": "Third"})]


def test_an_empty_draft_gathers_nobody(app: Flask) -> None:
    add_petition(app)
    owner = signed_in(app)
    page = owner.get("/organiser/petitions/new").text
    form = {
        "csrf_token": token_on(page),
        "organisation": "river-friends",
        "locale": "en",
        "title": "T",
        "slug": "sea",
    }
    assert owner.post("/organiser/petitions/new", data=form).status_code == 303
    refused = go(owner, "gathering", "sea")
    assert refused.status_code == 409
    assert "Write the text" in refused.text


def test_petitions_open_and_close_on_time(app: Flask) -> None:
    opens, closes = now() + timedelta(days=2), now() + timedelta(days=4)
    add_petition(app, state=State.REVIEW, closes_at=closes)
    with app.app_context(), writing() as session:
        service.find(session, SLUG).plan = Plan(opens_at=opens)
    admin = administrator(app)
    assert decide(admin, "state", state="open").status_code == 303
    move_on(app)
    assert state_of(app) == State.REVIEW, "approved, but not its time"
    assert "approved, not open yet" in admin.get("/admin/petitions").text
    for at, state in (
        (opens - timedelta(seconds=1), State.REVIEW),
        (opens, State.OPEN),
        (closes - timedelta(seconds=1), State.OPEN),
        (closes, State.CLOSED),
    ):
        with time_machine.travel(at, tick=False):
            move_on(app)
        assert state_of(app) == state, at


def test_a_petition_in_review_that_nobody_approved_opens_at_no_time(app: Flask) -> None:
    add_petition(app, state=State.REVIEW)
    with app.app_context(), writing() as session:
        service.find(session, SLUG).plan = Plan(opens_at=now() - timedelta(days=1))
        session.add(Review(petition_id=service.find(session, SLUG).id))
    move_on(app)
    assert state_of(app) == State.REVIEW


def test_of_two_who_press_at_once_the_second_is_told(app: Flask) -> None:
    add_petition(app)
    owner = signed_in(app)
    assert go(owner, "paused").status_code == 303
    assert go(owner, "paused").status_code == 409
    assert go(owner, "nonsense").status_code == 409
    assert go(owner, "rejected").status_code == 409
    assert state_of(app) == State.PAUSED
