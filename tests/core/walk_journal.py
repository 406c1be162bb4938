"""The part of the way that leads past deliveries: planned, recorded, corrected, with a photograph."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from petition.core.clock import now
from petition.core.db import writing
from petition.deliveries.journal.models import Delivery
from petition.deliveries.packages.models import Package
from tests.deliveries.journal import made

if TYPE_CHECKING:
    from tests.core.walk import Walk

SLUG = "river"
MINE = f"/organiser/petitions/{SLUG}/deliveries"
WORDS = {"to_whom": "მცველი", "by_whom": "ანა", "witnesses": "ნინო", "note": "დიახ"}


def through_journal(walk: Walk) -> None:
    """Plans two deliveries as the owner, who is signed in; records, corrects and strikes out; looks at it all."""
    with walk.app.app_context(), writing() as session:
        for city, more in (("თბილისი", {}), ("ბათუმი", {"closed_on": now().date()})):
            names = {"name": "საელჩო", "sending_state": "LI", "slug": f"li-ge-{city}-embassy"}
            made.add_mission(session, city, **names | more)
    walk.get("journal: nothing", f"/petitions/{SLUG}/deliveries")
    walk.get("deliveries: none", MINE)
    new = f"{MINE}/new"
    form = walk.get("deliveries: to plan", new, of="LI")
    token = re.search(r'name="csrf_token" value="([^"]+)"', form)[1]
    _plan(walk, token)
    with walk.app.app_context(), writing() as session:
        found = session.scalars(sa.select(Delivery)).one()
        made.with_package(session, found, number=99)
        mine, public = f"/organiser/deliveries/{found.id}", f"/deliveries/{found.id}"
    walk.get("deliveries", MINE)
    walk.get("desk: next delivery", "/organiser")
    walk.get("delivery: planned, in public", public)
    walk.post("delivery: no such package", mine, 422, csrf_token=token, package="x")
    walk.get("delivery: to plan anew", f"{mine}/plan")
    walk.post("delivery: no reason", f"{mine}/plan", 422, csrf_token=token, at="2026-03-02T12:00", anew="yes")
    walk.post("delivery: anew", f"{mine}/plan", csrf_token=token, at="2026-03-02T12:00", anew="yes", note="ყ")
    _record(walk, mine, token)
    _correct(walk, mine, token)
    _photograph(walk, mine, token)
    walk.get("delivery: in public", public)
    walk.get("journal", f"/petitions/{SLUG}/deliveries")
    walk.get("journal on the petition", f"/petitions/{SLUG}")


def _plan(walk: Walk, token: str) -> None:
    new = f"{MINE}/new?of=LI&lang={walk.language}"
    chosen = {"csrf_token": token, "missions": "li-ge-თბილისი-embassy"}

    def post(page: str, status: int, **fields: Any) -> None:
        answer = walk.client.post(new, data=chosen | fields)
        assert answer.status_code == status, answer.text
        walk.pages[page] = answer.text

    post("deliveries: no time", 422, at="noon")
    post("deliveries: no mission", 422, at="2026-03-01T12:00", missions="")
    post("deliveries: closed", 422, at="2026-03-01T12:00", missions="li-ge-ბათუმი-embassy")
    assert walk.client.post(new, data=chosen | {"at": "2026-03-01T12:00"}).status_code == 303


def _record(walk: Walk, mine: str, token: str) -> None:
    for kind in ("delivered", "posted", "sent", "refused"):
        walk.get(f"record: {kind}", f"{mine}/record/{kind}")
        walk.post(f"record: {kind}, nothing filled in", f"{mine}/record/{kind}", 422, csrf_token=token)
    then = {"csrf_token": token, "at": "2026-02-12T11:00", "package": "none"}
    walk.post("record: not yet", f"{mine}/record/delivered", 422, **then | WORDS | {"at": "2026-05-01T11:00"})
    walk.post("recorded: delivered", f"{mine}/record/delivered", **then | WORDS)
    walk.post("recorded: posted", f"{mine}/record/posted", **then, carrier="ფოსტა", reference="1")
    walk.post("recorded: sent", f"{mine}/record/sent", **then, reference="<1@example.org>")
    with walk.app.app_context(), writing() as session:
        package = str(session.scalars(sa.select(Package.id).where(Package.number == 99)).one())
    walk.post("recorded: refused", f"{mine}/record/refused", **then | {"package": package}, said="არა")


def _correct(walk: Walk, mine: str, token: str) -> None:
    page = walk.client.get(mine, query_string={"lang": walk.language}).text
    first, second, *_others = re.findall(rf'href="({mine}/entries/[0-9a-f-]+)\?', page)[::2]
    walk.get("entry: to correct", first)
    walk.post("entry: no reason", first, 422, csrf_token=token)
    then = {"csrf_token": token, "at": "2026-02-12T10:00", "package": "none", "why": "ყ"}
    walk.post("entry: corrected", first, **then | WORDS)
    walk.get("entry: to strike out", f"{second}/strike")
    walk.post("entry: struck out without reason", f"{second}/strike", 422, csrf_token=token)
    walk.post("entry: struck out", f"{second}/strike", csrf_token=token, why="ყ")
    walk.get("entry: words to delete", f"{first}/remove")
    walk.post("entry: words deleted", f"{first}/remove", csrf_token=token, why="ყ")
    walk.get("entry: not there any more", second, 404)


def _photograph(walk: Walk, mine: str, token: str) -> None:
    walk.get("photograph: to add", f"{mine}/photos")
    walk.post("photograph: without words", f"{mine}/photos", 422, csrf_token=token)
    walk.post("photograph: no file", f"{mine}/photos", 422, csrf_token=token, alt="კარი")
    for colour in ("red", "blue"):
        file = made.photo(colour), "gate.jpg"
        added = walk.post(f"photograph: {colour}", f"{mine}/photos", csrf_token=token, alt="კარი", photo=file)
    name = re.findall(rf'href="{mine}/photos/(\w+)/remove', added)[0]
    walk.get("photograph: to delete", f"{mine}/photos/{name}/remove")
    walk.post("photograph: deleted", f"{mine}/photos/{name}/remove", csrf_token=token, why="ყ")
