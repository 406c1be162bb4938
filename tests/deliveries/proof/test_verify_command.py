"""`petition delivery verify`: with a file and nothing else."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.commands import run, run_anew
from tests.deliveries.proof.packages import OTHER_KEY, package

BROKEN = {
    "PATH": os.environ["PATH"],
    "PETITION_NONSENSE": "1",
    "PETITION_DATABASE_URL": "nonsense://",
    "PETITION_INSTANCE": "/proc/nowhere",
    "PETITION_ENV": "production",
}


@pytest.fixture
def zip_file(tmp_path: Path) -> Path:
    return package().pack(tmp_path / "package.zip")


def verify(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Runs it where the settings are broken: it must not look at them."""
    return run(BROKEN, "delivery", "verify", *arguments)


def test_a_whole_package_is_summed_up(zip_file: Path) -> None:
    done = verify(zip_file)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[:4] == [
        "The package is whole.",
        "Petition: Free the river, to the Minister",
        "For: Embassy in London, London (GB)",
        "Signers on 2012-02-29: 12 from 5 countries, 9 with their name, 1 with initials, 2 counted only",
    ]
    assert "Who made it is not checked" in done.stdout


def test_nothing_of_the_application_is_loaded(zip_file: Path) -> None:
    env = {**BROKEN, "PYTHONPATH": os.getcwd(), "PYTHONPROFILEIMPORTTIME": "1"}
    done = run_anew(env, "delivery", "verify", str(zip_file))
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert done.returncode == 0
    assert "petition.deliveries.proof.verify" in loaded
    assert not loaded & {"flask", "sqlalchemy", "petition.settings", "petition.app", "petition.core.db"}


def test_with_the_right_key_the_maker_is_known(zip_file: Path) -> None:
    fingerprint = package().fingerprint
    on_paper = ":".join(fingerprint[at : at + 4].upper() for at in range(0, 64, 4))
    done = verify(zip_file, "--key", on_paper, "--deep")
    assert (done.returncode, f"Key: {fingerprint} (the one you named)" in done.stdout) == (0, True)
    assert "not checked" not in done.stdout


def test_json_is_alone_on_standard_output(zip_file: Path) -> None:
    found = json.loads(verify(zip_file, "--json").stdout)
    assert (found["ok"], found["authentic"], found["faults"], found["kind"]) == (True, False, [], "package")
    found = json.loads(verify(zip_file, "--json", "--key", package().fingerprint).stdout)
    assert (found["ok"], found["authentic"]) == (True, True)


def test_each_fault_is_a_sentence_and_the_status_1(tmp_path: Path) -> None:
    made = package()
    made.files["list.csv"] = made.files["list.csv"].replace(b"KR", b"KP")
    made.files["notes.txt"] = b"x"
    folder = made.unpack(tmp_path / "package")
    done = verify(folder)
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.splitlines() == [
        "notes.txt does not belong in the package.",
        "list.csv has been changed: its SHA-256 is not the one in the manifest.",
    ]
    found = json.loads(verify(folder, "--json").stdout)
    assert (found["ok"], found["codes"], len(found["faults"])) == (False, ["too_many", "changed"], 2)


def test_a_forged_package_fails_with_the_key_from_paper(tmp_path: Path) -> None:
    made = package()
    made.key = OTHER_KEY
    path = made.sign().pack(tmp_path / "package.zip")
    assert verify(path).returncode == 0
    done = verify(path, "--key", package().fingerprint, "--json")
    assert (done.returncode, json.loads(done.stdout)["authentic"]) == (1, False)


def test_a_receipt_is_checked(tmp_path: Path) -> None:
    path = tmp_path / "receipt.json"
    path.write_bytes(package().receipt(5))
    done = verify(path)
    assert (done.returncode, done.stdout.splitlines()[:2]) == (
        0,
        ["The line is in the package.", 'Line 6: Anna "Nan" \\ Lee, 서울, KR'],
    )
    assert "The secret proves" in done.stdout
    path.write_bytes(package().receipt(5, with_secret=False))
    assert "It does not say whose line it is." in verify(path).stdout


def test_a_package_cannot_control_the_terminal(tmp_path: Path) -> None:
    title = {"slug": "x", "title": "a\x1b[2J\u202eb", "addressee": "c\nThe package is whole."}
    done = verify(package(petition=title).pack(tmp_path / "package.zip"))
    assert done.returncode == 0
    assert all(line.isprintable() for line in done.stdout.splitlines())
    assert done.stdout.splitlines()[1] == "Petition: a\ufffd[2J\ufffdb, to c\ufffdThe package is whole."


@pytest.mark.parametrize("arguments", [[], ["nowhere.zip"], ["/", "--key", "12ab"], ["/", "--nonsense"]])
def test_wrong_usage_is_2(arguments: list[str]) -> None:
    done = verify(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Error" in done.stderr
