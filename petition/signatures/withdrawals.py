"""Many withdrawals from one mail domain within an hour alarm the owners: people may be under pressure there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import UUID

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import Session

from petition.accounts.models import User
from petition.core import audit, i18n
from petition.core.clock import now
from petition.core.db import insert, read_again, unhurried, writing
from petition.core.keyed_hashes import mailbox_hash
from petition.mail import outbox
from petition.mail.outbox import Claimed
from petition.mail.rendering import Letter, context_for
from petition.organisations.models import Membership, Role
from petition.petitions.models import Petition
from petition.signatures.models import Signature, WithdrawalAlarm

MAIL = "withdrawals"
WINDOW = timedelta(hours=1)
FEWEST = 10
"""A family, or a class that signed together, may change its mind; and fewer would nearly name people."""
SHARE = 0.1
"""Of what the domain had signed. At a large provider ten in a busy hour are chance; a tenth of all there is not."""
SILENCE = timedelta(days=1)
"""Between two alarms about one domain on one petition."""


@dataclass(frozen=True, slots=True)
class Wave:
    """Withdrawals on a petition from one domain within WINDOW, and how many signatures from there still count."""

    petition_id: UUID
    domain: str
    number: int
    left: int


def watch() -> None:
    """Tells the owners of each wave, once a day for a petition and domain however many workers look."""
    for wave in waves(unhurried(read_again())):
        with writing() as session:
            if _is_first(session, wave):
                tell(session, wave)


def waves(session: Session) -> list[Wave]:
    """The waves there are now. Reads the withdrawals of an hour; more only where there are many of them."""
    many = (
        sa.select(Signature.petition_id, Signature.domain, sa.func.count())
        .where(sa.text("signature.state = 2"), Signature.ended_at > now() - WINDOW)  # the words of the index
        .group_by(Signature.petition_id, Signature.domain)
        .having(sa.func.count() >= FEWEST)
    )
    found = [Wave(*row, _counted(session, row.petition_id, row.domain)) for row in session.execute(many).all()]
    return [wave for wave in found if wave.number >= SHARE * (wave.number + wave.left)]


def _counted(session: Session, petition_id: UUID, domain: str) -> int:
    theirs = sa.text("signature.state = 1"), Signature.petition_id == petition_id, Signature.domain == domain
    return session.scalar(sa.select(sa.func.count()).select_from(Signature).where(*theirs)) or 0


def _is_first(session: Session, wave: Wave) -> bool:
    """Whether nobody has been told of this domain lately; from now on they have."""
    at = now()
    new = insert(session, WithdrawalAlarm).values(petition_id=wave.petition_id, domain=wave.domain, told_at=at)
    told = new.on_conflict_do_update(
        index_elements=[WithdrawalAlarm.petition_id, WithdrawalAlarm.domain],
        set_={"told_at": at},
        where=WithdrawalAlarm.told_at <= at - SILENCE,
    )
    return session.execute(told.returning(WithdrawalAlarm.told_at)).first() is not None


def tell(session: Session, wave: Wave) -> None:
    """Owes the mail to each owner of the petition's organisation, and writes it down. No signer is named."""
    petition = session.get_one(Petition, wave.petition_id)
    rows = [_row(owner, petition, wave) for owner in _owners(session, petition.organisation_id)]
    outbox.owe_many(session.connection(), rows)
    audit.record(
        session,
        audit.PROGRAM,
        "withdrawals alarm",
        petition.slug,
        organisation_id=petition.organisation_id,
        domain=wave.domain,
        number=wave.number,
    )


def _owners(session: Session, organisation_id: UUID) -> list[User]:
    owning = sa.select(Membership.user_id).where(
        Membership.organisation_id == organisation_id, Membership.role == Role.OWNER
    )
    found = session.scalars(sa.select(User).where(User.id.in_(owning)).order_by(User.id)).all()
    return [user for user in found if not user.blocked]


def _row(owner: User, petition: Petition, wave: Wave) -> tuple[object, ...]:
    address = owner.address
    return outbox.row(
        template=MAIL,
        locale=owner.language or i18n.known(petition.locale) or i18n.SOURCE,
        address=address,
        mailbox=mailbox_hash(address.canonical),
        content={"petition": petition.id.hex, "domain": wave.domain, "number": wave.number, "left": wave.left},
        about=petition.id,
    )


@context_for(MAIL)
def _alarm(session: Session, mails: Sequence[Claimed]) -> list[Letter | None]:
    return [_letter(session, mail) for mail in mails]


def _letter(session: Session, mail: Claimed) -> Letter | None:
    petition = session.get(Petition, UUID(mail.content["petition"]))
    if petition is None:
        return None
    base = current_app.config["BASE_URL"]
    same = {"title": petition.title, "locale": petition.locale, "site": urlsplit(base).netloc}
    same |= {name: mail.content[name] for name in ("domain", "number", "left")}
    return Letter(same, {"link": f"{base}/organiser/petitions/{petition.slug}"})
