"""The tally page: number, countries, days; the same as CSV and JSON."""

from __future__ import annotations

import csv
import io

from flask import Blueprint, Response, make_response, render_template

from petition.core import countries
from petition.core.db import read_again
from petition.core.web_security import public
from petition.petitions import service as petitions
from petition.signatures.origins import recently_seen
from petition.tallies import charts
from petition.tallies.service import recent_count

bp = Blueprint("tallies", __name__)


@bp.get("/petitions/<slug>/tally")
def tally(slug: str) -> Response:
    """All countries and all days of a petition."""
    session = read_again()
    petition = petitions.find_public(session, slug)
    seen = recently_seen(session, petition.id)
    page = render_template(
        "tallies/tally.html",
        petition=petition,
        count=seen.picture.count,
        by_origin=seen.by_origin,
        days=charts.over_time(seen.picture.series("day")),
    )
    return public(make_response(page))


@bp.get("/petitions/<slug>/tally.csv")
def tally_csv(slug: str) -> Response:
    """Country code, name and signatures, a row a country."""
    session = read_again()
    petition = petitions.find_public(session, slug)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["code", "country", "signatures"])
    for code, number in recent_count(session, petition.id).by_country:
        writer.writerow([code, countries.name(code), number])
    response = make_response("\ufeff" + text.getvalue())
    response.headers["Content-Type"] = "text/csv; charset=utf-8"
    response.headers["Content-Disposition"] = f'attachment; filename="{slug}-tally.csv"'
    return public(response)
