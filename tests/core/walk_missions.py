"""The part of the way that leads past the directory of missions."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.core.walk import Walk

MISSIONS = "/organiser/missions"
ONE = {
    **{"sending_state": "KR", "host_country": "GE", "city": "თბილისი", "kind": "embassy", "name": "საელჩო"},
    **{"time_zone": "Asia/Tbilisi", "slug": "kr-ge-tbilisi-embassy"},
}
WRONG = {"time_zone": "x", "email": "x", "latitude": "x", "closed_on": "x", "postal_address": "\u202e"}
FILE = "sending_state,host_country,city,kind,name,time_zone,ყ\n" + "KR,GE,Batumi,consulate,ნ,x,y\n" * 2


def through_missions(walk: Walk) -> None:
    """As the owner, who is signed in: enters one, looks for it, closes it, tries a file that cannot be taken."""
    form = walk.get("mission: new", f"{MISSIONS}/new")
    token = re.search(r'name="csrf_token" value="([^"]+)"', form)[1]
    walk.post("mission: all wrong", f"{MISSIONS}/new", 422, csrf_token=token, **WRONG)
    walk.post("mission: half a place", f"{MISSIONS}/new", 422, csrf_token=token, **ONE, latitude="1")
    walk.post("mission: not its id", f"{MISSIONS}/new", 422, csrf_token=token, **ONE | {"slug": "x"})
    walk.post("mission: entered", f"{MISSIONS}/new", csrf_token=token, **ONE)
    walk.post("mission: there already", f"{MISSIONS}/new", 409, csrf_token=token, **ONE)
    walk.get("missions: to be checked", MISSIONS, host_country="GE")
    walk.post("mission: checked", f"{MISSIONS}/kr-ge-tbilisi-embassy", csrf_token=token, **ONE, checked_today="yes")
    walk.get("missions: checked", MISSIONS, host_country="GE")
    walk.post("mission: closed", f"{MISSIONS}/kr-ge-tbilisi-embassy", csrf_token=token, **ONE, closed_on="2026-01-01")
    walk.get("missions: closed", MISSIONS, host_country="GE")
    walk.get("missions: none", MISSIONS, host_country="GE", sending_state="CN")
    walk.get("missions: from a file", f"{MISSIONS}/import")
    walk.post("missions: no file", f"{MISSIONS}/import", 422, csrf_token=token)
    file = io.BytesIO(FILE.encode()), "missions.csv"
    walk.post("missions: refused", f"{MISSIONS}/import", csrf_token=token, file=file)
    first_line = io.BytesIO(b"a,b"), "missions.csv"
    walk.post("missions: no columns", f"{MISSIONS}/import", 422, csrf_token=token, file=first_line)
    not_utf8 = io.BytesIO(b"\xff\xfe"), "missions.csv"
    walk.post("missions: unreadable", f"{MISSIONS}/import", 422, csrf_token=token, file=not_utf8)
