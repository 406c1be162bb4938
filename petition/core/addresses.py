"""Mail addresses: what to mail to, what makes two of them one, domains that look mistyped or disposable.

Nothing here asks the network.
"""

import functools
import re
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from disposable_email_domains import blocklist

from petition.core.names import ENDS, folded

VALIDATOR = "email_validator"  # loaded when used: commands that only count check no address
ADDRESS_LIMIT = 254
"""Octets of an address in UTF-8 (RFC 5321, 4.5.3.1.3, less the angle brackets)."""

LOCAL_LIMIT = 64
"""Octets of what stands before the @ (RFC 5321, 4.5.3.1.1)."""

# The local parts that nearly all addresses have: a dot-atom (RFC 5322, 3.2.3) of letters that mean nothing.
_PLAIN_LOCAL = re.compile(r"[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*")

_GMAIL = ("gmail.com", "googlemail.com")

_PROVIDERS = """
    gmail.com googlemail.com outlook.com hotmail.com live.com msn.com yahoo.com ymail.com rocketmail.com
    icloud.com me.com mac.com aol.com mail.com email.com gmx.com proton.me protonmail.com pm.me tuta.io
    tutanota.com fastmail.com zoho.com comcast.net verizon.net att.net
    naver.com hanmail.net daum.net nate.com kakao.com
    yahoo.co.jp docomo.ne.jp ezweb.ne.jp softbank.ne.jp i.softbank.jp nifty.com outlook.jp
    qq.com foxmail.com 163.com 126.com yeah.net 139.com sina.com sina.cn sohu.com aliyun.com
    hinet.net yahoo.com.tw yahoo.com.hk
    mail.ru yandex.ru yandex.com ya.ru rambler.ru bk.ru list.ru inbox.ru ukr.net
    gmx.de gmx.net gmx.at gmx.ch web.de t-online.de freenet.de yahoo.de outlook.de hotmail.de
    orange.fr wanadoo.fr free.fr sfr.fr laposte.net yahoo.fr hotmail.fr outlook.fr live.fr
    yahoo.co.uk hotmail.co.uk live.co.uk btinternet.com yahoo.ca live.ca hotmail.ca
    yahoo.es hotmail.es yahoo.it hotmail.it libero.it live.nl hotmail.nl wp.pl o2.pl onet.pl seznam.cz
    yahoo.com.br uol.com.br bol.com.br terra.com.br hotmail.com.br yahoo.co.in rediffmail.com
    yahoo.com.au hotmail.com.au yahoo.com.mx yahoo.com.ar
"""
PROVIDERS = tuple(_PROVIDERS.split())
"""Where most people have their mailbox; also what a mistyped domain is compared with."""

_KNOWN = frozenset(PROVIDERS)


@dataclass(frozen=True, slots=True)
class Address:
    """A mail address in the three forms the program needs."""

    exact: str
    """Where mail goes: the local part as given, the domain in ASCII."""
    canonical: str
    """For unique keys only (DESIGN rule 4); nothing is ever mailed to it."""
    domain: str
    """The domain in ASCII (IDNA) and lower case."""


