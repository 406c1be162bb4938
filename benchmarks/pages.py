"""Reading: the petition page, and the JSON that open pages ask for."""

from __future__ import annotations

import http.client
from collections.abc import Callable, Iterator
from functools import partial

from benchmarks.bench import Bench
from benchmarks.databases import SLUG
from benchmarks.figures import PAGE, PAGE_GROWTH, POLL, Figure
from benchmarks.results import Result, rates
from benchmarks.running import Service

FIGURES = (PAGE, PAGE_GROWTH, POLL)
PATH = f"/petitions/{SLUG}"
JSON = f"/api/v1{PATH}"


def run(bench: Bench) -> Iterator[Result]:
    """Measures each page at each size, and how much slower the larger is."""
    for size in bench.plan.sizes:
        with bench.instance(size) as service:
            service.serve()
            service.warm_up(PATH)
            service.warm_up(JSON)
            yield _measured(bench, service, PAGE, PATH)
            tag = _etag(service)
            yield _measured(bench, service, POLL, JSON, tag)
            _etag(service, tag)
    yield from bench.growth(PAGE_GROWTH, partial(_begin, bench))


def _begin(bench: Bench, service: Service, figure: Figure) -> Callable[[], float]:
    service.serve()
    service.warm_up(PATH)
    return lambda: bench.load(figure, service, PATH, "get").rate


def _measured(bench: Bench, service: Service, figure: Figure, path: str, *tag: str) -> Result:
    rate, static = bench.beside(bench.static, lambda: bench.load(figure, service, path, "get", *tag).rate)
    return rates(figure, rate, static, **service.where)


def _etag(service: Service, known: str = "") -> str:
    """The JSON's ETag. AssertionError when a reader who has `known` is sent it all again."""
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=30)
    try:
        connection.request("GET", JSON, headers={"If-None-Match": known} if known else {})
        answer = connection.getresponse()
        answer.read()
        assert answer.status == (304 if known else 200), answer.status
        return answer.headers["ETag"]
    finally:
        connection.close()
