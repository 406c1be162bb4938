"""Partners on the form: their links are counted, their boxes are kept, changed, and forgotten with their ends."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from petition.core.clock import now
from petition.core.db import read_again
from petition.petitions import service as petitions
from petition.petitions.models import Partner, Petition
from petition.signatures.partner_boxes import counts_by_link
from petition.signatures.retention import LINK_LIFE
from tests.conftest import SLUG, signed_in
from tests.petitions.partnership import LAKE_OWNER, accepted, add_lake, ended, post
from tests.signatures.test_same_for_everybody import statements
from tests.site_visits import Visits

PAGE = f"/petitions/{SLUG}"
ANA = "ana@example.org"


@pytest.fixture
def visits(app: Flask, petition: Petition) -> Visits:
    return Visits(app)


@pytest.fixture
def lake(visits: Visits) -> Partner:
    """Lake Friends, the first partner."""
    add_lake(visits.app)
    return accepted(visits.app)


@pytest.fixture
def sea(visits: Visits, lake: Partner) -> Partner:
    """Sea Friends, the second partner."""
    add_lake(visits.app, "sea-friends", "Sea Friends", "owner@sea.example.org")
    return accepted(visits.app, "sea-friends", "owner@sea.example.org")


def kept(visits: Visits) -> list[tuple[object, ...]]:
    """Of each signature: news, the bitmap of boxes, the link, the address."""
    rows = visits.rows(
        "SELECT updates, informed_by, via, address FROM signature s"
        " JOIN signer r ON r.bucket = s.bucket AND r.signature_id = s.id ORDER BY s.created_at"
    )
    return [(bool(updates), boxes and bytes(boxes), via, address) for updates, boxes, via, address in rows]


def sign_by(visits: Visits, code: str, browser: FlaskClient | None = None, **fields: str) -> object:
    path = f"{PAGE}/sign?by={code}"
    return (browser or visits.app.test_client()).post(path, data=visits.form(**fields))


def test_a_partners_link_shows_the_petition_to_all_from_the_same_kept_page(visits: Visits, lake: Partner) -> None:
    answer = visits.app.test_client().get(f"{PAGE}/by/{lake.code}")
    assert answer.status_code == 200
    assert "Free the river" in answer.text
    assert f'action="{PAGE}/sign?by={lake.code}#sign"' in answer.text
    assert answer.headers["Cache-Control"].startswith("public")
    visits.app.config["KEEP_SECONDS"] = 60
    visits.app.test_client().get(f"{PAGE}/by/{lake.code}")
    with statements() as seen:
        visits.app.test_client().get(f"{PAGE}/by/{lake.code}")
    assert seen == []


@pytest.mark.parametrize("code", ["zzzzz", "%20", "x" * 300, "1"])
def test_a_link_that_no_partner_has_leads_to_the_petition(visits: Visits, lake: Partner, code: str) -> None:
    answer = visits.app.test_client().get(f"{PAGE}/by/{code}")
    assert (answer.status_code, answer.location) == (303, PAGE)
    assert sign_by(visits, code).status_code == 303
    assert kept(visits) == [(False, None, None, ANA)]


def test_a_signature_keeps_by_whose_link_it_came(visits: Visits, lake: Partner, sea: Partner) -> None:
    assert sign_by(visits, sea.code).status_code == 303
    assert kept(visits) == [(False, None, 2, ANA)]
    visits.press(visits.mails()[-1].path)
    assert kept(visits) == [(False, None, 2, None)]


def test_the_link_lasts_through_errors_and_other_languages(visits: Visits, lake: Partner) -> None:
    browser = visits.app.test_client()
    wrong = sign_by(visits, lake.code, browser, name="")
    assert wrong.status_code == 422
    assert f'action="{PAGE}/sign?by={lake.code}#sign"' in wrong.text
    assert f"?by={lake.code}&amp;lang=ko" in wrong.text
    other = browser.get(f"{PAGE}/sign?by={lake.code}&lang=ko")
    assert other.location == f"{PAGE}/by/{lake.code}?lang=ko#sign"
    assert f"by={lake.code}" in browser.get(other.location).text


def test_the_link_of_an_ended_partner_counts_for_nobody(visits: Visits, lake: Partner) -> None:
    ended(visits.app)
    assert sign_by(visits, lake.code).status_code == 303
    assert kept(visits) == [(False, None, None, ANA)]


def test_signatures_by_a_link_are_told_from_ten_up_to_the_partner_and_the_lead(visits: Visits, lake: Partner) -> None:
    partner, lead = signed_in(visits.app, LAKE_OWNER), signed_in(visits.app)
    pages = [
        (partner, "/organiser"),
        (partner, f"/organiser/petitions/{SLUG}"),
        (lead, f"/organiser/petitions/{SLUG}/partners"),
    ]
    for number in range(10):
        sign_by(visits, lake.code, email=f"p{number}@example.org")
    *nine, tenth = [one for one in visits.mails() if "/confirm/" in one.path]
    for mail in nine:
        visits.press(mail.path)
    told = [browser.get(page).text for browser, page in pages]
    assert all("fewer than 10 signatures by this link" in page for page in told)
    visits.press(tenth.path)
    told = [browser.get(page).text for browser, page in pages]
    assert all("10 signatures by this link" in page and "fewer than" not in page for page in told)


def test_only_confirmed_signatures_are_counted_by_link(visits: Visits, lake: Partner) -> None:
    for number in range(12):
        sign_by(visits, lake.code, email=f"p{number}@example.org")
    with visits.app.app_context():
        assert counts_by_link(read_again(), [petitions.find(read_again(), SLUG).id]) == {}


def test_each_partner_has_an_unticked_box(visits: Visits, lake: Partner, sea: Partner) -> None:
    page = visits.app.test_client().get(PAGE).text
    form = page[page.index("<form method=") :]
    assert [f'name="informed_by-{number}"' in form for number in (1, 2, 3)] == [True, True, False]
    assert "Lake Friends may write to me about this" in form
    assert "checked" not in form


def test_a_ticked_box_alone_keeps_the_address_and_no_box_forgets_it(
    visits: Visits, lake: Partner, sea: Partner
) -> None:
    visits.counted(ANA, **{"informed_by-2": "yes"})
    visits.counted("eva@example.org", updates="yes")
    visits.counted("quiet@example.org")
    assert kept(visits) == [
        (False, b"\x04", None, ANA),
        (True, None, None, "eva@example.org"),
        (False, None, None, None),
    ]


@pytest.mark.parametrize("number", ["2", "3", "0", "999", "1000", "x", "-1"])
def test_the_box_of_no_partner_is_ignored(visits: Visits, lake: Partner, number: str) -> None:
    visits.counted(ANA, **{f"informed_by-{number}": "yes"})
    assert kept(visits) == [(False, None, None, None)]


def test_boxes_stay_ticked_when_the_form_is_shown_again(visits: Visits, lake: Partner, sea: Partner) -> None:
    wrong = visits.sign(ANA, name="", **{"informed_by-2": "yes"})
    assert 'name="informed_by-2" value="yes" checked' in wrong.text
    assert 'name="informed_by-1" value="yes" checked' not in wrong.text


def test_the_confirm_page_shows_the_boxes_and_what_stands_there_counts(
    visits: Visits, lake: Partner, sea: Partner
) -> None:
    path = visits.link(ANA, **{"informed_by-1": "yes"})
    page = visits.app.test_client().get(path).text
    assert 'name="informed_by-1" value="yes" checked' in page
    assert 'name="informed_by-2" value="yes" checked' not in page
    visits.press(path, name="Ana", country="KR", **{"informed_by-2": "yes"})
    assert kept(visits) == [(False, b"\x04", None, ANA)]


def test_a_box_ticked_for_a_partner_that_ended_before_confirming_has_no_effect(visits: Visits, lake: Partner) -> None:
    with_page, without = (visits.link(f"p{n}@example.org", **{"informed_by-1": "yes"}) for n in (1, 2))
    ended(visits.app)
    assert "Lake Friends" not in visits.app.test_client().get(with_page).text
    visits.press(with_page, name="Ana", country="KR", **{"informed_by-1": "yes"})
    visits.press(without)
    assert kept(visits) == [(False, None, None, None)] * 2


def test_the_own_page_changes_boxes_and_the_file_names_them(visits: Visits, lake: Partner, sea: Partner) -> None:
    browser = visits.counted(ANA, **{"informed_by-1": "yes"})
    (ref,) = visits.refs(browser)
    assert 'name="informed_by-1" value="yes" checked' in browser.get(f"/my/signatures/{ref}").text
    both = {"informed_by-1": "yes", "informed_by-2": "yes"}
    visits.change(browser, ref, name="Ana", country="KR", **both)
    assert kept(visits) == [(False, b"\x06", None, ANA)]
    (own,) = json.loads(browser.get("/my/data.json").text)["signatures"]
    assert (own["informed_by"], own["shared_by"]) == (["Lake Friends", "Sea Friends"], None)
    visits.change(browser, ref, name="Ana", country="KR")
    assert kept(visits) == [(False, None, None, None)]
    refused = visits.change(browser, ref, name="Ana", country="KR", **both)
    assert "type your e-mail address again" in refused.text


@pytest.mark.parametrize("act", ["withdraw", "invalidate"])
def test_boxes_and_address_go_when_a_signature_ends(visits: Visits, lake: Partner, act: str) -> None:
    browser = visits.counted(ANA, **{"informed_by-1": "yes"})
    if act == "withdraw":
        visits.change(browser, visits.refs(browser)[0], "withdraw")
    else:
        _strike_out(visits)
    assert kept(visits) == [(False, None, None, None)]


def _strike_out(visits: Visits) -> None:
    lead, page = signed_in(visits.app), f"/organiser/petitions/{SLUG}/signatures"
    ref = re.search(r'name="ref" value="([^"]+)"', post(lead, page).text)
    assert ref
    post(lead, f"{page}/invalidate", of=page, ref=ref[1], reason="False.")


def test_boxes_go_when_an_attempt_expires(visits: Visits, lake: Partner) -> None:
    visits.link(ANA, **{"informed_by-1": "yes"})
    with time_machine.travel(now() + LINK_LIFE + timedelta(hours=1), tick=True):
        visits.purge()
    assert visits.rows("SELECT informed_by FROM signature") == [(None,)]


def test_what_was_allowed_to_an_ended_partner_is_forgotten_and_nothing_else(
    visits: Visits, lake: Partner, sea: Partner
) -> None:
    visits.counted("one@example.org", **{"informed_by-1": "yes"})
    visits.counted("both@example.org", **{"informed_by-1": "yes", "informed_by-2": "yes"})
    visits.counted("lead@example.org", updates="yes", **{"informed_by-1": "yes"})
    visits.purge()
    assert [boxes for _updates, boxes, _via, _address in kept(visits)] == [b"\x02", b"\x06", b"\x02"]
    ended(visits.app)
    visits.purge()
    assert kept(visits) == [
        (False, None, None, None),
        (False, b"\x04", None, "both@example.org"),
        (True, None, None, "lead@example.org"),
    ]


def test_partners_cost_signing_and_confirming_no_statement(visits: Visits, lake: Partner, sea: Partner) -> None:
    both = {"informed_by-1": "yes", "informed_by-2": "yes"}
    seen = []
    for address, path, boxes in ((ANA, f"{PAGE}/sign", {}), ("eva@example.org", f"{PAGE}/sign?by={lake.code}", both)):
        with statements() as signing:
            visits.app.test_client().post(path, data=visits.form(email=address, **boxes))
        link = visits.mails(address)[-1].path
        with statements() as confirming:
            visits.press(link, name="Ana", country="KR", **boxes)
        seen.append((signing, confirming))
    assert seen[0] == seen[1]
    assert [len(one) for one in seen[0]] > [0, 0]


def test_the_petition_and_its_partners_are_read_in_as_many_statements_as_before(visits: Visits) -> None:
    def reading() -> int:
        with visits.app.app_context(), statements() as seen:
            petitions.recent(SLUG)
        return len([one for one in seen if one != "COMMIT"])

    alone = reading()
    add_lake(visits.app)
    accepted(visits.app)
    assert (
        reading() == alone == 6
    )  # petition with organisation and plan, texts, translations, partners; endorsements; deliveries
