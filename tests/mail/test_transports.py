"""Transports against a real SMTP server and real folders."""

import mailbox
import os
import resource
import smtplib
import socket
import ssl
import stat
import threading
import time
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import parseaddr
from pathlib import Path

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from petition.mail.mail_url import SmtpPlace, parse_mail_url
from petition.mail.rendering import as_bytes
from petition.mail.senders import DOT_ATOMS
from petition.mail.transports import (
    PermanentFailure,
    TemporaryFailure,
    Transport,
    check_mail_url,
    maildir_message_id,
    open_transport,
)
from tests.smtp_sink import SmtpSink

SENDER = "petitions@example.org"
ANNA = "anna@mail.test"
TEXT = "Grüße, 안녕하세요!\n.a line with a dot\n" + "long " * 300 + "\n"


def mail(recipient: str = ANNA, message_id: str = "<0198-abc@example.org>") -> EmailMessage:
    message = EmailMessage()
    message["From"] = f"Grüne Petition <{SENDER}>"
    message["To"] = recipient
    message["Subject"] = "서명을 확인해 주세요"
    message["Message-ID"] = message_id
    message.set_content(TEXT)
    message.add_alternative("<p>안녕하세요</p>", subtype="html")
    return message


@contextmanager
def transport_to(url: str, timeout: float = 10) -> Iterator[Transport]:
    transport = open_transport(url, SENDER, timeout)
    try:
        yield transport
    finally:
        transport.close()


def send(transport: Transport, recipient: str = ANNA) -> None:
    transport.send(as_bytes(mail(recipient), not recipient.isascii()), recipient)


@given(st.from_regex(DOT_ATOMS, fullmatch=True))
def test_an_address_that_needs_no_parser_is_the_one_that_a_parser_finds(address):
    assert parseaddr(address) == ("", address)
    assert smtplib.quoteaddr(address) == f"<{address}>"


def temporary_failure(url: str, timeout: float = 10) -> str:
    """What is said about one mail that cannot go to this server now."""
    with transport_to(url, timeout) as transport, pytest.raises(TemporaryFailure) as failure:
        send(transport)
    return str(failure.value)


