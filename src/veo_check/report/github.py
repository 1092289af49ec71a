"""GitHub annotations: workflow commands that mark the lines of the route files.

GitHub shows ten errors and ten warnings a step, so the routes that may not take traffic come first.
"""

from __future__ import annotations

from collections.abc import Iterator

from veo_check.core.reading import file_from_here
from veo_check.report.model import CheckReport, FindingReport, Report, RouteReport
from veo_check.report.shown import (
    VERDICT_WORDS,
    caveats,
    finding_said,
    reason,
    shown,
    totals,
    worst_first,
)

#: How many errors, and how many warnings, GitHub shows of one step.
_MOST = 10


def render(report: Report) -> str:
    """An error for each route that is not ready, warnings, and a notice with the numbers."""
    report = shown(report)
    errors = [*_routes(report, "not-ready", "error"), *_invalid(report)]
    warnings = [*_routes(report, "inconclusive", "warning"), *_warnings(report)]
    lines = [*_first(errors, "error"), *_first(warnings, "warning")]
    said = " ".join([totals(report), *caveats(report)])
    lines.append(f"::notice title=veo-check::{_data(said)}")
    return "".join(f"{line}\n" for line in lines)


def _first(lines: list[str], level: str) -> list[str]:
    if len(lines) <= _MOST:
        return lines
    left = len(lines) - _MOST + 1
    more = f"{left} more {level}s: see the job summary or the report"
    return [*lines[: _MOST - 1], f"::{level} title=veo-check::{more}"]


def _routes(report: Report, verdict: str, level: str) -> Iterator[str]:
    """One annotation a route, on the line that decides it."""
    for route in worst_first(report.routes):
        # what a route waits for is said whatever its verdict
        if route.verdict != verdict and (verdict == "not-ready" or route.verdict == "not-ready"):
            continue
        if route.verdict == "ready" and not route.next:
            continue
        first = route.next[0] if route.next else None
        word = VERDICT_WORDS[route.verdict].partition(":")[0]
        because = route.decided_by.sentence if route.decided_by else reason(route)
        because = first.cause if route.verdict == "ready" and first else because
        said = f"{because}. {route.name} is {word} for {route.target}."
        if first is not None:
            steps = [step for step in (first.fix, first.command) if step]
            said += f" Fix: {': '.join(steps)}." if steps else ""
            others = [cause.code for cause in route.next[1:] if cause.code]
            said += f" Also failing: {', '.join(others)}." if others else ""
        title = (first.code or first.blocks[0]) if first else "veo-check"
        yield _command(level, _with(report, said), route, first.line if first else None, title)


def _invalid(report: Report) -> Iterator[str]:
    for problem in report.invalid:
        place = f"file={_property(file_from_here(problem.file))},line={problem.line}"
        place += f",col={problem.column}" if problem.column else ""
        title = _property(f"invalid: {problem.path}")
        yield f"::error {place},title={title}::{_data(problem.message)}"


def _warnings(report: Report) -> Iterator[str]:
    """What is wrong and decides nothing: warnings, and failures the target does not need."""
    for route in worst_first(report.routes):
        decided = {check for cause in route.next for check in cause.blocks}
        for check in route.checks:
            if check.id in decided:
                continue
            for finding in check.findings:
                if finding.severity != "note":
                    yield _finding(report, route, check, finding)


def _finding(report: Report, route: RouteReport, check: CheckReport, finding: FindingReport) -> str:
    waived = " (waived)" if check.status == "waived" else ""
    said = _with(report, finding_said(finding) + waived)
    return _command("warning", said, route, finding.line, finding.code)


def _with(report: Report, said: str) -> str:
    return said + "".join(f" [{caveat}]" for caveat in caveats(report))


def _command(level: str, message: str, route: RouteReport, line: int | None, title: str) -> str:
    place = f"file={_property(file_from_here(route.file))},line={line or 1}"
    return f"::{level} {place},title={_property(title)}::{_data(message)}"


def _data(text: str) -> str:
    """Escape as the runner unescapes; line breaks and other controls cannot end the command."""
    kept = "".join(char for char in text if char in "\r\n\t" or char.isprintable())
    return kept[:4000].replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
