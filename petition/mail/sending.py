"""Sending: claims owed mails a few at a time and sends them over several connections at once."""

from __future__ import annotations

import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from email.message import EmailMessage
from queue import SimpleQueue

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from petition.core import metrics
from petition.core.db import read_again, writing
from petition.core.ids import new_id
from petition.core.logs import log
from petition.mail import outbox, rendering
from petition.mail.models import MailState, OwedMail
from petition.mail.outbox import Key
from petition.mail.transports import PermanentFailure, TemporaryFailure, Transport, open_transport

CONNECTIONS = 4
IN_HAND = 3 * CONNECTIONS  # at most: enough that no connection waits, few enough to lose to a crash
LOOK_SECONDS = 0.3
RENEW_SECONDS = 10.0
MEND_SECONDS = 5.0


class Mailer:
    """Sends on several threads; everything else happens in the one thread that calls `work` and `close`."""

    def __init__(self, app: Flask) -> None:
        self.sent = 0
        self._app = app
        self._lease = new_id()
        self._in_hand: dict[Key, Future[bool]] = {}
        self._renewed, self._mended = time.monotonic(), -MEND_SECONDS
        self._threads = ThreadPoolExecutor(CONNECTIONS, "sender")
        self._idle: SimpleQueue[Transport] = SimpleQueue()
        for _number in range(CONNECTIONS):
            self._idle.put(open_transport(app.config["MAIL_URL"], app.config["MAIL_FROM"]))

    def work(self) -> bool:
        """One round: claims what is due and waits a moment for mails to leave. False when there are none."""
        self._renew()
        self._mend()
        if len(self._in_hand) <= CONNECTIONS:
            self._claim()
        busy = bool(self._in_hand)
        self._settle()
        return busy

    def close(self) -> None:
        """Gives back what was only claimed, finishes what is being sent, and hangs up."""
        untouched = [key for key, sending in self._in_hand.items() if sending.cancel()]
        try:
            with self._app.app_context(), writing() as session:
                outbox.release(session, self._lease, untouched)
            while self._in_hand:
                self._settle()
                self._renew()
        except SQLAlchemyError as error:  # the database is away; what is claimed falls to others in a while
            log.error("mail not given back", exc_info=error)
        finally:
            self._threads.shutdown()
            while not self._idle.empty():
                self._idle.get().close()

    def _claim(self) -> None:
        with self._app.app_context():
            if not outbox.anything_due(read_again()):
                return
            with writing() as session:
                keys = outbox.claim(session, self._lease, IN_HAND - len(self._in_hand))
        for key in keys:
            sending = self._in_hand.get(key)
            if sending is None or sending.done():  # else the clock jumped past our own lease
                self._in_hand[key] = self._threads.submit(self._send, key)

    def _settle(self) -> None:
        """Waits a moment for mails to be done, and counts those that left."""
        done = wait(self._in_hand.values(), LOOK_SECONDS, FIRST_COMPLETED).done
        for key in [key for key, sending in self._in_hand.items() if sending in done]:
            sending = self._in_hand.pop(key)
            self.sent += not sending.cancelled() and sending.result()

    def _renew(self) -> None:
        if time.monotonic() - self._renewed < RENEW_SECONDS:
            return
        if self._in_hand:
            with self._app.app_context(), writing() as session:
                outbox.renew(session, self._lease, self._in_hand.keys())
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

    def _send(self, key: Key) -> bool:
        """Sends one claimed mail, writes down what became of it, and says whether it left."""
        transport = self._idle.get()
        try:
            with self._app.app_context():
                return self._send_over(transport, key)
        except Exception as error:  # the database is away; the lease runs out and the mail is tried again
            log.error("mail not handled", extra={"mail": str(key[1])}, exc_info=error)
            return False
        finally:
            self._idle.put(transport)

    def _send_over(self, transport: Transport, key: Key) -> bool:
        try:
            ready = self._message(key)
            if ready is None:
                return False
            transport.send(*ready)
        except Exception as error:
            self._fail(key, error)
            return False
        with writing() as session:
            outbox.finish(session, key, MailState.SENT)
        metrics.mails.add("sent")
        return True

    def _message(self, key: Key) -> tuple[EmailMessage, str] | None:
        """The message and its recipient, unless the mail is not ours any more or not needed any more."""
        session = read_again()
        mail = session.get(OwedMail, key)
        if mail is None or mail.lease != self._lease:
            return None
        recipient, message = mail.recipient, rendering.render(session, mail)
        session.rollback()  # nothing stays open while the mail server takes its time
        if message is None or recipient is None:
            with writing() as session:
                outbox.finish(session, key, MailState.SUPERSEDED)
            metrics.mails.add("superseded")
            return None
        return message, recipient

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
