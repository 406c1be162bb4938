"""The switches of the whole site: signing paused, registration closed, a banner on every page."""

from __future__ import annotations

from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapped, Session, mapped_column

from petition.core import i18n
from petition.core.db import Base, db
from petition.core.kept import kept
from petition.core.postgres import hurried

PAUSED = "signing paused"
CLOSED = "registration closed"
BANNER = "banner "
YES = "yes"


class SiteSwitch(Base):
    """One switch that is not in its usual place; `banner ko` holds the Korean words of the banner."""

    __tablename__ = "site_switch"

    name: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    value: Mapped[str] = mapped_column(sa.String(500))


@dataclass(frozen=True, slots=True)
class Switches:
    """Where the switches stand; `banners` by language."""

    signing_paused: bool = False
    registration_closed: bool = False
    banners: dict[str, str] = field(default_factory=dict)

    @property
    def banner(self) -> tuple[str, str] | None:
        """The banner of the page being made, and its language: the page's own, else any there is."""
        for language in (i18n.language(), i18n.SOURCE, *self.banners):
            if language in self.banners:
                return self.banners[language], language
        return None

    def rows(self) -> dict[str, str]:
        """What is kept of them."""
        banners = {f"{BANNER}{language}": words for language, words in self.banners.items() if words}
        return {
            name: YES for name, on in ((PAUSED, self.signing_paused), (CLOSED, self.registration_closed)) if on
        } | banners


def signing_is_paused() -> sa.ColumnElement[bool]:
    """The condition itself, for statements that must know it at the moment of their own transaction."""
    return sa.exists().where(SiteSwitch.name == PAUSED)


def read(session: Session | sa.Connection) -> Switches:
    """Where the switches stand in the database."""
    rows = {row.name: row.value for row in session.execute(sa.select(SiteSwitch.name, SiteSwitch.value))}
    banners = {name.removeprefix(BANNER): words for name, words in rows.items() if name.startswith(BANNER)}
    return Switches(PAUSED in rows, CLOSED in rows, banners)


def current() -> Switches:
    """Where they stood within the last second. While the database is away: in their usual places."""
    found: Switches = kept("site switches").get("", _read)
    return found


@hurried()
def _read() -> Switches:
    """On a connection of its own: what the request has read so far must not be read again because of this."""
    try:
        with db.engine.connect() as connection:
            return read(connection)
    except SQLAlchemyError:
        return Switches()


def turn(session: Session, wanted: Switches) -> None:
    """Sets all switches."""
    session.execute(sa.delete(SiteSwitch))
    session.add_all(SiteSwitch(name=name, value=value) for name, value in wanted.rows().items())
