"""What a check found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from petition.deliveries.proof.faults import Fault
from petition.deliveries.proof.sentences import NOTES


@dataclass(slots=True)
class Report:
    """The faults found, in order, and what the file says of itself.

    `authentic`: there are no faults, and the key is one that the reader named. `notes` are codes of NOTES: what was
    not checked, or what it means.
    """

    kind: Literal["package", "receipt"] | None = None
    faults: list[Fault] = field(default_factory=list)
    authentic: bool = False
    summary: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong. Who made it is another question: see `authentic`."""
        return not self.faults

    def as_json(self) -> dict[str, Any]:
        """The report for programs; sentences in English, with their codes beside them."""
        return {
            "ok": self.ok,
            "kind": self.kind,
            "authentic": self.authentic,
            "faults": [str(fault) for fault in self.faults],
            "codes": [fault.code for fault in self.faults],
            "notes": [NOTES[note] for note in self.notes],
            "summary": self.summary,
        }
