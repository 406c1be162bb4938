"""`petition audit`: acts of the command line stand in the log, and a log that was touched is found."""

from __future__ import annotations

import json
from typing import Any

from tests.databases import raw_engine


def test_the_log_is_shown_and_checked(empty: Any, tmp_path: Any) -> None:
    assert empty.run("export", "free-the-river", "-o", tmp_path / "list.csv").returncode == 0
    assert empty.run("purge").returncode == 0
    shown = json.loads(empty.run("audit", "show", "--json").stdout)
    assert [(one["number"], one["actor"], one["action"]) for one in shown] == [
        (1, "command line", "list exported"),
        (2, "command line", "purged"),
    ]
    whole = empty.run("audit", "verify", "--head", shown[0]["hash"], "--json")
    assert (whole.returncode, json.loads(whole.stdout)) == (0, {"ok": True, "entries": 2, "head": shown[1]["hash"]})
    unknown = empty.run("audit", "verify", "--head", "a" * 64)
    assert (unknown.returncode, unknown.stdout) == (1, "")
    assert unknown.stderr.startswith("petition: the noted hash is not in the log")
    with raw_engine(empty.url) as engine, engine.begin() as connection:
        connection.exec_driver_sql("UPDATE audit_head SET number = 3")
    touched = empty.run("audit", "verify")
    assert (touched.returncode, touched.stdout) == (1, "")
    assert touched.stderr == "petition: entry 3 is missing, and all after it: there were 3\n"
