"""Signatures that wait for their mail and for the button behind it, made straight by the services."""

from __future__ import annotations

from itertools import count

from flask import Flask

from benchmarks.databases import SLUG
from petition.core.addresses import parse_address
from petition.core.db import read_again, writing
from petition.core.tokens import sign_handle
from petition.petitions import service as petitions
from petition.signatures import signing
from petition.signatures.mails import CONFIRM
from petition.signatures.models import ListName
from petition.signatures.signing import Page, Wish

BATCH = 1000
HANDLE = signing.SIGNATURE_COLUMNS.index("handle")
_numbers = count(1)


def add_pending(app: Flask, number: int) -> list[str]:
    """Signs so many times, all from one country; returns the token of each link. Each owes a mail."""
    tokens: list[str] = []
    with app.app_context():
        petition = petitions.find(read_again(), SLUG)
        page = Page(petition.text.version, "en", b"n" * 16)
        wish = Wish("Ana Test", "KR", list_name=ListName.FULL)
        while len(tokens) < number:
            addresses = [f"waiting{next(_numbers)}@mail.test" for _one in range(min(BATCH, number - len(tokens)))]
            new = [signing.sign(petition, parse_address(address), wish, page) for address in addresses]
            read_again()
            with writing() as session:
                signing.store(session.connection(), new)
            tokens += [sign_handle(CONFIRM, one.signature[HANDLE]) for one in new]
            petition = petitions.find(read_again(), SLUG)
    return tokens
