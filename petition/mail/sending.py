"""Sending: claims owed mails, gathers in one go what they show, and sends them over several connections at once.

A connection's thread asks the database for nothing before a mail. After it, it waits until it is written down
that the mail has left: at most one mail for each connection is sent twice by a worker that dies.
"""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from queue import Empty, SimpleQueue

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from petition.core import committer, metrics
from petition.core.clock import now
from petition.core.db import read_again, writing
from petition.core.ids import new_id
from petition.core.logs import log
from petition.mail import bounces, outbox, rendering
from petition.mail.bounces import Report
from petition.mail.models import BounceKind, MailState
from petition.mail.outbox import Claimed, Key
from petition.mail.rendering import Letter, Press
from petition.mail.return_paths import return_path
from petition.mail.transports import PermanentFailure, TemporaryFailure, Transport, open_transport

CONNECTIONS = 4
IN_HAND = 64  # at most
FEW = 2 * CONNECTIONS  # in hand: time to claim more, before a connection has to wait
LOOK_SECONDS = 0.3
RENEW_SECONDS = 10.0
MEND_SECONDS = 5.0
FRESH = timedelta(seconds=5)
"""So long what was read when a mail was claimed is taken to be true: longer than its turn takes to come."""


@dataclass(frozen=True, slots=True)
class Sending:
    """A claimed mail and what it shows, if that is known."""

    mail: Claimed
    letter: Letter | None = None


class Mailer:
    """Sends on several threads; everything else happens in the one thread that calls `work` and `close`."""

    def __init__(self, app: Flask) -> None:
        self.sent = 0
        self._app = app
        self._lease = new_id()
        self._press = Press()
        self._in_hand: set[Key] = set()
        self._renewed, self._mended = time.monotonic(), -MEND_SECONDS
        self._waiting: SimpleQueue[Sending | None] = SimpleQueue()
        self._done: SimpleQueue[tuple[Key, bool]] = SimpleQueue()
        transports = [open_transport(app.config["MAIL_URL"], app.config["MAIL_FROM"]) for _one in range(CONNECTIONS)]
        self._threads = [threading.Thread(target=self._run, args=[one], name="sender") for one in transports]
        for thread in self._threads:
            thread.start()

    def work(self) -> bool:
        """One round: claims what is due and waits a moment for mails to leave. False when there are none."""
        self._renew()
        self._mend()
        if len(self._in_hand) <= FEW:
            self._claim()
        busy = bool(self._in_hand)
        self._settle()
        return busy

    def close(self) -> None:
        """Gives back what was only claimed, finishes what is being sent, and hangs up."""
        untouched: list[Key] = []
        with suppress(Empty):
            while sending := self._waiting.get_nowait():
                untouched.append(sending.mail.key)
        for _thread in self._threads:
            self._waiting.put(None)
        self._in_hand.difference_update(untouched)
        try:
            with self._app.app_context(), writing() as session:
                outbox.release(session, self._lease, untouched)
            while self._in_hand:
                self._settle()
                self._renew()
        except SQLAlchemyError as error:  # the database is away; what is claimed falls to others in a while
            log.error("mail not given back", exc_info=error)
        finally:
            for thread in self._threads:
                thread.join()

    def _claim(self) -> None:
        with self._app.app_context():
            if not outbox.anything_due(read_again()):
                return
            with writing() as session:
                mails = outbox.claim(session, self._lease, IN_HAND - len(self._in_hand))
            # One of our own can come again, when the clock jumps past its lease.
            mails = [mail for mail in mails if mail.key not in self._in_hand]
            self._in_hand.update(mail.key for mail in mails)
            for sending in _with_letters(mails):
                self._waiting.put(sending)

    def _settle(self) -> None:
        """Waits until few mails are in hand, or a moment, and counts those that left.

        Not for each of them: what the worker looks for between two waits costs more than to send a mail.
        """
        until = time.monotonic() + LOOK_SECONDS
        with suppress(Empty):
            while self._in_hand:
                key, left = self._done.get(timeout=max(until - time.monotonic(), 0))
                self._in_hand.discard(key)
                self.sent += left
                if len(self._in_hand) == FEW:
                    return

    def _renew(self) -> None:
        if time.monotonic() - self._renewed < RENEW_SECONDS:
            return
        if self._in_hand:
            with self._app.app_context(), writing() as session:
                outbox.renew(session, self._lease, self._in_hand)
        self._renewed = time.monotonic()

    def _mend(self) -> None:
        """Sends after all what a clock that ran ahead, and was set right, has put off."""
        if time.monotonic() - self._mended < MEND_SECONDS:
            return
        with self._app.app_context():
            if outbox.any_put_off(read_again()):
                with writing() as session:
                    log.warning("a clock ran ahead", extra={"mails": outbox.mend_clock(session)})
        self._mended = time.monotonic()

    # On the senders' threads:

    def _run(self, transport: Transport) -> None:
        with self._app.app_context():
            while sending := self._waiting.get():
                self._done.put((sending.mail.key, self._send(transport, sending)))
        transport.close()

    def _send(self, transport: Transport, sending: Sending) -> bool:
        """Sends one claimed mail, writes down what became of it, and says whether it left."""
        try:
            return self._send_over(transport, sending)
        except Exception as error:  # the database is away; the lease runs out and the mail is tried again
            log.error("mail not handled", extra={"mail": str(sending.mail.id)}, exc_info=error)
            return False

    def _send_over(self, transport: Transport, sending: Sending) -> bool:
        mail, letter = sending.mail, sending.letter
        try:
            if letter is None or not timedelta() <= now() - mail.claimed_at < FRESH:
                session = read_again()
                mine, (letter,) = outbox.holds(session, self._lease, mail.key), rendering.gather(session, [mail])
                session.rollback()  # nothing stays open while the mail server takes its time
                if not mine:
                    return False
            if letter is not None:
                transport.send(self._press.message(mail, letter), mail.recipient, self._return_path(mail.key))
        except Exception as error:
            self._fail(mail.key, error)
            return False
        state = MailState.SUPERSEDED if letter is None else MailState.SENT
        committer.submit(outbox.finish, (mail.key, state))
        metrics.mails.add("superseded" if letter is None else "sent")
        return letter is not None

    def _return_path(self, key: Key) -> str | None:
        address = self._app.config["BOUNCE_ADDRESS"]
        return return_path(address, key) if address else None

    def _fail(self, key: Key, error: Exception) -> None:
        permanent = isinstance(error, PermanentFailure)
        metrics.mails.add("permanent" if permanent else "temporary")
        if permanent or isinstance(error, TemporaryFailure):
            why = str(error)
            log.warning("mail failed", extra={"mail": str(key[1]), "why": why, "permanent": permanent})
        else:  # ours: a template or a setting, say; its text may quote what a person typed
            why = f"the mail cannot be made ({type(error).__name__})"
            log.error("mail failed", extra={"mail": str(key[1])}, exc_info=error)
        with writing() as session:
            outbox.fail(session, key, self._lease, why, permanent)
            if isinstance(error, PermanentFailure) and bounces.is_hard(error.status):
                bounces.record(session, Report(key, BounceKind.HARD, error.status))


def _with_letters(mails: list[Claimed]) -> list[Sending]:
    """The mails and what they show. When one of them spoils it, the senders ask for each, and it fails alone."""
    try:
        return list(map(Sending, mails, rendering.gather(read_again(), mails)))
    except Exception:
        return list(map(Sending, mails))
    finally:
        read_again()
