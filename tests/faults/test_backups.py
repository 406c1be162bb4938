"""A backup made while people sign, restored into a fresh instance: all is there, and old links still work."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from petition.core.addresses import canonical_address
from petition.core.db import read_again
from petition.core.keyed_hashes import mailbox_hash, signature_hash
from petition.setting_values import database_url
from petition.settings import Settings
from petition.signatures.models import Signature
from tests.conftest import SLUG, running
from tests.faults.crowd import Crowd, link_in, wait_for_work
from tests.faults.house import House, Service
from tests.processes import Programs, ask, free_port, wait_until


def back_up(house: House, target: Path) -> None:
    """As docs/operations.md says."""
    if house.postgres:
        house.postgres.dump("petition", target)
    else:
        done = house.programs.run("db", "backup", str(target))
        assert done.returncode == 0, done.printed
        again = house.programs.run("db", "backup", str(target))
        assert (again.returncode, again.printed) == (1, f"petition: {target} exists: a backup replaces no other\n")


def restore(house: House, source: Path, instance: Path) -> Settings:
    """A fresh instance with the backup as its database, and the keys that were kept apart."""
    instance.mkdir()
    if house.postgres:
        url = database_url(house.postgres.create("restored"))
        house.postgres.restore(source, "restored")
    else:
        shutil.copy(source, instance / "petition.db")
        url = f"sqlite:///{instance}/petition.db"
    return replace(house.settings, instance=instance, database_url=url)


@pytest.mark.parametrize("house", ["sqlite", "postgresql"], indirect=True)
def test_a_backup_made_while_people_sign_is_restored_whole(
    house: House, tmp_path: Path, tell: Callable[[str], None]
) -> None:
    service, copy = Service(house), tmp_path / "backup"
    old_link = _sign_and_wait(house, "patient@mail.test")
    with Crowd(house) as crowd:
        wait_for_work(crowd)
        before = set(crowd.signed)
        back_up(house, copy)
        wait_for_work(crowd)
    service.end()
    settings = restore(house, copy, tmp_path / "restored")
    found = _found(settings, house, before)
    after = len(crowd.signed) - len(before)
    tell(f"backup while people sign: acknowledged before it {len(before)}, found {found}; while and after {after}")
    assert found == len(before)
    _use(settings, old_link)
    _refused_with_another_key(settings, old_link)


def _sign_and_wait(house: House, email: str) -> str:
    assert house.sign(email).status == 303
    [received] = house.sink.wait_for(1, 60)
    return link_in(received)


def _found(settings: Settings, house: House, people: set[str]) -> int:
    with running(settings) as app, app.app_context():
        wanted = {signature_hash(mailbox_hash(canonical_address(email)), house.petition.id) for email in people}
        return len(wanted & set(read_again().scalars(sa.select(Signature.address_hash))))


def _use(settings: Settings, old_link: str) -> None:
    programs, port = Programs(settings, settings.instance), free_port()
    try:
        programs.serve(port)
        assert "Ana Test" in ask(port, "GET", old_link).text
        total = _total(port)
        assert ask(port, "POST", old_link).status == 200
        wait_until(lambda: _total(port) == total + 1)
        checked = programs.run("tally", SLUG, "--check")
        assert checked.returncode == 0, checked.printed
        exported = programs.run("export", SLUG, "-o", str(settings.instance / "list.csv"))
        assert exported.returncode == 0, exported.printed
        assert exported.printed.startswith(f"{total + 1} signature")
    finally:
        programs.close()


def _total(port: int) -> int:
    return int(json.loads(ask(port, "GET", f"/api/v1/petitions/{SLUG}").text)["signature_count"])


def _refused_with_another_key(settings: Settings, old_link: str) -> None:
    with running(replace(settings, secret_key="another key than before")) as app:
        assert app.test_client().get(old_link).status_code == 404
