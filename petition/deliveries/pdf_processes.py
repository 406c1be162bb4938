"""PDF volumes made by processes of their own, two at a time, handed back in order."""

import json
import os
import re
import subprocess
import sys
from collections import deque
from collections.abc import Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from petition.deliveries.lines import ListError

_COMMAND = (sys.executable, "-P", "-m", "petition.deliveries.pdf_volume")
_ROOT = Path(__file__).parents[2]
_PATIENCE = 600  # seconds for one volume, which takes about five
_QUOTED = re.compile(r"[\"“`'].*[\"”`']")


def pdfs_in_order(volumes: Iterable[dict[str, Any]]) -> Generator[bytes, None, None]:
    """The PDF of each volume, as many at a time as there are cores, at most two.

    `volumes` is read in the calling thread and never far ahead. Raises ListError where a volume
    cannot be made or its process is killed; leaving early ends the processes.
    """
    side_by_side = min(2, len(os.sched_getaffinity(0)))
    waiting: deque[Future[bytes]] = deque()
    running: set[subprocess.Popen[bytes]] = set()
    with ThreadPoolExecutor(side_by_side, "pdf-volume") as pool:
        try:
            for number, volume in enumerate(volumes, start=1):
                waiting.append(pool.submit(_pdf, number, json.dumps(volume).encode(), running))
                if len(waiting) > side_by_side:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
            for process in list(running):
                process.kill()


def _pdf(number: int, volume: bytes, running: set[subprocess.Popen[bytes]]) -> bytes:
    pipe = subprocess.PIPE
    # The child finds this very package, installed or not, from any folder.
    path = os.pathsep.join(filter(None, [str(_ROOT), os.environ.get("PYTHONPATH")]))
    child_env = {**os.environ, "PYTHONPATH": path}
    with subprocess.Popen(_COMMAND, stdin=pipe, stdout=pipe, stderr=pipe, env=child_env) as process:
        running.add(process)
        try:
            pdf, complaint = process.communicate(volume, timeout=_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            raise ListError(f"volume {number} of the PDF list took over {_PATIENCE} seconds") from None
        finally:
            running.discard(process)
    if process.returncode:
        raise ListError(f"volume {number} of the PDF list failed: {_reason(process.returncode, complaint)}")
    return pdf


def _reason(code: int, complaint: bytes) -> str:
    """One line; what stands in quotes may be a signer's name and must not reach a log."""
    if code < 0:
        return f"its process was ended by signal {-code} (9 is often a lack of memory)"
    said = complaint.decode("utf-8", "replace").strip().splitlines()
    return _QUOTED.sub("…", said[-1]) if said else f"its process ended with code {code}"
