"""`petition keys`: fingerprints for paper, a new key, and the end of one."""

from __future__ import annotations

import json
import re
from typing import Any

from petition.core import ed25519
from petition.deliveries.packages import keys as service
from tests.cli.conftest import one_line
from tests.conftest import running

GROUPS = re.compile(r"(?:[0-9a-f]{4} ){7}[0-9a-f]{4}")


def test_a_key_is_shown_for_paper_and_followed_by_another(empty: Any) -> None:
    words = empty.run("keys").stdout
    first = "".join(GROUPS.findall(words)).replace(" ", "")
    assert words.rstrip().endswith("signs here")
    rotated = empty.run("keys", "rotate")
    assert (rotated.returncode, rotated.stderr) == (0, "")
    newest, former = json.loads(empty.run("keys", "show", "--json").stdout)["keys"]
    assert ed25519.in_groups(newest["fingerprint"]) in rotated.stdout
    assert first[:16] in rotated.stdout
    assert former["fingerprint"] == first
    assert former["retired_at"]
    assert (newest["signs_here"], former["signs_here"]) == (True, False)


def test_a_key_from_the_environment_is_changed_there(empty: Any) -> None:
    private = ed25519.new_private_pem().decode()
    env = empty.environment | {"PETITION_PACKAGE_KEY": private}
    assert "PETITION_PACKAGE_KEY" in one_line(empty.run("keys", "rotate", env=env))
    with running(empty.settings) as app, app.app_context():
        app.config["PACKAGE_KEY"] = private
        fingerprint = service.current().fingerprint
    assert empty.run("keys", "retire", ed25519.in_groups(fingerprint).upper()).returncode == 0
    still_set = empty.run("keys", "show", env=env)
    assert (still_set.returncode, still_set.stdout[:4]) == (1, fingerprint[:4])
    assert "was retired on" in still_set.stderr
