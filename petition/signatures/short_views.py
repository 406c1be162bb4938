"""Signing and confirming, the short way (`petition.core.short_way`), where everything is as it mostly is."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import current_app

from petition.core import i18n, limits, metrics, tokens
from petition.core.addresses import hint
from petition.core.committer import submit
from petition.core.keyed_hashes import network_hash
from petition.core.short_way import Answer, Asked, GoesOn, Way
from petition.core.tokens import TokenRefused
from petition.core.web_security import SESSIONS
from petition.petitions import service as petitions
from petition.signatures import answers, confirming, counted_page, own_page, signing
from petition.signatures.confirming import Filled, Outcome, Press
from petition.signatures.mails import CONFIRM
from petition.signatures.signing import Page

HTML = ("Content-Type", "text/html; charset=utf-8")


def sign(asked: Asked, slug: str) -> Answer | None:
    """As `views.sign` does it, if the form is right; any refusal is Flask's to tell."""
    sent = answers.read_signed(asked.form)
    if sent is None:
        return None
    network = network_hash(asked.remote_address)
    page = Page(sent.text_version, asked.language, network, asked.query.get("by", ""))
    new = signing.sign(petitions.recent(slug), sent.address, sent.wish, page)
    limits.hit(limits.SIGN, "sign", network.hex())
    submit(signing.store, new)
    metrics.signs.add("accepted")
    carried = {"hint": hint(sent.address.domain), "lang": i18n.known(asked.query.get("lang"))}
    query = urlencode({name: value for name, value in carried.items() if value})
    inbox = f"/petitions/{slug}/check-inbox" + (f"?{query}" if query else "")
    return Answer("303 SEE OTHER", [HTML, ("Location", inbox)])


def confirm(asked: Asked, token: str) -> Answer | None:
    """As `views.confirm` does it, if the form is right; the page is Flask's to make, but for one that is kept."""
    try:
        handle = tokens.read_handle(CONFIRM, token)
    except TokenRefused:
        return None
    filled = None
    if "name" in asked.form:
        wish = answers.read_wish(asked.form)
        if wish is None or asked.form.get("email", "").strip():
            return None
        filled = Filled(wish, asked.language)
    own_token = own_page.new_token()
    confirmation = submit(confirming.confirm, Press(handle, filled, own_page.hash_of(own_token)))
    if confirmation.outcome == Outcome.COUNTED and confirmation.opens_own_page:
        made = counted_page.ready(confirmation.petition_id, asked.language, asked.query_string, confirmation.number)
        if made:
            metrics.confirmations.add(confirmation.outcome)
            cookie = SESSIONS.begun(current_app, **{own_page.COOKIE: own_token})
            headers = [HTML, ("Set-Cookie", cookie), ("Vary", "Cookie")]
            return Answer("200 OK", headers, made)
    raise GoesOn((confirmation, own_token))


WAYS = (
    Way("signatures.sign", "/petitions/<slug>/sign", sign),
    Way("signatures.confirm", "/confirm/<token>", confirm),
)
