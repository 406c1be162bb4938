"""The key that signs packages is no business of the web's: no address makes anything read it."""

from __future__ import annotations

import sys

import pytest

from petition.core import ed25519
from petition.deliveries.packages import keys
from tests.core.conftest import Site

READ: list[str] = []


def _notice(event: str, arguments: tuple[object, ...]) -> None:
    if event == "open" and str(arguments[0]).endswith(keys.FILE):
        READ.append(str(arguments[0]))


@pytest.mark.only_on("sqlite", "about a file")
def test_no_page_reads_the_private_key(site: Site) -> None:
    path = site.app.config["INSTANCE"] / keys.FILE
    path.write_bytes(ed25519.new_private_pem())
    sys.addaudithook(_notice)
    path.read_bytes()
    assert READ, "this test sees it when the file is read"
    READ.clear()
    for url in site.urls().values():
        assert site.organiser.get(url, buffered=True).status_code < 500
    for url in site.urls("POST").values():
        assert site.organiser.post(url).status_code < 500
    assert READ == []
