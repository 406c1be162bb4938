"""What is forgotten of endorsements, and when."""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa
from flask_babel import lazy_gettext as __
from sqlalchemy.orm import Session

from petition.core.clock import now
from petition.core.db import read_again
from petition.core.retention import Rule, Transaction, keeps
from petition.endorsements import answering
from petition.endorsements.models import Endorsement
from petition.endorsements.service import LIFE


def _each(
    which: Callable[[], sa.ColumnElement[bool]], forget: Callable[[Session, Endorsement], None]
) -> Callable[[Transaction], int]:
    """Forgets something of each endorsement of a sort, in a transaction of its own: there are never many."""

    def purge(transaction: Transaction) -> int:
        gone = 0
        for endorsement_id in read_again().scalars(sa.select(Endorsement.id).where(which())).all():
            with transaction() as session:
                again = sa.select(Endorsement).where(Endorsement.id == endorsement_id, which())
                found = session.scalar(again.with_for_update(of=Endorsement))
                if found is not None:
                    forget(session, found)
                    gone += 1
        return gone

    return purge


def _is_old() -> sa.ColumnElement[bool]:
    return Endorsement.changed_at < now() - LIFE


def _has_needless_address() -> sa.ColumnElement[bool]:
    return sa.and_(_is_old(), Endorsement.agreed_at.is_not(None), Endorsement.address.is_not(None))


def _forget_address(session: Session, endorsement: Endorsement) -> None:
    """Without an address nobody can be asked to agree to other words, so those agreed to stay."""
    answering.keep_shown(session, endorsement)
    endorsement.address = None


def _was_never_agreed() -> sa.ColumnElement[bool]:
    return sa.and_(_is_old(), Endorsement.agreed_at.is_(None))


def _delete(session: Session, endorsement: Endorsement) -> None:
    session.delete(endorsement)


keeps(
    Rule(
        what=__("Endorsements: name, office, country and statement of the endorser"),
        why=__("they stand on the petition's page, because their endorsers agreed to that"),
        how_long=__("as long as the petition, or until they are taken back"),
    )
)
keeps(
    Rule(
        what=__("The e-mail address of an endorser"),
        why=__("to ask them before anything is published, and again when the words change"),
        how_long=__("30 days after the last word about the endorsement; at once when it ends"),
        purge=_each(_has_needless_address, _forget_address),
    )
)
keeps(
    Rule(
        what=__("Endorsements that nobody agreed to, and what is left of those that ended"),
        why=__("so that the mailed link can work, and editors see what became of it"),
        how_long=__("30 days after the last word about the endorsement"),
        purge=_each(_was_never_agreed, _delete),
    )
)
