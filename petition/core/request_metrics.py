"""How long answers and their templates take."""

from __future__ import annotations

import time
from typing import Any

from flask import Flask, Response, before_render_template, g, request, template_rendered

from petition.core import metrics


def _end(response: Response) -> Response:
    if "began" in g:  # `logs` sets it
        metrics.request_seconds.observe(time.perf_counter() - g.began, request.endpoint or "none")
    return response


def _render_begins(_app: Flask, **_about: Any) -> None:
    g.render_began = time.perf_counter()


def _rendered(_app: Flask, **_about: Any) -> None:
    metrics.render_seconds.observe(time.perf_counter() - g.render_began)


def init_app(app: Flask) -> None:
    """Measures every request."""
    app.after_request(_end)
    before_render_template.connect(_render_begins, app)
    template_rendered.connect(_rendered, app)
