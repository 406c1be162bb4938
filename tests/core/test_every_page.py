"""What holds for every address there is: found by walking the routes, so that a new page is held to it too."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from petition.settings import Settings
from tests.conftest import running
from tests.core.conftest import Site
from tests.core.page_checks import check_headers

PUBLIC = {
    "petitions.petitions/",
    "petitions.petitions/petitions",
    "petitions.organisation/o/<slug>",
    "petitions.text/petitions/<slug>/text/<int:version>",
    "petitions.privacy/privacy",
    "petitions.accessibility/accessibility",
    "petitions.data/data",
    "verify.page/verify",
    "signatures.petition/petitions/<slug>",
    "endorsements.all_of_them/petitions/<slug>/endorsements",
    "signatures.by_link/petitions/<slug>/by/<code>",
    "tallies.tally/petitions/<slug>/tally",
    "tallies.tally_csv/petitions/<slug>/tally.csv",
    "journal.deliveries/petitions/<slug>/deliveries",
    "journal.calendar/petitions/<slug>/deliveries.ics",
    "journal.delivery/deliveries/<uuid:delivery_id>",
    "api_pages.deliveries_json/petitions/<slug>/deliveries.json",
    "api.deliveries/api/v1/petitions/<slug>/deliveries",
    "api.delivery/api/v1/deliveries/<uuid:delivery_id>",
    "public_packages.page/packages/<uuid:package_id>",
    "public_packages.as_json/packages/<uuid:package_id>.json",
    "public_packages.manifest/packages/<uuid:package_id>/manifest.json",
    "public_packages.signature/packages/<uuid:package_id>/manifest.json.sig",
    "public_packages.key/packages/<uuid:package_id>/key.pem",
    "api_pages.tally_json/petitions/<slug>/tally.json",
    "api.petitions_list/api/v1/petitions",
    "api.petition/api/v1/petitions/<slug>",
    "api.tally/api/v1/petitions/<slug>/tally",
    "api.description/api/v1/openapi.json",
    "keys.published/.well-known/petition-keys.json",
}
KEPT_FOR_EVER = {"static/static/<path:filename>", "petitions.picture/uploads/<name>"}
KEPT_FOR_LONG = KEPT_FOR_EVER | {
    "schemas.one/schemas/<name>.json",
    "journal.photo/deliveries/<uuid:delivery_id>/photos/<name>",
}
AS_OF = re.compile(rb'"as_of":"[^"]*"')


def everybody(site: Site) -> Iterator[FlaskClient]:
    yield site.app.test_client()
    yield site.organiser
    yield site.signer


def test_every_page_has_the_headers_and_keeps_the_policy(site: Site) -> None:
    for client in everybody(site):
        for url in site.urls().values():
            for language in ("", "?lang=en"):
                answer = client.get(url + language, buffered=True)
                assert answer.status_code in {200, 303, 403} or url.startswith("/admin"), url
                check_headers(answer)


def test_every_form_sent_empty_is_answered_with_the_headers(site: Site) -> None:
    for url in site.urls("POST").values():
        answer = site.app.test_client().post(url)
        assert answer.status_code in {200, 303, 403, 422}, url
        check_headers(answer)


def test_public_pages_are_the_same_for_everybody_and_may_be_kept(site: Site) -> None:
    urls = site.urls()
    assert set(urls) > PUBLIC
    for name in PUBLIC:
        answers = [client.get(urls[name]) for client in everybody(site)]
        assert len({AS_OF.sub(b"", answer.data) for answer in answers}) == 1, name
        for answer in answers:
            assert answer.status_code == 200
            assert answer.headers["Cache-Control"].startswith("public, max-age=")
            assert "Set-Cookie" not in answer.headers
            assert answer.headers["Vary"] == "Accept-Language"


def test_all_other_pages_are_kept_by_nobody(site: Site) -> None:
    for client in everybody(site):
        for name, url in site.urls().items():
            if name not in PUBLIC | KEPT_FOR_LONG:
                assert client.get(url, buffered=True).headers["Cache-Control"] == "no-store", name
        for url in site.urls("POST").values():
            assert client.post(url).headers["Cache-Control"] == "no-store"


def test_static_files_are_kept_for_long_under_an_address_that_changes_with_them(site: Site) -> None:
    addresses = re.findall(r'(?:href|src)="(/static/[^"]+)"', site.app.test_client().get("/").text)
    assert addresses
    for address in addresses:
        answer = site.app.test_client().get(address, buffered=True)
        assert answer.status_code == 200
        assert re.search(r"\?v=[0-9a-f]{10}$", address)
        assert answer.headers["Cache-Control"] == "public, max-age=31536000"
        assert "Set-Cookie" not in answer.headers


def test_who_has_a_public_page_already_is_told_so(site: Site) -> None:
    client = site.app.test_client()
    for name in PUBLIC:
        first = client.get(site.urls()[name])
        again = client.get(site.urls()[name], headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b""), name
        for header in ("ETag", "Cache-Control", "Vary", "Content-Security-Policy"):
            assert again.headers[header] == first.headers[header]
        other = client.get(site.urls()[name], headers={"If-None-Match": '"something else"'})
        assert other.status_code == 200


def test_a_page_asked_for_in_a_language_varies_with_nothing(site: Site) -> None:
    client = site.app.test_client()
    for name in PUBLIC:
        url = site.urls()[name]
        assert "Vary" not in client.get(f"{url}?lang=en").headers
        assert client.get(f"{url}?lang=nonsense").headers["Vary"] == "Accept-Language"


def test_a_reader_gets_no_cookie_anywhere(site: Site) -> None:
    reader = site.app.test_client()
    for name, url in site.urls().items():
        answer = reader.get(url, buffered=True)
        assert "Set-Cookie" not in answer.headers or name == "accounts.login/login"


def test_head_and_get_say_the_same(site: Site) -> None:
    client = site.app.test_client()
    for name in PUBLIC:
        url = site.urls()[name]
        got, head = client.get(url), client.head(url)
        assert (head.status_code, head.data) == (200, b"")
        assert head.headers["ETag"] == got.headers["ETag"]


def test_https_is_demanded_where_the_sites_address_says_so(settings: Settings) -> None:
    assert "Strict-Transport-Security" not in _get("/healthz", settings).headers
    secure = replace(settings, base_url="https://petitions.example.org")
    assert _get("/healthz", secure).headers["Strict-Transport-Security"].startswith("max-age=31536000")
    cookie = _get("/login", secure).headers["Set-Cookie"]
    assert cookie.startswith("__Host-petition=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    assert "Domain" not in cookie


def _get(url: str, settings: Settings) -> Any:
    with running(settings) as app:
        return app.test_client().get(url)


def test_every_template_compiles(app: Flask) -> None:
    names = app.jinja_env.list_templates()
    assert len(names) > 20
    for name in names:
        app.jinja_env.get_template(name)


def test_a_links_query_survives_a_change_of_language(app: Flask) -> None:
    app.jinja_env.globals["languages"] = [("en", "English"), ("ko", "한국어")]
    page = app.test_client().get("/petitions?q=a%26b+%C3%A9%22&state=open").text
    assert 'href="?q=a%26b+%C3%A9%22&amp;state=open&amp;lang=ko"' in page
