"""The local mailbox of a demo: the mails of `maildir://`, shown to this machine only, in development only."""

from __future__ import annotations

import ipaddress
import mailbox
import re
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from urllib.parse import urlsplit

from flask import Blueprint, current_app, render_template, request
from markupsafe import Markup, escape

from petition.core.errors import NotFound

bp = Blueprint("mailbox", __name__, url_prefix="/mailbox")
MOST = 50
THIS_MACHINE = {"localhost", "127.0.0.1", "::1"}  # a foreign name that leads here is somebody's trick
LINK = re.compile(r"https?://[^\s<>]+")


@bp.before_request
def _this_machine_only() -> None:
    try:
        near = ipaddress.ip_address(request.remote_addr or "").is_loopback
        near = near and urlsplit(request.host_url).hostname in THIS_MACHINE
    except ValueError:
        near = False
    if not near:
        raise NotFound


def _box() -> mailbox.Maildir:
    url = urlsplit(current_app.config["MAIL_URL"])
    if url.scheme != "maildir":
        raise NotFound("Mail leaves by SMTP here; there is no local mailbox.")
    for folder in ("tmp", "new", "cur"):
        Path(url.path, folder).mkdir(mode=0o700, parents=True, exist_ok=True)
    return mailbox.Maildir(url.path, factory=None)


def _read(box: mailbox.Maildir, key: str) -> EmailMessage:
    message = BytesParser(policy=policy.default).parsebytes(box.get_bytes(key))
    assert isinstance(message, EmailMessage)
    return message


@bp.get("")
def messages() -> str:
    """The newest mails."""
    box = _box()
    keys = sorted(box.keys(), reverse=True)
    newest = [(key, _read(box, key)) for key in keys[:MOST]]
    return render_template("mailbox/list.html", messages=newest, total=len(keys))


@bp.get("/<key>")
def message(key: str) -> str:
    """One mail as a mail program shows its plain text, links to be clicked."""
    box = _box()
    if key not in box:
        raise NotFound
    found = _read(box, key)
    plain = found.get_body(("plain",))
    text = plain.get_content() if plain else ""
    return render_template("mailbox/message.html", message=found, text=_with_links(text))


def _with_links(text: str) -> Markup:
    parts, last = [], 0
    for link in LINK.finditer(text):
        parts += [escape(text[last : link.start()]), Markup('<a href="{0}">{0}</a>').format(link[0])]
        last = link.end()
    return Markup("").join([*parts, escape(text[last:])])
