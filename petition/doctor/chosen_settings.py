"""Settings that fit together, and fit a service that is open to people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from petition.doctor.finding import Finding, ok, warn, wrong

LOCAL = {"127.0.0.1", "localhost", "::1"}


def look(config: Mapping[str, Any], domain: str) -> Iterator[Finding]:
    """What production must not have, and what development must not be; `domain` is that of the sender."""
    if config["DEVELOPMENT"]:
        if urlsplit(config["BASE_URL"]).hostname in LOCAL:
            yield ok("settings", "of a development instance")
        else:
            advice = "set PETITION_ENV=production: in development everybody can read the mailbox"
            yield wrong("settings", f"development, at {config['BASE_URL']}", advice)
        return
    if config["BASE_URL"].startswith("https:"):
        yield ok("PETITION_BASE_URL", str(config["BASE_URL"]))
    else:
        advice = "set an https:// address: cookies and forms are open to anybody on the way"
        yield wrong("PETITION_BASE_URL", f"{config['BASE_URL']} is not HTTPS", advice)
    scheme = config["MAIL_URL"].partition(":")[0]
    if scheme == "maildir":
        yield wrong("PETITION_MAIL_URL", "mails go into a folder, not to people", "name an SMTP server")
    elif scheme == "smtp":
        advice = "unless the mail server is this machine's own, use smtp+starttls:// or smtps://"
        yield warn("PETITION_MAIL_URL", "mails leave unencrypted", advice)
    else:
        yield ok("PETITION_MAIL_URL", f"{scheme}://")
    if "." not in domain:
        yield wrong("PETITION_MAIL_FROM", f"{domain} is not a domain of the internet", "send from one of yours")
    if config["LIMITS"] == "off":
        yield warn("PETITION_LIMITS", "off", "set it to on: it is for load tests")
