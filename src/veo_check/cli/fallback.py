"""`veo-check fallback`: what happens when a job of this route fails."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer import Argument, Option

from veo_check.cli.output import (
    AsOfDay,
    ReferenceFile,
    WithinDays,
    Words,
    chosen_reference,
    judged_day,
    page,
    parse_outputs,
    text_width,
    wrapped,
    write,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date
    from decimal import Decimal

    from veo_check.engine.runbook import Runbook
    from veo_check.routefile.load import RouteFile


#: Below this width a failure is a block, not a row.
_TABLE = 100
_TITLES = ("when this fails", "do this", "billed", "USD", "wait", "viewer")


def fallback(
    route: Annotated[Path, Argument(metavar="ROUTE", help="A route file.")],
    as_of: AsOfDay = None,
    within: WithinDays = 90,
    reference: ReferenceFile = None,
    state: Annotated[
        Path | None, Option(metavar="DIR", help="The state folder, if it is not beside the file.")
    ] = None,
    output: Annotated[
        Words,
        Option("-o", "--output", metavar="text|json|markdown[:FILE]", help="Format. Repeats."),
    ] = None,
) -> None:
    """Print the runbook: every failure, the decision, who is billed, what it costs. No network.

    Example: veo-check fallback examples/flatkey-veo-3.1-fast.yaml

    Exit codes: 0 every rule and target holds, 1 one does not, 2 usage or invalid route file,
    3 the life or price of a target is not known.
    """
    from veo_check.core.money import InvalidFileError
    from veo_check.engine.runbook import runbook
    from veo_check.routefile.load import RouteFile, load_route_file

    outputs = parse_outputs(output, ("text", "json", "markdown"))
    loaded = load_route_file(route)
    if not isinstance(loaded, RouteFile):
        raise InvalidFileError("\n".join(map(str, loaded)))
    judging = judged_day(as_of, within)
    book = runbook(loaded.route, chosen_reference(reference), judging)
    proven = _proven(loaded, state, judging.day)
    for wanted in outputs:
        if wanted.format == "json":
            write(_json(book, judging.day, proven), wanted.file)
        elif wanted.format == "markdown":
            write(_markdown(book, judging.day, proven), wanted.file)
        else:
            width = _TABLE if wanted.file else text_width()
            write(_text(book, judging.day, proven, width), wanted.file)
    raise typer.Exit(int(book.exit_code))


def _proven(file: RouteFile, state: Path | None, day: date) -> dict[str, str]:
    """What the record says of each fallback's own smoke job, by the fallback's name.

    Whether a proof still holds for today's catalogue row, only a run can tell.
    """
    import os
    from datetime import timedelta

    from veo_check.core.fallbacks import candidates
    from veo_check.core.secrets import Redactor
    from veo_check.evidence.proofs import SealedProof, proof_key_variable, read_proofs
    from veo_check.gateways.registry import gateway_of
    from veo_check.http.keys import Keys, Secret
    from veo_check.smoke.state_folder import StateFolder, state_folder

    place = state_folder(file.path, state, os.environ, spend=False)
    keys = Keys(os.environ, Redactor())

    def key_for(variable: str) -> Secret | None:
        found = keys.read(variable)
        return found if isinstance(found, Secret) else None

    told: dict[str, str] = {}
    for candidate in candidates(file.route):
        name, route = candidate.target.name, candidate.route
        told[name] = "not proven by a job of its own"
        for simulated in (False, True):
            if route is None or not place.is_dir():
                continue
            own = route.via.key.env if route.via.key else None
            surface, gateway = route.model.surface, gateway_of(route)
            sealing = key_for(proof_key_variable(own, surface, gateway, key_for))
            found = read_proofs(StateFolder(place, simulated).proofs_of(route.name), sealing)
            if not found:
                continue
            word = " (simulated)" if simulated else ""
            newest = found[0]
            if not isinstance(newest, SealedProof):
                told[name] = f"a proof is on record{word}, and cannot be read here: {newest.why}"
                break
            proof = newest.proof
            until = (proof.paid_at + timedelta(seconds=proof.valid_for_seconds)).date()
            good = proof.job.state == "finished" and proof.delivery is not None and day <= until
            verb = "proven" if good else "proven no more"
            told[name] = f"{verb} by its own smoke job {proof.id}{word}, until {until}"
            break
    return told


def _text(book: Runbook, day: date, proven: Mapping[str, str], width: int) -> str:
    """The runbook at any width: a table where it fits, else a block for each failure."""
    from veo_check.core.secrets import printable
    from veo_check.engine.runbook import successor_lines

    width = min(max(width, 40), 120)
    lines = [line for text in _head(book, day) for line in wrapped(text, rest="  ", width=width)]
    lines += ["", *(_table(book) if width >= _TABLE else _blocks(book, width))]
    if book.targets:
        lines.append("Fallback routes, in this order:")
        for line in successor_lines(book):
            first = "  " if line[0] != " " else "    "
            lines += wrapped(printable(line.strip(), 400), first, f"{first}  ", width)
        for name, said in proven.items():
            lines += wrapped(printable(f"{name}: {said}", 400), "  ", "    ", width)
    for finding in book.broken_rules:
        lines += wrapped(f"BROKEN RULE: {printable(finding.message, 400)}", rest="  ", width=width)
        if finding.fix:
            lines += wrapped(f"fix: {printable(finding.fix, 400)}", "  ", "    ", width)
    lines += wrapped(_NEVER, width=width)
    return page(lines)


_NEVER = (
    "Never send a job again whose outcome is unknown: look in the usage log first. "
    "A safety block is never sent to another provider."
)


def _head(book: Runbook, day: date) -> list[str]:
    from veo_check.core.money import usd
    from veo_check.core.secrets import printable
    from veo_check.pricing.job_cost import JobPrice

    route, request = book.route, book.route.request
    shape = f"{request.seconds} s, {request.resolution}, {request.use}"
    price = (
        f"${usd(book.price.expected)}, by the {book.price.basis} price"
        if isinstance(book.price, JobPrice)
        else f"not known: {book.price.message}"
    )
    head = f"{route.name}: {route.model.official} ({shape}), {day}"
    return [printable(head, 400), printable(f"one job costs {price}", 400)]


def _cells(book: Runbook) -> Iterator[list[str]]:
    from veo_check.core.secrets import printable

    for row in book.rows:
        wait = "none" if row.wait is None else f"{row.wait[0]}-{row.wait[1]} s"
        cells = (row.failure, row.decision, row.billed, _range(row.cost), wait, row.viewer)
        yield [printable(cell, 300) for cell in cells]


def _table(book: Runbook) -> list[str]:
    import io

    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    out = io.StringIO()
    console = Console(file=out, width=_TABLE, color_system=None, highlight=False, markup=False)
    table = Table(box=box.SIMPLE_HEAD, width=_TABLE, pad_edge=False, show_edge=False, leading=1)
    for title, width in zip(_TITLES, (20, 30, 15, 10, 8, 14), strict=True):
        table.add_column(title, width=width)
    for cells in _cells(book):
        table.add_row(*map(Text, cells))
    console.print(table)
    return out.getvalue().splitlines()


def _blocks(book: Runbook, width: int) -> Iterator[str]:
    for failure, *cells in _cells(book):
        yield failure
        for title, cell in zip(_TITLES[1:], cells, strict=True):
            yield from wrapped(cell, f"  {title:<9}", " " * 11, width)
        yield ""


def _markdown(book: Runbook, day: date, proven: Mapping[str, str]) -> str:
    """The runbook for a wiki or a repository."""
    from veo_check.engine.runbook import successor_lines
    from veo_check.report.markdown import escaped

    head, cost = _head(book, day)
    lines = [f"# When a job of {escaped(head)} fails", "", f"{escaped(cost)}.", ""]
    lines += [f"| {' | '.join(_TITLES)} |", f"|{'---|' * len(_TITLES)}"]
    lines += [f"| {' | '.join(map(escaped, cells))} |" for cells in _cells(book)]
    lines.append("")
    if book.targets:
        lines += ["## Fallback routes, in this order", ""]
        for line in successor_lines(book):
            lines.append(f"{'  ' if line[0] == ' ' else ''}- {escaped(line.strip())}")
        lines += [f"- {escaped(f'{name}: {said}')}" for name, said in proven.items()]
        lines.append("")
    for finding in book.broken_rules:
        lines.append(f"- **broken rule**: {escaped(finding.message)} {escaped(finding.fix or '')}")
    return page([*lines, _NEVER])


def _range(cost: tuple[Decimal, Decimal] | None) -> str:
    from veo_check.core.money import usd

    if cost is None:
        return "not known"
    low, high = cost
    return usd(low) if low == high else f"{usd(low)} to {usd(high)}"


def _json(book: Runbook, day: date, proven: Mapping[str, str]) -> str:
    import json

    from veo_check.core.money import usd
    from veo_check.pricing.job_cost import JobPrice

    found = {
        "route": book.route.name,
        "as_of": day.isoformat(),
        "currency": "USD",
        "expected": usd(book.price.expected) if isinstance(book.price, JobPrice) else None,
        "failures": [
            {
                "failure": row.failure,
                "decision": row.decision,
                "billed": row.billed,
                "cost_low": None if row.cost is None else usd(row.cost[0]),
                "cost_high": None if row.cost is None else usd(row.cost[1]),
                "wait_seconds": None if row.wait is None else list(row.wait),
                "viewer": row.viewer,
            }
            for row in book.rows
        ],
        "targets": [
            {
                "name": target.candidate.target.name,
                "model": target.candidate.target.model.official,
                "surface": target.candidate.target.model.surface,
                "state": target.life.state if target.life else None,
                "shutdown": target.life.shutdown.isoformat()
                if target.life and target.life.shutdown
                else None,
                **(
                    {"expected": usd(price.expected), "unit": price.unit, "refused": None}
                    if isinstance(price := target.price, JobPrice)
                    else {"expected": None, "unit": None, "refused": price.message}
                ),
                "changes": [
                    {"name": change.name, "from": change.primary, "to": change.target}
                    for change in target.changes
                ],
                "cannot_run": list(target.unfit),
                "proven": proven.get(target.candidate.target.name),
            }
            for target in book.targets
        ],
        "broken_rules": [
            {"code": rule.code, "message": rule.message, "fix": rule.fix}
            for rule in book.broken_rules
        ],
    }
    return json.dumps(found, indent=2) + "\n"
