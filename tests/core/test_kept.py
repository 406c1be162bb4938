"""What is kept for a moment is made once, however many ask for it at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from petition.core.kept import Kept


def asked_at_once(kept: Kept[str], make) -> list[str | BaseException]:
    """What four get who ask while the thing is being made."""
    begun, go_on = Event(), Event()

    def slowly() -> str:
        begun.set()
        go_on.wait(10)
        return make()

    with ThreadPoolExecutor(4) as threads:
        first = threads.submit(kept.get, "it", slowly)
        begun.wait(10)
        others = [threads.submit(kept.get, "it", make) for _one in range(3)]
        go_on.set()
        return [one.exception() or one.result() for one in (first, *others)]


def test_the_first_who_asks_makes_it_and_the_others_wait_for_that() -> None:
    turns = iter(range(1000))
    assert asked_at_once(Kept(60), lambda: f"turn {next(turns)}") == ["turn 0"] * 4


def test_where_the_first_one_fails_the_others_try_for_themselves() -> None:
    turns = iter(range(1000))

    def make() -> str:
        if next(turns) == 0:
            raise OSError("away")
        return "there"

    kept = Kept[str](60)
    failed, *others = asked_at_once(kept, make)
    assert isinstance(failed, OSError)
    assert others == ["there"] * 3
    assert kept.get("it", lambda: "another") == "there"


@pytest.mark.parametrize("seconds", [0, 60])
def test_for_no_time_nothing_is_kept(seconds: float) -> None:
    kept = Kept[str](seconds)
    assert kept.get("it", lambda: "old") == "old"
    assert kept.get("it", lambda: "new") == ("old" if seconds else "new")


def test_one_alone_of_those_who_ask_at_the_end_is_sent_to_make_it_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = [1000.0]
    monkeypatch.setattr("time.monotonic", lambda: seconds[0])
    kept = Kept[str](1)
    assert kept.at_hand("it") is None
    kept.get("it", lambda: "old")
    assert kept.at_hand("it") == "old"
    seconds[0] += 1.5
    assert [kept.at_hand("it") for _one in range(3)] == [None, "old", "old"]
    seconds[0] += 1.5  # the one who was sent never came back
    assert [kept.at_hand("it") for _one in range(2)] == [None, "old"]
    assert kept.get("it", lambda: "new") == "new"
    assert kept.at_hand("it") == "new"
    seconds[0] += 40
    assert [kept.at_hand("it") for _one in range(2)] == [None, None]
