"""VERIFY.txt: its very commands, and the Python it prints, run by a stranger who has nothing of ours."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from petition.deliveries.proof import instructions
from tests.deliveries.proof.packages import OTHER_KEY, Made, package

TEXT = instructions.text("https://petitions.example.org/").decode()
RULE = "-" * 80
pytestmark = pytest.mark.skipif(not shutil.which("openssl"), reason="needs openssl")


def command(beginning: str) -> str:
    """The line of VERIFY.txt that begins so."""
    (found,) = [line for line in TEXT.splitlines() if line.startswith(beginning)]
    return found


def run(folder: Path, line: str) -> subprocess.CompletedProcess[str]:
    """Runs a line in a shell that knows nothing of this program."""
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", line],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        timeout=60,
    )


def printed_python(folder: Path) -> subprocess.CompletedProcess[str]:
    """Runs what stands between the two rules, alone."""
    source = TEXT.split(RULE)[1].lstrip("\n")
    (folder / "check.py").write_text(source, "utf-8")
    return subprocess.run(
        [sys.executable, "-I", "check.py"],
        cwd=folder,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.fixture
def unpacked(tmp_path: Path) -> Path:
    return package().unpack(tmp_path / "package")


def test_the_text_is_plain_and_names_where_the_keys_are() -> None:
    assert "https://petitions.example.org/.well-known/petition-keys.json" in TEXT
    assert "BASE" not in TEXT
    assert TEXT.isascii()
    assert "\r" not in TEXT


def test_openssl_checks_the_signature(unpacked: Path) -> None:
    line = command("openssl pkeyutl")
    assert line == (
        "openssl pkeyutl -verify -pubin -inkey key.pem -rawin -in manifest.json -sigfile manifest.json.sig"
    )
    done = run(unpacked, line)
    assert (done.returncode, "Signature Verified Successfully" in done.stdout) == (0, True)
    content = (unpacked / "manifest.json").read_bytes()
    (unpacked / "manifest.json").write_bytes(content.replace(b"London", b"Londom"))
    assert run(unpacked, line).returncode != 0


def test_openssl_tells_the_fingerprint(unpacked: Path) -> None:
    done = run(unpacked, command("openssl pkey -pubin"))
    assert (
        done.stdout.split()[0]
        == package().fingerprint
        == json.loads((unpacked / "manifest.json").read_bytes())["key"]
    )


def test_sha256sum_checks_every_file(unpacked: Path) -> None:
    line = command("grep -o")
    done = run(unpacked, line)
    named = set(re.findall(r"^(.*): OK$", done.stdout, re.MULTILINE))
    assert (done.returncode, named) == (0, set(package().files) - {"manifest.json", "manifest.json.sig"})
    for name in named:
        content = (unpacked / name).read_bytes()
        (unpacked / name).write_bytes(content[:-1] + b"?")
        assert run(unpacked, line).returncode != 0, name
        (unpacked / name).write_bytes(content)


def test_the_printed_python_is_twenty_lines_and_imports_nothing_of_ours() -> None:
    source = TEXT.split(RULE)[1].strip().splitlines()
    assert len(source) <= 20
    assert [line for line in source if "import" in line] == ["import collections, hashlib, json"]


@pytest.mark.parametrize("number", [0, 1, 2, 3, 12, 1025])
def test_the_printed_python_recomputes_root_and_counts(tmp_path: Path, number: int) -> None:
    made = package([("KR", "full", f"Name {n}", None) for n in range(number)])
    done = printed_python(made.unpack(tmp_path / "package"))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("The list is the one in the manifest.\n")
    assert made.facts["tree"]["root"] in done.stdout


def altered(made: Made, **members: object) -> Made:
    return made.sign_as_it_is(json.dumps({**json.loads(made.files["manifest.json"]), **members}).encode())


WRONG = {
    "another root": lambda made: made.files.update({"list.jsonl": made.files["list.jsonl"].replace(b"Nan", b"Non")}),
    "the lines are not numbered in order": lambda made: made.files.update(
        {"list.jsonl": b"".join(line + b"\n" for line in made.lines[1:])}
    ),
    "another number of signers": lambda made: altered(made, signature_count=13),
    "countries": lambda made: altered(made, signatures_by_country=[{"code": "KR", "signature_count": 12}]),
    "how signers are shown": lambda made: altered(made, shown={"full": 12, "initials": 0, "count": 0}),
}


@pytest.mark.parametrize("why", WRONG)
def test_the_printed_python_finds_what_does_not_fit(tmp_path: Path, why: str) -> None:
    made = package()
    WRONG[why](made)
    done = printed_python(made.unpack(tmp_path / "package"))
    assert done.returncode == 1
    assert done.stderr.strip().endswith(f"AssertionError: {why}")


def test_somebody_elses_key_has_another_fingerprint(tmp_path: Path) -> None:
    made = package()
    made.key = OTHER_KEY
    done = run(made.sign().unpack(tmp_path / "package"), command("openssl pkey -pubin"))
    assert done.stdout.split()[0] != package().fingerprint
    assert len(done.stdout.split()[0]) == len(sha256().hexdigest())
