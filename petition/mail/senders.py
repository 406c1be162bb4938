"""Addresses that mail is sent from."""

from __future__ import annotations

import re
from email.utils import parseaddr

# Most addresses, which need no parser to tell that they are what they seem.
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
DOT_ATOMS = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@{_ATOM}(?:\.{_ATOM})*")


def parse_sender(sender: str) -> tuple[str, str]:
    """Returns name (often empty) and address of PETITION_MAIL_FROM. Raises ValueError with one plain line."""
    name, address = parseaddr(sender)
    if not (fits_envelope(address) and address.isascii() and sender.isprintable()):
        raise ValueError("the sender must be a mail address in ASCII, like petitions@example.org")
    return name, address


def fits_envelope(address: str) -> bool:
    """Whether an address can be given to the next server as it is."""
    if DOT_ATOMS.fullmatch(address):
        return True
    if not all(address.rpartition("@")) or not address.isprintable() or " " in address:
        return False
    # smtplib would mail to what parseaddr finds, which for a(b)c@d is ac@d.
    return parseaddr(address) == ("", address)
