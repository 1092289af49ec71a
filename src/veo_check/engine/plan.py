"""What a run would ask, and the most it can cost: `--plan`."""

from __future__ import annotations

from collections.abc import Sequence

from veo_check.core.facts import Missing
from veo_check.core.money import usd
from veo_check.core.route import Route
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
        if options.spend is not None:
            lines += _paid(file.route, options, around)
        lines += [
            f"  {line.required_for.word if line.required_for else 'note':<11}"
            f"{line.id}: {line.reason}"
            for line in plan
            if line.check is None
        ]
    lines.append("")
    if options.spend is None:
        lines.append(f"{len(seen)} requests, all free. This run can cost at most 0.00 USD.")
    else:
        lines.append(
            f"{len(seen)} free requests, then the paid ones. This run can cost at most "
            f"{usd(options.spend)} USD (--spend): a job is priced before it is sent, and not sent "
            "where that does not cover it, where a check stops it, or where a valid proof answers."
        )
    return "\n".join(lines) + "\n"


def _paid(route: Route, options: Options, around: Surroundings) -> list[str]:
    """What `--spend` may send for one route. What it costs is known once the price was read."""
    from veo_check.engine.run import judging_of
    from veo_check.smoke.stakes import Prices
    from veo_check.smoke.wrong_request import wrong_request

    unread = Missing("catalog", "not-run", "a plan reads no prices")
    prices = Prices(around.reference, judging_of(options, around.clock).day, unread, unread)
    wrong = wrong_request(route, prices)
    said = f"not sent: {wrong.detail}" if isinstance(wrong, Missing) else wrong.sent
    return [
        f"  paid  POST {route.base_url} ({route.via.endpoint})  the smoke job: "
        f"{route.smoke.seconds} s at {route.smoke.resolution} from {route.via.model}; "
        "then its polls, its video and its usage record, all free",
        f"  paid  POST {route.base_url} ({route.via.endpoint})  the controlled failure: {said}",
    ]
