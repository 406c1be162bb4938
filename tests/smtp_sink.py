"""A real SMTP server on a free loopback port that keeps what it is sent, and misbehaves on request."""

import asyncio
import email
import ssl
import threading
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import default
from itertools import repeat
from operator import length_hint
from typing import Any, NamedTuple
from urllib.parse import quote

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


class Received(NamedTuple):
    """One mail as the server accepted it."""

    sender: str
    recipients: list[str]
    message: EmailMessage


class SmtpSink:
    """Takes mails until the `with` block ends.

    `scheme` is smtp, smtp+starttls or smtps, the latter two with a server-side `tls` context; with `login`
    (user, password) it wants that first. Steps have the names of SMTP's commands: MAIL, RCPT, DATA (the
    answer to the whole message), RSET.
    """

    def __init__(
        self,
        scheme: str = "smtp",
        *,
        tls: ssl.SSLContext | None = None,
        login: tuple[str, str] | None = None,
        smtputf8: bool = True,
    ) -> None:
        self._scheme, self._tls, self._login, self._smtputf8 = scheme, tls, login, smtputf8
        self._changed = threading.Condition()
        self._received: list[Received] = []
        self._raw: list[bytes] = []
        self._steps: list[str] = []
        self._answers: dict[str, Iterator[str]] = {}
        self._slow: float = 0
        self._open: set[_Connection] = set()
        self._connections = 0
        self._logins = 0
        self._started = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="smtp-sink")
        self.port = 0

    def __enter__(self) -> "SmtpSink":
        self._thread.start()
        if not self._started.wait(10):
            raise TimeoutError("the SMTP sink did not start")
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)
        if self._thread.is_alive():
            raise TimeoutError("the SMTP sink did not stop")

    @property
    def url(self) -> str:
        """What PETITION_MAIL_URL would say, user and password included."""
        login = ":".join(quote(part, safe="") for part in self._login) + "@" if self._login else ""
        return f"{self._scheme}://{login}127.0.0.1:{self.port}"

    @property
    def messages(self) -> list[Received]:
        """The mails accepted so far, oldest first."""
        with self._changed:
            return list(self._received)

    @property
    def accepted(self) -> int:
        """How many mails have been accepted so far."""
        with self._changed:
            return len(self._received)

    @property
    def raw(self) -> list[bytes]:
        """The same mails as the bytes that came."""
        with self._changed:
            return list(self._raw)

    @property
    def steps(self) -> list[str]:
        """The commands seen so far on all connections, in order."""
        with self._changed:
            return list(self._steps)

    @property
    def connections(self) -> int:
        """How many connections have been made."""
        with self._changed:
            return self._connections

    @property
    def logins(self) -> int:
        """How often somebody has logged in."""
        with self._changed:
            return self._logins

    def wait_for(self, count: int, timeout: float = 10) -> list[Received]:
        """Returns the mails once there are at least `count`; AssertionError after `timeout` seconds."""
        with self._changed:
            arrived = self._changed.wait_for(lambda: len(self._received) >= count, timeout)
            assert arrived, f"{len(self._received)} of {count} mails arrived within {timeout} s"
            return list(self._received)

    def refuse_with(self, code: int | str, at: str = "RCPT", times: int | None = None) -> None:
        """Answers the step `at` with this code or whole reply line, `times` times or until accept()."""
        self._answer(at, f"{code} no" if isinstance(code, int) else code, times)

    def disconnect_at(self, step: str, times: int | None = None) -> None:
        """Closes the connection instead of answering the step, `times` times or until accept()."""
        self._answer(step, "disconnect", times)

    def lose_answer(self, times: int | None = None) -> None:
        """Takes a mail and closes the connection without saying so: whoever sent it cannot know."""
        self._answer("DATA", "taken, disconnect", times)

    def hang_up_after_mail(self, times: int | None = None) -> None:
        """Takes a mail, says so, and closes the connection."""
        self._answer("DATA", "taken, hang up", times)

    def be_slow(self, seconds: float) -> None:
        """Thinks so long about each mail before it takes it."""
        with self._changed:
            self._slow = seconds

    def hang_at(self, step: str, times: int | None = None) -> None:
        """Never answers the step, `times` times or until accept()."""
        self._answer(step, "hang", times)

    @property
    def misbehaving(self) -> bool:
        """Whether a step that was to go wrong so many times has not done so yet."""
        with self._changed:
            return any(length_hint(answers, 1) for answers in self._answers.values())

    def accept(self) -> None:
        """Behaves again."""
        with self._changed:
            self._answers.clear()
            self._slow = 0

    def close_connections(self, goodbye: str = "") -> None:
        """Closes every open connection, as a server does with idle ones, after a last line if given."""
        self._loop.call_soon_threadsafe(self._close_all, goodbye)
        with self._changed:
            assert self._changed.wait_for(lambda: not self._open, 10), "connections stayed open"

    def _answer(self, step: str, answer: str, times: int | None) -> None:
        with self._changed:
            self._answers[step] = repeat(answer) if times is None else repeat(answer, times)

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        implicit = self._tls if self._scheme == "smtps" else None
        server = await self._loop.create_server(lambda: _Connection(self), "127.0.0.1", 0, ssl=implicit)
        self.port = server.sockets[0].getsockname()[1]
        self._started.set()
        await self._stop.wait()
        server.close()
        self._close_all("")
        await server.wait_closed()

    def _close_all(self, goodbye: str) -> None:
        for connection in list(self._open):
            if connection.transport is not None:
                if goodbye:
                    connection.transport.write(goodbye.encode() + b"\r\n")
                connection.transport.close()
                if self._tls:
                    # Has said its goodbye; would otherwise wait for the other side's.
                    connection.transport.abort()

    async def _step(self, name: str, connection: "_Connection", usual: str) -> str:
        """Returns the answer to a step, unless the sink was told not to give one."""
        with self._changed:
            self._steps.append(name)
            answer = next(self._answers.get(name, iter(())), usual)
        if answer == "disconnect":
            connection.transport.abort()
        if answer in ("disconnect", "hang"):
            await asyncio.Event().wait()  # ends when the connection does
        return answer

    # What aiosmtpd calls.

    def login_is_right(self, _server: Any, _session: Any, _envelope: Any, _how: str, data: Any) -> AuthResult:
        assert self._login
        user, password = (part.encode() for part in self._login)
        right = isinstance(data, LoginPassword) and data == LoginPassword(user, password)
        with self._changed:
            self._logins += right
        return AuthResult(success=right, handled=False)

    async def handle_MAIL(
        self, server: "_Connection", session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self._login and not session.authenticated:
            return "530 5.7.0 Authentication required"
        answer = await self._step("MAIL", server, "250 OK")
        if answer.startswith("2"):
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return answer

    async def handle_RCPT(
        self, server: "_Connection", session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = await self._step("RCPT", server, "250 OK")
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_RSET(self, server: "_Connection", session: Session, envelope: Envelope) -> str:
        return await self._step("RSET", server, "250 OK")

    async def handle_DATA(self, server: "_Connection", session: Session, envelope: Envelope) -> str:
        if self._slow:
            await asyncio.sleep(self._slow)
        if server.transport.is_closing():  # after the mail before: the answer to this one would not arrive
            await asyncio.Event().wait()
        answer = await self._step("DATA", server, "250 OK")
        if answer.startswith(("2", "taken")):
            content = bytes(envelope.content or b"")
            message = email.message_from_bytes(content.replace(b"\r\n", b"\n"), policy=default)
            assert isinstance(message, EmailMessage)
            with self._changed:
                self._raw.append(content)
                self._received.append(Received(envelope.mail_from or "", list(envelope.rcpt_tos), message))
                self._changed.notify_all()
        if answer == "taken, disconnect":
            server.transport.abort()
            await asyncio.Event().wait()
        if answer == "taken, hang up":
            self._loop.call_later(0.01, server.transport.close)
            return "250 OK"
        return answer

    def connection_opened(self, connection: "_Connection") -> None:
        with self._changed:
            if connection not in self._open:
                self._connections += 1
            self._open.add(connection)

    def connection_closed(self, connection: "_Connection") -> None:
        with self._changed:
            self._open.discard(connection)
            self._changed.notify_all()


class _Connection(SMTP):
    def __init__(self, sink: SmtpSink) -> None:
        self._sink = sink
        super().__init__(
            sink,
            hostname="sink.test",
            enable_SMTPUTF8=sink._smtputf8,
            tls_context=sink._tls if sink._scheme == "smtp+starttls" else None,
            require_starttls=sink._scheme == "smtp+starttls",
            authenticator=sink.login_is_right if sink._login else None,
            auth_require_tls=sink._scheme == "smtp+starttls",
            auth_exclude_mechanism=None if sink._login else ["LOGIN", "PLAIN"],
        )

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._sink.connection_opened(self)

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        self._sink.connection_closed(self)
