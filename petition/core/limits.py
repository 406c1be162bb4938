"""Limits per network and per account, exact over all processes: counters kept in the database.

The counters are worth less than a signature: on SQLite they are written without waiting for the disk.
"""

from __future__ import annotations

import time
from typing import Any

import sqlalchemy as sa
from flask import Flask, current_app
from flask_babel import gettext as _
from limits import RateLimitItem, parse
from limits.storage import Storage
from limits.strategies import FixedWindowRateLimiter
from sqlalchemy.orm import Mapped, mapped_column

from petition.core.db import Base, connecting, insert, prepare_engine
from petition.core.errors import TooMany

SIGN = parse("300 per 10 minutes")
ASK_OWN_PAGE = parse("30 per 10 minutes")
SIGN_IN = parse("20 per 10 minutes")
SIGN_IN_ACCOUNT = parse("10 per 10 minutes")
SIGN_IN_ACCOUNT_ANYWHERE = parse("300 per 10 minutes")  # high: a stranger must not lock an organiser out
POOL = {"pool_size": 2, "max_overflow": 6}  # together one for each thread of a web process
ASK_ACCOUNT_MAIL = parse("20 per 10 minutes")
ASK_ACCOUNT_MAIL_ADDRESS = parse("5 per 1 hour")
SECOND_FACTOR = parse("10 per 10 minutes")
SECOND_FACTOR_ANYWHERE = parse("30 per 1 hour")
NEW_ORGANISATION = parse("10 per 1 day")
INVITE = parse("50 per 1 hour")
ASK_EXPORT = parse("10 per 1 hour")
ENTER_ENDORSEMENT = parse("100 per 1 hour")
ASK_ENDORSER = parse("50 per 1 hour")
ASK_ENDORSER_ADDRESS = parse("3 per 1 day")  # whoever asks: nobody can fill a stranger's mailbox
VERIFY = parse("20 per 10 minutes")
CODE_TRIES = parse("5 per 1 hour")


class RateHit(Base):
    """How often something happened until a moment (Unix seconds)."""

    __tablename__ = "rate_hit"

    key: Mapped[str] = mapped_column(sa.String(200), primary_key=True)
    hits: Mapped[int]
    until: Mapped[float]


class DatabaseStorage(Storage):
    """A storage for the `limits` library on our own engine: a fixed window, one upsert a hit."""

    STORAGE_SCHEME = ["petition"]  # noqa: RUF012 (the library's name for it)

    def __init__(self, engine: sa.Engine) -> None:
        super().__init__()
        self.engine = engine

    @property
    def base_exceptions(self) -> type[Exception]:
        return sa.exc.DBAPIError

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        at = time.time()
        with self.engine.connect().execution_options(writes=True) as connection:
            new = insert(connection, RateHit).values(key=key, hits=amount, until=at + expiry)
            over = RateHit.until <= at
            statement = new.on_conflict_do_update(
                index_elements=[RateHit.key],
                set_={
                    "hits": sa.case((over, amount), else_=RateHit.hits + amount),
                    "until": sa.case((over, at + expiry), else_=RateHit.until),
                },
            ).returning(RateHit.hits)
            hits = connection.execute(statement).scalar_one()
            connection.commit()
        return int(hits)

    def get(self, key: str) -> int:
        found = sa.select(RateHit.hits).where(RateHit.key == key, RateHit.until > time.time())
        with self.engine.connect() as connection:
            return connection.execute(found).scalar() or 0

    def get_expiry(self, key: str) -> float:
        with self.engine.connect() as connection:
            until = connection.execute(sa.select(RateHit.until).where(RateHit.key == key)).scalar()
        return time.time() if until is None else float(until)

    def check(self) -> bool:
        return True

    def reset(self) -> int | None:
        return None

    def clear(self, key: str) -> None:
        with self.engine.connect().execution_options(writes=True) as connection:
            connection.execute(sa.delete(RateHit).where(RateHit.key == key))
            connection.commit()


def hit(item: RateLimitItem, *who: str) -> None:
    """Counts one more, and raises TooMany when the limit is passed. PETITION_LIMITS=off counts nothing."""
    if current_app.config["LIMITS"] == "on":
        hit_always(item, *who)


def hit_always(item: RateLimitItem, *who: str) -> None:
    """Counts one more, whatever PETITION_LIMITS says: for what guards a secret."""
    limiter: FixedWindowRateLimiter = current_app.extensions["petition.limiter"]
    if not limiter.hit(item, *who):
        wait = max(1, int(limiter.get_window_stats(item, *who).reset_time - time.time()))
        raise TooMany(_("That was too often. Please try again in a few minutes."), retry_after=wait)


def forget_old_hits(session: Any) -> None:
    """Removes counters whose window is over."""
    session.execute(sa.delete(RateHit).where(RateHit.until < time.time()))


def init_app(app: Flask, url: str) -> None:
    """Opens the counters' own small engine."""
    options = connecting(url, synchronous_commit="off") | POOL
    engine = sa.create_engine(url, **options)
    prepare_engine(engine, synchronous="NORMAL")
    app.extensions["petition.limiter"] = FixedWindowRateLimiter(DatabaseStorage(engine))
