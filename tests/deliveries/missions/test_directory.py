"""The directory of missions as it ships, and what the program asks of it."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from petition.core.db import read_again
from petition.core.errors import NotFound
from petition.deliveries.missions import service
from petition.deliveries.missions.facts import as_cells, checked
from petition.deliveries.missions.models import MissionKind
from petition.settings import ROOT

SHIPPED = ROOT / "petition/migrations/versions/0013_missions.csv"
FROZEN = "2af572cd4c31db49eaf2e7c7d6d40cf82aab2d7ad0aef4f064284379790f616e"
PLACES = {
    "embassy": {
        *("Washington", "Ottawa", "London", "Paris", "Berlin", "Madrid", "Brussels", "The Hague", "Oslo", "Tokyo"),
        "Seoul",
    },
    "consulate": {"New York", "Los Angeles", "Chicago", "Houston", "Toronto", "Osaka", "Sydney", "Busan"},
    "permanent-mission": {"New York"},
}


def test_the_file_of_a_migration_is_never_changed() -> None:
    assert hashlib.sha256(SHIPPED.read_bytes()).hexdigest() == FROZEN, "write a new migration instead"


def test_the_missions_that_the_campaign_names_are_there(inside: Flask) -> None:
    there = service.all_missions(read_again(), "CN", open_only=False)
    found = {kind: {one.city for one in there if one.kind == kind} for kind in MissionKind}
    assert found == PLACES
    assert len(there) == 20
    for one in there:
        assert one.checked_on is None, "nobody has compared it with its source yet"
        assert one.source
        assert one.postal_address
        assert one.email is None
        assert checked(as_cells(one)) == {column: getattr(one, column) for column in as_cells(one)}


def test_a_mission_is_found_by_its_id(inside: Flask) -> None:
    for slug in ("cn-gb-london-embassy", "cn-us-new-york-consulate", "cn-us-new-york-permanent-mission"):
        assert service.find(read_again(), slug).slug == slug
    with pytest.raises(NotFound):
        service.find(read_again(), "cn-gb-atlantis-embassy")


def test_closed_missions_are_left_out_unless_asked_for(inside: Flask) -> None:
    houston = service.find(read_again(), "cn-us-houston-consulate")
    assert houston.closed_on == date(2020, 7, 24)
    assert houston not in service.all_missions(read_again())
    assert houston in service.all_missions(read_again(), open_only=False)
    assert service.all_missions(read_again(), "KP") == []


def test_an_instant_is_told_by_the_clocks_at_the_mission(inside: Flask) -> None:
    noon = datetime(2026, 7, 1, 12, tzinfo=UTC)
    shown = {
        slug: f"{service.local_time(service.find(read_again(), slug), noon):%H:%M}"
        for slug in ("cn-us-los-angeles-consulate", "cn-gb-london-embassy", "cn-kr-seoul-embassy")
    }
    assert list(shown.values()) == ["05:00", "13:00", "21:00"]
    there = service.local_time(service.find(read_again(), "cn-kr-seoul-embassy"), noon)
    assert (there, there.tzinfo) == (noon, ZoneInfo("Asia/Seoul"))
