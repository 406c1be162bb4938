"""How long packages keep what names people, and what goes with somebody who is forgotten.

What names people is on the disk (the ZIP and what it is made of) and in `package_line`, where the lines are frozen.
Manifest, signature, leaf hashes and counts name nobody and stay, so that receipts go on working.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import sqlalchemy as sa
from flask import current_app
from flask_babel import LazyString, ngettext
from flask_babel import lazy_gettext as __
from sqlalchemy import event
from sqlalchemy.orm import Session

from petition.core.clock import now
from petition.core.db import BUCKETS, read_again, unhurried, writing
from petition.core.logs import log
from petition.core.retention import Rule, Transaction, deleted, keeps
from petition.deliveries.packages import files
from petition.deliveries.packages.models import FilesGone, Package, PackageLine
from petition.signatures import forgetting
from petition.signatures.forgetting import Key
from petition.signatures.models import Signature, Signer

UNDELIVERED_LIFE = timedelta(days=180)
"""So long after it was built what names people is kept at least of a package whose delivery nobody has recorded."""
GONE = "packages whose files go"
IS_ID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
COUNTED_ONLY = b'"shown":"count"}'
"""How a line ends that names nobody."""


def _nobody_knows(_session: Session, _package_id: UUID) -> datetime | None:
    return None


done_at: Callable[[Session, UUID], datetime | None] = _nobody_knows
"""When the delivery of a package was done, the last one of several; None while it is not. The journal sets it."""
planned_for: Callable[[Session, UUID], datetime | None] = _nobody_knows
"""When it is planned to hand a package over, the last time of several; None where it is not. The journal sets it."""


def kept_until(session: Session, package: Package) -> datetime:
    """When the time is over of what names people in a package, as things are now."""
    days = timedelta(days=current_app.config["PACKAGE_DAYS"])
    done = done_at(session, package.id)
    if done is not None:
        return done + days
    unplanned = (package.built_at or package.asked_at) + UNDELIVERED_LIFE
    planned = planned_for(session, package.id)
    return unplanned if planned is None else max(unplanned, planned + days)


def _purge(transaction: Transaction) -> int:
    """Empties the lines of packages whose time is over, then lets their files go: killed, it begins again."""
    reading, at = read_again(), now()
    kept = sa.select(Package).where(
        sa.or_(Package.files_gone_why.is_(None), Package.files_gone_why != FilesGone.TIME)
    )
    over = [one.id for one in reading.scalars(kept).unique() if kept_until(reading, one) <= at]
    for package_id in over:
        for bucket in range(BUCKETS):
            named = PackageLine.bucket == bucket, PackageLine.package_id == package_id, PackageLine.line.is_not(None)
            with transaction() as session:
                deleted(session, sa.update(PackageLine).where(*named).values(line=None))
        with transaction() as session:
            _let_go(session, [package_id], FilesGone.TIME)
    sweep()
    return len(over)


def _let_go(session: Session, package_ids: Iterable[UUID], why: FilesGone) -> None:
    """Marks that the files of these packages are kept no more, and removes them when that is committed.

    TIME says that the lines are gone, too, and follows on every other reason. Whoever is building one finds the
    mark, removes what it has made and begins anew.
    """
    these = Package.id.in_(package_ids)
    first = these if why == FilesGone.TIME else sa.and_(these, Package.files_gone_at.is_(None))
    at = sa.func.coalesce(Package.files_gone_at, sa.literal(now(), Package.files_gone_at.type))
    mark = sa.update(Package).where(first).values(files_gone_at=at, files_gone_why=why)
    marked = session.execute(
        mark.returning(Package.id, Package.claimed_until).execution_options(synchronize_session=False)
    )
    unclaimed = {row.id for row in marked if row.claimed_until is None or row.claimed_until <= now()}
    session.info.setdefault(GONE, set()).update(unclaimed)


@event.listens_for(Session, "after_commit")
def _remove_files(session: Session) -> None:
    for package_id in session.info.pop(GONE, ()):
        try:
            files.remove(package_id)
        except OSError as error:  # what is committed is committed; the sweep tries again
            log.error("files of a package are not removed", extra={"package": str(package_id)}, exc_info=error)


@event.listens_for(Session, "after_rollback")
def _keep_files(session: Session) -> None:
    session.info.pop(GONE, None)


def sweep() -> None:
    """Removes what is still on the disk of packages whose files are gone, where somebody was killed before that."""
    folder = Path(current_app.config["INSTANCE"]) / files.FOLDER
    there = [UUID(path.name) for path in folder.glob("*") if IS_ID.fullmatch(path.name)]
    if there:
        gone = Package.id.in_(there), Package.files_gone_at.is_not(None)
        unclaimed = sa.or_(Package.claimed_until.is_(None), Package.claimed_until <= now())
        for package_id in read_again().scalars(sa.select(Package.id).where(*gone, unclaimed)).all():
            files.remove(package_id)


def _forget(session: Session, keys: Sequence[Key], wholly: bool) -> None:
    """Takes signers out of what is kept of packages: their lines, and the files of each package they are in.

    The leaf hash of the line stays, and says nothing without the receipt secret.
    """
    for bucket in {bucket for bucket, _id in keys}:
        ids = [one for where, one in keys if where == bucket]
        of_petitions = sa.select(Signature.petition_id).where(Signature.bucket == bucket, Signature.id.in_(ids))
        packages = session.scalars(sa.select(Package.id).where(Package.petition_id.in_(of_petitions))).all()
        theirs = sa.and_(
            PackageLine.bucket == bucket, PackageLine.package_id.in_(packages), PackageLine.signature_id.in_(ids)
        )
        hold = session.scalars(sa.select(PackageLine.package_id).where(theirs).distinct()).all() if packages else []
        if hold:
            _let_go(session, hold, FilesGone.ERASURE)
            change = sa.delete(PackageLine) if wholly else sa.update(PackageLine).values(line=None)
            deleted(session, change.where(theirs))


def forget_missed(package_id: UUID) -> bool:
    """Takes out of a package whoever was forgotten while its lines were being frozen; says whether there was anybody.

    Their forgetting could not see the lines yet. The builder looks for most of that itself before it is done.
    """
    missed = _missed(unhurried(read_again()), package_id)
    if missed:
        with writing() as session:
            _let_go(session, [package_id], FilesGone.ERASURE)
            for bucket, signature_id in missed:
                line = PackageLine.bucket == bucket, PackageLine.signature_id == signature_id
                deleted(session, sa.delete(PackageLine).where(*line, PackageLine.package_id == package_id))
    return bool(missed)


def _missed(session: Session, package_id: UUID) -> list[Key]:
    """Whose signature is not there any more, or whose name is not, though the line shows one."""
    signed = sa.and_(Signature.bucket == PackageLine.bucket, Signature.id == PackageLine.signature_id)
    signer = sa.and_(Signer.bucket == PackageLine.bucket, Signer.signature_id == PackageLine.signature_id)
    found = session.execute(
        sa.select(PackageLine.bucket, PackageLine.signature_id, PackageLine.line, Signature.id.label("signature"))
        .outerjoin(Signature, signed)
        .outerjoin(Signer, signer)
        .where(PackageLine.package_id == package_id, PackageLine.line.is_not(None), Signer.signature_id.is_(None))
    )
    return [
        (row.bucket, row.signature_id)
        for row in found
        if row.signature is None or not row.line.endswith(COUNTED_ONLY)
    ]


def _how_long() -> str:
    days = current_app.config["PACKAGE_DAYS"]
    return ngettext(
        "until the delivery is done and %(num)s day more; where nobody records a delivery, 180 days, or until "
        "%(num)s day after the one planned last; at once when one of them is forgotten",
        "until the delivery is done and %(num)s days more; where nobody records a delivery, 180 days, or until "
        "%(num)s days after the one planned last; at once when one of them is forgotten",
        days,
    )


forgetting.of_signers.append(_forget)
keeps(
    Rule(
        what=__("Packages for embassies: the list as it was handed over, each signer as they chose to be shown"),
        why=__("to hand it over, and to prove what was handed over"),
        how_long=LazyString(_how_long),
        purge=_purge,
    )
)
keeps(
    Rule(
        what=__("That a signature is in a package, and the hash of its line"),
        why=__("so that receipts work, and nobody can say that the list was another"),
        how_long=__("for ever; the hash says nothing of whoever is erased"),
    )
)
