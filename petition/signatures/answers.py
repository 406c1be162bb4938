"""The short way to read what signers send: no form is built when everything is right.

Building a form with 250 countries takes longer than storing a signature. Where something is wrong, the
forms (`forms.py`) read it again and say what. Both read alike: tests/signatures/test_answers.py holds it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from petition.core import countries
from petition.core.addresses import Address, AddressRefused, parse_address
from petition.core.clock import now
from petition.core.names import NameRefused, clean_line, clean_name, clean_text
from petition.core.tokens import version_in_form_token
from petition.signatures.models import ListName
from petition.signatures.signing import Wish

CITY_LENGTH = 80
COMMENT_LENGTH = 1000
UNTICKED = ("", "false")
BOX = re.compile("informed_by-([1-9][0-9]{0,2})")
LIST_NAMES = {name.lower(): value for name, value in ListName.__members__.items()} | {"": ListName.COUNT}


@dataclass(frozen=True, slots=True)
class Signed:
    """The sign form, all of it right; `text_version` is that of the text on its page."""

    wish: Wish
    address: Address
    text_version: int


def read_signed(sent: Mapping[str, str]) -> Signed | None:
    """The sign form as it was sent, or None when a field is wrong."""
    version = version_in_form_token(sent.get("form_token", ""), now())
    wish = read_wish(sent)
    if version is None or wish is None:
        return None
    try:
        return Signed(wish, parse_address(sent.get("email", "")), version)
    except AddressRefused:
        return None


def read_wish(sent: Mapping[str, str]) -> Wish | None:
    """What a signer says of themselves, or None when a field is wrong."""
    country, list_name = sent.get("country", ""), LIST_NAMES.get(sent.get("list_name", "").lower())
    if country not in countries.CODES or list_name is None:
        return None
    try:
        return Wish(
            name=clean_name(sent.get("name", "")),
            country=country,
            city=clean_line(sent.get("city", ""), CITY_LENGTH) or None,
            comment=clean_text(sent.get("comment", ""), COMMENT_LENGTH) or None,
            show_name=sent.get("show_name", "") not in UNTICKED,
            list_name=list_name,
            updates=sent.get("updates", "") not in UNTICKED,
            informed_by=ticked(sent),
        )
    except NameRefused:
        return None


def ticked(sent: Mapping[str, str]) -> frozenset[int]:
    """The numbers of the partners whose boxes are ticked; whether there are such partners, the petition knows."""
    boxes = ((BOX.fullmatch(name), name) for name in sent)
    return frozenset(int(box[1]) for box, name in boxes if box and sent[name] not in UNTICKED)
