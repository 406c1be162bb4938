"""JSON on standard output, for commands that need nothing else of the program."""

from __future__ import annotations

import json
from typing import Any

import click

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON alone.")


def print_json(content: Any) -> None:
    """Prints JSON for programs."""
    click.echo(json.dumps(content, ensure_ascii=False, indent=2, default=str))
