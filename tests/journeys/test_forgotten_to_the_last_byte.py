"""DESIGN rule 10 and the last check of the first working whole: we forget, in every byte of every file."""

from __future__ import annotations

import base64
import re
import secrets
from collections import Counter
from pathlib import Path
from urllib.parse import quote

import pytest

from petition.deliveries.proof.canonical import secret_of
from tests import acts
from tests.commands import run_on
from tests.deliveries.packages.making import add_mission, asked, built
from tests.site_visits import Visits

pytestmark = pytest.mark.only_on("sqlite", "it reads the bytes of SQLite's files")

PERSON = "qzxvana"  # the part before the @: the domain alone is kept


def spellings(words: str) -> set[bytes]:
    """The words as they may stand in a file: plain, escaped, in base64 at each of its three alignments, as hex."""
    raw = words.encode()
    found = {raw, quote(words).encode(), words.encode("utf-16-le"), raw.hex().encode(), raw.hex().upper().encode()}
    found.add("".join(f"={byte:02X}" for byte in raw).encode())
    for offset in range(3):
        encoded = base64.b64encode(b"\0" * offset + raw).rstrip(b"=")
        found.add(encoded[4 if offset else 0 : -1])
    return {one.lower() for one in found}


def where(visits: Visits, *words: str) -> Counter[str]:
    """In which files of the instance the words stand, in whatever spelling, and how often."""
    wanted = {one for word in words for one in spellings(word)}
    found: Counter[str] = Counter()
    instance: Path = visits.app.config["INSTANCE"]
    for path in instance.rglob("*"):
        if path.is_file():
            content = re.sub(rb"=\r?\n", b"", path.read_bytes()).lower()
            times = sum(content.count(one) for one in wanted)
            if times:
                found[path.relative_to(instance).parts[0]] += times
    return found


def work(visits: Visits) -> None:
    done = run_on(visits.app, "worker", "--once")
    assert done.returncode == 0, done.stderr
    assert PERSON not in done.stdout + done.stderr


def purge(visits: Visits) -> None:
    done = run_on(visits.app, "purge")
    assert done.returncode == 0, done.stderr
    assert PERSON not in done.stdout + done.stderr


def link_of(visits: Visits, to: str) -> str:
    """The newest confirm link that a worker of another process has mailed."""
    return [mail.path for mail in visits.mails(to) if mail.path.startswith("/confirm/")][-1]


def test_the_search_finds_every_spelling(visits: Visits) -> None:
    instance: Path = visits.app.config["INSTANCE"]
    for number, one in enumerate(sorted(spellings(PERSON))):
        (instance / f"file{number}").write_bytes(b"before " + one + b" after")
    (instance / "soft-break").write_bytes(b"qzxv=\r\nana")
    (instance / "mailed").write_bytes(base64.b64encode(b"To: qzxvana@example.org"))
    assert len(where(visits, PERSON)) == len(spellings(PERSON)) + 2


def test_an_address_without_news_is_in_no_byte_once_it_counts_and_the_purge_ran(visits: Visits) -> None:
    address = f"{PERSON}@example.org"
    visits.sign(address)
    work(visits)
    assert set(where(visits, PERSON)) >= {"petition.db", "mail"} or "petition.db-wal" in where(visits, PERSON)
    assert "You are counted" in visits.press(link_of(visits, address), name="Ana Test", country="KR").text
    purge(visits)
    assert where(visits, PERSON) == {}
    assert visits.total() == 1


def test_neither_strangers_attempts_nor_dead_letters_nor_other_pages_keep_it(visits: Visits) -> None:
    address = f"{PERSON}@example.org"
    client = visits.app.test_client()
    visits.sign(address, name="A Stranger", updates="yes", comment="squatting")
    visits.sign(address.upper(), name="Another")
    visits.sign(f"{PERSON}+tag@example.org", name="Third", updates="yes")
    work(visits)
    visits.rows("UPDATE outbox SET state = 2, recipient = ?, content = '{}' WHERE state = 1", f"{PERSON}@example.org")
    visits.sign(address)
    client.post("/my", data={"email": address})
    client.post("/confirm", data={"email": address, "code": "00000-00000"})
    client.post("/confirm", data={"email": address, "code": ""})
    work(visits)
    visits.press(link_of(visits, address), name="Ana Test", country="KR")
    visits.sign(address, name="After that", updates="yes")
    work(visits)
    purge(visits)
    assert where(visits, PERSON) == {}


