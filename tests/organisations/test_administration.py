"""What administrators of the site can do: its switches, blocking accounts. Each stands in the audit log."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from petition.core import audit_check, switches
from petition.core.db import read_again
from petition.core.switches import Switches
from petition.organisations import mails as organisation_mails
from petition.periodic_jobs import mail_audit_head
from petition.worker import Worker
from tests.conftest import PASSWORD, SLUG
from tests.core.walk import delivered
from tests.organisations.conftest import People
from tests.organisations.test_people import id_of, send
from tests.site_visits import Visits

SWITCHES = "/admin/switches"
ACCOUNTS = "/admin/accounts"


def turn(people: People, **fields: Any) -> Any:
    return send(people.admin, SWITCHES, page="/admin", **{"reason": "a test"} | fields)


def test_pausing_stops_signing_and_confirming_politely_and_nothing_is_lost(app: Flask, people: People) -> None:
    visits = Visits(app)
    path = visits.link("ana@example.org")
    assert turn(people, signing_paused="yes").status_code == 303
    page = people.nobody.get(f"/petitions/{SLUG}").text
    assert "Signing is paused" in page
    assert "<form" not in page
    refused = visits.sign("eve@example.org")
    assert refused.status_code == 409
    assert "Signing is paused" in refused.text
    for shown in (people.nobody.get(path), visits.press(path), visits.press(path, name="Ana", country="KR")):
        assert "Signing is paused" in shown.text
        assert "use the link in the mail again later" in shown.text
    assert visits.total() == 0
    assert turn(people).status_code == 303
    assert visits.sign("eve@example.org").status_code == 303
    assert "You are counted" in visits.press(path).text
    assert visits.total() == 1


def test_a_process_that_has_not_heard_of_the_pause_yet_takes_no_signature_either(app: Flask, people: People) -> None:
    visits = Visits(app)
    path = visits.link("ana@example.org")
    with app.test_request_context():
        app.extensions["petition.kept"].clear()
        app.config["KEEP_SECONDS"] = 3600
        assert not switches.current().signing_paused
    with app.app_context():
        assert not switches.current().signing_paused
    assert turn(people, signing_paused="yes").status_code == 303
    with app.app_context():
        assert not switches.current().signing_paused
        assert switches.read(read_again()).signing_paused
    assert visits.sign("eve@example.org").status_code == 409
    assert "counted" not in visits.press(path).text.replace("not counted", "")
    assert visits.rows("SELECT count(*) FROM signature WHERE state = 1") == [(0,)]
    assert visits.rows("SELECT count(*) FROM signature") == [(1,)]


def test_a_banner_stands_on_every_page_in_the_readers_language_or_in_english(app: Flask, people: People) -> None:
    assert "banner" not in people.nobody.get("/").text
    words = {"banner_en": "We move on <b>Sunday</b>.", "banner_ko": "일요일에 옮깁니다."}
    assert turn(people, **words).status_code == 303
    for url in ("/", f"/petitions/{SLUG}", "/login", "/nowhere", f"/petitions/{SLUG}/tally", "/privacy"):
        assert "We move on &lt;b&gt;Sunday&lt;/b&gt;." in people.nobody.get(url).text
        assert "일요일에 옮깁니다." in people.nobody.get(f"{url}?lang=ko").text
        in_arabic = people.nobody.get(f"{url}?lang=ar").text
        assert 'lang="en" dir="ltr">We move on' in in_arabic
    assert "We move on" in people.member.get("/organiser").text
    turn(people)
    assert "banner" not in people.nobody.get("/").text


def test_the_switches_stand_on_their_page_as_they_were_set(app: Flask, people: People) -> None:
    turn(people, registration_closed="yes", banner_ar="غدا", reason="too many accounts")
    page = people.admin.get("/admin").text
    assert 'name="registration_closed" value="yes" checked' in page
    assert 'name="signing_paused" value="yes" checked' not in page
    assert 'value="غدا"' in page
    with app.app_context():
        assert switches.current() == Switches(registration_closed=True, banners={"ar": "غدا"})
    assert "turned the switches of the site: too many accounts" in people.admin.get("/admin/audit").text


@pytest.mark.parametrize("fields", [{"reason": ""}, {"banner_en": "x" * 301}, {"reason": "two\nlines"}])
def test_switches_are_not_turned_without_a_reason_or_with_a_bad_banner(
    app: Flask, people: People, fields: dict[str, str]
) -> None:
    assert turn(people, signing_paused="yes", **fields).status_code == 422
    with app.app_context():
        assert switches.current() == Switches()


def test_a_blocked_account_is_signed_out_and_cannot_sign_in_until_it_is_opened(app: Flask, people: People) -> None:
    owner = id_of(app, "owner@river.example.org")
    url = f"{ACCOUNTS}/{owner}"
    assert send(people.admin, f"{url}/block", page="/admin").status_code == 422
    assert people.member.get("/organiser").status_code == 200
    assert send(people.admin, f"{url}/block", page="/admin", reason="stolen").status_code == 303
    assert people.member.get("/organiser").location == "/login"
    account = {"email": "owner@river.example.org", "password": PASSWORD}
    assert send(people.nobody, "/login", page="/login", **account).status_code == 403
    assert "Blocked" in people.admin.get(f"{ACCOUNTS}?q=RIVER.example").text
    assert send(people.admin, f"{url}/unblock", page="/admin", reason="mended").status_code == 303
    assert people.member.get("/organiser").location == "/login", "the old session stays ended"
    assert send(people.nobody, "/login", page="/login", **account).status_code == 303
    log = people.admin.get("/admin/audit").text
    assert "blocked the account of Owner: stolen" in log
    assert "opened the account of Owner again: mended" in log


def test_administrators_cannot_block_themselves_or_nobody(app: Flask, people: People) -> None:
    me = id_of(app, "admin@example.org")
    assert send(people.admin, f"{ACCOUNTS}/{me}/block", page="/admin", reason="tired").status_code == 400
    assert people.admin.get("/admin").status_code == 200
    nobody = "00000000-0000-0000-0000-000000000001"
    assert send(people.admin, f"{ACCOUNTS}/{nobody}/block", page="/admin", reason="odd").status_code == 404


def test_organisations_and_accounts_are_searched(people: People) -> None:
    assert "Lake Friends" not in people.admin.get("/admin/organisations?q=river").text
    both = people.admin.get("/admin/organisations?q=FRIENDS&page=9").text
    assert "Lake Friends" in both
    assert "River Friends" in both
    found = people.admin.get(f"{ACCOUNTS}?q=lake%").text
    assert "owner@lake.example.org" not in found, "a percent sign is a percent sign"
    assert "owner@lake.example.org" in people.admin.get(f"{ACCOUNTS}?q=lake").text


def test_owners_get_the_end_of_the_log_by_mail_by_which_it_can_be_checked(app: Flask, people: People) -> None:
    with app.app_context():
        mail_audit_head()
    assert Worker(app, once=True).run() is None
    assert delivered(app) == [], "an empty log has no end"
    turn(people, reason="something to write down")
    with app.app_context():
        end = audit_check.verify(read_again())
        mail_audit_head()
    Worker(app, once=True).run()
    mails = {mail["To"]: mail.get_body(("plain",)).get_content() for mail in delivered(app)}
    assert set(mails) == {"owner@river.example.org", "owner@lake.example.org"}
    for text in mails.values():
        assert f"petition audit verify --head {end.hash}" in text
        assert "has 1 entries" in text
    assert organisation_mails.AUDIT_HEAD == "audit_head"
