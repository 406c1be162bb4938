"""Builds that are stopped, taken over, spoiled or out of room: what is ready is whole, and there is one of it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from petition.core.clock import now
from petition.core.db import read_again, writing
from petition.core.ids import new_id
from petition.deliveries.packages import building, files, service
from petition.deliveries.packages.holding import LEASE, Hold, Lost, claim
from petition.deliveries.packages.models import Package, PackageLeaves, PackageLine
from petition.deliveries.proof import verify
from petition.petitions.models import Petition
from petition.signatures import own_changes
from petition.signatures.attempts import SIGNER_OF, Attempt
from petition.signatures.models import Signature, Signer
from tests.deliveries.packages.making import PEOPLE, asked, built, frozen_lines, now_as

ERASED = "김민지"
TABLES = ("list.csv", "list.xlsx", "list.jsonl")


class Once:
    """Stands where the worker asks whether it should stop, and does something the first time a condition holds."""

    def __init__(self, holds: Callable[[], object], act: Callable[[], bool | None]) -> None:
        self._holds, self._act = holds, act
        self._lock = threading.Lock()  # the tables are written by a thread of their own
        self.done = False

    def __call__(self) -> bool:
        with self._lock:
            if self.done or not self._holds():
                return False
            self.done = True
            return bool(self._act())


def there(app: Flask, package: Package, name: str) -> Callable[[], bool]:
    """Whether a file of the package is there."""
    with app.app_context():
        path = files.folder(package.id) / name
    return path.exists


def first_row_read() -> Callable[[], bool]:
    """The second time it is asked: the list is being read, and nothing is stored."""
    asked_before = count()
    return lambda: next(asked_before) == 1


def change(app: Flask, **values: object) -> None:
    """Changes the only package there is."""
    with app.app_context(), writing() as session:
        session.execute(sa.update(Package).values(**values))


def erase(app: Flask, name: str = ERASED) -> None:
    """Somebody has themselves erased."""
    with app.app_context(), writing() as session:
        signature, signer = session.execute(
            sa.select(Signature, Signer).join(Signer, SIGNER_OF).where(Signer.name == name)
        ).one()
        own_changes.erase(session, Attempt(signature, signer, session.get_one(Petition, signature.petition_id)))


def test_a_worker_that_is_told_to_end_gives_back_what_another_goes_on_with(app: Flask, everybody: None) -> None:
    package = asked(app)
    assert not building.work(app, Once(there(app, package, "key.pem"), lambda: True))
    stopped = now_as(app, package)
    assert (stopped.state, stopped.lease) == ("waiting", None)
    assert stopped.snapshot_at
    kept, seen = _inodes(app, package), []
    assert building.work(app, Once(there(app, package, "manifest.json"), lambda: seen.append(_inodes(app, package))))
    assert seen == [kept]  # what was made was not made again
    ready = now_as(app, package)
    assert (ready.state, ready.snapshot_at) == ("ready", stopped.snapshot_at)


def test_a_worker_that_is_told_to_end_while_it_reads_leaves_nothing_behind(app: Flask, everybody: None) -> None:
    package = asked(app)
    assert not building.work(app, Once(first_row_read(), lambda: True))
    stopped = now_as(app, package)
    assert (stopped.state, stopped.snapshot_at) == ("waiting", None)
    assert len(frozen_lines(app, package)) == len(PEOPLE)


def _inodes(app: Flask, package: Package) -> dict[str, int]:
    with app.app_context():
        folder = files.folder(package.id)
    return {name: (folder / name).stat().st_ino for name in ("cover-letter.pdf", "list-001.pdf", *TABLES)}


@pytest.mark.parametrize("when", ["its list is read", "its files are made"])
def test_who_is_erased_while_it_is_built_is_not_in_it(app: Flask, everybody: None, when: str) -> None:
    package = asked(app)
    moment = first_row_read() if when == "its list is read" else there(app, package, "list.jsonl")
    erasing = Once(moment, lambda: erase(app))
    assert building.work(app, erasing)
    assert erasing.done
    found = now_as(app, package)
    assert (found.state, found.files_gone_at) == ("ready", None)
    with app.app_context():
        path = files.zip_path(found)
    assert verify.check(path).faults == []
    assert found.facts["signature_count"] == len(PEOPLE) - 1
    assert ERASED.encode() not in path.read_bytes()
    with app.app_context():
        session = read_again()
        assert session.scalar(sa.select(sa.func.count()).select_from(PackageLine)) == len(PEOPLE) - 1
        assert len(session.scalars(sa.select(PackageLeaves.hashes)).one()) == 32 * (len(PEOPLE) - 1)


class Killed(BaseException):
    """Stands for `kill -9`: nobody's `except Exception` sees it."""


