"""PDF volumes made by processes of their own, two at a time, handed back in order."""

import json
import os
import re
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any, TypeVar

from petition.deliveries.lines import ListError

T = TypeVar("T")
REFUSED = 3  # how the process of a volume ends when Typst refuses some text
CHECK_SECONDS = 0.2

_PYTHON = (sys.executable, "-P", "-m")
_VOLUME = "petition.deliveries.pdf_volume"
_SIEVE = "petition.deliveries.pdf_sieve"
_ROOT = Path(__file__).parents[2]
_PATIENCE = 600  # seconds for one volume, which takes about five
_QUOTED = re.compile(r"[\"“`'].*[\"”`']")


def pdfs_in_order(
    volumes: Iterable[dict[str, Any]], check: Callable[[], None] = lambda: None
) -> Generator[bytes, None, None]:
    """The PDF of each volume, as many at a time as there are cores, at most two.

    `volumes` is read in the calling thread and never far ahead. Raises ListError where a volume
    cannot be made or its process is killed; leaving early ends the processes. `check` is called several
    times a second and ends it by raising whatever it likes.
    """
    side_by_side = min(2, len(os.sched_getaffinity(0)))
    waiting: deque[Future[bytes]] = deque()
    running: set[subprocess.Popen[bytes]] = set()
    with ThreadPoolExecutor(side_by_side, "pdf-volume") as pool:
        try:
            for number, volume in enumerate(volumes, start=1):
                waiting.append(pool.submit(_pdf, number, json.dumps(volume).encode(), running))
                if len(waiting) > side_by_side:
                    yield _result(waiting.popleft(), check)
            while waiting:
                yield _result(waiting.popleft(), check)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
            for process in list(running):
                process.kill()


def _result(work: Future[T], check: Callable[[], None]) -> T:
    while not wait([work], CHECK_SECONDS).done:
        check()
    return work.result()


def made_apart(module: str, given: bytes, what: str, check: Callable[[], None] = lambda: None) -> bytes:
    """What `module` makes of its standard input, in a process of its own. Raises ListError.

    `check` is called several times a second and ends it by raising whatever it likes.
    """
    running: set[subprocess.Popen[bytes]] = set()
    with ThreadPoolExecutor(1, "pdf-apart") as pool:
        try:
            code, made, complaint = _result(pool.submit(_run, module, given, running), check)
        finally:
            for process in list(running):
                process.kill()
    if code:
        raise ListError(f"{what} failed: {_reason(code, complaint)}")
    return made


def _pdf(number: int, volume: bytes, running: set[subprocess.Popen[bytes]]) -> bytes:
    code, pdf, complaint = _run(_VOLUME, volume, running)
    if code == REFUSED:
        code, sifted, complaint = _run(_SIEVE, volume, running)
        if code == 0:
            code, pdf, complaint = _run(_VOLUME, sifted, running)
    if code:
        raise ListError(f"volume {number} of the PDF list failed: {_reason(code, complaint)}")
    return pdf


def _run(module: str, volume: bytes, running: set[subprocess.Popen[bytes]]) -> tuple[int, bytes, bytes]:
    """Exit code, output and complaint of `module` with the volume on its standard input."""
    pipe = subprocess.PIPE
    # The child finds this very package, installed or not, from any folder.
    path = os.pathsep.join(filter(None, [str(_ROOT), os.environ.get("PYTHONPATH")]))
    with subprocess.Popen(
        [*_PYTHON, module], stdin=pipe, stdout=pipe, stderr=pipe, env={**os.environ, "PYTHONPATH": path}
    ) as process:
        running.add(process)
        try:
            output, complaint = process.communicate(volume, timeout=_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            raise ListError(f"a PDF took over {_PATIENCE} seconds") from None
        finally:
            running.discard(process)
    return process.returncode, output, complaint


def _reason(code: int, complaint: bytes) -> str:
    """One line; what stands in quotes may be a signer's name and must not reach a log."""
    if code < 0:
        return f"its process was ended by signal {-code} (9 is often a lack of memory)"
    said = complaint.decode("utf-8", "replace").strip().splitlines()
    return _QUOTED.sub("…", said[-1]) if said else f"its process ended with code {code}"
