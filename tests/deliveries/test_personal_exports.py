"""Everything kept of signers leaves once, and only for whoever may, has just proven to be it, and says why."""

from __future__ import annotations

import csv
import io
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlsplit

import pyotp
import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from petition.accounts.models import SecondFactor, User, UserSession
from petition.core import audit_check, retention
from petition.core.audit import AuditDetail, AuditEntry
from petition.core.clock import now
from petition.core.db import read_again, writing
from petition.core.errors import TooMany
from petition.deliveries import made_files
from petition.deliveries.export import FORMATS
from petition.deliveries.models import ExportRequest, ExportState
from petition.mail.models import OwedMail
from petition.organisations.models import Membership, OrganisationRules, Role
from petition.organisations.service import find_organisation
from petition.petitions.models import Petition
from petition.worker import Worker
from tests import acts
from tests.conftest import SLUG, signed_in
from tests.core.walk import delivered
from tests.exports import SECRET, give_second_factor
from tests.petitions.writing import member

EXPORTS = f"/organiser/petitions/{SLUG}/exports"
WHY = "The ministry asks who may speak at the hearing"
OWNER, OFFICER = "owner@river.example.org", "delivery-officer@river-friends.example.org"


@dataclass
class Office:
    """The people of the organisation, each in front of a browser."""

    app: Flask
    officer: FlaskClient
    owner: FlaskClient

    def want_approval(self, wanted: bool = True) -> None:
        with self.app.app_context(), writing() as session:
            river = find_organisation(session, "river-friends")
            session.merge(OrganisationRules(organisation_id=river.id, second_factor=False, second_approval=wanted))

    def send(self, client: FlaskClient, path: str, page: str | None = None, **fields: str) -> Any:
        """Opens the page and sends a form of it."""
        token = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', client.get(page or path).text)
        return client.post(
            path,
            data=fields | ({"csrf_token": token[1]} if token else {}),
            headers={"Referer": f"http://localhost{page or path}"},
            buffered=True,
        )

    def ask(self, client: FlaskClient | None = None, **fields: str) -> str:
        """Asks for everything kept; returns the page of the request."""
        answer = self.send(client or self.officer, f"{EXPORTS}/new", **{"format": "csv", "reason": WHY} | fields)
        assert answer.status_code == 303, answer.text
        return urlsplit(answer.location).path

    def decide(self, client: FlaskClient, request: str, do: str = "approve", reason: str = "As agreed") -> Any:
        return self.send(client, f"{request}/decide", f"{EXPORTS}/new", do=do, reason=reason)

    def download(self, client: FlaskClient, request: str) -> Any:
        return self.send(client, f"{request}/download", f"{EXPORTS}/new")

    def states(self) -> list[ExportState]:
        with self.app.app_context():
            return list(read_again().scalars(sa.select(ExportRequest.state).order_by(ExportRequest.asked_at)))

    def mails(self) -> list[EmailMessage]:
        """All mails that have left about exports."""
        Worker(self.app, once=True).run()
        return [mail for mail in delivered(self.app) if "export" in mail.as_string()]

    def log(self) -> list[tuple[str, str | None]]:
        """What the audit log says of personal exports: what was done, and the reason in its erasable part."""
        with self.app.app_context():
            joined = sa.select(AuditEntry.action, AuditDetail.personal).outerjoin(
                AuditDetail, AuditDetail.number == AuditEntry.number
            )
            rows = read_again().execute(
                joined.where(AuditEntry.action.startswith("personal export")).order_by(AuditEntry.number)
            )
            return [(action, personal.get("reason")) for action, personal in rows]


@pytest.fixture
def office(app: Flask, petition: Petition) -> Office:
    """An owner and a delivery officer, both with a second factor, and three signers."""
    officer = member(app, Role.DELIVERY_OFFICER)
    owner = signed_in(app)
    for name in ("Ana Test", "Ben Test", "Eva Verborgen"):
        assert acts.confirm(app, acts.sign(app, f"{name[:3]}@mail.test", name)) == "counted"
    with app.app_context(), writing() as session:
        give_second_factor(session)
        session.execute(sa.delete(OwedMail))
    return Office(app, officer, owner)


def rows(answer: Any) -> list[list[str]]:
    return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))


