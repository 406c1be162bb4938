"""What organisers see at a glance: the last day, what waits, and mails that did not arrive."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
import time_machine

from petition.core.clock import now
from petition.core.db import read_again, writing
from petition.mail.bounces import Report, record
from petition.mail.models import BounceKind, MailState, OwedMail
from petition.petitions import service as petitions
from petition.signatures.desk_figures import DeskFigures, desk_figures
from tests import acts
from tests.conftest import SLUG, add_petition, signed_in
from tests.site_visits import Visits


def figures(visits: Visits, slug: str = SLUG) -> DeskFigures:
    with visits.app.app_context():
        petition_id = petitions.find(read_again(), slug).id
        return desk_figures(read_again(), [petition_id])[petition_id]


def test_the_last_day_is_counted_by_the_hour_of_confirming(visits: Visits) -> None:
    with time_machine.travel(now() - timedelta(hours=26), tick=True):
        acts.confirm(visits.app, acts.sign(visits.app, "old@example.org"))
    acts.confirm(visits.app, acts.sign(visits.app, "new@example.org"))
    acts.sign(visits.app, "waits@example.org")
    assert figures(visits) == DeskFigures(last_day=1, pending=1, undelivered=0)
    add_petition(visits.app, "other")
    assert figures(visits, "other") == DeskFigures()


def test_a_mail_that_did_not_arrive_counts_once_however_it_failed(visits: Visits) -> None:
    for number in range(3):
        acts.sign(visits.app, f"p{number}@example.org")
    with visits.app.app_context(), writing() as session:
        refused, came_back, fine = session.scalars(sa.select(OwedMail).order_by(OwedMail.id)).all()
        refused.state = MailState.DEAD
        for mail in (refused, came_back):
            record(session, Report((mail.bucket, mail.id), BounceKind.HARD, "5.1.1"))
        record(session, Report((fine.bucket, fine.id), BounceKind.COMPLAINT))
    assert figures(visits).undelivered == 2


def test_the_desk_and_the_petition_s_page_show_them(visits: Visits) -> None:
    acts.sign(visits.app, "waits@example.org")
    organiser = signed_in(visits.app)
    for page in ("/organiser", f"/organiser/petitions/{SLUG}"):
        assert "not confirmed yet: 1 ·" in organiser.get(page).text
