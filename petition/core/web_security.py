"""What protects every page: headers, the proxies we believe, and who may send us a form."""

from __future__ import annotations

import hashlib
import ipaddress
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, abort, current_app, request
from flask.sessions import SecureCookieSessionInterface
from flask_babel import gettext as _

from petition.core import i18n
from petition.core.errors import Forbidden

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "script-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), browsing-topics=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
HTTPS_ONLY = {"Strict-Transport-Security": "max-age=31536000; includeSubDomains"}
UNLABELLED = {"Cache-Control": "no-store"}
SESSION_SIGNER = "petition.session_signer"
FORWARDING = tuple(
    f"HTTP_{name}"
    for name in ("X_FORWARDED_FOR", "X_FORWARDED_PROTO", "X_FORWARDED_HOST", "X_REAL_IP", "FORWARDED", "VIA")
)
UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}


WITH_PORT = re.compile(r"\[(?P<six>[^\]]+)\](?::\d+)?|(?P<four>[\d.]+):\d+")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def _parsed(text: str) -> Address | None:
    """An address, also from the forms in which proxies write it; one IPv4 address is one in either notation."""
    found = WITH_PORT.fullmatch(text)
    try:
        address = ipaddress.ip_address((found["six"] or found["four"]) if found else text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


class TrustedProxies:
    """Takes the visitor's address and scheme from proxies in known networks, and from nobody else."""

    def __init__(self, wsgi: Callable[..., Iterable[bytes]], networks: list[Any]) -> None:
        self.wsgi = wsgi
        self.networks = networks

    def _trusts(self, address: str) -> bool:
        parsed = _parsed(address)
        return parsed is not None and any(parsed in network for network in self.networks)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        peer = environ.get("REMOTE_ADDR", "")
        if self._trusts(peer):
            if environ.get("HTTP_X_FORWARDED_PROTO") in {"http", "https"}:
                environ["wsgi.url_scheme"] = environ["HTTP_X_FORWARDED_PROTO"]
            hops = [hop.strip() for hop in environ.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
            hop: Address | None = None
            while hops and self._trusts(peer) and (hop := _parsed(hops.pop())):
                peer = str(hop)
            environ["REMOTE_ADDR"] = peer
            if hop:  # the visitor is known; what is left of these headers says that nobody knows who it was
                for header in FORWARDING:
                    environ.pop(header, None)
        return self.wsgi(environ, start_response)


def asked_from(networks: Sequence[Network]) -> bool:
    """Whether the visitor is on this machine or in one of the networks.

    Behind a proxy the visitor's address counts. One that came through a proxy which PETITION_TRUSTED_PROXIES
    does not name could be anybody, wherever that proxy stands.
    """
    address = _parsed(request.remote_addr or "")
    if address is None or any(header in request.environ for header in FORWARDING):
        return False
    return address.is_loopback or any(address in network for network in networks)


def refuse_cross_site() -> None:
    """Refuses a form that says it was sent from another site. What says nothing passes.

    Browsers send `Origin: null` under some referrer policies, so null alone accuses nobody.
    """
    if request.method not in UNSAFE:
        return
    origin = request.headers.get("Origin", "null")
    ours = {request.host, urlsplit(current_app.config["BASE_URL"]).netloc}
    foreign = origin != "null" and origin.partition("://")[2] not in ours
    if foreign or request.headers.get("Sec-Fetch-Site") == "cross-site":
        raise Forbidden(_("This form was sent from another site. Please open the petition here and sign again."))


def refuse_nul() -> None:
    """Nothing has an address with the one character in it that PostgreSQL's texts cannot hold."""
    if "\0" in request.path:
        abort(404)


def add_headers(response: Response) -> Response:
    """Adds the security headers that are not there. Whatever no view called public may be kept by nobody.

    HTTPS only is demanded where the site's own address says HTTPS.
    """
    there = {name.lower() for name, _value in response.headers.items()}
    secure = HTTPS_ONLY if current_app.config["BASE_URL"].startswith("https:") else {}
    for name, value in (HEADERS | secure | UNLABELLED).items():
        if name.lower() not in there:
            response.headers.add(name, value)
    return response


class Sessions(SecureCookieSessionInterface):
    """Sessions in a signed cookie, as Flask's own; what signs them is made once, not twice for each request."""

    def get_signing_serializer(self, app: Flask) -> Any:
        if SESSION_SIGNER not in app.extensions:
            app.extensions[SESSION_SIGNER] = super().get_signing_serializer(app)
        return app.extensions[SESSION_SIGNER]


def public(response: Response, seconds: int = 1, same_as: str | None = None) -> Response:
    """Marks a page that is the same for all readers of one language: shared caches may keep it.

    `same_as` names what the page says where its bytes change though it says the same.
    """
    response.headers["Cache-Control"] = f"public, max-age={seconds}, stale-while-revalidate={seconds * 5}"
    if i18n.known(request.args.get("lang")) is None:
        response.vary.add("Accept-Language")
    if same_as is None:
        response.add_etag()
    else:
        response.set_etag(hashlib.sha256(same_as.encode()).hexdigest()[:32], weak=True)
    response.make_conditional(request)
    return response


def init_app(app: Flask) -> None:
    """Puts the protections around the application."""
    app.wsgi_app = TrustedProxies(app.wsgi_app, app.config["TRUSTED_PROXIES"])  # type: ignore[method-assign]
    app.session_interface = Sessions()
    app.before_request(refuse_cross_site)
    app.before_request(refuse_nul)
    app.after_request(add_headers)
