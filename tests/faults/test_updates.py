"""An update to very many, while the worker is killed and people leave: everybody gets it who wants it."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from petition.accounts.models import User
from petition.core.addresses import parse_address
from petition.core.clock import now
from petition.core.db import read_again, writing
from petition.core.ids import new_id
from petition.mail.sending import IN_HAND
from petition.petitions.models import Petition
from petition.signatures import bulk
from petition.signatures.models import Signature, Signer
from petition.signatures.signing import Wish
from petition.updates import service as updates
from petition.updates.models import Update, UpdateState
from petition.updates.unsubscribing import token
from tests.faults.house import House, Service
from tests.faults.length import LONG, SEED
from tests.processes import ask, wait_until

READERS = 100_000 if LONG else 1_200  # more than are owed at once
KILLS = 5 if LONG else 2
LEAVE = READERS // 50


def _collect(house: House) -> set[str]:
    """So many people have signed and asked for news."""
    addresses = {f"reader{number}@mail.test" for number in range(READERS)}
    people = (
        bulk.Collected(Wish("Ana Test", "KR", updates=True), parse_address(one), "en", now(), now())
        for one in addresses
    )
    with house.app.app_context():
        assert bulk.add(writing, house.petition, people) == READERS
    return addresses


def _send(house: House) -> None:
    with house.app.app_context(), writing() as session:
        author = User(id=new_id(), email="organiser@mail.test", name="Organiser", password_hash="-")
        session.add(author)
        session.flush()
        petition = session.get_one(Petition, house.petition.id)
        update = updates.draft(session, author, petition, {"en": updates.Words("We were heard", "They answered.")})
        updates.send(session, author, update)


def _leave(house: House, chance: random.Random) -> dict[str, int]:
    """Some of those to whom nothing is owed yet leave, as a mail program does it (RFC 8058).

    Returns who, and how many mails the server had taken when each was told that it is done: sending goes on.
    """
    with house.app.app_context():
        waits = read_again().execute(
            sa.select(Signature.bucket, Signature.id, Signer.address)
            .join(Signer, sa.and_(Signer.bucket == Signature.bucket, Signer.signature_id == Signature.id))
            .where(Signature.bucket > sa.select(Update.reached_bucket).scalar_subquery())
        )
        those = chance.sample(waits.all(), LEAVE)
        links = {address: f"/unsubscribe/{token((bucket, one))}" for bucket, one, address in those}
    left = {}
    for address, link in links.items():
        assert ask(house.port, "POST", link, "List-Unsubscribe=One-Click").status == 200
        left[address] = house.sink.accepted
    return left


@pytest.mark.timeout(3600 if LONG else 300)
@pytest.mark.parametrize("house", ["sqlite", "postgresql"], indirect=True)
def test_an_update_reaches_everybody_who_wants_it_though_its_worker_is_killed(
    house: House, tell: Callable[[str], None]
) -> None:
    chance = random.Random(SEED)
    readers = _collect(house)
    service = Service(house)
    wait_until(service.up, 60, "an answer")
    _send(house)
    left: dict[str, int] = {}
    for kill in range(KILLS):
        house.sink.wait_for(READERS * (kill + 1) // (KILLS + 3), 900)
        left |= _leave(house, chance) if kill == KILLS // 2 else {}
        service.kill("worker")
        service.up()
    house.wait_for_all_mail(1800 if LONG else 150)
    wait_until(lambda: _finished(house), 60, "the end of the update")
    house.wait_for_all_mail(1800 if LONG else 150)
    order = [mail.recipients[0] for mail in house.sink.messages]
    got = Counter(order)
    after = [one for place, one in enumerate(order) if place >= left.get(one, len(order)) + IN_HAND]
    twice = sum(got.values()) - len(got)
    words = f"got it {len(got)}, twice {twice}, left {len(left)}, of whom {len(left.keys() & got)} had got it"
    tell(f"an update to {READERS:,}, {KILLS} kills of its worker (FAULT_SEED={SEED}): {words}")
    assert readers - left.keys() <= got.keys() <= readers
    assert after == []
    assert twice <= IN_HAND * KILLS
    service.end()


def _finished(house: House) -> bool:
    with house.reading() as session:
        return session.scalars(sa.select(Update.state)).one() == UpdateState.SENT
