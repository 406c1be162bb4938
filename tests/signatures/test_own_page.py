"""The signer's own page: reached only from the mailbox, and every change moves the tally with it."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
import time_machine
from flask.testing import FlaskClient

from petition.core.clock import now
from petition.deliveries.packages.models import PackageLine
from petition.signatures.models import Signature, Signer
from tests.conftest import SLUG, add_petition
from tests.site_visits import Response, Visits

SAID = {"name": "Ana Test", "country": "KR"}


def opened(visits: Visits, address: str) -> FlaskClient:
    """A browser in which the mailed link to the own page was used."""
    browser = visits.app.test_client()
    assert browser.post("/my", data={"email": address}).status_code == 303
    path = [mail.path for mail in visits.mails(address) if mail.path.startswith("/my/")][-1]
    assert browser.post(path).headers["Location"] == "/my"
    return browser


def only_ref(visits: Visits, browser: FlaskClient) -> str:
    (ref,) = visits.refs(browser)
    return ref


def ref_of(visits: Visits, browser: FlaskClient, name: str) -> str:
    (ref,) = [ref for ref in visits.refs(browser) if f'value="{name}"' in browser.get(f"/my/signatures/{ref}").text]
    return ref


def change(visits: Visits, browser: FlaskClient, **fields: str) -> Response:
    return visits.change(browser, only_ref(visits, browser), **SAID | fields)


def test_confirming_opens_the_own_page_without_another_mail(visits: Visits) -> None:
    browser = visits.counted("ana@example.org")
    assert "Counted since" in browser.get("/my").text
    assert visits.work() == 0


@pytest.mark.parametrize("also", ["another link of the same person", "a third person's link"])
def test_a_link_that_counts_nobody_still_opens_the_own_page(visits: Visits, also: str) -> None:
    names = ["Ana Test", "Ana Test"] if also.startswith("another") else ["Ana Test", "Ben Test", "Eva Test"]
    paths = [visits.link("ana@example.org", name=name) for name in names]
    for path in paths:
        browser = visits.app.test_client()
        page = visits.press(path, browser)
    assert "You are counted" not in page.text
    assert "Counted since" in browser.get("/my").text


def test_a_day_after_confirming_its_link_opens_the_own_page_no_more(visits: Visits) -> None:
    path = visits.link("ana@example.org")
    visits.press(path)
    for hours, opens in ((23, True), (25, False)):
        with time_machine.travel(now() + timedelta(hours=hours), tick=True):
            browser = visits.app.test_client()
            assert "You are counted" in visits.press(path, browser).text
            assert ("Counted since" in browser.get("/my").text) is opens


def test_the_session_lasts_half_an_hour(visits: Visits) -> None:
    browser = visits.counted("ana@example.org")
    ref = only_ref(visits, browser)
    with time_machine.travel(now() + timedelta(minutes=29), tick=True):
        assert browser.get(f"/my/signatures/{ref}").status_code == 200
    with time_machine.travel(now() + timedelta(minutes=31), tick=True):
        assert browser.get(f"/my/signatures/{ref}").status_code == 403
        assert browser.get("/my/data.json").status_code == 403
        assert 'name="email"' in browser.get("/my").text


def test_the_mailed_link_works_for_a_day(visits: Visits) -> None:
    visits.app.test_client().post("/my", data={"email": "ana@example.org"})
    (mail,) = visits.mails("ana@example.org")
    with time_machine.travel(now() + timedelta(hours=23), tick=True):
        assert visits.app.test_client().get(mail.path).status_code == 200
    with time_machine.travel(now() + timedelta(hours=25), tick=True):
        assert visits.app.test_client().get(mail.path).status_code == 404
        assert visits.app.test_client().post(mail.path).status_code == 404


def test_leaving_ends_the_session_on_the_server_too(visits: Visits) -> None:
    browser = visits.counted("ana@example.org")
    copied = browser.get_cookie("petition")
    assert copied
    token = re.search(r'name="csrf_token" value="([^"]+)"', browser.get("/my").text)
    assert token
    browser.post("/my/leave", data={"csrf_token": token[1]})
    thief = visits.app.test_client()
    thief.set_cookie("petition", copied.value)
    assert 'name="email"' in thief.get("/my").text


def test_the_mailbox_sees_what_it_signed_everywhere_and_the_confirm_link_only_its_petition(visits: Visits) -> None:
    add_petition(visits.app, "another", title="Another matter")
    visits.counted("ana@example.org")
    browser = visits.counted("Ana+x@example.org", "another")
    assert len(visits.refs(browser)) == 1
    assert len(visits.refs(opened(visits, "ANA@example.org"))) == 2


def test_nobody_reaches_another_s_signature(visits: Visits) -> None:
    ana, eva = visits.counted("ana@example.org"), visits.counted("eva@example.org", name="Eva")
    ana_ref, eva_ref = only_ref(visits, ana), only_ref(visits, eva)
    before = visits.everything()
    token = re.search(r'name="csrf_token" value="([^"]+)"', ana.get(f"/my/signatures/{ana_ref}").text)
    assert token
    form = {**SAID, "csrf_token": token[1]}
    hexes = visits.ids("signature")
    for ref in (eva_ref, "0" * 32, *hexes):
        assert ana.get(f"/my/signatures/{ref}").status_code == 404
        for act in ("", "/withdraw", "/erase"):
            assert ana.post(f"/my/signatures/{ref}{act}", data=form).status_code == 404
    assert visits.everything() == before
    assert "Eva" not in ana.get("/my/data.json").text


@pytest.mark.parametrize("act", ["", "/withdraw", "/erase"])
def test_a_change_without_the_page_s_token_is_refused(visits: Visits, act: str) -> None:
    browser = visits.counted("ana@example.org")
    before = visits.everything()
    answer = browser.post(f"/my/signatures/{only_ref(visits, browser)}{act}", data={**SAID, "name": "Forged"})
    assert answer.status_code in {403, 422}
    assert visits.everything() == before


def test_ids_never_leave_the_server(visits: Visits) -> None:
    browser = visits.counted("ana@example.org")
    ref = only_ref(visits, browser)
    ids = visits.ids("signature") + visits.ids("petition")
    for path in ("/my", f"/my/signatures/{ref}", "/my/data.json", f"/petitions/{SLUG}", f"/api/v1/petitions/{SLUG}"):
        shown = browser.get(path).text.lower().replace("-", "")
        assert not [one for one in ids if one in shown], path


def test_a_correction_moves_the_tally_in_the_hour_of_confirming(visits: Visits) -> None:
    start = now().replace(minute=10)
    with time_machine.travel(start - timedelta(hours=5), tick=True):
        path = visits.link("ana@example.org", name="Ana Tset", country="KR", city="Seoul")
        visits.press(path)
    with time_machine.travel(start, tick=True):
        browser = opened(visits, "ana@example.org")
        answer = change(visits, browser, country="JP", city="", comment="Because", list_name="full", show_name="yes")
        assert answer.status_code == 303
        assert visits.rows("SELECT name, city, comment FROM signer") == [("Ana Test", None, "Because")]
        assert visits.rows("SELECT country, list_name, show_name FROM signature") == [("JP", 2, 1)]
        series = visits.app.test_client().get(f"/api/v1/petitions/{SLUG}/tally?by=hour&country=JP").json
        assert [point["start"][11:13] for point in series["series"]] == [f"{start - timedelta(hours=5):%H}"]
        assert visits.api()["signatures_by_country"] == [{"code": "JP", "name": "Japan", "signature_count": 1}]


def test_a_refused_correction_changes_nothing_and_keeps_what_was_typed(visits: Visits) -> None:
    browser = visits.counted("ana@example.org")
    before = visits.everything()
    page = change(visits, browser, name="\u200b", city="Busan")
    assert page.status_code == 422
    assert 'value="Busan"' in page.text
    assert visits.everything() == before


def test_the_two_people_of_an_address_cannot_take_one_name(visits: Visits) -> None:
    visits.counted("ana@example.org", name="Ana Test")
    browser = visits.counted("ana@example.org", name="Ben Test")
    before = visits.everything()
    ben = ref_of(visits, browser, "Ben Test")
    page = visits.change(browser, ben, name="ana  TEST", country="US")
    assert page.status_code == 400
    assert "already has that name" in page.text
    assert 'value="ana TEST"' in page.text
    assert visits.everything() == before


def test_news_need_the_address_again_and_it_must_be_the_same_mailbox(visits: Visits) -> None:
    browser = visits.counted("ana@example.org")
    for typed, why in (
        ("", "type your e-mail address again"),
        ("eva@example.org", "not the address you signed with"),
    ):
        page = change(visits, browser, updates="yes", email=typed)
        assert page.status_code == 400
        assert why in page.text
        assert visits.rows("SELECT address FROM signer") == [(None,)]
    assert change(visits, browser, updates="yes", email="not an address").status_code == 422
    assert change(visits, browser, updates="yes", email="ANA+news@example.org").status_code == 303
    assert visits.rows("SELECT address, updates FROM signer, signature") == [("ANA+news@example.org", 1)]
    assert change(visits, browser, updates="yes", city="Seoul").status_code == 303
    assert change(visits, browser).status_code == 303
    assert visits.rows("SELECT address, updates FROM signer, signature") == [(None, 0)]


def test_withdrawing_frees_the_place_and_may_be_repeated(visits: Visits) -> None:
    visits.counted("ana@example.org", name="Ben Test")
    browser = visits.counted("ana@example.org", updates="yes")
    ana = ref_of(visits, browser, "Ana Test")
    (form,) = re.findall(r'name="csrf_token" value="([^"]+)"', browser.get("/my").text)
    for _time in range(2):
        assert browser.post(f"/my/signatures/{ana}/withdraw", data={"csrf_token": form}).status_code == 303
    assert visits.total() == 1
    assert visits.rows("SELECT address FROM signer WHERE name = 'Ana Test'") == [(None,)]
    assert "no longer counts" in browser.get("/my?done=withdrawn").text
    visits.counted("ana@example.org", name="Eva Test")
    assert visits.total() == 2


def test_the_link_of_a_withdrawn_signature_counts_it_no_more(visits: Visits) -> None:
    path = visits.link("ana@example.org")
    browser = visits.app.test_client()
    visits.press(path, browser)
    visits.change(browser, only_ref(visits, browser), "withdraw")
    assert "This link has ended." in visits.press(path).text
    assert visits.total() == 0


def test_erasing_leaves_no_row_of_the_person_and_the_counts_add_up(visits: Visits) -> None:
    visits.counted("eva@example.org", name="Eva")
    before = {table: len(rows) for table, rows in visits.everything().items()}
    visits.link("ana@example.org", name="ANA TEST")
    visits.sign("ana+again@example.org")
    path = visits.link("ana@example.org", name="Ana Test", city="Busan", updates="yes")
    browser = visits.app.test_client()
    visits.press(path, browser)
    assert visits.total() == 2
    for ref in visits.refs(browser):
        if "Withdraw my signature" in browser.get(f"/my/signatures/{ref}").text:
            assert visits.change(browser, ref, "erase").status_code == 303
    assert "There is no signature of this address." in browser.get("/my").text
    left = {table: len(rows) for table, rows in visits.everything().items()}
    for table in ("signature", "signer", "outbox"):
        assert left[table] == before[table], table
    assert "Ana" not in repr(visits.everything())
    assert visits.total() == 1
    assert "not known here any more" in visits.press(path).text


def test_erasing_takes_what_is_left_of_expired_attempts_along_but_not_another_person_s(visits: Visits) -> None:
    with time_machine.travel(now() - timedelta(days=15), tick=True):
        visits.link("ana@example.org")
    visits.purge()
    visits.counted("ana@example.org", name="Ben Test")
    browser = visits.counted("ana@example.org", name="Ana Test")
    ana = ref_of(visits, browser, "Ana Test")
    visits.change(browser, ana, "erase")
    assert visits.rows("SELECT name, state FROM signature LEFT JOIN signer ON id = signature_id") == [("Ben Test", 1)]


def test_an_attempt_that_was_never_confirmed_can_be_erased(visits: Visits) -> None:
    visits.link("ana@example.org", name="A Stranger")
    browser = opened(visits, "ana@example.org")
    assert "Not counted" in browser.get("/my").text
    assert visits.change(browser, only_ref(visits, browser), "erase").status_code == 303
    assert visits.rows("SELECT * FROM signer") == []


def test_the_download_holds_everything_that_is_kept(visits: Visits) -> None:
    browser = visits.counted(
        "ana@example.org", name="Ána", country="IS", city="Ísafjörður", comment="É", list_name="full", updates="yes"
    )
    answer = browser.get("/my/data.json")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="my-signatures.json"'
    assert answer.headers["Cache-Control"] == "no-store"
    (own,) = json.loads(answer.data)["signatures"]
    said = ("name", "country", "city", "comment", "email", "email_domain", "list_name", "show_name", "updates")
    assert [own[key] for key in said] == [
        "Ána", "IS", "Ísafjörður", "É", "ana@example.org", "example.org", "full", False, True
    ]  # fmt: skip
    assert (own["state"], own["origin"], own["text"]["version"]) == ("confirmed", "web", 1)
    assert own["consent"]["version"]
    assert own["signed_at"] < own["confirmed_at"]


def test_no_column_is_left_out_of_the_download_by_chance() -> None:
    shown = """name city comment address country state origin created_at confirmed_at ended_at domain
        text_version consent_version consented_at locale show_name list_name updates informed_by via petition_id"""
    # Random or keyed: they say nothing about a person to anyone without the key.
    technical = """bucket id signature_id address_hash person_hash place handle code_hash
        receipt_secret network_hash"""
    columns = {column.name for table in (Signature, Signer) for column in table.__table__.columns}
    assert columns == {*shown.split(), *technical.split()}
    of_packages = "bucket signature_id package_id n line"
    assert {column.name for column in PackageLine.__table__.columns} == set(of_packages.split())


def test_asking_too_often_keeps_the_form(visits: Visits) -> None:
    browser = visits.app.test_client()
    browser.post("/my", data={"email": "ana@example.org"})
    visits.rows("UPDATE rate_hit SET hits = 30")
    page = browser.post("/my", data={"email": "ana@example.org"})
    assert page.status_code == 429
    assert int(page.headers["Retry-After"]) > 0
    assert 'value="ana@example.org"' in page.text


def test_signing_in_the_same_browser_as_somebody_else_shows_only_the_newest(visits: Visits) -> None:
    browser = visits.counted("ana@example.org", name="Ana Test")
    visits.press(visits.link("eva@example.org", name="Eva Test"), browser)
    page = browser.get("/my").text
    assert "Eva Test" in page
    assert "Ana Test" not in page
