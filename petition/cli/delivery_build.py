"""`petition delivery build`: packages, built now."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import click
import sqlalchemy as sa
from sqlalchemy.orm import Session

from petition.cli.common import json_option, print_json, refuse, with_app
from petition.cli.export import Country, Moment
from petition.core.clock import now
from petition.core.db import read_again, writing
from petition.core.errors import NotFound
from petition.deliveries.atomic import whole_file
from petition.deliveries.missions.models import Mission
from petition.deliveries.packages import building, files, service
from petition.deliveries.packages.models import Package
from petition.petitions import service as petitions
from petition.petitions.models import Petition


@click.command()
@click.argument("slug")
@click.option("--mission", "missions", multiple=True, metavar="ID", help="May be given more than once.")
@click.option("--all-missions", is_flag=True, help="Every open mission of the addressee's country, or of all.")
@click.option("--country", "countries", multiple=True, type=Country(), help="Only of this country; repeatable.")
@click.option("--host-country", is_flag=True, help="Only those who live where the mission is.")
@click.option("--since", type=Moment(), metavar="TIME", help="Confirmed at or after this day or moment (UTC).")
@click.option("--until", type=Moment(), metavar="TIME", help="Confirmed before this day or moment (UTC).")
@click.option("--language", help="Of the cover letter and the lists. Default: the petition's.")
@click.option(
    "-o", "--output", type=click.Path(file_okay=False, path_type=Path), help="Where a copy of each ZIP goes."
)
@json_option
@with_app
def build(
    slug: str,
    missions: tuple[str, ...],
    all_missions: bool,
    countries: tuple[str, ...],
    host_country: bool,
    output: Path | None,
    as_json: bool,
    **how: Any,
) -> None:
    """Builds a package of SLUG's signers for each mission, and prints where the ZIP is."""
    if bool(missions) == all_missions:
        raise click.UsageError("say --mission, once or more, or --all-missions")
    if countries and host_country:
        raise click.UsageError("--country and --host-country exclude each other")
    asked = _ask(slug, missions, countries=service.HOST if host_country else countries, **how)
    built = [made for package_id in asked if (made := _built(package_id, output))]
    if as_json:
        print_json({"packages": built})
    else:
        click.echo("".join(f"{made['path']}\n" for made in built), nl=False)
    sys.exit(len(built) < len(asked))


def _ask(slug: str, missions: Sequence[str], **how: Any) -> list[UUID]:
    """Asks for a package for each of these missions, or for each there is; returns the packages' ids."""
    with writing() as session:
        petition = petitions.find(session, slug)
        found = [_mission(session, one) for one in missions] or _all(session, petition)
        how["language"] = how["language"] or petition.locale
        return [package.id for package in service.ask(session, None, petition, found, **how)]


def _built(package_id: UUID, output: Path | None) -> dict[str, str] | None:
    """Builds a package and says where it is; says why not on standard error, and none."""
    try:
        package = building.build_now(package_id)
    except service.PackageNotReady as error:
        mission = read_again().get_one(Package, package_id).mission_slug
        click.echo(f"petition: {mission}: {error.message}", err=True)
        return None
    path = _copied(package, output) if output else files.zip_path(package)
    return {"id": str(package.id), "mission": package.mission_slug, "path": str(path)}


def _mission(session: Session, slug: str) -> Mission:
    found = session.get(Mission, slug)
    if found is None:
        raise NotFound(f"there is no mission {slug}; `petition mission list` shows them")
    return found


def _all(session: Session, petition: Petition) -> Sequence[Mission]:
    """Those that are open, of the state that the petition is addressed to where it names one."""
    is_open = sa.or_(Mission.closed_on.is_(None), Mission.closed_on > now().date())
    query = sa.select(Mission).where(is_open).order_by(Mission.slug)
    if petition.addressee_country:
        query = query.where(Mission.sending_state == petition.addressee_country)
    return session.scalars(query).all()


def _copied(package: Package, folder: Path) -> Path:
    """A copy of the ZIP in a folder, whole or not at all. The audit log has it before there is a byte of it."""
    package_id, zip_path = package.id, files.zip_path(package)
    copy = folder / zip_path.name
    read_again()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with zip_path.open("rb") as content, whole_file(copy) as stream:
            _record_download(package_id)
            shutil.copyfileobj(content, stream)
    except OSError as error:
        refuse(f"{copy} could not be written: {error.strerror or type(error).__name__}")
    return copy.absolute()


def _record_download(package_id: UUID) -> None:
    with writing() as session:
        service.record(session, None, "package downloaded", session.get_one(Package, package_id))
