"""A site as it runs for real: web server, worker and maildir, each its own process, on a free port."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from flask import Flask

from petition.core import countries
from petition.core.addresses import Address
from petition.core.clock import now
from petition.core.db import db, writing
from petition.petitions import service as petitions
from petition.petitions.models import State
from petition.settings import ROOT
from petition.signatures import bulk
from petition.signatures.models import ListName
from petition.signatures.signing import Wish
from tests.browser.gates import add_gates
from tests.conftest import KEYS, SLUG, add_petition, make_settings, running
from tests.databases import Databases

READY_SECONDS = 30
TEXT = (ROOT / "petition" / "demo" / "stop-the-repatriation.md").read_text("utf-8").rpartition("+++")[2]
LONG = "My grandmother crossed this bridge every day for sixty years, to school and to work. " * 10
SIGNERS = [
    ("Ana María de la Santísima Trinidad Fernández y González", "ES", LONG),
    ("김민지", "KR", "강을 지켜 주세요. " * 30),
    ("محمد العلي", "EG", "هذا النهر هو حياتنا. " * 10),
    ("Donaudampfschifffahrtsgesellschaftskapitän", "DE", "Donaudampfschifffahrtsgesellschaftskapitän" * 5),
    ("Ō", "JP", None),
    ("ณัฐวุฒิ", "TH", "ขอให้แม่น้ำไหล"),
    ("Olga", "RU", LONG[:300]),
    ("O'Brien", "IE", "Keep it\nopen."),
]
LONG_TITLE = "We, the residents, parents, teachers and shopkeepers of the old town, ask you to keep the bridge"
HARD_TEXTS = {
    "long-title": {"title": LONG_TITLE, "addressee": "the Council, its Committee for Streets, and the Mayor"},
    "arabic": {"title": "أنقذوا مكتبة الحي القديم", "addressee": "رئيس البلدية", "locale": "ar"},
    "long-words": {
        "title": "Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz",
        "addressee": "den Bundesverkehrsinfrastrukturfinanzierungsausschuss",
        "body": "https://example.org/" + "immer/weiter/" * 20 + "\n\n```\n" + "code " * 60 + "\n```",
        "locale": "de",
    },
}


@dataclass(frozen=True)
class Site:
    """Where the site answers, and its application for looking at the database."""

    base: str
    app: Flask

    def url(self, path: str) -> str:
        return self.base + path


def _add_petitions(app: Flask) -> None:
    main = add_petition(app, body=TEXT, goal=1000)
    for slug, words in HARD_TEXTS.items():
        add_petition(app, slug, **words)
    add_petition(app, "closed", title="Keep the mill", state=State.CLOSED)
    add_petition(app, "paused", title="Keep the ferry", state=State.PAUSED)
    with app.app_context():
        add_signatures(main.slug, SIGNERS)
        elsewhere = sorted(countries.CODES)[:120] + ["KR"] * 40 + ["US"] * 20
        add_signatures(main.slug, [("Somebody", code, None) for code in elsewhere], shown=False)
        add_signatures("paused", SIGNERS[:1])
        db.session.remove()
    add_gates(app)


def add_signatures(slug: str, people: list[tuple[str, str, str | None]], shown: bool = True) -> None:
    """Adds signatures that are confirmed already: name, country and comment of each; inside an application."""
    found = petitions.find(db.session(), slug)
    moment = now() - timedelta(days=9)
    collected = [
        bulk.Collected(
            Wish(name, country, None, comment, shown, ListName.FULL),
            Address(f"{slug}{shown}{place}@example.org", f"{slug}{shown}{place}@example.org", "example.org"),
            "en",
            moment,
            moment + timedelta(hours=place),
        )
        for place, (name, country, comment) in enumerate(people)
    ]
    bulk.add(writing, found, collected)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_ready(base: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + READY_SECONDS
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{base}/readyz", timeout=2):
            return
        time.sleep(0.05)
    raise AssertionError(f"the server did not start: {log.read_text()}")


@contextlib.contextmanager
def running_site(instance: Path, databases: Databases) -> Iterator[Site]:
    """A site with petitions of every kind and their signers, until the end of the block."""
    url = databases.migrated(instance)
    base = f"http://127.0.0.1:{_free_port()}"
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PETITION_")} | KEYS
    environ |= {"PETITION_INSTANCE": str(instance), "PETITION_DATABASE_URL": url}
    environ |= {"PETITION_ENV": "development", "PETITION_BASE_URL": base}
    commands = [["serve", "--port", base.rpartition(":")[2], "--workers", "1"], ["worker"]]
    log = instance / "log"
    with running(make_settings(instance, url, base_url=base)) as app, log.open("wb") as output:
        _add_petitions(app)
        processes = [
            subprocess.Popen(
                [sys.executable, "-m", "petition", *words], cwd=ROOT, env=environ, stdout=output, stderr=output
            )
            for words in commands
        ]
        try:
            _wait_until_ready(base, processes[0], log)
            yield Site(base, app)
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                process.wait(20)


PETITION = f"/petitions/{SLUG}"
