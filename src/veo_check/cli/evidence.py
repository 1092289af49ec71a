"""`veo-check evidence`: look at bundles, verify them offline, compare two runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from typer import Argument, Option

from veo_check.cli.output import AllowPlugin

group = typer.Typer(
    help="Evidence of earlier runs, as `run --evidence DIR` writes it.", no_args_is_help=True
)
Folder = Annotated[Path, Argument(metavar="DIR", help="A bundle: a folder of one run.")]
Format = Annotated[str, Option("-o", "--output", metavar="text|json", help="How to print it.")]


@group.command()
def show(
    evidence: Annotated[
        Path, Argument(metavar="DIR|PROOF", help="A bundle's folder, or a proof's file.")
    ],
) -> None:
    """Print what a bundle holds: its report, and every fact with where it came from.

    Example: veo-check evidence show evidence/20261122T120000Z-ready
    """
    from veo_check.cli.evidence_command import show

    raise typer.Exit(show(evidence))


@group.command()
def verify(
    evidence: Annotated[
        Path, Argument(metavar="DIR|PROOF", help="A bundle's folder, or a proof's file.")
    ],
    allow_plugin: AllowPlugin = None,
) -> None:
    """Check every hash, then judge again from the bundle alone: no network, no key.

    Exits 0 when the bundle is whole and says the same, 1 when a file was changed or the verdict
    does not follow from the facts, 2 when it is no bundle, 3 when a proof's key is not at hand.
    Hashes show that nothing changed since the bundle was written, never who wrote it.

    Example: veo-check evidence verify evidence/20261122T120000Z-ready
    """
    from veo_check.cli.evidence_command import verify

    raise typer.Exit(verify(evidence, tuple(allow_plugin or ())))


@group.command()
def diff(before: Folder, after: Folder, output: Format = "text") -> None:
    """Say what drifted between two runs.

    Exits 1 when it matters: verdict, price, unit, ratio, row fields, dates; else 0, whatever the
    latency did.

    Example: veo-check evidence diff evidence/20261115T060000Z-ready evidence/20261122T060000Z-ready
    """
    from veo_check.cli.evidence_command import diff

    raise typer.Exit(diff(before, after, output))