class AddressRefused(ValueError):
    """Not an address; `key` names the message to show. The address itself is not in the exception."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def parse_address(text: str) -> Address:
    """Returns the address somebody typed.

    White space and zero-width characters around it are forgiven. Raises AddressRefused:
    "address_too_long" over 254 octets, "address_invalid" for anything else that is no address.
    """
    given = text.strip(ENDS)
    if len(given) > ADDRESS_LIMIT:
        raise AddressRefused("address_too_long")
    local, _, domain = given.rpartition("@")
    if len(local) <= LOCAL_LIMIT and _PLAIN_LOCAL.fullmatch(local) and domain.isascii():
        ascii_domain = _ascii_domain(domain)
        if ascii_domain:
            exact = f"{local}@{ascii_domain}"
            return Address(exact, canonical_address(exact), ascii_domain)
    valid = _valid(given)
    # An encoded word (RFC 2047) in a header would be read as other characters than were typed.
    if valid is None or valid.ascii_domain is None or "=?" in given:
        # Raised here and not in the handler, whose exception quotes the address.
        too_long = len(given.encode("utf-8", "replace")) > ADDRESS_LIMIT
        raise AddressRefused("address_too_long" if too_long else "address_invalid")
    local = valid.original.rpartition("@")[0]
    exact = f"{local}@{valid.ascii_domain}"
    return Address(exact, canonical_address(exact), valid.ascii_domain)


def _valid(given: str) -> Any:
    """What the library says of an address, or None."""
    validator = import_module(VALIDATOR)
    try:
        # The test environment allows the reserved domain .test; without deliverability nothing is looked up.
        return validator.validate_email(given, check_deliverability=False, test_environment=True)
    except validator.EmailNotValidError:
        return None


@functools.lru_cache(10_000)
def _ascii_domain(domain: str) -> str | None:
    """The domain as an address has it, or None when no address has it: most mailboxes are at few domains."""
    valid = _valid(f"a@{domain}")
    found: str | None = valid and valid.ascii_domain
    return found


def canonical_address(exact: str) -> str:
    """Returns the form in which the aliases of one mailbox are equal (DESIGN rule 4).

    `exact` is the exact form of an Address. Letter case and compatibility forms fall away, and `+tag`
    everywhere; at Gmail the dots too, and googlemail.com is gmail.com.
    """
    local, _, domain = exact.rpartition("@")
    local = folded(local)
    local = local.partition("+")[0] or local
    if domain in _GMAIL:
        return f"{local.replace('.', '') or local}@gmail.com"
    return f"{local}@{domain}"


def hint(domain: str) -> str | None:
    """Returns what to ask somebody about this ASCII domain: the provider they may have meant, or "disposable"."""
    return domain_hint(domain) or ("disposable" if is_disposable(domain) else None)


def is_disposable(domain: str) -> bool:
    """Tells whether mailboxes at this ASCII domain, or at one it belongs to, are made to be thrown away."""
    labels = domain.lower().split(".")
    return any(".".join(labels[start:]) in blocklist for start in range(len(labels) - 1))


@functools.lru_cache(10_000)
def domain_hint(domain: str) -> str | None:
    """Returns the well-known provider that was probably meant by this ASCII domain, or None.

    Only a hint: the domain may well be right. A known provider gets none.
    """
    typed = domain.lower()
    if typed in _KNOWN:
        return None
    slips = ((_slips(typed, provider), place, provider) for place, provider in enumerate(PROVIDERS))
    likely = min((slip for slip in slips if slip[0] is not None), default=None)
    return likely[2] if likely else None


def _slips(typed: str, provider: str) -> int | None:
    """Returns how many slips of the finger lead from the provider to what was typed; None: too many."""
    (typed_name, _, typed_end), (name, _, end) = typed.partition("."), provider.partition(".")
    # Of short names and of country codes one letter makes another, real one: only letters swapped count.
    name_slips = _distance(typed_name, name, 1 if len(name) < 6 else 2, swaps_only=len(name) < 5)
    if name_slips is None:
        return None
    end_slips = _distance(typed_end, end, 1, swaps_only=len(end) < 3)
    if end_slips is None or name_slips + end_slips > 2:
        return None
    return name_slips + end_slips


def _distance(typed: str, meant: str, most: int, *, swaps_only: bool) -> int | None:
    if typed == meant:
        return 0
    if abs(len(typed) - len(meant)) > most or (swaps_only and sorted(typed) != sorted(meant)):
        return None
    distance = _edit_distance(typed, meant)
    return distance if distance <= most else None


def _edit_distance(a: str, b: str) -> int:
    """Returns the least number of letters added, left out, changed or swapped with their neighbour.

    (Optimal string alignment: Damerau's four slips, none edited twice.)
    """
    before: list[int] = []
    above = list(range(len(b) + 1))
    for i, letter in enumerate(a, start=1):
        row = [i]
        for j, other in enumerate(b, start=1):
            least = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == b[j - 2] and a[i - 2] == other:
                least = min(least, before[j - 2] + 1)
            row.append(least)
        before, above = above, row
    return above[-1]
