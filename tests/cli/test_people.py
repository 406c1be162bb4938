"""`petition user`: what it does to an account stands in the audit log, and its owner hears of it."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Flask

from petition.accounts import second_factor, service
from petition.accounts.models import SecondFactor
from petition.core.audit import AuditEntry
from petition.core.clock import now
from petition.core.db import read_again, writing
from petition.core.sealing import seal
from petition.mail.models import OwedMail
from tests.cli.conftest import Instance, one_line
from tests.conftest import PASSWORD

OWNER = "owner@river.example.org"


def test_a_lost_second_factor_is_taken_away_once(app: Flask) -> None:
    with app.app_context(), writing() as session:
        user = service.add_user(session, OWNER, "Owner", PASSWORD)
        secret = seal(second_factor.SEAL, "JBSWY3DPEHPK3PXP")
        session.add(SecondFactor(user_id=user.id, secret=secret, confirmed_at=now()))
        second_factor.new_codes(session, user)
        user_id = str(user.id)
    instance = Instance(app.config["INSTANCE"], app.config["DATABASE_URL"])
    done = instance.run("user", "reset-second-factor", OWNER)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "second factor removed\n")
    with app.app_context():
        found = service.find_user(read_again(), OWNER)
        assert not found.has_second_factor
        assert second_factor.codes_left(read_again(), found) == 0
        entry = read_again().scalars(sa.select(AuditEntry)).one()
        assert (entry.actor, entry.action, entry.object) == ("command line", "second factor removed", user_id)
        mail = read_again().scalars(sa.select(OwedMail)).one()
        assert (mail.recipient, mail.content["what"]) == (OWNER, "second factor off")
    again = instance.run("user", "reset-second-factor", OWNER)
    assert one_line(again) == "petition: this account has no second factor\n"
