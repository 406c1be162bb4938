"""Endorsements: nothing stands on a page that its endorser did not agree to, and it goes when they say so."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import sqlalchemy as sa
import time_machine

from petition.core import retention
from petition.core.clock import now
from petition.core.db import db, read_again
from petition.endorsements.models import Endorsement, EndorsementLink
from petition.mail.models import OwedMail
from petition.petitions import service as petitions
from petition.worker import Worker
from tests.conftest import SLUG, signed_in
from tests.core.walk import delivered
from tests.endorsements.conftest import ENDORSER, LIST, WORDS, Desk

ALL = f"/petitions/{SLUG}/endorsements"


def test_only_what_the_endorser_agreed_to_is_public(desk: Desk) -> None:
    path = desk.enter()
    link = desk.ask(path)
    page = desk.look(link)
    for words in ("Park Min-ji", "Member of Parliament", "South Korea", "Let it flow."):
        assert words in page
    assert "Park Min-ji" not in desk.look() + desk.look(ALL)
    assert "You endorse this petition now" in desk.answer(link, "agree").text
    for page in (desk.look(), desk.look(ALL)):
        assert "Park Min-ji" in page
        assert "Member of Parliament" in page
        assert "Let it flow." in page
    assert "대한민국" in desk.look(lang="ko")


def test_looking_at_the_link_changes_nothing(desk: Desk) -> None:
    link = desk.ask(desk.enter())
    for method in ("GET", "HEAD"):
        assert desk.app.test_client().open(link, method=method).status_code == 200
    assert desk.app.test_client().post(link).status_code == 422
    assert "Park Min-ji" not in desk.look()


def test_what_an_endorser_calls_not_theirs_is_never_shown_and_its_link_is_dead(desk: Desk) -> None:
    path = desk.enter()
    link = desk.ask(path)
    assert "not published" in desk.answer(link, "decline").text
    assert desk.app.test_client().get(link).status_code == 404
    assert "declined by the endorser" in desk.editor.get(path).text
    assert desk.press(path, "send", **WORDS).status_code == 400


def test_an_endorser_takes_it_back_by_the_same_link_years_later(desk: Desk) -> None:
    _path, link = desk.agreed()
    with time_machine.travel(now() + timedelta(days=1000), tick=True):
        with desk.app.app_context():
            retention.purge()
        assert "Park Min-ji" in desk.look()
        assert "do not endorse this petition any more" in desk.answer(link, "back").text
        assert "Park Min-ji" not in desk.look() + desk.look(ALL)
        assert desk.app.test_client().get(link).status_code == 404


def test_a_link_that_nobody_answers_ends_after_thirty_days(desk: Desk) -> None:
    link = desk.ask(desk.enter())
    page = desk.look(link)
    with time_machine.travel(now() + timedelta(days=30, minutes=1), tick=True):
        assert desk.answer(link, "agree", page).status_code == 404
    assert "Park Min-ji" not in desk.look()


def test_other_words_wait_for_the_endorser_and_the_former_stay_meanwhile(desk: Desk) -> None:
    path, first = desk.agreed()
    assert desk.press(path, "save", **WORDS | {"office": "Minister"}).status_code == 303
    assert "Minister" not in desk.look(first)
    second = desk.ask(path, office="Minister")
    assert "Member of Parliament" in desk.look()
    assert "Minister" in desk.look(second)
    desk.answer(second, "agree")
    assert "Minister" in desk.look()
    assert "Member of Parliament" not in desk.look()
    assert desk.answer(first, "back").status_code == 200
    assert "Park Min-ji" not in desk.look()


def test_who_declines_other_words_keeps_the_former(desk: Desk) -> None:
    path, first = desk.agreed()
    desk.answer(desk.ask(path, office="Minister"), "decline")
    assert "Member of Parliament" in desk.look()
    assert "Member of Parliament" in desk.look(first)
    assert 'value="Member of Parliament"' in desk.editor.get(path).text


def test_words_changed_while_the_endorser_reads_are_not_agreed_to(desk: Desk) -> None:
    path, first = desk.agreed()
    desk.ask(path, office="Minister")
    seen = desk.look(first)
    second = desk.ask(path, office="Archduke")
    assert desk.answer(first, "agree", seen).status_code == 409
    assert desk.answer(second, "agree", seen).status_code == 409
    assert "Archduke" not in desk.look()
    assert desk.answer(second, "agree").status_code == 200


def test_asking_again_ends_the_link_nobody_answered(desk: Desk) -> None:
    path = desk.enter()
    first = desk.ask(path)
    second = desk.ask(path)
    assert desk.app.test_client().get(first).status_code == 404
    assert desk.app.test_client().get(second).status_code == 200


def test_a_link_of_another_purpose_or_changed_opens_nothing(desk: Desk) -> None:
    link = desk.ask(desk.enter())
    token = link.rpartition("/")[2]
    client = desk.app.test_client()
    assert client.get(f"/invitations/{token}").status_code == 404
    assert client.get(f"/confirm/{token}").status_code == 404
    changed = token[:-1] + ("A" if token[-1] != "A" else "B")
    assert client.post(f"/endorse/{changed}", data={"agree": "yes"}).status_code == 404


def test_the_database_keeps_no_link(desk: Desk) -> None:
    link = desk.ask(desk.enter())
    with desk.app.app_context():
        (kept,) = read_again().scalars(sa.select(EndorsementLink.token_hash))
        assert len(kept) == 32
        assert read_again().scalars(sa.select(OwedMail.content)).all() == [None]
    assert kept.hex() not in link


def test_the_editor_takes_it_down(desk: Desk) -> None:
    path, link = desk.agreed()
    assert desk.press(path, "end").status_code == 303
    assert "Park Min-ji" not in desk.look() + desk.look(ALL)
    assert desk.app.test_client().get(link).status_code == 404


def test_a_mail_that_waited_is_not_sent_when_the_endorsement_was_taken_down(desk: Desk) -> None:
    path = desk.enter()
    desk.press(path, "send", **WORDS)
    desk.press(path, "end")
    Worker(desk.app, once=True).run()
    assert delivered(desk.app) == []


def test_the_mail_holds_no_word_of_the_editor_s_and_speaks_the_chosen_language(desk: Desk) -> None:
    path = desk.press(LIST, **WORDS, email=ENDORSER, locale="ko").location
    desk.press(path, "send", **WORDS)
    Worker(desk.app, once=True).run()
    (mail,) = delivered(desk.app)
    assert mail["Content-Language"] == "ko"
    assert mail["To"] == ENDORSER
    assert "Let it flow" not in str(mail)
    assert "Park" not in str(mail)


def test_the_address_is_masked_once_it_was_entered(desk: Desk) -> None:
    path = desk.enter()
    for page in (desk.editor.get(LIST).text, desk.editor.get(path).text, desk.look(desk.ask(path))):
        assert ENDORSER not in page
    assert "m…@gov.example.org" in desk.editor.get(path).text


WRONG = [
    ("name", ""),
    ("name", "x" * 121),
    ("name", "See http://example.org"),
    ("office", ""),
    ("office", "two\nlines"),
    ("country", "XX"),
    ("kind", "robot"),
    ("statement", "x" * 601),
    ("statement", "\u202eno"),
    ("email", "nobody"),
    ("locale", "xx"),
]


def test_what_cannot_be_taken_is_said_beside_the_field(desk: Desk) -> None:
    for field, value in WRONG:
        answer = desk.press(LIST, **WORDS | {"email": ENDORSER, "locale": "en", field: value})
        assert answer.status_code == 422
        assert re.search(rf'(id="{field}"[^>]* aria-invalid="true"|id="{field}-error")', answer.text), field
    with desk.app.app_context():
        assert read_again().scalar(sa.select(sa.func.count()).select_from(Endorsement)) == 0


def test_nobody_s_mailbox_is_filled_however_many_endorsements_name_it(desk: Desk) -> None:
    answers = [desk.press(desk.enter(name=f"Person {n}"), "send", **WORDS).status_code for n in range(4)]
    assert answers == [303, 303, 303, 429]


def test_a_statement_is_shown_as_it_was_typed(desk: Desk) -> None:
    desk.agreed(statement="<script>alert(1)</script> *not bold*")
    page = desk.look()
    assert "&lt;script&gt;alert(1)&lt;/script&gt; *not bold*" in page


def test_an_endorser_sees_the_whole_statement_before_the_buttons(desk: Desk) -> None:
    statement = "A long story. " * 40
    link = desk.ask(desk.enter(statement=statement), statement=statement)
    assert f'<blockquote dir="auto">{statement.strip()}</blockquote>' in desk.look(link)


def test_the_page_shows_the_first_twelve_in_the_order_of_agreeing_and_links_to_all(desk: Desk) -> None:
    links = [
        desk.ask(desk.enter(f"e{n}@example.org", name=f"Person {n:02}"), name=f"Person {n:02}") for n in range(13)
    ]
    for link in reversed(links):
        desk.answer(link, "agree")
    desk.enter("draft@example.org", name="Person 13")
    page = desk.look()
    shown = [page.index(f"Person {n:02}") for n in reversed(range(1, 13))]
    assert shown == sorted(shown)
    assert "Person 00" not in page
    assert "All 13 endorsements" in page
    assert "Person 00" in desk.look(ALL)


def test_what_is_kept_of_a_petition_for_a_second_holds_its_endorsements(desk: Desk) -> None:
    """So that a page costs the database nothing more for them."""
    desk.agreed()
    with desk.app.app_context():
        petition = petitions.recent(SLUG)
        asked: list[str] = []
        sa.event.listen(db.engine, "before_cursor_execute", lambda *call: asked.append(call[2]))
        assert [one.name for one in petition.beside["endorsements"].first] == ["Park Min-ji"]
        assert asked == []


def test_every_act_stands_in_the_audit_log_in_words(desk: Desk) -> None:
    path, first = desk.agreed()
    desk.answer(desk.ask(path, office="Minister"), "decline")
    desk.answer(first, "back")
    desk.press(desk.enter(), "end")
    page = signed_in(desk.app).get("/organiser/organisations/river-friends/audit").text
    for said in (
        f"entered an endorsement of {SLUG} by Park Min-ji",
        f"asked Park Min-ji by mail to endorse {SLUG}",
        f"<bdi>the endorser</bdi></strong> agreed to endorse {SLUG}: Park Min-ji",
        f"wrote other words for the endorsement of {SLUG} by Park Min-ji",
        f"declined to endorse {SLUG}: Park Min-ji",
        f"took the endorsement of {SLUG} back: Park Min-ji",
        f"took down the endorsement of {SLUG} by Park Min-ji",
    ):
        assert said in page, said


def test_an_address_is_forgotten_thirty_days_after_the_last_word_and_what_was_agreed_stays(desk: Desk) -> None:
    path, link = desk.agreed()
    desk.ask(path, office="Minister")
    for days, address in ((29, ENDORSER), (31, None)):
        with time_machine.travel(now() + timedelta(days=days), tick=True), desk.app.app_context():
            retention.purge()
            assert read_again().scalar(sa.select(Endorsement.address)) == address
            assert "Member of Parliament" in desk.look()
    desk = replace(desk, editor=signed_in(desk.app))  # a session has ended meanwhile
    assert "The address is forgotten" in desk.editor.get(path).text
    assert desk.press(path, "send", **WORDS | {"office": "Archduke"}).status_code == 400
    assert desk.answer(link, "back").status_code == 200


def test_what_nobody_agreed_to_or_was_ended_is_gone_after_thirty_days(desk: Desk) -> None:
    desk.enter()
    desk.ask(desk.enter("other@example.org"), name="Other")
    _path, link = desk.agreed(email="third@example.org")
    desk.answer(link, "back")
    for days, left in ((29, 3), (31, 0)):
        with time_machine.travel(now() + timedelta(days=days), tick=True), desk.app.app_context():
            retention.purge()
            for table in (Endorsement, EndorsementLink):
                number = read_again().scalar(sa.select(sa.func.count()).select_from(table))
                assert number == (left if table is Endorsement else min(left, 1))