def test_an_address_with_news_stays_in_its_row_and_the_local_mailbox_alone(visits: Visits) -> None:
    address = f"{PERSON}@example.org"
    visits.sign(address, updates="yes")
    work(visits)
    visits.press(link_of(visits, address))
    purge(visits)
    found = where(visits, PERSON)
    assert found.pop("mail") > 0
    assert found == {"petition.db": 1}
    assert visits.rows("SELECT address FROM signer") == [(address,)]


@pytest.mark.parametrize("counted", [True, False])
def test_what_is_erased_is_in_no_byte(visits: Visits, counted: bool) -> None:
    address = f"{PERSON}@example.org"
    said = {"name": "Qzxvname Überall", "city": "Qzxvcity", "comment": "Qzxvcomment 왜냐하면"}
    visits.sign(address, **said, updates="yes", show_name="yes")
    work(visits)
    browser = visits.app.test_client()
    if counted:
        visits.press(link_of(visits, address), browser)
    else:
        visits.app.test_client().post("/my", data={"email": address})
        browser.post(next(mail.path for mail in visits.mails(address) if mail.path.startswith("/my/")))
    assert visits.change(browser, visits.refs(browser)[0], "erase").status_code == 303
    purge(visits)
    assert where(visits, PERSON, "Qzxvname", "Qzxvcity", "Qzxvcomment") == {}
    acts.look(visits.app).assert_adds_up()


def test_what_is_erased_is_in_no_byte_of_packages_either(visits: Visits) -> None:
    others = visits.counted("other@example.org", name="Somebody Else", list_name="full")
    browser = visits.counted(f"{PERSON}@example.org", name="Qzxvname Überall", city="Qzxvcity", list_name="full")
    add_mission(visits.app)
    package = built(visits.app, asked(visits.app)).package
    ((kept,),) = visits.rows(
        "SELECT receipt_secret FROM signature WHERE id = (SELECT signature_id FROM package_line WHERE n = 1)"
    )
    secrets_ = [bytes(kept), secret_of(bytes(kept), str(package.id))]
    instance: Path = visits.app.config["INSTANCE"]

    def is_kept(one: bytes) -> bool:
        content = b"".join(path.read_bytes() for path in instance.rglob("*") if path.is_file())
        return one in content or one.hex().encode() in content

    assert set(where(visits, "Qzxvname", "Qzxvcity")) >= {"packages"}
    assert is_kept(secrets_[0])
    assert visits.change(browser, visits.refs(browser)[0], "erase").status_code == 303
    assert not list((instance / "packages").rglob("*.*"))
    purge(visits)
    assert where(visits, PERSON, "Qzxvname", "Qzxvcity") == {}
    assert not any(map(is_kept, secrets_))
    answer = others.get(f"/my/signatures/{visits.refs(others)[0]}/receipts/{package.id}")
    (instance / "receipt.json").write_bytes(answer.data)
    assert run_on(visits.app, "delivery", "verify", str(instance / "receipt.json")).returncode == 0


def test_pages_that_split_and_merge_leave_no_ghost(visits: Visits) -> None:
    people = [f"qz{secrets.token_hex(8)}" for _person in range(150)]
    handles = [acts.sign(visits.app, f"{person}@example.org", f"Name {person}") for person in people]
    counted, erased = people[:50], people[50:100]
    for handle in handles[:100]:
        acts.confirm(visits.app, handle)
    for handle in handles[50:100]:
        acts.erase(visits.app, handle)
    visits.work()
    purge(visits)
    instance: Path = visits.app.config["INSTANCE"]
    content = b"".join(path.read_bytes() for path in instance.rglob("*") if path.is_file())
    assert all(f"{person}@example.org".encode() not in content for person in counted)
    assert all(person.encode() not in content for person in erased)
    assert all(person.encode() in content for person in counted + people[100:])
