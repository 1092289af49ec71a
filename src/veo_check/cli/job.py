"""`veo-check job`: the paid jobs on record."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from veo_check.core.jobs import meaning_of
from veo_check.core.money import usd
from veo_check.core.secrets import printable
from veo_check.smoke.journal import Entry, JobList, at_most_spent, shown_operation

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

    from veo_check.smoke.journal import jobs_in

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

    from veo_check.smoke.journal import find_job

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
    from veo_check.smoke.journal import abandon_job

    entry = abandon_job(_place(state), job, because, SystemClock())
    sys.stdout.write(f"{entry.id} is abandoned; its route may send a job again.\n")


def _place(state: Path | None) -> Path:
    from veo_check.smoke.state_folder import DEFAULT_NAME

    return state if state is not None else Path(DEFAULT_NAME)


def _check(output: str) -> None:
    from veo_check.core.money import UsageError

    if output not in {"text", "json"}:
        raise UsageError(f"-o {output}: choose text or json")


# Paid jobs as text and as JSON. Operation ids stay masked; whole ones are in the state folder.


def text_of(listed: JobList) -> str:
    """One line a job, what cannot be read, and the sums."""
    lines = [_line(job) for job in listed.jobs] or [f"No paid job is on record in {listed.folder}."]
    lines += [f"unreadable  {printable(str(one.path))}: {one.why}" for one in listed.unreadable]
    if listed.spend:
        lines += ["", "Spent on real jobs, by cost centre:"]
    for one in listed.spend:
        centre = printable(one.cost_center, 60) if one.cost_center else "(none declared)"
        more = f", at most ${usd(one.at_most)}" if one.at_most != one.billed else ""
        jobs = "1 job" if one.jobs == 1 else f"{one.jobs} jobs"
        lines.append(f"  {centre}: ${usd(one.billed)} billed{more} ({jobs})")
    return "\n".join(lines) + "\n"


def json_of(listed: JobList) -> str:
    """The same for machines. Money is text."""
    return _dumped(
        {
            "jobs": [_mapping(job) for job in listed.jobs],
            "unreadable": [{"file": str(one.path), "why": one.why} for one in listed.unreadable],
            "spend": [
                {
                    "cost_center": one.cost_center,
                    "jobs": one.jobs,
                    "billed": usd(one.billed),
                    "at_most": usd(one.at_most),
                }
                for one in listed.spend
            ],
        }
    )


def text_of_one(entry: Entry) -> str:
    """One job, a fact a line, and what to do about it."""
    lines = [
        f"{name.replace('_', ' '):<16}{printable(str(value), 500)}"
        for name, value in _mapping(entry).items()
        if value not in (None, [], {})
    ]
    step = _next_step(entry)
    return "\n".join([*lines, *([f"{'next':<16}{step}"] if step else [])]) + "\n"


def json_of_one(entry: Entry) -> str:
    """One job for machines."""
    return _dumped(_mapping(entry) | {"next": _next_step(entry)})


def _dumped(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _line(entry: Entry) -> str:
    intent = entry.intent
    state = (
        entry.state if not entry.is_open or entry.state == "uncertain" else f"{entry.state}, open"
    )
    parts = [
        entry.id,
        "simulated" if intent.simulated else "",
        "" if intent.kind == "smoke" else intent.kind,
        state,
        _age(entry),
        f"${usd(at_most_spent(entry))}{'' if entry.billed is not None else ' at most'}",
        shown_operation(entry) or "no operation",
        printable(intent.owner.get("cost_center", ""), 40),
        printable(intent.route, 60),
    ]
    return "  ".join(part for part in parts if part)


def _age(entry: Entry) -> str:
    """Since when; a simulated day says nothing about today."""
    if entry.intent.simulated:
        return f"{entry.intent.at:%Y-%m-%d}"
    hours = (datetime.now(UTC) - entry.intent.at).total_seconds() / 3600
    if hours < 1:
        return f"{max(0, round(hours * 60))} min ago"
    return f"{hours:.0f} h ago" if hours < 48 else f"{hours / 24:.0f} d ago"


def _mapping(entry: Entry) -> dict[str, object]:
    intent, operation, ended = entry.intent, entry.operation, entry.ended
    return {
        "id": entry.id,
        "kind": intent.kind,
        "simulated": intent.simulated,
        "route": intent.route,
        "route_file": intent.route_file or None,
        "state": entry.state,
        "open": entry.is_open,
        "what": intent.what,
        "at": intent.at.isoformat(timespec="seconds"),
        "gateway": intent.binding.via.get("gateway"),
        "base_url": intent.binding.via.get("base_url"),
        "endpoint": intent.binding.via.get("endpoint"),
        "label": intent.binding.via.get("model"),
        "key_variable": intent.binding.via.get("key.env"),
        "operation": shown_operation(entry),
        "request_id": operation.request_id if operation else None,
        "polls": entry.polls,
        "statuses": list(entry.statuses),
        "symptom": ended.symptom if ended else None,
        "failure": ended.text if ended else None,
        "quoted": usd(intent.quoted),
        "at_stake": usd(intent.at_stake),
        "billed": usd(entry.billed) if entry.billed is not None else None,
        "spent_at_most": usd(at_most_spent(entry)),
        "cost_center": intent.owner.get("cost_center"),
        "team": intent.owner.get("team"),
        "abandoned_because": entry.abandoned_because,
    }


def _next_step(entry: Entry) -> str | None:
    if not entry.is_open:
        return None
    if entry.state in {"intent", "uncertain"}:
        return (
            f"{meaning_of('submit-uncertain').next_step} (sent at "
            f"{entry.intent.at:%Y-%m-%d %H:%M:%S} UTC, request "
            f"{entry.operation.request_id if entry.operation else 'id unknown'})"
        )
    return meaning_of("job-unfinished").next_step
