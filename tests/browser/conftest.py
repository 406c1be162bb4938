"""One real browser and one real site for all browser tests; every page is watched for errors and strangers."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from tests.browser.site import Site, running_site
from tests.databases import Databases

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE_MILLISECONDS = 15_000
NewPage = Callable[..., Page]
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if path is None and os.environ.get("CI") == "true":
        pytest.fail("Chromium is not on this machine")
    if path is None:
        pytest.skip("Chromium is not on this machine (Debian package chromium)")
    with sync_playwright() as playwright:
        expect.set_options(timeout=PATIENCE_MILLISECONDS)
        started = playwright.chromium.launch(executable_path=path, args=QUIET)
        yield started
        started.close()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, databases: Databases) -> Iterator[Site]:
    with running_site(tmp_path_factory.mktemp("browser") / "instance", databases) as found:
        yield found


class Watch:
    """What a page must never do: report an error, break the security policy, ask another host."""

    def __init__(self, base: str) -> None:
        self.host = urlsplit(base).netloc
        self.faults: list[str] = []
        self.requests: list[str] = []

    def follow(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        page.on("request", lambda request: self._request(request.url))

    def _console(self, message: ConsoleMessage) -> None:
        refused_form = "the server responded with a status of 4" in message.text
        if message.type in {"error", "warning"} and not refused_form:
            self.faults.append(f"console: {message.text}")

    def _request(self, url: str) -> None:
        self.requests.append(url)
        if urlsplit(url).netloc != self.host:
            self.faults.append(f"another host: {url}")


@pytest.fixture
def new_page(browser: Browser, site: Site) -> Iterator[NewPage]:
    """Makes a page of a browser profile of its own. At the end none may have misbehaved."""
    watch, contexts = Watch(site.base), []

    def make(**options: Any) -> Page:
        defaults = {"locale": "en", "viewport": {"width": 1280, "height": 900}, "base_url": site.base}
        context = browser.new_context(**(defaults | options))
        context.set_default_timeout(PATIENCE_MILLISECONDS)
        contexts.append(context)
        page = context.new_page()
        watch.follow(page)
        return page

    yield make
    for context in contexts:
        context.close()
    assert watch.requests
    assert watch.faults == []


@pytest.fixture
def page(new_page: NewPage) -> Page:
    return new_page()


@pytest.fixture
def address() -> str:
    """An address that nobody has used yet."""
    return f"signer-{os.getpid()}-{next(_numbers)}@example.org"
