"""`veo-check job`: the paid jobs on record."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer import Argument, Option

from veo_check.cli.output import check_format, safe
from veo_check.core.money import usd

if TYPE_CHECKING:
    from veo_check.smoke.job_list import JobList
    from veo_check.smoke.journal import Entry

group = typer.Typer(
    help="Paid jobs on record: list, show, abandon.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

State = Annotated[
    Path | None,
    Option(metavar="DIR", help="The state folder. Without it: .veo-check in this folder."),
]
Output = Annotated[str, Option("-o", "--output", metavar="text|json", help="Format.")]
JobId = Annotated[str, Argument(metavar="ID", help="The job's id, as `job list` prints it.")]


@group.command("list")
def list_(
    route: Annotated[
        Path | None, Argument(metavar="[ROUTE]", help="A route file, or the folder it is in.")
    ] = None,
    state: State = None,
    output: Output = "text",
) -> None:
    """List every paid job on record, and what each cost centre spent.

    The record is in .veo-check beside the route file, or where --state says.

    Example: veo-check job list routes/storyboard.yaml

    Exit codes: 0 listed, 2 usage, 3 a record cannot be read.
    """
    from veo_check.smoke.job_list import jobs_in

    check_format(output)
    listed = jobs_in(_beside(route) if route is not None and state is None else _place(state))
    sys.stdout.write(_list_json(listed) if output == "json" else _list_text(listed))
    raise typer.Exit(0 if all(held.given_up for held in listed.unreadable) else 3)


@group.command()
def show(job: JobId, state: State = None, output: Output = "text") -> None:
    """Show one job: what was sent, what became of it, what it cost and what to do next.

    Example: veo-check job show 1f0c2a9b-000001-8e21d4
    """
    from veo_check.core.secrets import printable
    from veo_check.smoke.job_list import find_job

    check_format(output)
    entry = find_job(_place(state), job)
    facts, step = _facts(entry), _next_step(entry)
    if output == "json":
        sys.stdout.write(_dumped(facts | {"next": step}))
        return
    for name, value in {**facts, "next": step}.items():
        if value not in (None, [], {}):
            sys.stdout.write(f"{name.replace('_', ' '):<16}{printable(str(value), 500)}\n")


@group.command()
def abandon(
    job: JobId,
    state: State = None,
    because: Annotated[str, Option(metavar="TEXT", help="What you found, for the record.")] = "",
) -> None:
    """Give up a job that may or may not have been accepted, so that another may be sent.

    Look in the gateway's usage log first: an abandoned job may still run, and be charged. A record
    that cannot be read is given up the same way: its file is kept, what its job cost stays unknown.

    Example: veo-check job abandon 1f0c2a9b-000001-8e21d4 --because "no row in the usage log"
    """
    from veo_check.core.clock import SystemClock
    from veo_check.core.secrets import printable
    from veo_check.smoke.job_list import abandon_job

    closed = abandon_job(_place(state), job, because, SystemClock())
    kept = (
        f" What it cost is not known: no sum holds it. Its file is kept: {printable(str(closed))}."
        if isinstance(closed, Path)
        else ""
    )
    sys.stdout.write(f"{job} is abandoned; its route may send a job again.{kept}\n")


def _beside(route: Path) -> Path:
    """The state folder of a route file, or of a folder of them. Raises UsageError."""
    from veo_check.core.money import UsageError
    from veo_check.smoke.state_folder import DEFAULT_NAME

    if not route.exists():
        raise UsageError(f"no such route file or folder: {safe(str(route))}")
    return (route if route.is_dir() else route.parent) / DEFAULT_NAME


def _place(state: Path | None) -> Path:
    from veo_check.smoke.state_folder import DEFAULT_NAME

    return Path(DEFAULT_NAME) if state is None else state


# Operation ids stay masked in what is printed; whole ones are in the state folder.


def _list_text(listed: JobList) -> str:
    """One line a job, what cannot be read, and the sums."""
    from veo_check.core.secrets import printable

    lines = [_line(job) for job in listed.jobs] or [_none_in(listed.folder)]
    lines += [
        f"unreadable{', given up' if held.given_up else ''}  {held.job or 'no job'}  "
        f"{printable(str(held.path))}: {held.why}; {held.way_out}"
        for held in listed.unreadable
    ]
    if listed.spend:
        lines += ["", "Spent on real jobs, by cost centre:"]
    for spent in listed.spend:
        centre = printable(spent.cost_center, 60) if spent.cost_center else "(none declared)"
        more = f", at most ${usd(spent.at_most)}" if spent.at_most != spent.billed else ""
        jobs = "1 job" if spent.jobs == 1 else f"{spent.jobs} jobs"
        lines.append(f"  {centre}: ${usd(spent.billed)} billed{more} ({jobs})")
    if listed.unreadable:
        lines.append("What the jobs cost whose record cannot be read is not known and not counted.")
    return "\n".join(lines) + "\n"


def _none_in(folder: Path) -> str:
    from veo_check.core.secrets import printable

    looked = printable(str(folder.resolve()), 500)
    there = "" if folder.is_dir() else " (there is no such folder)"
    return f"No paid job is on record in {looked}{there}. Elsewhere: ROUTE or --state."


def _list_json(listed: JobList) -> str:
    return _dumped(
        {
            "jobs": [_facts(job) for job in listed.jobs],
            "unreadable": [
                {
                    "job": held.job,
                    "file": str(held.path),
                    "why": held.why,
                    "open": not held.given_up,
                }
                for held in listed.unreadable
            ],
            "spend": [
                {
                    "cost_center": spent.cost_center,
                    "jobs": spent.jobs,
                    "billed": usd(spent.billed),
                    "at_most": usd(spent.at_most),
                }
                for spent in listed.spend
            ],
        }
    )


def _dumped(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _line(entry: Entry) -> str:
    from veo_check.core.secrets import printable
    from veo_check.smoke.journal import at_most_spent, shown_operation

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
    from datetime import UTC, datetime

    if entry.intent.simulated:
        return f"{entry.intent.at:%Y-%m-%d}"
    hours = (datetime.now(UTC) - entry.intent.at).total_seconds() / 3600
    if hours < 1:
        return f"{max(0, round(hours * 60))} min ago"
    return f"{hours:.0f} h ago" if hours < 48 else f"{hours / 24:.0f} d ago"


def _facts(entry: Entry) -> dict[str, object]:
    from veo_check.smoke.journal import at_most_spent, shown_operation, told_by

    intent, ended = entry.intent, entry.ended
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
        "request_id": _request_id(entry),
        "polls": entry.polls,
        "statuses": list(entry.statuses),
        "symptom": ended.symptom if ended else None,
        "failure": told_by(entry),
        "earlier_ends": [
            {
                "at": end.at.isoformat(timespec="seconds"),
                "symptom": end.symptom,
                "failure": end.text,
            }
            for end in entry.earlier
        ],
        "quoted": usd(intent.quoted),
        "at_stake": usd(intent.at_stake),
        "billed": usd(entry.billed) if entry.billed is not None else None,
        "refusal_charged": entry.charged,
        "spent_at_most": usd(at_most_spent(entry)),
        "cost_center": intent.owner.get("cost_center"),
        "team": intent.owner.get("team"),
        "abandoned_because": entry.abandoned_because,
    }


def _request_id(entry: Entry) -> str | None:
    told = entry.operation or entry.ended
    return told.request_id if told else None


def _next_step(entry: Entry) -> str | None:
    from veo_check.core.jobs import meaning_of
    from veo_check.gateways.registry import is_direct

    if not entry.is_open:
        return None
    direct = is_direct(entry.intent.binding.via)
    if entry.state in {"intent", "uncertain"} or entry.charged == "yes":
        step, request = meaning_of("submit-uncertain").step(direct=direct), _request_id(entry)
        at = f"{entry.intent.at:%Y-%m-%d %H:%M:%S} UTC"
        return f"{step} (sent at {at}, request {request or 'id unknown'})"
    if entry.state == "refused" and entry.charged is None:
        return "run again: the next run reads whether it was charged, and sends nothing"
    if entry.state == "refused":
        return (
            "run again with the key that sealed the proof of its smoke job: the proof has still to "
            "hold this; where that key is gone, `veo-check job abandon` it"
        )
    lost = entry.ended is not None and entry.ended.symptom == "operation-unknown"
    return meaning_of("operation-unknown" if lost else "job-unfinished").step(direct=direct)
