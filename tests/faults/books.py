"""DESIGN rules 1 and 2, looked up in the database after a fault: what was acknowledged, owed and counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from petition.core.addresses import canonical_address
from petition.core.keyed_hashes import mailbox_hash, signature_hash
from petition.mail.models import MailState, OwedMail
from petition.signatures import recount
from petition.signatures.models import Signature, SignatureState
from petition.tallies import service as tallies
from tests.faults.crowd import Crowd
from tests.faults.house import House


@dataclass(frozen=True)
class Books:
    """What came of it. `repeated`: how many copies each mail that came more than once had too many."""

    words: str
    repeated: dict[str, int]

    @property
    def duplicates(self) -> int:
        return sum(self.repeated.values())


def copies(house: House) -> Counter[str]:
    """How often each mail arrived, by its id, which stands in its Message-ID."""
    return Counter(
        str(received.message["Message-ID"]).strip("<>").partition("@")[0] for received in house.sink.messages
    )


def check(house: House, crowd: Crowd) -> Books:
    """Asserts that nothing acknowledged is lost, the tally is the rows, and every mail owed came."""
    arrived = copies(house)
    repeated = {mail: number - 1 for mail, number in arrived.items() if number > 1}
    with house.reading() as session:
        states = {
            bytes(row[0]): row[1] for row in session.execute(sa.select(Signature.address_hash, Signature.state))
        }
        lost = [email for email in crowd.signed if _hash(house, email) not in states]
        undone = [email for email in crowd.confirmed if states.get(_hash(house, email)) != SignatureState.CONFIRMED]
        owed = {mail.hex for mail in session.scalars(sa.select(OwedMail.id).where(_NEEDED))}
        words = (
            f"acknowledged {len(crowd.signed)} signatures, {len(crowd.confirmed)} confirmations; "
            f"found {len(states)} rows, {_confirmed(states)} confirmed; lost {len(lost)} and {len(undone)}; "
            f"mails owed {len(owed)}, not come {len(owed - arrived.keys())}, repeated {sum(repeated.values())} "
            f"(of {len(repeated)}); not acknowledged {dict(crowd.refused)}"
        )
        assert (lost, undone, owed - arrived.keys()) == ([], [], set()), words
        _check_counts(house, session, states, len(crowd.confirmed))
    return Books(words, repeated)


_NEEDED = OwedMail.state.not_in([MailState.SUPERSEDED, MailState.DEAD])


def _check_counts(house: House, session: Session, states: dict[bytes, SignatureState], acknowledged: int) -> None:
    assert all(line.right for line in recount.compare(session, house.petition.id))
    assert tallies.count(session, house.petition.id).total == _confirmed(states) >= acknowledged
    unmailed = sa.select(Signature.id).where(Signature.id.not_in(sa.select(OwedMail.signature_id)))
    assert session.scalars(unmailed).all() == []
    if not house.postgres:
        assert session.execute(sa.text("PRAGMA integrity_check")).scalar() == "ok"


def _confirmed(states: dict[bytes, SignatureState]) -> int:
    return sum(state == SignatureState.CONFIRMED for state in states.values())


def _hash(house: House, email: str) -> bytes:
    with house.app.app_context():
        return signature_hash(mailbox_hash(canonical_address(email)), house.petition.id)
