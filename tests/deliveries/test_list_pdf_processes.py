"""The processes that make PDF volumes: what happens when one fails, is killed, or is left alone."""

import io
import os
import signal
import subprocess
import sys
import threading

import pytest

from petition.deliveries.lines import ListError
from petition.deliveries.pdf_list import write_pdf
from petition.deliveries.pdf_processes import pdfs_in_order


def test_a_volume_that_cannot_be_made_is_told_in_one_line_without_names():
    volume = {"words": {}, "summary": [], "groups": [], "snapshot_on": "김민지"}
    with pytest.raises(ListError, match="volume 1 of the PDF list failed: ValueError") as failure:
        list(pdfs_in_order([volume]))
    assert "김민지" not in str(failure.value)
    assert "\n" not in str(failure.value)


def test_a_killed_process_is_told_with_its_signal(people, heading_of):
    me = os.getpid()
    found = threading.Event()

    def kill_the_first_child():
        while not found.is_set():
            for child in children_of(me):
                os.kill(child, signal.SIGKILL)
                found.set()

    killer = threading.Thread(target=kill_the_first_child)
    killer.start()
    try:
        with pytest.raises(ListError, match="signal 9"):
            write_pdf(io.BytesIO(), people, heading_of(people))
    finally:
        found.set()
        killer.join()


def children_of(parent: int) -> list[int]:
    """The processes under way that make a volume."""
    listed = b" ".join(content_of(f"/proc/{parent}/task/{task}/children") for task in tasks_of(parent))
    return [int(child) for child in listed.split() if b"pdf_volume" in content_of(f"/proc/{int(child)}/cmdline")]


def tasks_of(process: int) -> list[str]:
    return os.listdir(f"/proc/{process}/task")


def content_of(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def test_leaving_early_ends_the_processes(people, heading_of):
    class Broken(io.BytesIO):
        def write(self, data):
            raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        write_pdf(Broken(), people, heading_of(people), rows_per_volume=2)
    assert children_of(os.getpid()) == []


def test_it_works_from_any_folder_and_thread(tmp_path, people, heading_of):
    (tmp_path / "typst.py").write_text("raise SystemExit('a stranger was imported')")
    program = (
        "import sys, threading, io, datetime\n"
        "from petition.deliveries.heading import ListHeading\n"
        "from petition.deliveries.pdf_list import write_pdf\n"
        "heading = ListHeading('T', 'A', 'en', datetime.date(2012, 2, 29), 0, [])\n"
        "thread = threading.Thread(target=lambda: write_pdf(sys.stdout.buffer, [], heading))\n"
        "thread.start(); thread.join()\n"
    )
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    done = subprocess.run(
        [sys.executable, "-P", "-c", program],
        cwd=tmp_path,
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONPATH": root},
    )
    assert done.stdout.startswith(b"%PDF-1.7")
    assert done.stderr == b""
