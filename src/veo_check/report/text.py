"""The report for people: what is the answer, why, and what to do next. Fits 80 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from functools import lru_cache

from veo_check.core.secrets import printable
from veo_check.report.model import (
    CheckReport,
    FindingReport,
    JobReport,
    Report,
    RouteReport,
    UsageReport,
)
from veo_check.report.shown import (
    by_item,
    cost_parts,
    next_steps,
    not_a_command,
    shown,
    simulated_by,
)

WIDTH = 80
#: ANSI codes; colour repeats what the words say and is never needed.
_COLOUR = {
    "pass": "32",
    "ready": "1;32",
    "warn": "33",
    "waived": "33",
    "fail": "1;31",
    "not-ready": "1;31",
    "error": "1;31",
    "blocked": "35",
    "inconclusive": "1;35",
    "skipped": "2",
    "not-applicable": "2",
}
_TIER_LETTER = {"research": "R", "staging": "S", "production": "P", None: "-"}
_VERDICT = {
    "ready": "READY for {target}",
    "not-ready": "NOT READY for {target}",
    "inconclusive": "INCONCLUSIVE for {target}: nothing failed, but evidence is missing",
}
_LOUD = {"fail", "blocked", "error", "warn", "waived"}


def render(report: Report, colour: bool = False) -> str:
    """The whole run as text; `colour` adds ANSI colours."""
    report = shown(report)
    paint = _Painter(colour)
    lines: list[str] = []
    for route in report.routes:
        lines += [*_route(report, route, paint), ""]
    for problem in report.invalid:
        place = f"{problem.file}:{problem.line}:{problem.column}"
        lines += _wrap(f"{place}: {problem.path}: {problem.message}", "", "    ")
    if report.invalid:
        lines.append("")
    lines += _run(report, paint)
    return "".join(f"{not_a_command(line)}\n" for line in lines)


class _Painter:
    """Puts colour around words where colour is wanted."""

    def __init__(self, colour: bool) -> None:
        self._colour = colour

    def __call__(self, text: str, like: str) -> str:
        code = _COLOUR.get(like)
        return f"\x1b[{code}m{text}\x1b[0m" if self._colour and code else text


def _route(report: Report, route: RouteReport, paint: _Painter) -> Iterator[str]:
    yield from _wrap(f"{printable(route.name, 200)}  ({printable(route.file, 300)})", "", "  ")
    if report.simulated:
        yield from _wrap(
            f"SIMULATED, {simulated_by(report)}: nothing here speaks of a real route.",
            "",
            "  ",
        )
    if report.hypothetical:
        yield from _wrap(f"HYPOTHETICAL: judged as if today were {report.as_of}.", "", "  ")
    yield ""
    yield paint(_VERDICT[route.verdict].format(target=route.target), route.verdict)
    yield from _facts(report, route)
    yield ""
    for number, (item, checks) in enumerate(by_item(route), start=1):
        left = f"{number} {item.title}"
        yield left.ljust(WIDTH - len(item.status)) + paint(item.status, item.status)
        for check in checks:
            yield from _check(route, check, paint)
    yield from _next(route)


def _facts(report: Report, route: RouteReport) -> Iterator[str]:
    yield from _wrap(f"evidence reaches: {route.tier}; judged on {report.as_of}", "  ", "    ")
    if route.valid_until:
        yield from _wrap(f"holds until {route.valid_until}: {route.valid_because}", "  ", "    ")
    if route.model_until and route.model_until != route.valid_until:
        yield f"  the model's own date: {route.model_until}"
    for line in route.not_before:
        yield from _wrap(line, "  ", "    ")
    if route.quote:
        yield from _wrap(f"cost: {'; '.join(cost_parts(route.quote))}", "  ", "    ")
    if route.job:
        yield from _job(route.job, route.usage)
    if route.proof:
        yield f"  proof {route.proof.id}: {route.proof.age_days} days old, to {route.proof.expires}"
    for waiver in route.waivers:
        said = f"waiver for {waiver.finding}: {waiver.state}, to {waiver.expires}: {waiver.reason}"
        yield from _wrap(printable(said, 400), "  ", "    ")
    yield f"  spent by this run: {route.spent} USD"


def _job(job: JobReport, usage: UsageReport | None) -> Iterator[str]:
    parts = [f"job {printable(job.operation_id or 'without an operation id', 120)}"]
    parts.append(f"{job.polls} polls")
    if job.served_model:
        parts.append(f"served by {printable(job.served_model, 100)}")
    if job.resolution:
        sound = {True: "with audio", False: "silent", None: "audio unknown"}[job.audio]
        parts.append(f"delivered {job.seconds or '?'} s at {job.resolution}, {sound}")
    if job.failure:
        parts.append(printable(job.failure, 300))
    yield from _wrap("; ".join(parts), "  ", "    ")
    if usage:
        billed = "billed amount not known" if usage.billed is None else f"billed {usage.billed} USD"
        said = [billed]
        said += [f"{usage.quantity} {usage.unit}s"] if usage.quantity and usage.unit else []
        said += [f"usage row {printable(usage.row_id, 60)}"] if usage.row_id else []
        said += [f"paid by {printable(usage.owner, 100)}"] if usage.owner else []
        yield from _wrap("; ".join(said), "  ", "    ")


def _check(route: RouteReport, check: CheckReport, paint: _Painter) -> Iterator[str]:
    tier = _TIER_LETTER[check.required_for]
    word = paint(check.status.ljust(14), check.status)
    yield f"   {tier} {word} {check.id}"
    indent = " " * 20
    if check.reason:
        yield from _wrap(printable(check.reason, 2000), indent, indent)
    for finding in check.findings:
        yield from _finding(route, finding, indent)


def _finding(route: RouteReport, finding: FindingReport, indent: str) -> Iterator[str]:
    mark = {"blocker": "x ", "warning": "! ", "note": "- "}[finding.severity]
    where = f" [{finding.at}, line {finding.line}]" if finding.at and finding.line else ""
    yield from _wrap(f"{mark}{printable(finding.message, 2000)}{where}", indent, indent + "  ")
    if finding.severity != "note" and (finding.expected or finding.actual):
        sides = {"wanted": finding.expected, "found": finding.actual}
        yield from _wrap(
            "; ".join(f"{side} {printable(text, 300)}" for side, text in sides.items() if text),
            indent + "  ",
            indent + "  ",
        )
    if finding.fix and finding.severity != "note":
        yield from _wrap(f"fix: {printable(finding.fix, 1000)}", indent + "  ", indent + "       ")


def _next(route: RouteReport) -> Iterator[str]:
    steps = next_steps(route)
    if not steps:
        return
    yield ""
    yield "Next:"
    for number, step in enumerate(steps[:5], start=1):
        yield from _wrap(f"{number}. {printable(step, 600)}", "  ", "     ")
    if len(steps) > 5:
        yield f"  … and {len(steps) - 5} more above"


def _run(report: Report, paint: _Painter) -> Iterator[str]:
    if report.interrupted:
        yield "Interrupted: what was not learned by then is blocked above."
    if len(report.routes) + len(report.invalid) > 1:
        counted = {
            verdict: sum(route.verdict == verdict for route in report.routes)
            for verdict in ("ready", "not-ready", "inconclusive")
        }
        files = len({problem.file for problem in report.invalid})
        said = [f"{count} {verdict}" for verdict, count in counted.items() if count]
        said += [f"{files} invalid"] if files else []
        yield f"{len(report.routes) + files} routes: {', '.join(said)}"
    verdict = paint(report.verdict, report.verdict)
    yield f"verdict: {verdict}   exit code: {report.exit_code}   mode: {report.mode}"


# A thousand routes of one team say mostly the same.
@lru_cache(maxsize=1024)
def _wrap(text: str, first: str, rest: str) -> tuple[str, ...]:
    lines = textwrap.wrap(
        text,
        WIDTH,
        initial_indent=first,
        subsequent_indent=rest,
        break_on_hyphens=False,
    )
    return tuple(lines) or (first.rstrip(),)
