"""A partner writes to those who ticked its box, sees no address, and one click ends its mails alone."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from petition.core.addresses import parse_address
from petition.core.clock import now
from petition.core.db import read_again, writing
from petition.mail.models import OwedMail
from petition.petitions.models import Petition
from petition.settings import Settings
from petition.signatures import bulk
from petition.signatures.bulk import Collected
from petition.signatures.models import Signature, Signer
from petition.signatures.signing import Wish
from petition.updates import feeding
from petition.updates.models import Update, UpdateState
from tests.conftest import SLUG
from tests.petitions.partnership import Sides, accepted, add_lake, ended, sides
from tests.smtp_sink import SmtpSink
from tests.updates.test_updates import link_in, pressed, work

LAKE_WORDS = {"subject-en": "News of the lake", "body-en": "The lake **thanks**."}
RIVER_WORDS = {"subject-en": "News of the river", "body-en": "The river thanks."}
MINE = f"/organiser/petitions/{SLUG}/updates"
ANA, BEN, EVA, QUIET = (f"{name}@mail.test" for name in ("ana", "ben", "eva", "quiet"))


@pytest.fixture
def settings(settings: Settings, sink: SmtpSink) -> Settings:
    return replace(settings, mail_url=sink.url, limits="off")


@pytest.fixture
def both(app: Flask, petition: Petition) -> Sides:
    """Lake Friends are the first partner and Sea Friends the second. Ana allows the first and the lead, Ben
    both partners, Eva the lead alone."""
    made = sides(app)
    accepted(app)
    add_lake(app, "sea-friends", "Sea Friends", "owner@sea.example.org")
    accepted(app, "sea-friends", "owner@sea.example.org")
    allowed = [(ANA, True, {1}), (BEN, False, {1, 2}), (EVA, True, set()), (QUIET, False, set())]
    people = (
        Collected(
            Wish("Person", "KR", updates=updates, informed_by=frozenset(boxes)),
            parse_address(one),
            "en",
            now(),
            now(),
        )
        for one, updates, boxes in allowed
    )
    with app.app_context():
        bulk.add(writing, petition, people)
        with writing() as session:
            session.execute(sa.delete(OwedMail))
    return made


def sent(client: FlaskClient, words: dict[str, str]) -> str:
    """Writes an update and begins to send it; returns the path of its page."""
    answer = pressed(client, f"{MINE}/new", "save", **words)
    assert answer.status_code == 303, answer.text
    path = urlsplit(answer.location).path
    assert pressed(client, path, "send").status_code == 303
    return path


def received(sink: SmtpSink) -> dict[str, list[str]]:
    """The subjects that each got."""
    found: dict[str, list[str]] = {}
    for one in sink.messages:
        found.setdefault(one.recipients[0], []).append(one.message["Subject"])
    return found


def addresses(app: Flask) -> set[str]:
    with app.app_context():
        return set(read_again().scalars(sa.select(Signer.address).where(Signer.address.is_not(None))))


def test_a_partners_update_goes_to_those_who_ticked_its_box_and_says_whose_it_is(
    app: Flask, both: Sides, sink: SmtpSink
) -> None:
    assert "2 signers have asked for news" in both.lake.get(MINE).text
    path = sent(both.lake, LAKE_WORDS)
    work(app)
    assert received(sink) == {ANA: ["News of the lake"], BEN: ["News of the lake"]}
    for kind in ("plain", "html"):
        part = sink.messages[0].message.get_body((kind,))
        assert part
        assert "allowed Lake Friends to write to you" in " ".join(part.get_content().split())
    shown = both.lake.get(path).text + both.lake.get(MINE).text
    assert "of 2 mails have left" in shown
    assert "mail.test" not in shown


def test_the_leads_update_goes_to_its_own_readers_as_before(app: Flask, both: Sides, sink: SmtpSink) -> None:
    sent(both.lead, RIVER_WORDS)
    work(app)
    assert received(sink) == {ANA: ["News of the river"], EVA: ["News of the river"]}


def test_lead_and_partner_send_at_the_same_time_and_pause_only_their_own(
    app: Flask, both: Sides, sink: SmtpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeding, "PORTION", 1)
    lead, lake = sent(both.lead, RIVER_WORDS), sent(both.lake, LAKE_WORDS)
    with app.app_context():
        feeding.feed()
    pressed(both.lake, lake, "pause")
    work(app)
    assert received(sink) == {ANA: ["News of the river"], EVA: ["News of the river"]}
    pressed(both.lake, lake, "resume")
    work(app)
    assert received(sink)[BEN] == ["News of the lake"]
    with app.app_context():
        assert set(read_again().scalars(sa.select(Update.state))) == {UpdateState.SENT}
    assert both.lead.get(lead).status_code == 200


def test_neither_reads_or_sends_the_others_updates(app: Flask, both: Sides) -> None:
    lead, lake = sent(both.lead, RIVER_WORDS), sent(both.lake, LAKE_WORDS)
    assert both.lead.get(lake).status_code == 404
    assert both.lake.get(lead).status_code == 404
    assert both.lake.get(f"{MINE}?by=0").status_code == 404
    assert both.lake.get(f"{MINE}?by=2").status_code == 404
    assert both.lead.get(f"{MINE}?by=1").status_code == 404
    assert "News of the lake" not in both.lead.get(MINE).text


def test_one_click_ends_one_partners_mails_and_keeps_the_address_for_the_others(
    app: Flask, both: Sides, sink: SmtpSink
) -> None:
    sent(both.lake, LAKE_WORDS)
    work(app)
    links = {one.recipients[0]: link_in(one) for one in sink.messages}
    assert "No more news" in app.test_client().get(links[BEN]).text
    assert boxes(app) == [[1], [1, 2]]
    for link in links.values():
        assert app.test_client().post(link, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert boxes(app) == [[2]]
    assert addresses(app) == {ANA, BEN, EVA}  # for the lead, for Sea Friends, for the lead
    assert "Nobody has asked" in pressed(both.lake, sent_draft(both.lake), "send").text


def boxes(app: Flask) -> list[list[int]]:
    with app.app_context():
        ticked = sa.select(Signature.informed_by).where(Signature.informed_by.is_not(None))
        return sorted(sorted(one) for one in read_again().scalars(ticked))


def sent_draft(client: FlaskClient) -> str:
    return urlsplit(pressed(client, f"{MINE}/new", "save", **LAKE_WORDS).location).path


def test_leaving_the_lead_keeps_the_partners_mails_and_leaving_all_forgets_the_address(
    app: Flask, both: Sides, sink: SmtpSink
) -> None:
    sent(both.lead, RIVER_WORDS)
    sent(both.lake, LAKE_WORDS)
    work(app)
    links = {one.message["Subject"]: link_in(one) for one in sink.messages if one.recipients[0] == ANA}
    told = app.test_client().post(links["News of the river"]).text
    assert "River Friends writes to you no more" in told
    assert ANA in addresses(app)
    assert boxes(app) == [[1], [1, 2]]
    app.test_client().post(links["News of the lake"])
    assert ANA not in addresses(app)


def test_a_link_for_one_sender_does_not_end_anothers_mails(app: Flask, both: Sides, sink: SmtpSink) -> None:
    sent(both.lake, LAKE_WORDS)
    work(app)
    link = next(link_in(one) for one in sink.messages if one.recipients[0] == BEN)
    assert re.match("/unsubscribe/1/", link)
    for other in (link.replace("/1/", "/2/"), link.replace("/1/", "/")):
        assert app.test_client().post(other).status_code == 404
    assert boxes(app) == [[1], [1, 2]]


@pytest.mark.parametrize("owed", [0, 2])
def test_nothing_of_an_ended_partner_is_owed_or_sent_any_more(
    app: Flask, both: Sides, sink: SmtpSink, owed: int
) -> None:
    path = sent(both.lake, LAKE_WORDS)
    with app.app_context():
        if owed:
            feeding.feed()
        ended(app)
        feeding.feed()
        assert read_again().scalars(sa.select(Update.owed)).all() == [owed]
    work(app)
    assert received(sink) == {}
    assert both.lake.get(path).status_code == 404


def test_a_click_takes_back_a_mail_of_that_partner_that_still_waits(app: Flask, both: Sides, sink: SmtpSink) -> None:
    sent(both.lake, LAKE_WORDS)
    work(app)
    link = next(link_in(one) for one in sink.messages if one.recipients[0] == BEN)
    sent(both.lake, LAKE_WORDS)
    with app.app_context():
        feeding.feed()
    app.test_client().post(link)
    assert work(app) == 1
    assert {address: len(subjects) for address, subjects in received(sink).items()} == {ANA: 2, BEN: 1}