def test_whoever_may_has_it_once_after_saying_why(office: Office) -> None:
    request = office.ask()
    page = office.officer.get(request).text
    assert WHY in page
    answer = office.download(office.officer, request)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert re.fullmatch(
        rf'attachment; filename="{SLUG}-\d{{4}}-\d\d-\d\d-personal.csv"', answer.headers["Content-Disposition"]
    )
    header, *people = rows(answer)
    assert header[:5] == ["n", "country", "name", "city", "comment"]
    assert sorted(row[2] for row in people) == ["Ana Test", "Ben Test", "Eva Verborgen"]
    again = office.download(office.officer, request)
    assert (again.status_code, "not open any more" in again.text) == (409, True)
    assert office.states() == [ExportState.USED]
    assert office.log() == [("personal export asked", WHY), ("personal export", WHY)]
    assert "downloaded" in office.officer.get(EXPORTS).text


@pytest.mark.parametrize("format_", ["xlsx", "jsonl"])
def test_it_comes_in_the_format_that_was_asked_for(office: Office, format_: str) -> None:
    answer = office.download(office.officer, office.ask(format=format_))
    assert answer.data.startswith({"xlsx": b"PK", "jsonl": b"{"}[format_])


@pytest.mark.parametrize("wrong", [{"reason": " "}, {"reason": "x" * 301}, {"format": "pdf"}, {"format": "exe"}])
def test_without_a_reason_or_a_format_nothing_is_asked_for(office: Office, wrong: dict[str, str]) -> None:
    answer = office.send(office.officer, f"{EXPORTS}/new", **{"format": "csv", "reason": WHY} | wrong)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert (office.states(), office.log()) == ([], [])


def test_a_second_person_is_asked_by_a_mail_that_names_nobody(office: Office) -> None:
    office.want_approval()
    request = office.ask()
    (mail,) = office.mails()
    assert mail["To"] == OWNER
    plain = mail.get_body(("plain",))
    assert plain
    assert f"{request}\n" in plain.get_content()
    for private in (WHY, "Somebody\n", OFFICER, "mail.test"):
        assert private not in plain.get_content()
    waiting = office.download(office.officer, request)
    assert (waiting.status_code, "waits for approval" in waiting.text) == (409, True)
    assert office.decide(office.owner, request).status_code == 303
    told = {one["To"]: one["Subject"] for one in office.mails()}
    assert told[OFFICER] == "Your export was approved"
    assert len(rows(office.download(office.officer, request))) == 4
    assert office.log() == [
        ("personal export asked", WHY),
        ("personal export approved", "As agreed"),
        ("personal export", WHY),
    ]
    with office.app.app_context():
        assert audit_check.verify(read_again()).number >= 3
    log = office.owner.get("/organiser/organisations/river-friends/audit").text
    assert f"asked for everything kept of the signers of {SLUG} (csv): {WHY}" in log
    assert f"approved that Somebody exports everything kept of {SLUG}: As agreed" in log


def test_what_is_refused_stays_refused(office: Office) -> None:
    office.want_approval()
    request = office.ask()
    assert office.decide(office.owner, request, "refuse", "Not needed").status_code == 303
    assert office.decide(office.owner, request).status_code == 409
    assert office.download(office.officer, request).status_code == 409
    assert "Not needed" in office.officer.get(request).text
    assert office.states() == [ExportState.REFUSED]
    assert office.log()[-1] == ("personal export refused", "Not needed")


def test_a_decision_takes_a_reason(office: Office) -> None:
    office.want_approval()
    request = office.ask()
    answer = office.decide(office.owner, request, reason="")
    assert (answer.status_code, "Say why" in answer.text) == (400, True)
    assert office.states() == [ExportState.WAITING]


def test_nobody_approves_what_they_have_asked_for(office: Office) -> None:
    office.want_approval()
    request = office.ask(office.owner)
    answer = office.decide(office.owner, request)
    assert (answer.status_code, "Somebody else has to decide" in answer.text) == (403, True)
    assert "Approve" not in office.owner.get(request).text
    assert office.states() == [ExportState.WAITING]


def test_nobody_else_downloads_it(office: Office) -> None:
    request = office.ask()
    answer = office.download(office.owner, request)
    assert (answer.status_code, "Only who asked" in answer.text) == (403, True)
    assert office.states() == [ExportState.READY]


def test_where_nobody_else_could_approve_it_is_not_asked_for(office: Office) -> None:
    office.want_approval()
    with office.app.app_context(), writing() as session:
        officer = session.scalars(sa.select(User.id).where(User.email == OFFICER)).one()
        session.execute(sa.update(Membership).where(Membership.user_id == officer).values(role=Role.EDITOR))
    answer = office.send(office.owner, f"{EXPORTS}/new", format="csv", reason=WHY)
    assert (answer.status_code, "Nobody else here" in answer.text) == (422, True)


