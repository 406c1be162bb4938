"""All figures of an instance: what its processes have counted, and what its database says now."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from petition.core import metrics
from petition.core.db import read_again
from petition.mail import bounces
from petition.mail.figures import outbox_figures
from petition.mail.models import BounceKind


def figures(instance: Path) -> list[Any]:
    """Every family of figures, as prometheus-client's `Metric`s, by name."""
    return sorted([*metrics.collected(instance), *_of_the_database()], key=lambda family: str(family.name))


def as_text(instance: Path) -> tuple[bytes, str]:
    """The figures in the format of Prometheus, and its media type."""
    exposition = import_module("prometheus_client.exposition")
    return exposition.generate_latest(_Collected(figures(instance))), exposition.CONTENT_TYPE_LATEST


class _Collected:
    """Figures in the shape that prometheus-client wants to be given."""

    def __init__(self, families: list[Any]) -> None:
        self._families = families

    def collect(self) -> Iterator[Any]:
        return iter(self._families)


def _of_the_database() -> Iterator[Any]:
    gauge = import_module("prometheus_client.metrics_core").GaugeMetricFamily
    try:
        outbox, returned = outbox_figures(read_again()), bounces.figures(read_again())
    except SQLAlchemyError:
        yield gauge("petition_database_up", "Whether the database answers.", 0)
        return
    yield gauge("petition_database_up", "Whether the database answers.", 1)
    mails = gauge("petition_outbox_mails", "Mails in the outbox that wait, or were given up.", labels=["state"])
    mails.add_metric(["waiting"], outbox.waiting)
    mails.add_metric(["dead"], outbox.dead)
    yield mails
    meaning = "For how long the oldest due mail has been due."
    yield gauge("petition_outbox_oldest_due_seconds", meaning, outbox.oldest_due_seconds)
    reports = gauge("petition_bounces_day", "Reports of the last day about mail that came back.", labels=["kind"])
    suppressed = gauge("petition_suppressed_addresses", "Addresses that get no mail, or no news.", labels=["kind"])
    for kind in BounceKind:
        reports.add_metric([kind.name.lower()], returned.reports[kind])
        suppressed.add_metric([kind.name.lower()], returned.suppressed[kind])
    yield reports
    yield suppressed