@pytest.mark.parametrize("where", ["before the files go", "after the row is cleared"])
def test_a_kill_while_it_is_begun_anew_leaves_nothing_of_who_was_erased(
    app: Flask, everybody: None, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = asked(app)
    place, name = (files, "remove") if where == "before the files go" else (Hold, "start_over")
    usual = getattr(place, name)

    def killed(what: object) -> None:
        if place is Hold:
            usual(what)
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(place, name, killed)
        with pytest.raises(Killed):
            building.work(app, Once(there(app, package, "list.csv"), lambda: erase(app)))
    change(app, claimed_until=now() - timedelta(seconds=1))
    found = built(app, package)
    assert verify.check(found.path).faults == []
    assert ERASED.encode() not in found.entries["list.jsonl"]


def test_no_snapshot_takes_a_file_of_another_for_its_own(app: Flask, everybody: None) -> None:
    package = asked(app)
    assert not building.work(app, Once(there(app, package, "list.xlsx"), lambda: True))
    erase(app)
    change(app, files_gone_at=None, files_gone_why=None, snapshot_at=None)
    with app.app_context():
        (files.make_folder(package.id) / "list.jsonl").write_bytes(b"what somebody else made\n")
    assert verify.check(built(app, package).path).faults == []


class AtEachTurn:
    """Erases another person each time that the package's list has been made."""

    def __init__(self, app: Flask, package: Package) -> None:
        self._app, self._is_there = app, there(app, package, "list.jsonl")
        self._lock, self._was_there = threading.Lock(), False
        self._people = iter([ERASED, "山田 太郎", "राजेश कुमार"])

    def __call__(self) -> bool:
        with self._lock:
            is_there = self._is_there()
            if is_there and not self._was_there and (name := next(self._people, None)):
                erase(self._app, name)
            self._was_there = is_there
        return False


def test_erasures_that_come_again_and_again_hold_up_one_package_alone(app: Flask, everybody: None) -> None:
    first, second = asked(app), asked(app)
    assert not building.work(app, AtEachTurn(app, first))
    assert now_as(app, first).state == "waiting"
    built(app, second)
    assert now_as(app, first).state == "waiting"
    assert verify.check(built(app, first).path).faults == []


def test_who_was_away_for_longer_than_the_lease_changes_nothing_any_more(app: Flask, everybody: None) -> None:
    package, other = asked(app), new_id()
    assert not building.work(app, Once(there(app, package, "list.csv"), lambda: change(app, lease=other)))
    found = now_as(app, package)
    assert (found.state, found.lease, found.failure) == ("building", other, None)


def test_nobody_takes_what_somebody_is_at_until_the_lease_is_over(app: Flask, everybody: None) -> None:
    package = asked(app)
    with app.app_context():
        hold = claim(package.id, lambda: False)
        assert hold
        assert claim(package.id, lambda: False) is None
        assert not building.work(app)
        change(app, claimed_until=now() - timedelta(seconds=1))
        other = claim(package.id, lambda: False)
        assert other
        hold.give_back(state="failed")
        with pytest.raises(Lost), hold.writing():
            pass
    assert now_as(app, package).lease == other.lease


def test_a_lease_from_a_clock_that_ran_ahead_holds_nobody_up(app: Flask, everybody: None) -> None:
    package = asked(app)
    change(app, state="building", lease=new_id(), claimed_until=now() + 10 * LEASE)
    with app.app_context():
        assert claim(package.id, lambda: False)


def test_half_a_snapshot_is_thrown_away(app: Flask, everybody: None) -> None:
    package = asked(app)
    with app.app_context(), writing() as session:
        session.add(PackageLine(bucket=1, package_id=package.id, signature_id=new_id(), n=1, line=b"{}"))
        session.add(PackageLeaves(package_id=package.id, number=0, hashes=b"x" * 32))
    lines = frozen_lines(app, package)
    assert [line["n"] for line in lines] == list(range(1, len(PEOPLE) + 1))


def test_a_file_that_cannot_be_written_fails_the_package_until_somebody_asks_again(
    app: Flask, everybody: None, tmp_path: Path
) -> None:
    package = asked(app)
    with app.app_context():
        in_the_way = files.folder(package.id).parent
        in_the_way.write_text("no folder")
    assert building.work(app)
    failed = now_as(app, package)
    assert (failed.state, failed.failure[:28]) == ("failed", "A file could not be written ")
    in_the_way.unlink()
    assert not building.work(app)
    with app.app_context(), writing() as session:
        service.retry(session, None, session.get_one(Package, package.id))
    assert built(app, package).package.snapshot_at == failed.snapshot_at


def test_what_other_tools_have_made_is_made_again(app: Flask, everybody: None) -> None:
    package = asked(app)
    assert not building.work(app, Once(there(app, package, "list-001.pdf"), lambda: True))
    change(app, tools={"typst": "0.1"})
    with app.app_context():
        (files.folder(package.id) / "list.csv").write_text("of an older program")
    assert verify.check(built(app, package).path, deep=True).faults == []


def test_the_lease_is_renewed_as_long_as_it_takes(app: Flask, everybody: None) -> None:
    package = asked(app)
    with app.app_context():
        hold = claim(package.id, lambda: False)
        assert isinstance(hold, Hold)
        change(app, claimed_until=now())
        hold.renew()
        assert read_again().get_one(Package, package.id).claimed_until > now() + LEASE / 2
