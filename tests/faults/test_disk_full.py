"""The disk is full while people sign, mail leaves and lists are written: clear errors, nothing half-written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from petition.core.addresses import parse_address
from petition.core.clock import now
from petition.core.db import writing
from petition.mail.sending import IN_HAND
from petition.signatures import bulk
from petition.signatures.bulk import Collected
from petition.signatures.signing import Wish
from tests.conftest import SLUG
from tests.faults import books
from tests.faults.crowd import Crowd, wait_for_work
from tests.faults.house import House, Service, open_house
from tests.faults.length import LONG
from tests.faults.small_disk import ROOM_BYTES, SmallDisk, SmallFiles, small_disk
from tests.processes import wait_until
from tests.smtp_sink import SmtpSink

Tell = Callable[[str], None]
FORMATS = ["csv", "jsonl", "xlsx", "pdf"] if LONG else ["csv"]
KINDS = ["small disk", "small files"] if LONG else ["small disk"]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk | None]:
    with small_disk(tmp_path / "disk") as mounted:
        yield mounted


@pytest.fixture
def place(disk: SmallDisk | None, tmp_path: Path) -> Path:
    """The folder of the small disk, or where none can be mounted, any folder."""
    return disk.folder if disk else tmp_path / "disk"


@pytest.mark.parametrize("kind", KINDS)
def test_a_full_disk_refuses_clearly_and_with_room_all_goes_on(
    kind: str, disk: SmallDisk | None, place: Path, tmp_path: Path, sink: SmtpSink, tell: Tell
) -> None:
    kind = kind if disk else "small files"
    with open_house(place if kind == "small disk" else tmp_path, sink) as house:
        service = Service(house)
        small = disk if disk and kind == "small disk" else SmallFiles(service.web, service.worker)
        with Crowd(house) as crowd:
            wait_for_work(crowd)
            small.fill()
            wait_until(lambda: sum(crowd.refused.values()) >= 20, 60, "refusals")
            small.make_room()
            wait_for_work(crowd)
        house.wait_for_all_mail()
        found = books.check(house, crowd)
        tell(f"disk full ({kind}): {found.words}")
        assert {refusal.rpartition(" ")[2] for refusal in crowd.refused} <= {"503"}
        assert found.duplicates <= IN_HAND
        service.end()


@pytest.mark.parametrize("house", ["postgresql"], indirect=True)  # so that only the mails lack room
def test_mail_for_a_full_disk_waits_and_then_comes_whole_and_once(
    house: House, disk: SmallDisk | None, place: Path, tell: Tell
) -> None:
    mailbox = place / "mail"
    house.programs.settings = replace(house.settings, mail_url=f"maildir://{mailbox}")
    worker = house.programs.start("worker")
    wait_until(lambda: "worker started" in worker.printed, 60)
    small = disk or SmallFiles(worker)
    small.fill()
    people = house.people_sign(20)
    wait_until(lambda: worker.printed.count("cannot be written (E") == 20, 20, "failures")
    assert _mails(mailbox) == []
    assert len(house.waiting()) == 20
    small.make_room()
    house.time_passes()
    wait_until(lambda: not house.waiting(), 30, "the sending of all mail")
    mails = [message_from_bytes(path.read_bytes(), policy=default) for path in _mails(mailbox)]
    recipients = [str(mail["To"]) for mail in mails]
    tell(f"disk full in mail: owed 20, come {len(mails)}, repeated {len(mails) - len(set(recipients))}")
    assert sorted(recipients) == sorted(people)
    assert all("/confirm/" in mail.as_string() for mail in mails)


def _mails(mailbox: Path) -> list[Path]:
    return [path for path in mailbox.rglob("*") if path.is_file()]


@pytest.mark.parametrize("house", ["sqlite"], indirect=True)
def test_a_list_or_backup_that_does_not_fit_has_no_file(house: House, disk: SmallDisk | None, place: Path) -> None:
    _collect(house, 1000)
    writers = {place / f"list.{format_}": ("export", SLUG, "-o") for format_ in FORMATS}
    for target, command in (writers | {place / "backup.db": ("db", "backup")}).items():
        with _no_room(house, disk):
            refused = house.programs.run(*command, str(target))
        assert refused.returncode == 1
        [line] = refused.printed.splitlines()
        assert line.startswith(f"petition: {target} could not be written: ")
        assert list(place.iterdir()) == []
        assert house.programs.run(*command, str(target)).returncode == 0
        target.unlink()


def _collect(house: House, number: int) -> None:
    people = (
        Collected(Wish(f"Person {one}", "KR"), parse_address(f"p{one}@mail.test"), "en", now(), now())
        for one in range(number)
    )
    with house.app.app_context():
        assert bulk.add(writing, house.petition, people) == number


@contextmanager
def _no_room(house: House, disk: SmallDisk | None) -> Iterator[None]:
    if disk:
        disk.fill()
    else:
        house.programs.prefix = ("prlimit", f"--fsize={ROOM_BYTES}:")
    yield
    if disk:
        disk.make_room()
    house.programs.prefix = ()
