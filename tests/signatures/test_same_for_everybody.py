"""DESIGN rule 5: nobody learns from us whether an address signed. The work is compared, not clocks."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from tests.conftest import SLUG, add_petition
from tests.site_visits import Visits

ADDRESS = "ana@example.org"


@contextmanager
def statements() -> Iterator[list[str]]:
    """Every SQL statement of every engine, without its parameters, and every commit."""
    seen: list[str] = []

    def on_execute(
        _connection: Any, _cursor: Any, statement: str, _parameters: Any, _context: Any, many: bool
    ) -> None:
        seen.append(f"{'many ' if many else ''}{statement}")

    def on_commit(_connection: Any) -> None:
        seen.append("COMMIT")

    event.listen(Engine, "before_cursor_execute", on_execute)
    event.listen(Engine, "commit", on_commit)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", on_execute)
        event.remove(Engine, "commit", on_commit)


def new(_visits: Visits) -> None:
    """Nothing has happened to the address."""


def pending(visits: Visits) -> None:
    visits.link(ADDRESS)


def confirmed(visits: Visits) -> None:
    visits.counted(ADDRESS)


def confirmed_by_an_alias(visits: Visits) -> None:
    visits.counted("ANA+news@example.org", updates="yes")


def full(visits: Visits) -> None:
    visits.counted(ADDRESS, name="One")
    visits.counted(ADDRESS, name="Two")


def withdrawn(visits: Visits) -> None:
    browser = visits.counted(ADDRESS)
    visits.change(browser, visits.refs(browser)[0], "withdraw")


def erased(visits: Visits) -> None:
    browser = visits.counted(ADDRESS)
    visits.change(browser, visits.refs(browser)[0], "erase")


def past_the_cap_of_mails(visits: Visits) -> None:
    for _time in range(12):
        visits.sign(ADDRESS)
    visits.work()


def counted_elsewhere(visits: Visits) -> None:
    add_petition(visits.app, "another")
    visits.counted(ADDRESS, "another")


HISTORIES = [
    pending,
    confirmed,
    confirmed_by_an_alias,
    full,
    withdrawn,
    erased,
    past_the_cap_of_mails,
    counted_elsewhere,
]


def stripped(text: str) -> str:
    """What differs from one request to the next whoever asks."""
    return re.sub(r'name="form_token" value="[^"]+"', "", text)


def traces(visits: Visits, path: str, form: dict[str, Any]) -> dict[str, Any]:
    """All that a request does and answers, and the page it leads to."""
    known = {row[0] for row in visits.rows("SELECT id FROM outbox")}
    with statements() as seen:
        answer = visits.app.test_client().post(path, data=form)
    after = visits.app.test_client().get(answer.headers["Location"])
    row = "SELECT id, state, template, locale, recipient, content, domain, attempts, lease FROM outbox"
    (mail,) = [row for row in visits.rows(row) if row[0] not in known]
    content = mail[5] if isinstance(mail[5], dict) else json.loads(mail[5])
    return {
        "statements": seen,
        "status": answer.status_code,
        "body": answer.data,
        "headers": [(name, value) for name, value in answer.headers if name not in {"X-Request-Id", "Date"}],
        "page": (after.status_code, stripped(after.text)),
        "mail": [*mail[1:5], {key: len(value) for key, value in content.items()}, *mail[6:]],
    }


@pytest.mark.parametrize("history", HISTORIES)
@pytest.mark.parametrize("path", [f"/petitions/{SLUG}/sign", "/my"])
def test_every_address_gets_the_same_work_answer_and_mail(
    visits: Visits, history: Callable[[Visits], None], path: str
) -> None:
    history(visits)
    form = visits.form(email="eva@example.org", updates="yes") | {"name": "Ana Test"}
    stranger = traces(visits, path, form)
    known = traces(visits, path, form | {"email": ADDRESS})
    assert stranger["mail"][3] == "eva@example.org"
    stranger["mail"][3] = known["mail"][3]
    assert known == stranger
    assert known["statements"].count("COMMIT") == 2  # the limit's, and the one of the act


def test_no_statement_of_signing_reads_signatures(visits: Visits) -> None:
    with statements() as seen:
        visits.sign(ADDRESS)
    mentioned = re.findall(r"(\w+ \w+) (signature|signer|outbox)\b", " ".join(seen))
    assert sorted(mentioned) == [("INSERT INTO", table) for table in ("outbox", "signature", "signer")]


def test_the_mail_is_the_same_for_a_new_and_a_counted_address(visits: Visits) -> None:
    visits.counted(ADDRESS, name="Ana Test")
    texts = []
    for address in (ADDRESS, "eva@example.org"):
        visits.sign(address, name="<b>Buy</b> now")
        mail = visits.mails(address)[-1]
        assert "Buy" not in mail.text
        texts.append(mail.text.replace(mail.path, "").replace(mail.code, ""))
    assert texts[0] == texts[1]
