"""How long these tests take: seconds in `make test`, as long as FAULT_ROUNDS says in `make faults`."""

from __future__ import annotations

import os
import random

ROUNDS = int(os.environ.get("FAULT_ROUNDS", "0"))
LONG = ROUNDS > 0
SEED = int(os.environ.get("FAULT_SEED", random.SystemRandom().randrange(10**6)))


def rounds(short: int) -> int:
    """How often something is broken: FAULT_ROUNDS times, or `short` times in `make test`."""
    return ROUNDS if LONG else short


def seconds(long: float, short: float) -> float:
    """How long something stays broken."""
    return long if LONG else short