def test_a_rule_made_since_holds_for_what_was_asked_before(office: Office) -> None:
    request = office.ask()
    office.want_approval()
    answer = office.download(office.officer, request)
    assert (answer.status_code, "by now" in answer.text) == (409, True)
    office.want_approval(False)
    waiting = office.ask()
    assert office.states() == [ExportState.TAKEN_BACK, ExportState.READY]
    assert office.download(office.officer, waiting).status_code == 200


def test_what_needed_approval_still_needs_it_when_the_rule_is_lifted(office: Office) -> None:
    office.want_approval()
    request = office.ask()
    office.want_approval(False)
    assert office.download(office.officer, request).status_code == 409


@pytest.mark.parametrize("act", ["ask", "decide", "download"])
def test_each_step_takes_a_second_factor_given_just_now(office: Office, act: str) -> None:
    office.want_approval(act == "decide")
    who = office.owner if act == "decide" else office.officer
    request = office.ask() if act != "ask" else ""
    path = {"ask": f"{EXPORTS}/new", "decide": f"{request}/decide", "download": f"{request}/download"}[act]
    page = request or f"{EXPORTS}/new"
    token = re.search(r'name="csrf_token" value="([^"]+)"', who.get(page).text)
    assert token
    before = office.states()
    with office.app.app_context(), writing() as session:
        session.execute(sa.update(UserSession).values(confirmed_at=now() - timedelta(minutes=11)))
    fields = {"csrf_token": token[1], "format": "csv", "reason": WHY, "do": "approve"}
    answer = who.post(path, data=fields, headers={"Referer": f"http://localhost{page}"})
    assert (answer.status_code, urlsplit(answer.location).path) == (303, "/account/confirm")
    assert office.states() == before
    assert who.get(page).status_code == 303, "the page with the button asks for it too"
    confirm = answer.location
    code = pyotp.TOTP(SECRET).at(now())
    back = office.send(who, confirm, code=code)
    assert (back.status_code, back.location) == (303, page)
    assert who.post(path, data=fields, buffered=True).status_code in {200, 303}
    assert office.states() != before


@pytest.mark.parametrize("act", ["ask", "decide", "download"])
def test_an_account_without_a_second_factor_can_do_none_of_it(office: Office, act: str) -> None:
    office.want_approval(act == "decide")
    request = office.ask() if act != "ask" else ""
    before = office.states()
    with office.app.app_context(), writing() as session:
        session.execute(sa.delete(SecondFactor))
    token = re.search(r'name="csrf_token" value="([^"]+)"', office.officer.get("/account").text)
    assert token
    who = office.owner if act == "decide" else office.officer
    steps: dict[str, Callable[[], Any]] = {
        "ask": lambda: office.send(who, f"{EXPORTS}/new", "/account", format="csv", reason=WHY),
        "decide": lambda: office.send(who, f"{request}/decide", "/account", do="approve", reason="Yes"),
        "download": lambda: office.send(who, f"{request}/download", "/account"),
    }
    answer = steps[act]()
    assert answer.status_code in {403, 422}
    assert "Set up a second factor" in answer.text
    assert "second factor" in who.get(request or f"{EXPORTS}/new").text
    assert office.states() == before


@pytest.mark.parametrize("act", ["decide", "download"])
def test_a_request_ends_by_itself(office: Office, act: str) -> None:
    office.want_approval(act == "decide")
    request = office.ask()
    with office.app.app_context(), writing() as session:
        session.execute(sa.update(ExportRequest).values(expires_at=now() - timedelta(seconds=1)))
    answer = office.decide(office.owner, request) if act == "decide" else office.download(office.officer, request)
    assert (answer.status_code, "not open any more" in answer.text) == (409, True)
    assert "ran out" in office.officer.get(EXPORTS).text


def test_it_waits_three_days_for_a_decision_and_one_for_its_download(office: Office) -> None:
    office.want_approval()
    request = office.ask()

    def left() -> timedelta:
        with office.app.app_context():
            return read_again().scalars(sa.select(ExportRequest.expires_at)).one() - now()

    assert timedelta(days=2, hours=23) < left() <= timedelta(days=3)
    office.decide(office.owner, request)
    assert timedelta(hours=23) < left() <= timedelta(days=1)


def test_a_role_taken_away_since_asking_takes_the_download_along(office: Office) -> None:
    request = office.ask()
    with office.app.app_context(), writing() as session:
        officer = session.scalars(sa.select(User.id).where(User.email == OFFICER)).one()
        session.execute(sa.update(Membership).where(Membership.user_id == officer).values(role=Role.OBSERVER))
    token = re.search(r'name="csrf_token" value="([^"]+)"', office.officer.get("/account").text)
    assert token
    assert office.officer.post(f"{request}/download", data={"csrf_token": token[1]}).status_code == 404
    assert office.officer.get(request).status_code == 404
    assert office.states() == [ExportState.READY]


