"""People who sign, read their mail and confirm over HTTP, and remember what the service has acknowledged."""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from http.client import HTTPException
from itertools import count

from tests.conftest import LINK
from tests.faults.house import House
from tests.processes import Answer, ask, wait_until
from tests.smtp_sink import Received

PEOPLE = 4
MOST_UNREAD = 120  # signed and not mailed yet: more would only make the end of the test long
PATIENCE_SECONDS = 30  # longer than the service itself waits for its database
ACKNOWLEDGED = {"sign": 303, "confirm": 200}


def link_in(received: Received) -> str:
    """The path of the mailed link."""
    part = received.message.get_body(("plain",))
    assert part
    [link] = LINK.findall(part.get_content())
    return "/" + link.split("/", 3)[3]


class Crowd:
    """Lives inside a `with` block. `refused` counts every other answer, by what was asked and what came."""

    def __init__(self, house: House, people: int = PEOPLE) -> None:
        self.signed: set[str] = set()
        self.confirmed: set[str] = set()
        self.refused: Counter[str] = Counter()
        self.acknowledged_at: list[float] = []  # time.monotonic()
        self._house = house
        self._numbers = count()
        self._links: deque[tuple[str, str]] = deque()
        self._read = len(house.sink.messages)  # what came before is for others
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._live) for _person in range(people)]

    def __enter__(self) -> Crowd:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def done(self, victim: str = "web") -> int:
        """How much the worker, or the web server, has done so far."""
        return len(self._house.sink.messages) if victim == "worker" else len(self.signed) + len(self.confirmed)

    def gap(self, at: float) -> float:
        """Seconds between a moment and the first acknowledgment after it."""
        return min(moment for moment in self.acknowledged_at if moment > at) - at

    def _live(self) -> None:
        while not self._over.is_set():
            if len(self.signed) - len(self._house.sink.messages) < MOST_UNREAD:
                self._sign_once()
            self._read_mail()
            if self._links:
                self._confirm_once()
            elif len(self.signed) - len(self._house.sink.messages) >= MOST_UNREAD:
                self._over.wait(0.05)

    def _sign_once(self) -> None:
        email = f"person{next(self._numbers)}@mail.test"
        if self._asked("sign", lambda: self._house.sign(email, PATIENCE_SECONDS)):
            self.signed.add(email)

    def _read_mail(self) -> None:
        with self._lock:
            new, self._read = self._house.sink.messages[self._read :], len(self._house.sink.messages)
        self._links.extend((received.recipients[0], link_in(received)) for received in new)

    def _confirm_once(self) -> None:
        try:
            email, path = self._links.popleft()
        except IndexError:
            return
        if self._asked("confirm", lambda: ask(self._house.port, "POST", path, seconds=PATIENCE_SECONDS)):
            self.confirmed.add(email)
        else:
            self._links.append((email, path))

    def _asked(self, what: str, question: Callable[[], Answer]) -> bool:
        try:
            heard: object = question().status
        except (OSError, HTTPException) as error:
            heard = type(error).__name__
        if heard == ACKNOWLEDGED[what]:
            self.acknowledged_at.append(time.monotonic())
            return True
        self.refused[f"{what}: {heard}"] += 1
        self._over.wait(0.05)
        return False


def wait_for_work(crowd: Crowd) -> None:
    """Returns when web server and worker have done something more."""
    done = crowd.done(), crowd.done("worker")
    wait_until(lambda: crowd.done() >= done[0] + 20 and crowd.done("worker") > done[1], 60, "work of both")
