"""Looking once a day at who is in a package: how many do not count any more (told rounded), and who was forgotten."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from petition.core.clock import now
from petition.core.db import read_again, unhurried, writing
from petition.core.retention import deleted
from petition.deliveries.packages.keeping import forget_missed
from petition.deliveries.packages.models import Package, PackageLine, PackageState
from petition.signatures.models import Signature, SignatureState

EVERY = timedelta(days=1)
STEP = 10


def look() -> None:
    """Looks at each package that nobody has looked at today; the number is kept rounded."""
    due = sa.or_(Package.withdrawn_counted_at.is_(None), Package.withdrawn_counted_at <= now() - EVERY)
    ready = sa.select(Package.id).where(Package.state == PackageState.READY, due)
    for package_id in read_again().scalars(ready).all():
        forget_missed(package_id)
        number = count(unhurried(read_again()), package_id)
        with writing() as session:
            counted = {"withdrawn_since": rounded(number), "withdrawn_counted_at": now()}
            deleted(session, sa.update(Package).where(Package.id == package_id).values(counted))


def count(session: Session, package_id: UUID) -> int:
    """How many of a package's lines have no signature that counts: withdrawn, erased or struck out since."""
    facts = session.scalars(sa.select(Package.facts).where(Package.id == package_id)).one() or {}
    of_line = sa.and_(Signature.bucket == PackageLine.bucket, Signature.id == PackageLine.signature_id)
    still = sa.select(sa.func.count()).select_from(PackageLine).join(Signature, of_line)
    counting = PackageLine.package_id == package_id, Signature.state == SignatureState.CONFIRMED
    return int(facts["signature_count"]) - session.scalars(still.where(*counting)).one()


def rounded(number: int) -> int:
    """Down to tens, so that nobody's own withdrawal shows; 0 stands for fewer than ten."""
    return number // STEP * STEP
