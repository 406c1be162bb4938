"""Updates: whoever asked for news gets them once, in their language, and one click ends them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from petition.core.addresses import parse_address
from petition.core.clock import now
from petition.core.db import read_again, writing
from petition.core.ids import new_id
from petition.core.keyed_hashes import mailbox_hash
from petition.mail.models import BounceKind, OwedMail
from petition.mail.outbox import claim
from petition.mail.suppressed import NEWS, suppress
from petition.organisations.models import Membership, Organisation, Role
from petition.petitions.models import Petition
from petition.settings import Settings
from petition.signatures import bulk
from petition.signatures.bulk import Collected
from petition.signatures.models import Signature, Signer
from petition.signatures.signing import Wish
from petition.updates import feeding
from petition.updates.models import HeldMail, Update, UpdateState
from petition.worker import Worker
from tests import acts
from tests.conftest import SLUG, signed_in
from tests.smtp_sink import Received, SmtpSink

WORDS = {"subject-en": "We were heard", "body-en": "The minister **answered**.\n\nThank you."}
Send = Callable[[], int]


@pytest.fixture
def settings(settings: Settings, sink: SmtpSink) -> Settings:
    return replace(settings, mail_url=sink.url, limits="off")


@pytest.fixture
def organiser(app: Flask, petition: Petition) -> FlaskClient:
    """A signed-in owner, to whom nothing is owed for having signed in."""
    browser = signed_in(app)
    with app.app_context(), writing() as session:
        session.execute(sa.delete(OwedMail))
    return browser


@pytest.fixture
def readers(app: Flask, petition: Petition) -> list[str]:
    """Three who asked for news, one of them in Korean; and one who did not."""
    collect(app, petition, [("ana@mail.test", "en"), ("eva@mail.test", "en"), ("minsu@mail.test", "ko")])
    collect(app, petition, [("quiet@mail.test", "en")], updates=False)
    return ["ana@mail.test", "eva@mail.test", "minsu@mail.test"]


def collect(app: Flask, petition: Petition, people: list[tuple[str, str]], updates: bool = True) -> None:
    """Confirmed signatures of these addresses, in these languages."""
    found = (
        Collected(Wish(f"Person {n}", "KR", updates=updates), parse_address(address), locale, now(), now())
        for n, (address, locale) in enumerate(people)
    )
    with app.app_context():
        assert bulk.add(writing, petition, found) == len(people)


def pressed(client: FlaskClient, path: str, *buttons: str, **fields: str) -> Any:
    """Posts a page's form with its token."""
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get(path).text)
    assert token
    return client.post(path, data={"csrf_token": token[1], **fields, **dict.fromkeys(buttons, "yes")})


def written(client: FlaskClient, **words: str) -> str:
    """Saves a draft; returns the path of its page."""
    answer = pressed(client, f"/organiser/petitions/{SLUG}/updates/new", "save", **(words or WORDS))
    assert answer.status_code == 303, answer.text
    return urlsplit(answer.location).path


def sent(client: FlaskClient, **words: str) -> str:
    """Saves a draft and begins to send it."""
    path = written(client, **words)
    assert pressed(client, path, "send").status_code == 303
    return path


def work(app: Flask) -> int:
    """Lets a worker do all there is."""
    worker = Worker(app, once=True)
    worker.run()
    return worker.sent


def link_in(received: Received) -> str:
    """The path of the link that ends the news."""
    found = re.fullmatch(r"<(.*)>", received.message["List-Unsubscribe"])
    assert found
    return urlsplit(found[1]).path


def states(app: Flask) -> list[UpdateState]:
    with app.app_context():
        return list(read_again().scalars(sa.select(Update.state)))


def test_whoever_asked_for_news_gets_them_once_and_nobody_else(
    app: Flask, organiser: FlaskClient, readers: list[str], sink: SmtpSink
) -> None:
    path = sent(organiser)
    assert work(app) == 3
    assert sorted(one.recipients[0] for one in sink.messages) == readers
    (first, *_others) = sink.messages
    assert first.message["Subject"] == "We were heard"
    plain, html = (first.message.get_body((kind,)) for kind in ("plain", "html"))
    assert plain
    assert html
    assert "The minister **answered**." in plain.get_content()
    assert "<strong>answered</strong>" in html.get_content()
    assert work(app) == 0
    assert states(app) == [UpdateState.SENT]
    assert "of 3 mails have left" in organiser.get(path).text


def test_each_reads_it_in_the_language_they_signed_in_if_it_was_written(
    app: Flask, organiser: FlaskClient, readers: list[str], sink: SmtpSink
) -> None:
    sent(organiser, **WORDS, **{"subject-ko": "들어 주셨습니다", "body-ko": "감사합니다."})
    work(app)
    subjects = {one.recipients[0]: one.message["Subject"] for one in sink.messages}
    assert subjects == {
        "ana@mail.test": "We were heard",
        "eva@mail.test": "We were heard",
        "minsu@mail.test": "들어 주셨습니다",
    }


