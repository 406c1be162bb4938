"""What a signer, a reader or a worker causes reads a few rows of a million: the plans of real statements are read."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from petition.core.db import read_again
from petition.petitions import service as petitions
from petition.signatures import recount
from tests.conftest import SLUG, add_petition, make_settings, running
from tests.site_visits import Visits
from tests.throwaway_postgres import ThrowawayPostgres

ROWS = 1_000_000
PAGES = ["", "/tally", "/tally.json", "/tally.json?by=hour&country=KR", "/tally.csv"]

# Two petitions with a million signatures between them, half a year of hours, 200 countries; every fourth confirm mail
# is still in the outbox, as after a storm, and 5,000 of them wait for another day. Ids and hashes grow with n: the
# indexes are then built in seconds. Their order makes no difference to a plan.
FILL = f"""
SET session_replication_role = replica;
ALTER TABLE signer SET UNLOGGED;
ALTER TABLE imported_signature SET UNLOGGED;
ALTER TABLE signature SET UNLOGGED;
ALTER TABLE outbox SET UNLOGGED;
ALTER TABLE hourly_tally SET UNLOGGED;
CREATE TEMPORARY TABLE given AS
SELECT n, n % 64 AS bucket, lpad(to_hex(n), 32, '0')::uuid AS id, decode(lpad(to_hex(n), 32, '0'), 'hex') AS hashed,
    CASE WHEN n % 11 = 0 THEN other.id ELSE main.id END AS petition_id, n / 7 % 50 <> 0 AS confirmed,
    now() - make_interval(mins => n * 3 % 250000 + 60) AS at, chr(65 + n / 5 % 8) || chr(65 + n % 25) AS country
FROM generate_series(1, {ROWS}) n,
    (SELECT id FROM petition WHERE slug = '{SLUG}') main, (SELECT id FROM petition WHERE slug = 'other') other;
INSERT INTO signature (bucket, id, petition_id, text_version, consent_version, consented_at, locale, country, state,
    origin, created_at, confirmed_at, address_hash, place, person_hash, handle,
    show_name, list_name, updates, receipt_secret, domain)
SELECT bucket, id, petition_id, 1, '1', at, 'en', country, confirmed::int,
    0, at, CASE WHEN confirmed THEN at END, hashed, CASE WHEN confirmed THEN 1 END,
    CASE WHEN confirmed THEN hashed END, CASE WHEN NOT confirmed THEN hashed END,
    n % 3 = 0, 2, false, hashed || hashed, 'example.org'
FROM given;
INSERT INTO signer (bucket, signature_id, name, comment)
SELECT bucket, id, 'Person ' || n, CASE WHEN n % 9 = 0 THEN 'Because' END FROM given;
INSERT INTO outbox (bucket, id, state, template, locale, mailbox_hash, domain, about, signature_id,
    created_at, due, claimed_at, attempts, finished_at)
SELECT bucket, id, confirmed::int, 'confirm', 'en', hashed, 'example.org', petition_id, id,
    at, CASE WHEN confirmed THEN at ELSE now() + interval '1 day' END, at, 1, at
