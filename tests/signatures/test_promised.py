"""The promised retention: names are gone so many months after the end, and every count stays what it was."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from petition.core.clock import months_after, now
from petition.core.db import read_again, writing
from petition.core.tokens import form_token
from petition.deliveries import export, personal
from petition.deliveries.lines import line_by_line
from petition.petitions import service as petitions
from petition.petitions.models import State
from petition.signatures import promised
from tests import acts
from tests.conftest import SLUG, add_petition, signed_in
from tests.site_visits import Visits

CLOSED = datetime(2026, 1, 31, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def promise(visits: Visits, months: int | None, version: int = 1) -> None:
    visits.rows("UPDATE petition_text SET kept_months = ? WHERE version = ?", months, version)


def move(visits: Visits, state: State, slug: str = SLUG) -> None:
    with visits.app.app_context(), writing() as session:
        petitions.change_state(petitions.find(session, slug), state)


def close(visits: Visits) -> None:
    with time_machine.travel(CLOSED, tick=True):
        move(visits, State.CLOSED)


def purge_at(visits: Visits, at: datetime) -> None:
    with time_machine.travel(at, tick=True):
        visits.purge()


def names(visits: Visits) -> list[str]:
    return [name for (name,) in visits.rows("SELECT name FROM signer ORDER BY name")]


def test_names_are_kept_to_the_day_that_was_promised_and_gone_after_it(visits: Visits) -> None:
    visits.counted("ana@example.org", city="Seoul", comment="Because", show_name="yes", updates="yes")
    promise(visits, 1)
    close(visits)
    purge_at(visits, datetime(2026, 2, 28, 11, tzinfo=UTC))
    assert names(visits) == ["Ana Test"]
    purge_at(visits, datetime(2026, 2, 28, 13, tzinfo=UTC))
    assert names(visits) == []
    assert visits.total() == 1
    acts.look(visits.app).assert_adds_up()
    assert visits.rows("SELECT state, show_name, list_name, updates FROM signature") == [(1, 0, 0, 0)]
    assert visits.app.test_client().get(f"/petitions/{SLUG}").status_code == 200


def test_lists_show_whoever_is_forgotten_in_the_count_alone(visits: Visits) -> None:
    visits.counted("ana@example.org", list_name="full")
    visits.counted("eva@example.org", name="Eva", list_name="initials", country="DE")
    promise(visits, 0)
    visits.counted("late@example.org", name="Late", list_name="full", country="DE")
    visits.rows(
        "UPDATE signature SET text_version = 2 WHERE bucket = (SELECT bucket FROM signer WHERE name = 'Late')"
        " AND id = (SELECT signature_id FROM signer WHERE name = 'Late')"
    )
    close(visits)
    purge_at(visits, CLOSED + DAY)
    with visits.app.app_context():
        session = export.snapshot(read_again())
        chosen = export.Filter(petitions.find(session, SLUG).id)
        about = export.heading(session, petitions.find(session, SLUG), chosen)
        assert about.total == 3
        list_ = export.stretches(session, chosen, about)
        lines = [(line.n, line.country, line.name, line.shown) for line in line_by_line(list_)]
        assert lines == [(1, "DE", "Late", "full"), (2, "DE", "", "count"), (3, "KR", "", "count")]
        rows = list(personal.rows(session, chosen))
        assert [row[2] for row in rows] == ["Late"]
        assert personal.writer("csv")(io.BytesIO(), iter(rows)) == 1


def test_each_signer_is_forgotten_as_their_own_version_promised(visits: Visits) -> None:
    visits.counted("ana@example.org", name="First")
    promise(visits, 1)
    add_petition(visits.app, body="Other words.")
    visits.rows("UPDATE petition_text SET kept_months = 12 WHERE version = 2")
    visits.counted("eva@example.org", name="Second", form_token=token_of_version(visits, 2))
    close(visits)
    purge_at(visits, CLOSED + 40 * DAY)
    assert names(visits) == ["Second"]
    purge_at(visits, CLOSED + 366 * DAY)
    assert names(visits) == []


def token_of_version(visits: Visits, version: int) -> str:
    with visits.app.app_context():
        return form_token(now(), version)


def test_nobody_is_forgotten_where_nothing_was_promised_or_the_petition_goes_on(visits: Visits) -> None:
    visits.counted("ana@example.org")
    promise(visits, 1)
    for state in (State.PAUSED, State.OPEN):
        move(visits, state)
        purge_at(visits, CLOSED + 4000 * DAY)
    close(visits)
    move(visits, State.OPEN)
    purge_at(visits, CLOSED + 4000 * DAY)
    promise(visits, None)
    close(visits)
    purge_at(visits, CLOSED + 4000 * DAY)
    assert names(visits) == ["Ana Test"]


@pytest.mark.parametrize("state", [State.ARCHIVED, State.HIDDEN, State.TAKEN_DOWN])
def test_the_time_runs_on_from_the_end_whatever_comes_after_it(visits: Visits, state: State) -> None:
    visits.counted("ana@example.org")
    promise(visits, 1)
    close(visits)
    move(visits, state)
    purge_at(visits, CLOSED + 40 * DAY)
    assert names(visits) == []


def test_a_paused_petition_past_its_closing_time_has_ended(visits: Visits) -> None:
    visits.counted("ana@example.org")
    promise(visits, 1)
    with visits.app.app_context(), writing() as session:
        petition = petitions.find(session, SLUG)
        petition.closes_at = CLOSED
        petitions.change_state(petition, State.PAUSED)
    purge_at(visits, CLOSED + 20 * DAY)
    assert names(visits) == ["Ana Test"]
    purge_at(visits, CLOSED + 40 * DAY)
    assert names(visits) == []


def test_an_attempt_that_was_never_confirmed_is_forgotten_too_and_its_link_says_so(visits: Visits) -> None:
    link = visits.link("ana@example.org")
    visits.sign("eva@example.org")
    promise(visits, 0)
    close(visits)
    visits.purge()
    assert names(visits) == []
    assert visits.rows("SELECT DISTINCT state FROM signature") == [(4,)]
    assert visits.rows("SELECT count(*) FROM outbox WHERE recipient IS NOT NULL") == [(0,)]
    assert visits.app.test_client().get(link).status_code == 404


def test_more_than_one_portion_is_forgotten_and_another_petition_left_alone(
    visits: Visits, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_petition(visits.app, "other", title="Other")
    for number in range(6):
        handle = acts.sign(visits.app, "ana@example.org", f"Ana {number}")
        if number < 2:
            acts.confirm(visits.app, handle)
    acts.confirm(visits.app, acts.sign(visits.app, "eva@example.org", "Other", slug="other"))
    monkeypatch.setattr(promised, "AT_ONCE", 2)
    promise(visits, 0)
    close(visits)
    visits.purge()
    assert names(visits) == ["Other"]
    assert visits.total() == 2
    page = signed_in(visits.app).get("/organiser/organisations/river-friends/audit").text
    assert f"forgot names of signers of {SLUG}, as was promised: 6" in page


def test_a_month_after_the_last_of_january_is_the_last_of_february() -> None:
    assert months_after(CLOSED, 1) == datetime(2026, 2, 28, 12, tzinfo=UTC)
    assert months_after(CLOSED, 25) == datetime(2028, 2, 29, 12, tzinfo=UTC)
    assert months_after(CLOSED, 0) == CLOSED
    assert months_after(CLOSED, 12) == datetime(2027, 1, 31, 12, tzinfo=UTC)
