"""`veo-check schema`: the JSON Schema of the route file, for editors, and of the report."""

from __future__ import annotations

import sys
from typing import Annotated

import typer


def schema(
    report: Annotated[
        bool, typer.Option("--report", help="The schema of the JSON report instead.")
    ] = False,
) -> None:
    """Print the JSON Schema of the route file, for editors.

    Example: veo-check schema > veo-route.schema.json, and begin each route file beside it with
    "# yaml-language-server: $schema=veo-route.schema.json".
    """
    from importlib.resources import files

    # the bundled copies, which tests hold equal to the models: printing them needs no model
    package, name = ("report", "report-v1") if report else ("spec", "route-v1")
    bundled = files(f"veo_check.{package}").joinpath(f"{name}.schema.json")
    sys.stdout.write(bundled.read_text(encoding="utf-8"))