FROM given WHERE n % 4 = 0;
INSERT INTO tally SELECT slot, petition_id, country, count(*)
FROM given, generate_series(0, 7) slot WHERE confirmed AND n % 8 = slot GROUP BY 1, 2, 3;
INSERT INTO hourly_tally SELECT n % 8, petition_id, date_trunc('hour', at, 'UTC'), country, count(*)
FROM given WHERE confirmed GROUP BY 1, 2, 3, 4;
RESET session_replication_role;
VACUUM (ANALYZE) signature, signer, outbox, tally, hourly_tally;
"""


@pytest.fixture(scope="module")
def visits(server: ThrowawayPostgres, database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visits]:
    """A site with a million signatures."""
    with running(make_settings(tmp_path_factory.mktemp("million") / "instance", database)) as app:
        add_petition(app)
        add_petition(app, "other", title="Another matter")
        with psycopg.connect(server.dsn("petitions"), autocommit=True) as connection:
            for statement in FILL.split(";\n")[:-1]:
                connection.execute(statement.encode())
        yield Visits(app)


Step = dict[str, Any]


def steps_of(plan: Step, limited: bool = False) -> Iterator[Step]:
    """The steps of a plan; `limited` says of each whether it ends as soon as a few rows are found."""
    kind = plan["Node Type"]
    yield plan | {"limited": limited}
    for below in plan.get("Plans", []):
        yield from steps_of(below, kind == "Limit" or (limited and kind in {"LockRows", "Nested Loop", "Result"}))


@contextmanager
def plans() -> Iterator[dict[str, list[Step]]]:
    """Collects the steps of the plan of each statement that is sent."""
    found: dict[str, list[Step]] = {}

    def explain(connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        if connection.dialect.name != "postgresql" or not re.match(r"(WITH|SELECT|INSERT|UPDATE|DELETE)", statement):
            return
        values = parameters[0] if many else parameters
        with connection.connection.dbapi_connection.cursor() as cursor:
            rows = cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}", values or None).fetchone()
        found[statement] = list(steps_of(rows[0][0]["Plan"]))

    event.listen(Engine, "before_cursor_execute", explain)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", explain)


BIG_TABLES = {"signature", "signer", "outbox"}  # the tallies grow with hours and countries, not with signatures
MOST_ROWS = 1_000
MEMORY_KILOBYTES = 4096


def table_of(step: Step) -> str:
    return str(step.get("Relation Name", ""))


def faults(found: dict[str, list[Step]]) -> list[str]:
    """Steps that read much of a big table, or would sort more than fits into memory."""
    return [
        f"{step['Node Type']} {table_of(step)} {step['Plan Rows']} rows   <- {statement}"
        for statement, steps in found.items()
        for step in steps
        if _reads_much(step) or _sorts_on_disk(step)
    ]


def _reads_much(step: Step) -> bool:
    if table_of(step) not in BIG_TABLES or "Scan" not in step["Node Type"]:
        return False
    return step["Node Type"] == "Seq Scan" or not (step["limited"] or step["Plan Rows"] <= MOST_ROWS)


def _sorts_on_disk(step: Step) -> bool:
    return "Sort" in step["Node Type"] and step["Plan Rows"] * step["Plan Width"] > MEMORY_KILOBYTES * 1024


def read(visits: Visits) -> None:
    for page in PAGES:
        assert visits.app.test_client().get(f"/petitions/{SLUG}{page}").status_code == 200


def ask_the_api(visits: Visits) -> None:
    client = visits.app.test_client()
    for path in ("", f"/{SLUG}", f"/{SLUG}/tally?by=day", "?q=river&state=open"):
        assert client.get(f"/api/v1/petitions{path}").status_code == 200


def sign_and_confirm(visits: Visits) -> None:
    """The sign form, the worker's claim and its end, the confirm page, its button, and again."""
    path = visits.link("ana@example.org", updates="yes")
    browser = visits.app.test_client()
    assert browser.get(path).status_code == 200
    for _twice in range(2):
        assert "You are counted" in visits.press(path, browser, name="Ana Test", country="KR").text
    assert visits.press(visits.link("ana@example.org", name="Ana Test")).status_code == 200


def type_the_code(visits: Visits) -> None:
    visits.sign("code@example.org")
    code = visits.mails("code@example.org")[-1].code
    assert (
        visits.app.test_client().post("/confirm", data={"email": "code@example.org", "code": code}).status_code == 303
    )


def use_the_own_page(visits: Visits) -> None:
    browser = visits.counted("own@example.org")
    visits.change(browser, visits.refs(browser)[0], name="Own", country="JP")
    visits.app.test_client().post("/my", data={"email": "own@example.org"})
    opened = visits.app.test_client()
    opened.post(visits.mails("own@example.org")[-1].path)
    assert visits.refs(opened)
    visits.change(opened, visits.refs(opened)[0], "withdraw")
    visits.change(opened, visits.refs(opened)[0], "erase")


def be_idle(visits: Visits) -> None:
    """What a worker asks again and again when nothing is due."""
    assert visits.work() == 0


@pytest.mark.parametrize("act", [read, ask_the_api, sign_and_confirm, type_the_code, use_the_own_page, be_idle])
def test_no_hot_path_reads_much_of_a_big_table_or_sorts_on_disk(
    visits: Visits, act: Callable[[Visits], None]
) -> None:
    with plans() as found:
        act(visits)
    assert any("Index" in step["Node Type"] for steps in found.values() for step in steps)
    assert faults(found) == []


def test_the_check_of_a_million_reads_them_once_in_the_index_alone(visits: Visits, record_property: Any) -> None:
    with visits.app.app_context():
        petition_id = petitions.find(read_again(), SLUG).id
        began = time.monotonic()
        lines = recount.compare(read_again(), petition_id)
        record_property("measured", f"tally --check of {ROWS:,} signatures: {time.monotonic() - began:.2f} s")
        with plans() as found:
            recount.compare(read_again(), petition_id)
        assert sum(line.rows for line in lines) > ROWS / 2
        assert all(line.right for line in lines)
        steps = [step for steps in found.values() for step in steps if table_of(step) == "signature"]
        assert [step["Node Type"] for step in steps] == ["Index Only Scan"]