def test_a_role_taken_away_while_the_file_is_made_keeps_it_here(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = office.ask()
    taken = made_files._take_turn

    def take_the_role_too() -> None:
        taken()
        with office.app.app_context(), writing() as session:
            session.execute(sa.delete(Membership).where(Membership.role == Role.DELIVERY_OFFICER))

    token = re.search(r'name="csrf_token" value="([^"]+)"', office.officer.get(request).text)
    assert token
    monkeypatch.setattr(made_files, "_take_turn", take_the_role_too)
    answer = office.officer.post(f"{request}/download", data={"csrf_token": token[1]})
    assert answer.status_code == 404
    assert office.states() == [ExportState.READY]
    assert [action for action, _reason in office.log()] == ["personal export asked"]


def test_two_downloads_at_once_are_one(office: Office) -> None:
    request = office.ask()
    token = re.search(r'name="csrf_token" value="([^"]+)"', office.officer.get(request).text)
    cookie = office.officer.get_cookie("petition")
    assert token
    assert cookie
    answers: list[int] = []

    def press() -> None:
        browser = office.app.test_client()
        browser.set_cookie("petition", cookie.value)
        answers.append(browser.post(f"{request}/download", data={"csrf_token": token[1]}, buffered=True).status_code)

    threads = [threading.Thread(target=press) for _one in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200, 409]
    assert [action for action, _reason in office.log()].count("personal export") == 1


def test_a_page_that_was_open_for_too_long_does_nothing(office: Office) -> None:
    office.want_approval()
    request = office.ask()
    for client, path in ((office.owner, f"{request}/decide"), (office.officer, f"{request}/download")):
        answer = client.post(path, data={"do": "approve", "reason": "Yes"})
        assert (answer.status_code, "open for too long" in answer.text) == (403, True)
    assert office.states() == [ExportState.WAITING]


def test_requests_are_forgotten_after_thirty_days_and_the_file_is_nowhere(office: Office) -> None:
    request = office.ask()
    assert office.download(office.officer, request).status_code == 200
    instance = office.app.config["INSTANCE"]
    assert not [path for path in instance.rglob("*") if path.suffix in {".csv", ".part", ".tmp"}]
    with office.app.app_context():
        retention.purge()
    assert len(office.states()) == 1
    with time_machine.travel(now() + timedelta(days=31)), office.app.app_context():
        retention.purge()
    assert office.states() == []


def test_a_few_lists_are_made_at_a_time(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    request = office.ask()
    monkeypatch.setattr(made_files, "_turns", threading.BoundedSemaphore(1))
    page = f"/organiser/petitions/{SLUG}/list.csv"

    def meanwhile(stream: Any) -> None:
        for answer in (office.owner.get(page), office.download(office.officer, request)):
            assert (answer.status_code, answer.headers["Retry-After"]) == (429, "60")

    with office.app.app_context(), made_files.whole(meanwhile) as file:
        file.close()
    assert office.states() == [ExportState.READY], "who has to wait has not used it up"
    assert office.download(office.officer, request).status_code == 200


def test_a_turn_ends_with_the_answer_whether_it_was_read_or_not(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(made_files, "_turns", threading.BoundedSemaphore(1))

    def begun() -> Any:
        return made_files.sent_while_written(lambda stream: stream.write(b"list"), "list.zip", "application/zip")

    with app.test_request_context():
        unread = begun()
        with pytest.raises(TooMany):
            begun()
        unread.close()
        read = begun()
        assert b"".join(read.iter_encoded()) == b"list"
        read.close()
        begun().close()


def test_a_workbook_that_takes_too_long_is_refused_and_says_what_to_take(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = office.ask(format="xlsx")
    monkeypatch.setattr(made_files, "MOST_CELLS", 3 * 5)
    assert office.officer.get(f"/organiser/petitions/{SLUG}/list.xlsx", buffered=True).status_code == 200
    refused = office.download(office.officer, request)
    assert (refused.status_code, "Take CSV" in refused.text) == (400, True)
    assert office.states() == [ExportState.READY]
    monkeypatch.setattr(made_files, "MOST_CELLS", 3 * 5 - 1)
    assert office.officer.get(f"/organiser/petitions/{SLUG}/list.xlsx").status_code == 400


def test_the_page_offers_the_plain_list_in_every_format(office: Office) -> None:
    page = office.officer.get(EXPORTS).text
    for format_ in FORMATS:
        assert f"/organiser/petitions/{SLUG}/list.{format_}" in page
    assert EXPORTS in office.officer.get(f"/organiser/petitions/{SLUG}").text
