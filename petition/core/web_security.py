"""What protects every page: headers, the proxies we believe, and who may send us a form."""

from __future__ import annotations

import functools
import hashlib
import ipaddress
import json
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, abort, current_app, request
from flask.sessions import SecureCookieSessionInterface
from flask_babel import gettext as _
from itsdangerous import TimestampSigner, URLSafeTimedSerializer
from itsdangerous.encoding import base64_encode
from werkzeug.http import dump_cookie
from werkzeug.wsgi import get_host

from petition.core import i18n
from petition.core.errors import Forbidden
from petition.core.tokens import KeptKeys

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
        if self.networks and self._trusts(peer):
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
    if request.method in UNSAFE and is_from_elsewhere(request.environ, current_app.config["BASE_URL"]):
        raise Forbidden(_("This form was sent from another site. Please open the petition here and sign again."))


def is_from_elsewhere(environ: dict[str, Any], base_url: str) -> bool:
    """Whether a request says that another site's page sent it."""
    origin = environ.get("HTTP_ORIGIN", "null")
    if origin != "null" and origin.partition("://")[2] not in (get_host(environ), urlsplit(base_url).netloc):
        return True
    return environ.get("HTTP_SEC_FETCH_SITE") == "cross-site"


def refuse_nul() -> None:
    """Nothing has an address with the one character in it that PostgreSQL's texts cannot hold."""
    if "\0" in request.path:
        abort(404)


def add_headers(response: Response) -> Response:
    """Adds the security headers that are not there. Whatever no view called public may be kept by nobody.

    HTTPS only is demanded where the site's own address says HTTPS.
    """
    there = {name.lower() for name, _value in response.headers.items()}
    for name, value in headers_of(current_app.config["BASE_URL"]):
        if name.lower() not in there:
            response.headers.add(name, value)
    return response


@functools.lru_cache(4)
def headers_of(base_url: str) -> list[tuple[str, str]]:
    """The security headers of an answer of whose keeping nobody has said anything."""
    secure = HTTPS_ONLY if base_url.startswith("https:") else {}
    return list((HEADERS | secure | UNLABELLED).items())


class _SessionSigner(KeptKeys, TimestampSigner):
    """Signs sessions as Flask's does."""


class _SessionTokens(URLSafeTimedSerializer):
    """Writes what Flask's own reads, and no more than that takes."""

    default_signer = _SessionSigner

    @functools.cached_property
    def _one_signer(self) -> TimestampSigner:
        made = super().make_signer(self.salt)
        assert isinstance(made, TimestampSigner)
        return made

    def make_signer(self, salt: str | bytes | None = None) -> TimestampSigner:
        return self._one_signer

    def dump_payload(self, obj: Any) -> bytes:
        """Not compressed: what our sessions hold gets no shorter by that."""
        return base64_encode(self.serializer.dumps(obj))


class Sessions(SecureCookieSessionInterface):
    """Sessions in a signed cookie, as Flask's own; what signs them is made once, not twice for each request."""

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer:
        if SESSION_SIGNER not in app.extensions:
            keys = [*(app.config["SECRET_KEY_FALLBACKS"] or ()), app.secret_key]
            how = {"key_derivation": self.key_derivation, "digest_method": self.digest_method}
            app.extensions[SESSION_SIGNER] = _SessionTokens(
                keys, salt=self.salt, serializer=self.serializer, signer_kwargs=how
            )
        signer: URLSafeTimedSerializer = app.extensions[SESSION_SIGNER]
        return signer

    def begun(self, app: Flask, **holds: str) -> str:
        """The `Set-Cookie` of a session that begins with this, for an answer that Flask does not make."""
        return dump_cookie(
            self.get_cookie_name(app),
            self._signed(app, json.dumps(holds, separators=(",", ":"))),
            path=self.get_cookie_path(app),
            secure=self.get_cookie_secure(app),
            httponly=self.get_cookie_httponly(app),
            samesite=self.get_cookie_samesite(app),
        )

    def _signed(self, app: Flask, plain: str) -> str:
        """As the serializer writes it: plain words in JSON need none of its marks."""
        signer = self.get_signing_serializer(app).make_signer(self.salt)
        return signer.sign(base64_encode(plain)).decode()


SESSIONS = Sessions()


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
    """Gives the application its protections, but for TrustedProxies, which stands in front of all it has."""
    app.session_interface = SESSIONS
    app.before_request(refuse_cross_site)
    app.before_request(refuse_nul)
    app.after_request(add_headers)