@pytest.fixture
def sink() -> Iterator[SmtpSink]:
    with SmtpSink() as sink:
        yield sink


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The certificate authority is the one the system trusts."""
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))


def server_tls(authority: trustme.CA, name: str = "127.0.0.1") -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(name).configure_cert(context)
    return context


# What arrives


def test_a_mail_arrives_with_its_envelope_and_its_text(sink: SmtpSink) -> None:
    with transport_to(sink.url) as transport:
        send(transport)
    ((sender, recipients, message),) = sink.wait_for(1)
    assert (sender, recipients) == (SENDER, [ANNA])
    assert message["Subject"] == "서명을 확인해 주세요"
    assert message["Message-ID"] == "<0198-abc@example.org>"
    assert message.get_body(("plain",)).get_content() == TEXT
    assert message.get_body(("html",)).get_content() == "<p>안녕하세요</p>\n"


def test_the_bytes_are_ascii_lines_ended_by_crlf(sink: SmtpSink) -> None:
    with transport_to(sink.url) as transport:
        send(transport)
    (raw,) = sink.raw
    assert raw.isascii()
    assert raw.count(b"\n") == raw.count(b"\r") == raw.count(b"\r\n")
    assert max(map(len, raw.split(b"\r\n"))) <= 998


def test_the_envelope_sender_is_the_address_alone(sink: SmtpSink) -> None:
    transport = open_transport(sink.url, f"Petitions <{SENDER}>")
    send(transport)
    transport.close()
    assert sink.messages[0].sender == SENDER


def test_many_mails_share_one_connection(sink: SmtpSink) -> None:
    with transport_to(sink.url) as transport:
        for number in range(20):
            send(transport, f"a{number}@mail.test")
    assert [m.recipients for m in sink.messages] == [[f"a{number}@mail.test"] for number in range(20)]
    assert sink.connections == 1
    assert sink.steps == ["MAIL", "RCPT", "DATA"] * 20


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
def test_a_mail_that_was_refused_is_reset_before_the_next(sink: SmtpSink, step: str) -> None:
    with transport_to(sink.url) as transport:
        sink.refuse_with(450, at=step, times=1)
        with pytest.raises(TemporaryFailure):
            send(transport)
        send(transport, "next@mail.test")
        send(transport, "third@mail.test")
    assert sink.connections == 1
    assert sink.steps[-7:] == ["RSET", "MAIL", "RCPT", "DATA", "MAIL", "RCPT", "DATA"]
    assert [message.recipients for message in sink.messages] == [["next@mail.test"], ["third@mail.test"]]


def test_a_closed_transport_can_be_used_again(sink: SmtpSink) -> None:
    with transport_to(sink.url) as transport:
        send(transport)
        transport.close()
        send(transport)
    assert (len(sink.messages), sink.connections) == (2, 2)


def test_threads_with_a_transport_each_send_at_once(sink: SmtpSink) -> None:
    def send_ten(thread: int) -> None:
        with transport_to(sink.url) as transport:
            for number in range(10):
                send(transport, f"a{thread}.{number}@mail.test")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(send_ten, range(4)))
    assert len({message.recipients[0] for message in sink.messages}) == 40


# Addresses beyond ASCII


def test_an_address_beyond_ascii_is_mailed_by_smtputf8(sink: SmtpSink) -> None:
    with transport_to(sink.url) as transport:
        send(transport, "анна@mail.test")
        send(transport)
    international, plain = sink.messages
    assert international.recipients == ["анна@mail.test"]
    assert international.message["To"] == "анна@mail.test"
    assert "To: анна@mail.test\r\n".encode() in sink.raw[0]
    assert plain.recipients == [ANNA]
    assert sink.raw[1].isascii()


def test_without_smtputf8_such_an_address_fails_for_good_and_others_do_not() -> None:
    with SmtpSink(smtputf8=False) as sink, transport_to(sink.url) as transport:
        for _ in range(2):
            with pytest.raises(PermanentFailure, match="SMTPUTF8"):
                send(transport, "анна@mail.test")
            send(transport)
        assert [message.recipients for message in sink.messages] == [[ANNA], [ANNA]]
        assert sink.connections == 1


@pytest.mark.parametrize(
    "recipient",
    [
        "",
        "anna",
        "@mail.test",
        "a@b.test\r\nDATA",
        "a b@c.test",
        "x(y)z@mail.test",
        "A <a@b.test>",
        "a@b.test,c@d.test",
    ],
)
def test_a_recipient_that_is_no_address_reaches_no_server(sink: SmtpSink, recipient: str) -> None:
    with transport_to(sink.url) as transport, pytest.raises(PermanentFailure, match="no mail address"):
        transport.send(as_bytes(mail(), international=False), recipient)
    assert sink.connections == 0


# Refusals


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("code", [421, 450, 451, 452, 471])
def test_a_4xx_answer_at_any_step_is_worth_another_try(sink: SmtpSink, step: str, code: int) -> None:
    sink.refuse_with(code, at=step)
    with transport_to(sink.url) as transport:
        with pytest.raises(TemporaryFailure):
            send(transport)
        assert sink.messages == []
        sink.accept()
        send(transport)
    assert len(sink.messages) == 1


@pytest.mark.parametrize(("step", "what"), [("RCPT", "the recipient"), ("DATA", "the message")])
@pytest.mark.parametrize("code", [550, 552, 553, 554])
def test_a_5xx_answer_to_recipient_or_message_is_for_good(sink: SmtpSink, step: str, what: str, code: int) -> None:
    sink.refuse_with(code, at=step)
    with transport_to(sink.url) as transport:
        with pytest.raises(PermanentFailure, match=f"^the mail server refused {what}: {code}$"):
            send(transport)
        sink.accept()
        send(transport, "next@mail.test")
    assert [message.recipients for message in sink.messages] == [["next@mail.test"]]
    assert sink.connections == 1


@pytest.mark.parametrize(("step", "code"), [("MAIL", 550), ("RCPT", 530), ("RCPT", 503)])
def test_a_5xx_answer_about_us_costs_nobody_their_mail(sink: SmtpSink, step: str, code: int) -> None:
    sink.refuse_with(code, at=step)
    with transport_to(sink.url) as transport, pytest.raises(TemporaryFailure, match=str(code)):
        send(transport)


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        ("550 5.1.1 <anna@mail.test> is unknown", "550 5.1.1"),
        ("550 5.1.1", "550 5.1.1"),
        ("450 4.2.0 anna@mail.test is greylisted", "450 4.2.0"),
        ("550 anna@mail.test 5.1.1", "550"),
        ("550 5.1.1anna@mail.test", "550"),
        ("550-5.7.1 anna@mail.test\r\n550 5.7.1 go away", "550 5.7.1"),
    ],
)
@pytest.mark.parametrize("step", ["RCPT", "DATA"])
def test_a_failure_tells_codes_but_no_address_and_nothing_of_the_mail(
    sink: SmtpSink, reply: str, words: str, step: str
) -> None:
    sink.refuse_with(reply, at=step)
    either = (PermanentFailure, TemporaryFailure)
    with transport_to(sink.url) as transport, pytest.raises(either) as failure:
        send(transport)
    assert str(failure.value).endswith(f": {words}")
    logged = "".join(traceback.format_exception(failure.value))
    assert "@" not in logged.replace("@contextmanager", "")
    assert failure.value.__context__ is None


@pytest.mark.parametrize("reply", ["hello", "354 go on", "25", "550" + "x" * 9000])
def test_an_answer_that_is_none_ends_the_connection(sink: SmtpSink, reply: str) -> None:
    sink.refuse_with(reply, at="RCPT")
    with transport_to(sink.url) as transport:
        with pytest.raises(TemporaryFailure):
            send(transport)
        sink.accept()
        send(transport)
    assert (len(sink.messages), sink.connections) == (1, 2)


# Connections that end


@pytest.mark.parametrize("goodbye", ["", "421 4.4.2 idle for too long"])
def test_a_connection_closed_while_idle_is_made_anew_unnoticed(sink: SmtpSink, goodbye: str) -> None:
    with transport_to(sink.url) as transport:
        send(transport)
        sink.close_connections(goodbye)
        send(transport, "next@mail.test")
    assert [message.recipients for message in sink.messages] == [[ANNA], ["next@mail.test"]]
    assert sink.connections == 2


@pytest.mark.parametrize("step", ["RSET", "MAIL"])
@pytest.mark.parametrize("end", ["disconnect", "421"])
def test_a_server_that_takes_one_mail_a_connection_is_called_again(sink: SmtpSink, step: str, end: str) -> None:
    with transport_to(sink.url) as transport:
        send(transport)
        if step == "RSET":
            sink.refuse_with(550, times=1)
            with pytest.raises(PermanentFailure):
                send(transport)
        if end == "disconnect":
            sink.disconnect_at(step, times=1)
        else:
            sink.refuse_with("421 4.7.0 one mail only", at=step, times=1)
        send(transport)
    assert (len(sink.messages), sink.connections) == (2, 2)


def test_a_server_that_closes_again_is_called_only_once_more(sink: SmtpSink) -> None:
    with transport_to(sink.url) as transport:
        send(transport)
        sink.disconnect_at("MAIL")
        with pytest.raises(TemporaryFailure, match="closed the connection"):
            send(transport)
    assert sink.connections == 2


@pytest.mark.parametrize("step", ["RCPT", "DATA"])
def test_a_mail_already_begun_is_never_sent_again_by_itself(sink: SmtpSink, step: str) -> None:
    with transport_to(sink.url) as transport:
        send(transport)
        sink.disconnect_at(step)
        with pytest.raises(TemporaryFailure, match=r"^the mail server closed the connection$"):
            send(transport)
        assert (sink.steps.count(step), sink.connections) == (2, 1)
        sink.accept()
        send(transport)
    assert (len(sink.messages), sink.connections) == (2, 2)


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
def test_a_slow_server_runs_into_the_timeout(sink: SmtpSink, step: str) -> None:
    sink.hang_at(step)
    with transport_to(sink.url, timeout=1) as transport:
        began = time.monotonic()
        with pytest.raises(TemporaryFailure, match=r"^the mail server took too long$"):
            send(transport)
        assert 1 <= time.monotonic() - began < 5
        sink.accept()
        send(transport)


@pytest.mark.parametrize("scheme", ["smtp", "smtps", "smtp+starttls"])
def test_a_server_that_says_nothing_runs_into_the_timeout(scheme: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"{scheme}://127.0.0.1:{silent.getsockname()[1]}"
        with transport_to(url, timeout=0.3) as transport, pytest.raises(TemporaryFailure, match="too long"):
            send(transport)


def test_no_server_at_all_is_a_temporary_failure() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    with (
        transport_to(f"smtp://127.0.0.1:{port}") as transport,
        pytest.raises(TemporaryFailure, match=r"cannot be reached \(ECONNREFUSED\)"),
    ):
        send(transport)


@pytest.mark.parametrize(
    ("greeting", "words"),
    [
        (b"421 4.3.2 busy a@b.test\r\n", "refused to talk: 421 4.3.2"),
        (b"554 5.7.1 blocked\r\n", "refused to talk: 554 5.7.1"),
        (b"SSH-2.0-OpenSSH\r\n", "refused to talk: -1"),
        (b"", "closed the connection"),
    ],
)
def test_a_greeting_that_turns_us_away_is_a_temporary_failure(greeting: bytes, words: str) -> None:
    def turn_away(server: socket.socket) -> None:
        with server.accept()[0] as client:
            client.sendall(greeting)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=turn_away, args=(server,))
        thread.start()
        url = f"smtp://127.0.0.1:{server.getsockname()[1]}"
        with transport_to(url) as transport, pytest.raises(TemporaryFailure) as failure:
            send(transport)
        thread.join()
    assert str(failure.value) == f"the mail server {words}"
    assert "a@b.test" not in "".join(traceback.format_exception(failure.value))


# TLS and login


@pytest.mark.parametrize("scheme", ["smtp+starttls", "smtps"])
@pytest.mark.usefixtures("trusted")
def test_tls_with_a_trusted_certificate_and_the_right_login_works(authority: trustme.CA, scheme: str) -> None:
    login = ("user@example.org", "p@ss/w:rd %?#")
    with (
        SmtpSink(scheme, tls=server_tls(authority), login=login) as sink,
        transport_to(sink.url) as transport,
    ):
        send(transport)
        sink.close_connections()
        send(transport)
        assert len(sink.messages) == 2


@pytest.mark.parametrize("scheme", ["smtp+starttls", "smtps"])
def test_a_certificate_from_an_unknown_authority_is_refused(authority: trustme.CA, scheme: str) -> None:
    with SmtpSink(scheme, tls=server_tls(authority)) as sink:
        assert "certificate is not to be trusted" in temporary_failure(sink.url)
        assert (sink.steps, sink.messages) == ([], [])


@pytest.mark.parametrize("scheme", ["smtp+starttls", "smtps"])
@pytest.mark.usefixtures("trusted")
def test_a_certificate_for_another_host_is_refused(authority: trustme.CA, scheme: str) -> None:
    with SmtpSink(scheme, tls=server_tls(authority, "mail.example.org")) as sink:
        assert "certificate is not to be trusted" in temporary_failure(sink.url)
        assert (sink.steps, sink.messages) == ([], [])


def test_without_starttls_nothing_is_sent_in_plain() -> None:
    with SmtpSink(login=("user", "secret")) as sink:
        failure = temporary_failure(sink.url.replace("smtp://", "smtp+starttls://"))
        assert failure == "the mail server does not offer the STARTTLS or login that PETITION_MAIL_URL asks for"
        assert (sink.connections, sink.logins, sink.steps, sink.messages) == (1, 0, [], [])


def test_tls_to_a_server_that_speaks_none_is_a_temporary_failure(sink: SmtpSink) -> None:
    assert temporary_failure(sink.url.replace("smtp:", "smtps:")) == "TLS with the mail server failed"


def test_a_refused_login_is_temporary_and_keeps_the_password_to_itself() -> None:
    with SmtpSink(login=("user", "right")) as sink:
        with transport_to(sink.url.replace("right", "wr0ng")) as transport:
            with pytest.raises(TemporaryFailure) as failure:
                send(transport)
            assert str(failure.value) == "the mail server refused the login: 535 5.7.8"
            assert "wr0ng" not in "".join(traceback.format_exception(failure.value))
        assert (sink.logins, sink.messages) == (0, [])


def test_a_server_that_wants_a_login_and_gets_none_is_a_temporary_failure() -> None:
    with SmtpSink(login=("user", "right")) as sink:
        failure = temporary_failure(sink.url.replace("user:right@", ""))
        assert failure == "the mail server refused the sender: 530 5.7.0"


def test_a_login_that_the_server_does_not_offer_is_a_temporary_failure(sink: SmtpSink) -> None:
    failure = temporary_failure(sink.url.replace("//", "//user:secret@"))
    assert failure == "the mail server offers no login that can be used"


# The URL


@pytest.mark.parametrize(
    "url",
    [
        "smtp://localhost",
        "smtp://mail.example.org:2525/",
        "SMTP://[::1]:25",
        "smtp://user:secret@127.0.0.1:25",
        "smtp+starttls://user%40example.org:p%40ss@mail.example.org",
        "smtps://mail.example.org",
        "maildir:///var/mail/petition",
        "maildir:///var/our%20mail",
        "maildir:///var/우리 mail",
    ],
)
def test_a_good_url_is_taken(url: str) -> None:
    assert check_mail_url(url) == url
    open_transport(url, SENDER).close()


@pytest.mark.parametrize(
    "url",
    [
        *(
            "",
            "mail.example.org",
            "http://x",
            "smtp:",
            "smtp://",
            "smtp://:25",
            "smtp://h:0",
            "smtp://h:99999",
        ),
        *(
            "smtp://h:port",
            "smtp://[::1",
            "smtp://h/path",
            "smtp://h?tls=no",
            "smtp://h#x",
            "smtp://h\n",
            "smtp://a b",
        ),
        *("smtps://s3cret@h", "smtps://:s3cret@h", "smtps://u:@h", "smtps://@h", "smtps://u:s3cret/x@h"),
        *(
            "smtps://u:s3cret#x@h",
            "smtps://u:s3cret%0A@h",
            "smtps://u:s3crét@h",
            "smtp://u:s3cret@mail.example.org",
        ),
        *(
            "maildir:",
            "maildir://",
            "maildir:///",
            "maildir://host/mail",
            "maildir:///a%00b",
            "maildir:///a\nb",
        ),
        *("maildir:///a?b", "maildir:///a#b"),
    ],
)
def test_a_bad_url_is_refused_with_one_line_without_repeating_it(url: str) -> None:
    with pytest.raises(ValueError, match=r"^[^\n]+$") as refusal:
        check_mail_url(url)
    assert "s3cr" not in "".join(traceback.format_exception(refusal.value))
    with pytest.raises(ValueError, match=r"^[^\n]+$"):
        open_transport(url, SENDER)


@pytest.mark.parametrize("sender", ["", "petitions", "анна@example.org", "a@b.test\r\nX: y", "@example.org"])
def test_a_sender_that_is_no_address_is_refused(sender: str) -> None:
    with pytest.raises(ValueError, match="sender"):
        open_transport("smtp://localhost", sender)


@pytest.mark.parametrize(("scheme", "port"), [("smtp", 25), ("smtp+starttls", 587), ("smtps", 465)])
def test_each_scheme_has_its_usual_port(scheme: str, port: int) -> None:
    place = parse_mail_url(f"{scheme}://mail.example.org")
    assert isinstance(place, SmtpPlace)
    assert place.port == port


def test_the_password_is_not_shown_with_the_server() -> None:
    assert "s3cret" not in repr(parse_mail_url("smtps://user:s3cret@h"))


# Maildir


def test_a_mail_in_the_maildir_is_found_by_any_reader(tmp_path: Path) -> None:
    with transport_to(f"maildir://{tmp_path}/a/mail") as transport:
        send(transport)
        send(transport, "анна@mail.test")
    box = mailbox.Maildir(tmp_path / "a/mail", factory=None, create=False)
    texts = [message_from_bytes(box.get_bytes(key), policy=default) for key in box.iterkeys()]
    assert {message["To"] for message in texts} == {ANNA, "анна@mail.test"}
    assert {message.get_body(("plain",)).get_content() for message in texts} == {TEXT}
    assert all(b"\r" not in box.get_bytes(key) for key in box.iterkeys())


def test_the_maildir_is_for_its_owner_alone(tmp_path: Path) -> None:
    with transport_to(f"maildir://{tmp_path}/a/mail") as transport:
        send(transport)
    paths = [tmp_path / "a", *(tmp_path / "a").rglob("*")]
    assert {stat.S_IMODE(path.stat().st_mode) for path in paths if path.is_dir()} == {0o700}
    assert [stat.S_IMODE(path.stat().st_mode) for path in paths if path.is_file()] == [0o600]
    assert {path.name for path in (tmp_path / "a/mail").iterdir()} == {"tmp", "new", "cur"}
    assert list((tmp_path / "a/mail/tmp").iterdir()) == []


@pytest.mark.parametrize("local", ["0198-abc", "a.b.c", "a/../b", "a$b=c", "50%", "x" * 100])
def test_the_file_name_tells_the_message_id(tmp_path: Path, local: str) -> None:
    with transport_to(f"maildir://{tmp_path}") as transport:
        for _time in range(2):
            transport.send(as_bytes(mail(message_id=f"<{local}@example.org>"), international=False), ANNA)
    names = [path.name for path in (tmp_path / "new").iterdir()]
    assert len(names) == 2
    for name in names:
        assert maildir_message_id(name) == local
        assert maildir_message_id(f"{name}:2,FS") == local
        assert abs(int(name.partition(".")[0]) - time.time()) < 60
        assert socket.gethostname() not in name


@pytest.mark.parametrize(
    "name", ["", "x", "1700000000.M20P5Q1.host", "1700000000..0123456789abcdef", ".a.b", "a.b.c"]
)
def test_a_file_of_another_program_has_no_message_id(name: str) -> None:
    assert maildir_message_id(name) is None


def test_a_mail_without_a_message_id_is_refused_for_good(tmp_path: Path) -> None:
    message = mail()
    del message["Message-ID"]
    with transport_to(f"maildir://{tmp_path}/mail") as transport, pytest.raises(PermanentFailure):
        transport.send(as_bytes(message, international=False), ANNA)


def test_a_folder_that_cannot_be_written_is_a_temporary_failure(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("a file stands here")
    with transport_to(f"maildir://{tmp_path}/mail") as transport:
        with pytest.raises(TemporaryFailure, match=r"cannot be written \(E[A-Z]+\)$"):
            send(transport)
        os.remove(tmp_path / "mail")
        send(transport)
    assert len(list((tmp_path / "mail/new").iterdir())) == 1


def test_a_mail_for_which_the_disk_has_no_room_leaves_nothing_behind(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with transport_to(f"maildir://{tmp_path}/mail") as transport:
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
            with pytest.raises(TemporaryFailure) as failure:
                send(transport)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert str(failure.value) == "the mail folder cannot be written (EFBIG)"
        assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_many_threads_deliver_into_one_maildir(tmp_path: Path) -> None:
    def send_some(_: int) -> None:
        with transport_to(f"maildir://{tmp_path}/a/b/mail") as transport:
            for _ in range(10):
                send(transport)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(send_some, range(8)))
    assert len(list((tmp_path / "a/b/mail/new").iterdir())) == 80