def test_two_people_who_share_an_address_get_one_mail_and_both_leave_by_its_link(
    app: Flask, organiser: FlaskClient, sink: SmtpSink
) -> None:
    for name in ("Ana Test", "Ben Test"):
        assert acts.confirm(app, acts.sign(app, "home@mail.test", name)) == "counted"
    work(app)
    with app.app_context(), writing() as session:
        session.execute(sa.update(Signature).values(updates=True))
        session.execute(sa.update(Signer).values(address="home@mail.test"))
    before = len(sink.messages)
    sent(organiser)
    work(app)
    assert len(sink.messages) == before + 1
    app.test_client().post(link_in(sink.messages[-1]))
    assert addresses(app) == []
    with app.app_context():
        assert read_again().scalars(sa.select(Signature.updates)).all() == [False, False]


def test_opening_the_link_ends_nothing_and_one_click_of_a_mail_program_does(
    app: Flask, organiser: FlaskClient, readers: list[str], sink: SmtpSink
) -> None:
    sent(organiser)
    work(app)
    mail = next(one for one in sink.messages if one.recipients == ["ana@mail.test"])
    assert mail.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link, stranger = link_in(mail), app.test_client()
    for method in ("GET", "HEAD", "OPTIONS"):
        stranger.open(link, method=method)
    assert addresses(app) == readers
    assert "forget the address" in stranger.get(link).text
    for _twice in range(2):  # RFC 8058, 3.2: no cookie, no other header, this body
        answer = stranger.post(link, data={"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
        assert "still counts" in answer.text
    assert addresses(app) == ["eva@mail.test", "minsu@mail.test"]
    assert stranger.post(link[:-4] + "AAAA").status_code == 404
    sent(organiser)
    assert work(app) == 2


def addresses(app: Flask) -> list[str]:
    """The addresses kept for news."""
    with app.app_context():
        return sorted(filter(None, read_again().scalars(sa.select(Signer.address))))


def test_who_leaves_while_it_is_being_sent_gets_nothing_more(
    app: Flask, organiser: FlaskClient, readers: list[str], sink: SmtpSink
) -> None:
    sent(organiser)
    work(app)
    links = {one.recipients[0]: link_in(one) for one in sink.messages}
    sent(organiser, **{"subject-en": "Second", "body-en": "More."})
    with app.app_context():
        assert feeding.feed()
    app.test_client().post(links["ana@mail.test"])
    assert work(app) == 2
    assert [one.message["Subject"] for one in sink.messages].count("Second") == 2
    assert all(one.recipients != ["ana@mail.test"] for one in sink.messages[3:])


def test_a_withdrawn_or_erased_signer_gets_nothing(app: Flask, organiser: FlaskClient, readers: list[str]) -> None:
    sent(organiser)
    with app.app_context():
        assert feeding.feed()
        with writing() as session:
            gone = session.scalars(sa.select(Signer).where(Signer.address == "eva@mail.test")).one()
            session.execute(sa.delete(Signer).where(Signer.signature_id == gone.signature_id))
            session.execute(sa.delete(OwedMail).where(OwedMail.signature_id == gone.signature_id))
            session.execute(sa.delete(Signature).where(Signature.id == gone.signature_id))
    assert work(app) == 2


def test_who_complained_or_whose_address_is_dead_gets_nothing(
    app: Flask, organiser: FlaskClient, readers: list[str], sink: SmtpSink
) -> None:
    with app.app_context(), writing() as session:
        for address, kind in (("ana@mail.test", BounceKind.COMPLAINT), ("eva@mail.test", BounceKind.HARD)):
            suppress(session, mailbox_hash(address), kind)
    sent(organiser)
    assert work(app) == 1
    assert sink.messages[-1].recipients == ["minsu@mail.test"]


@pytest.fixture
def small_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeding, "PORTION", 2)
    monkeypatch.setattr(feeding, "MOST_WAITING", 2)


@pytest.mark.usefixtures("small_portions")
def test_a_pause_holds_back_what_has_not_left_and_sending_on_forgets_nobody(
    app: Flask, organiser: FlaskClient, petition: Petition, sink: SmtpSink
) -> None:
    people = [f"p{n}@mail.test" for n in range(7)]
    collect(app, petition, [(address, "en") for address in people])
    path = sent(organiser)
    with app.app_context():
        assert feeding.feed()
    assert pressed(organiser, path, "pause").status_code == 303
    assert work(app) == 0
    with app.app_context():
        assert len(read_again().scalars(sa.select(HeldMail)).all()) == 2
    assert "of 7 mails have left" in organiser.get(path).text
    assert pressed(organiser, path, "resume").status_code == 303
    assert work(app) == 7
    assert sorted(one.recipients[0] for one in sink.messages) == people
    assert states(app) == [UpdateState.SENT]
    with app.app_context():
        assert read_again().scalars(sa.select(Update.owed)).all() == [7]


@pytest.mark.usefixtures("small_portions")
def test_a_confirmation_does_not_wait_behind_news(
    app: Flask, organiser: FlaskClient, petition: Petition, sign: Callable[..., Any]
) -> None:
    collect(app, petition, [(f"p{n}@mail.test", "en") for n in range(4)])
    sent(organiser)
    with app.app_context():
        assert feeding.feed()
        assert feeding.feed()  # there is no room for more
        owed = sa.select(sa.func.count()).select_from(OwedMail).where(OwedMail.template == NEWS)
        assert read_again().scalar(owed) == 2
    sign("new@mail.test")
    with app.app_context(), writing() as session:
        assert [mail.template for mail in claim(session, new_id(), 1)] == ["confirm"]
        assert [mail.template for mail in claim(session, new_id(), 5)] == [NEWS, NEWS]


def test_one_update_of_a_petition_at_a_time(organiser: FlaskClient, readers: list[str]) -> None:
    sent(organiser)
    second = written(organiser)
    refused = pressed(organiser, second, "send")
    assert refused.status_code == 409
    assert "still on its way" in refused.text


def test_what_is_being_sent_cannot_be_sent_again_or_changed(organiser: FlaskClient, readers: list[str]) -> None:
    path = sent(organiser)
    token = re.search(r'name="csrf_token" value="([^"]+)"', organiser.get(path).text)
    assert token
    again = organiser.post(path, data={"csrf_token": token[1], "send": "yes", "subject-en": "Other", "body-en": "x"})
    assert again.status_code == 409
    assert "We were heard" in organiser.get(path).text


def test_without_readers_nothing_is_sent(organiser: FlaskClient) -> None:
    refused = pressed(organiser, written(organiser), "send")
    assert refused.status_code == 409
    assert "Nobody has asked for news" in refused.text


def test_a_test_goes_to_its_author_alone(
    app: Flask, organiser: FlaskClient, readers: list[str], sink: SmtpSink
) -> None:
    path = written(organiser)
    answer = pressed(organiser, path, "test", **WORDS)
    assert "on its way to your own address" in organiser.get(answer.location).text
    assert work(app) == 1
    assert sink.messages[0].recipients == ["owner@river.example.org"]
    assert sink.messages[0].message["Subject"] == "We were heard"
    assert sink.messages[0].message["List-Unsubscribe"] is None
    assert states(app) == [UpdateState.DRAFT]


def test_a_preview_shows_each_language_and_saves_nothing(app: Flask, organiser: FlaskClient) -> None:
    page = pressed(
        organiser, f"/organiser/petitions/{SLUG}/updates/new", "preview", **WORDS, **{"body-ko": "**감사**<script>"}
    )
    assert "<strong>answered</strong>" in page.text
    assert "<strong>감사</strong>&lt;script&gt;" in page.text
    assert states(app) == []


@pytest.mark.parametrize(
    "words",
    [
        {"subject-en": "", "body-en": "Text"},
        {"subject-en": "Subject", "body-en": " "},
        {"subject-en": "x" * 201, "body-en": "Text"},
        {"subject-en": "Subject", "body-en": "x" * 20_001},
        {"subject-en": "Subject", "body-en": "a\x07b"},
        {"subject-ko": "제목", "body-ko": "글"},
        {"subject-en": "Subject", "body-en": "Text", "subject-ko": "제목"},
    ],
)
def test_words_that_cannot_be_sent_come_back_with_what_is_wrong(
    app: Flask, organiser: FlaskClient, words: dict[str, str]
) -> None:
    refused = pressed(organiser, f"/organiser/petitions/{SLUG}/updates/new", "save", **words)
    assert refused.status_code == 422
    assert 'aria-invalid="true"' in refused.text
    for typed in words.values():
        assert typed.strip() in refused.text
    assert states(app) == []


def test_a_form_without_its_token_changes_nothing_and_keeps_the_words(app: Flask, organiser: FlaskClient) -> None:
    refused = organiser.post(f"/organiser/petitions/{SLUG}/updates/new", data={**WORDS, "save": "yes"})
    assert refused.status_code == 400
    assert "We were heard" in refused.text
    assert states(app) == []


@pytest.mark.parametrize("role", [Role.MODERATOR, Role.DELIVERY_OFFICER, Role.OBSERVER, None])
def test_who_may_not_write_to_signers_finds_no_such_page(
    app: Flask, organiser: FlaskClient, role: Role | None
) -> None:
    path = written(organiser)
    with app.app_context(), writing() as session:
        river = session.scalars(sa.select(Organisation)).one()
        session.execute(sa.delete(Membership).where(Membership.organisation_id == river.id))
        if role:
            owner = session.scalars(sa.select(Update.author_id)).one()
            session.add(Membership(organisation_id=river.id, user_id=owner, role=role))
    for page in (path, f"/organiser/petitions/{SLUG}/updates", f"/organiser/petitions/{SLUG}/updates/new"):
        assert organiser.get(page).status_code == 404
        assert app.test_client().get(page).status_code == 303
