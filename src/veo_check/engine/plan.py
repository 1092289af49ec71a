"""What a run would ask, and the most it can cost: `--plan`."""

from __future__ import annotations

from collections.abc import Sequence

from veo_check.core.facts import Missing
from veo_check.engine.learn import wanted
from veo_check.engine.options import Options
from veo_check.engine.run import Surroundings
from veo_check.engine.select import select
from veo_check.spec.route_file import RouteFile


def describe_plan(files: Sequence[RouteFile], options: Options, around: Surroundings) -> str:
    """The requests of a run as text, each once, and its greatest cost. Sends nothing."""
    plan = select(around.checklist, options)
    lines: list[str] = []
    seen: set[str] = set()
    for file in files:
        lines.append(f"{file.route.name}  ({file.path})")
        for probe in wanted(file.route, plan).probes:
            planned = probe.plan(file.route, around.asking)
            if isinstance(planned, Missing):
                lines.append(f"  {probe.cost:<5} {probe.id}: not asked: {planned.detail}")
                continue
            for request in planned:
                again = "" if request.url not in seen else "  (asked once per run)"
                seen.add(request.url)
                lines.append(f"  {probe.cost:<5} {request.method} {request.url}{again}")
        lines += [
            f"  {line.required_for.word if line.required_for else 'note':<11}"
            f"{line.id}: {line.reason}"
            for line in plan
            if line.check is None
        ]
    lines.append("")
    lines.append(f"{len(seen)} requests, all free. This run can cost at most 0.00 USD.")
    return "\n".join(lines) + "\n"
