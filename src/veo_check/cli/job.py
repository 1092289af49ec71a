"""`veo-check job`: the paid jobs on record."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

group = typer.Typer(
    help="Paid jobs on record: list, show, abandon.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

State = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="The state folder. Without it: .veo-check in this folder."),
]
Output = Annotated[str, typer.Option("-o", "--output", metavar="text|json", help="Format.")]
JobId = Annotated[str, typer.Argument(metavar="ID", help="The job's id, as `job list` prints it.")]


@group.command("list")
def list_(state: State = None, output: Output = "text") -> None:
    """List every paid job on record, and what each cost centre spent.

    Example: veo-check job list --state .veo-check

    Exit codes: 0 listed, 2 usage, 3 a record cannot be read.
    """
    import sys

    from veo_check.cli.job_text import json_of, text_of
    from veo_check.smoke.job_list import jobs_in

    _check(output)
    listed = jobs_in(_place(state))
    sys.stdout.write(json_of(listed) if output == "json" else text_of(listed))
    raise typer.Exit(3 if listed.unreadable else 0)


@group.command()
def show(job: JobId, state: State = None, output: Output = "text") -> None:
    """Show one job: what was sent, what became of it, what it cost and what to do next.

    Example: veo-check job show 1f0c2a9b-000001-8e21d4
    """
    import sys

    from veo_check.cli.job_text import json_of_one, text_of_one
    from veo_check.smoke.job_list import find_job

    _check(output)
    entry = find_job(_place(state), job)
    sys.stdout.write(json_of_one(entry) if output == "json" else text_of_one(entry))


@group.command()
def abandon(
    job: JobId,
    state: State = None,
    because: Annotated[
        str, typer.Option(metavar="TEXT", help="What you found, for the record.")
    ] = "",
) -> None:
    """Give up a job of which nobody knows whether it was accepted, so that another may be sent.

    Look in the gateway's usage log first: an abandoned job may still run, and be charged.

    Example: veo-check job abandon 1f0c2a9b-000001-8e21d4 --because "no row in the usage log"
    """
    import sys

    from veo_check.core.clock import SystemClock
    from veo_check.smoke.job_list import abandon_job

    entry = abandon_job(_place(state), job, because, SystemClock())
    sys.stdout.write(f"{entry.id} is abandoned; its route may send a job again.\n")


def _place(state: Path | None) -> Path:
    from veo_check.smoke.state_folder import DEFAULT_NAME

    return state if state is not None else Path(DEFAULT_NAME)


def _check(output: str) -> None:
    from veo_check.core.errors import UsageError

    if output not in {"text", "json"}:
        raise UsageError(f"-o {output}: choose text or json")
