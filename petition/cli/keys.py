"""`petition keys`: the keys that packages are signed with."""

from __future__ import annotations

from typing import Any

import click

from petition.cli.common import json_option, print_json, refuse, with_app
from petition.core import ed25519
from petition.core.db import read_again, writing
from petition.deliveries.packages import keys as service
from petition.deliveries.packages.models import PackageKey


@click.group(invoke_without_command=True)
@json_option
@click.pass_context
def keys(context: click.Context, as_json: bool) -> None:
    """The keys that packages are signed with; alone it shows them."""
    if context.invoked_subcommand is None:
        context.invoke(show, as_json=as_json)


@keys.command()
@json_option
@with_app
def show(as_json: bool) -> None:
    """Shows every key's fingerprint, to print on paper and publish elsewhere; makes the first key."""
    current, problem = "", ""
    try:
        current = service.current().fingerprint
    except service.KeyRefused as refused:  # those of former packages are worth showing all the same
        problem = refused.message
    found = service.published(read_again())
    if as_json:
        print_json({"keys": [_as_json(one, current) for one in found]})
    else:
        for one in found:
            click.echo(_in_words(one, current))
    if problem:
        refuse(problem)


def _as_json(key: PackageKey, current: str) -> dict[str, Any]:
    return {
        "fingerprint": key.fingerprint,
        "pem": ed25519.public_pem(key.der).decode(),
        "first_used_at": key.first_used_at.isoformat(timespec="seconds"),
        "retired_at": key.retired_at.isoformat(timespec="seconds") if key.retired_at else None,
        "signs_here": key.fingerprint == current,
    }


def _in_words(key: PackageKey, current: str) -> str:
    groups = ed25519.in_groups(key.fingerprint)
    half = len(groups) // 2
    until = f", retired on {key.retired_at:%Y-%m-%d}" if key.retired_at else ""
    here = ", signs here" if key.fingerprint == current else ""
    lines = groups[:half], groups[half + 1 :], f"first used on {key.first_used_at:%Y-%m-%d}{until}{here}"
    return "\n    ".join(lines)


@keys.command()
@with_app
def rotate() -> None:
    """Puts a new key in place of the one in the instance folder, which signs no more."""
    with writing() as session:
        former, new = service.rotate(session)
        retired = f"; {former.fingerprint[:16]}… is retired, and checks what it signed for ever" if former else ""
        said = f"the new key is {ed25519.in_groups(new.fingerprint)}{retired}"
    click.echo(said)


@keys.command()
@click.argument("fingerprint")
@with_app
def retire(fingerprint: str) -> None:
    """Says that the key with this FINGERPRINT signs no more: one that came from a setting, or was lost."""
    with writing() as session:
        service.retire(session, "".join(fingerprint.split()).lower())
    click.echo("retired: it checks what it signed for ever")
