"""The retention rules, one by one: kept until the day before, gone the day after."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Event

import time_machine

from petition.core import retention
from petition.core.clock import now
from tests import acts
from tests.site_visits import Visits

MOMENT = timedelta(minutes=1)


def purge_at(visits: Visits, at: datetime) -> None:
    with time_machine.travel(at, tick=True):
        visits.purge()


def around(visits: Visits, days: float, question: str) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
    """What a question finds after the purge just before the given age, and just after it."""
    start, found = now(), []
    for at in (start + timedelta(days=days) - MOMENT, start + timedelta(days=days) + MOMENT):
        purge_at(visits, at)
        found.append(visits.rows(question))
    return found[0], found[1]


def test_a_pending_attempt_loses_its_person_after_fourteen_days(visits: Visits) -> None:
    acts.sign(visits.app, "ana@example.org")
    kept, gone = around(visits, 14, "SELECT name, address FROM signer")
    assert (kept, gone) == ([("Ana Test", "ana@example.org")], [])
    assert visits.rows("SELECT state, handle, code_hash, updates, ended_at IS NULL FROM signature") == [
        (4, None, None, 0, 0)
    ]


def test_what_is_left_of_an_expired_attempt_goes_after_ninety_more_days(visits: Visits) -> None:
    acts.sign(visits.app, "ana@example.org")
    purge_at(visits, now() + timedelta(days=15))
    purge_at(visits, now() + timedelta(days=104))
    assert len(visits.rows("SELECT * FROM signature")) == 1
    purge_at(visits, now() + timedelta(days=106))
    assert visits.rows("SELECT * FROM signature") == []


def test_a_withdrawn_signature_loses_its_person_after_fourteen_days_and_its_row_after_ninety(visits: Visits) -> None:
    handle = acts.sign(visits.app, "ana@example.org")
    acts.confirm(visits.app, handle)
    acts.withdraw(visits.app, handle)
    assert [len(found) for found in around(visits, 14, "SELECT * FROM signer")] == [1, 0]
    assert [len(found) for found in around(visits, 90, "SELECT * FROM signature")] == [1, 0]
    acts.look(visits.app).assert_adds_up()


def test_link_and_code_of_a_counted_signature_go_after_fourteen_days(visits: Visits) -> None:
    acts.confirm(visits.app, acts.sign(visits.app, "ana@example.org"))
    question = "SELECT handle IS NULL, code_hash IS NULL, state FROM signature"
    assert around(visits, 14, question) == ([(0, 0, 1)], [(1, 1, 1)])


def test_the_network_s_hash_goes_after_ninety_days(visits: Visits) -> None:
    acts.confirm(visits.app, acts.sign(visits.app, "ana@example.org"))
    question = "SELECT network_hash IS NULL, address_hash IS NULL FROM signature"
    assert around(visits, 90, question) == ([(0, 0)], [(1, 0)])


def test_a_counted_signature_stays_with_what_its_signer_said(visits: Visits) -> None:
    visits.counted("ana@example.org", city="Seoul", comment="Because", updates="yes")
    purge_at(visits, now() + timedelta(days=4000))
    assert visits.rows("SELECT name, city, comment, address FROM signer") == [
        ("Ana Test", "Seoul", "Because", "ana@example.org")
    ]
    acts.look(visits.app).assert_adds_up()


def test_links_sessions_and_counters_of_limits_go_when_they_end(visits: Visits) -> None:
    visits.counted("ana@example.org")
    visits.app.test_client().post("/my", data={"email": "ana@example.org"})
    assert [len(found) for found in around(visits, 0.5 / 24, "SELECT * FROM own_page_session")] == [1, 0]
    assert [len(found) for found in around(visits, 1, "SELECT * FROM own_page_link")] == [1, 0]
    assert visits.rows("SELECT * FROM rate_hit") == []


def test_a_mail_s_recipient_and_words_go_when_it_is_sent_and_its_row_after_thirty_days(visits: Visits) -> None:
    visits.sign("ana@example.org")
    visits.work()
    assert visits.rows("SELECT state, recipient, content, finished_at IS NULL FROM outbox") == [(1, None, None, 0)]
    assert [len(found) for found in around(visits, 30, "SELECT * FROM outbox")] == [1, 0]


def test_a_dead_letter_is_emptied_after_fourteen_days(visits: Visits) -> None:
    visits.sign("ana@example.org")
    visits.rows("UPDATE outbox SET state = 2")
    kept, gone = around(visits, 14, "SELECT recipient, content IS NULL FROM outbox")
    assert (kept, gone) == ([("ana@example.org", 0)], [(None, 1)])


def test_a_local_mail_goes_after_a_day_or_when_its_address_is_forgotten(visits: Visits) -> None:
    path = visits.link("ana@example.org")
    visits.link("eva@example.org", updates="yes")
    assert len(visits.mails()) == 2
    visits.press(path)
    visits.purge()
    assert [mail.to for mail in visits.mails()] == ["eva@example.org"]
    purge_at(visits, now() + timedelta(days=1) + MOMENT)
    assert visits.mails() == []


def test_attempts_after_an_address_counts_are_forgotten_by_the_next_purge(visits: Visits) -> None:
    visits.counted("ana@example.org")
    visits.sign("ana@example.org", name="Somebody Else", updates="yes")
    visits.work()
    dead = "UPDATE outbox SET state = 2, recipient = 'ana@example.org', content = '{}' WHERE state = 1"
    visits.rows(dead)
    visits.purge()
    assert visits.rows("SELECT address FROM signer") == [(None,), (None,)]
    assert visits.rows("SELECT DISTINCT recipient FROM outbox") == [(None,)]


def test_who_forgot_an_address_asks_for_it_again_on_the_confirm_page(visits: Visits) -> None:
    other = visits.link("ana@example.org", name="Ben Test", updates="yes")
    visits.counted("ana@example.org", name="Ana Test")
    page = visits.app.test_client().get(other).text
    assert "we have forgotten it" in page
    assert 'name="updates" value="yes">' in page
    said = {"name": "Ben Test", "country": "KR", "updates": "yes"}
    for typed in ("", "eva@example.org"):
        refused = visits.press(other, **said, email=typed)
        assert refused.status_code == 400
        assert 'name="updates" value="yes" checked' in refused.text
    assert "You are counted" in visits.press(other, **said, email="ana+ben@example.org").text
    assert visits.rows("SELECT name, address FROM signer ORDER BY name") == [
        ("Ana Test", None),
        ("Ben Test", "ana+ben@example.org"),
    ]


def test_a_link_pressed_without_its_page_counts_without_news_when_the_address_is_forgotten(visits: Visits) -> None:
    other = visits.link("ana@example.org", name="Ben Test", updates="yes")
    visits.counted("ana@example.org", name="Ana Test")
    assert "You are counted" in visits.press(other).text
    assert visits.rows("SELECT DISTINCT updates FROM signature") == [(0,)]


def test_the_news_of_one_person_survive_the_confirming_of_the_other(visits: Visits) -> None:
    visits.counted("ana@example.org", name="Ben Test", updates="yes")
    visits.counted("ana@example.org", name="Ana Test")
    visits.purge()
    assert visits.rows("SELECT name, address FROM signer ORDER BY name") == [
        ("Ana Test", None),
        ("Ben Test", "ana@example.org"),
    ]


def test_a_mail_still_owed_to_another_person_at_the_address_is_sent(visits: Visits) -> None:
    mine = acts.sign(visits.app, "ana@example.org", "Ana Test")
    acts.sign(visits.app, "ana@example.org", "Ben Test")
    acts.confirm(visits.app, mine)
    assert len(visits.mails("ana@example.org")) == 1


def test_every_rule_stands_on_the_privacy_page(visits: Visits) -> None:
    page = visits.app.test_client().get("/privacy").text
    with visits.app.app_context():
        for rule in retention.rules():
            assert str(rule.what) in page
            assert str(rule.how_long) in page


def test_the_purge_does_not_disturb_signing(visits: Visits) -> None:
    old = now() - timedelta(days=15)
    with time_machine.travel(old, tick=True):
        for number in range(40):
            acts.sign(visits.app, f"old{number}@example.org")
    done = Event()

    def sign(lane: int) -> int:
        number = 0
        while not done.is_set():
            assert acts.confirm(visits.app, acts.sign(visits.app, f"new{lane}-{number}@example.org")) == "counted"
            number += 1
        return number

    with ThreadPoolExecutor(3) as threads:
        lanes = [threads.submit(sign, lane) for lane in range(3)]
        try:
            for _time in range(4):
                with visits.app.app_context():
                    retention.purge()
                    retention.empty_log()  # while somebody reads, it is left for the next time
        finally:
            done.set()
        counted = sum(lane.result(60) for lane in lanes)
    assert counted >= 3
    seen = acts.look(visits.app)
    assert seen.rows.total() == counted
    seen.assert_adds_up()
    assert visits.rows("SELECT count(*) FROM signature WHERE state = 4") == [(40,)]
