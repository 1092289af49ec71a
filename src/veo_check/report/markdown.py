"""Markdown for a job summary or a pull-request comment. Untrusted text cannot become markup.

The table of routes comes first; what is not a pass is folded, a route each.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from html import escape

from veo_check.core.secrets import printable
from veo_check.report.model import CauseReport, Report, RouteReport
from veo_check.report.shown import (
    VERDICT_WORDS,
    caveats,
    cost_lines,
    decided,
    dollars,
    finding_said,
    monthly_total,
    reason,
    shown,
    totals,
    worst_first,
)

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~&$]|:(?=//)|(?<=www)\.|^[-+=]|(?<=^\d)[.)])")
#: GitHub's limit for a job summary is 1 MiB; stay well below it.
_LARGEST = 900_000
#: Problems of route files that are listed; the rest is counted.
_MOST_PROBLEMS = 10
_MARKS = {"ready": "✓", "not-ready": "✗", "inconclusive": "?"}


def render(report: Report) -> str:
    """Verdict, caveats, the table with its total, and what is wrong with each route."""
    report = shown(report)
    routes = worst_first(report.routes)
    lines = [f"## veo-check: {_headline(report, routes)}", ""]
    for said in caveats(report):
        lines += [f"> **{_safe(said)}**", ""]
    lines += [*_table(routes), ""] if routes else []
    lines += [f"{_safe(totals(report))} Judged on {report.as_of}, {report.mode} run.", ""]
    lines += _invalid(report)
    for route in routes:
        lines += _details(route, alone=len(routes) == 1)
    text = "\n".join(lines)
    if len(text.encode()) > _LARGEST:
        cut = text.encode()[:_LARGEST].decode(errors="ignore").rpartition("\n")[0]
        text = f"{cut}\n\n**Cut here: the report is longer than a job summary may be.**\n"
    return text


def _headline(report: Report, routes: list[RouteReport]) -> str:
    words = VERDICT_WORDS[report.verdict].partition(":")[0]
    worst = routes[0] if routes else None
    if worst is None or worst.verdict == "ready":
        return words
    name = f"{_safe(worst.name)}: " if len(routes) > 1 else ""
    return f"{words}: {name}{_safe(reason(worst))}"


def _table(routes: list[RouteReport]) -> Iterator[str]:
    yield "| route | model | $/job | $/month | verdict | decided by |"
    yield "|---|---|--:|--:|---|---|"
    for route in routes:
        quote, model = route.quote, route.model
        job = f"{Decimal(quote.expected):,.2f}" if quote else "-"
        month = f"{Decimal(quote.monthly):,.2f}" if quote and quote.monthly else "-"
        word = VERDICT_WORDS[route.verdict].partition(":")[0]
        verdict = f"{_MARKS[route.verdict]} {word}"
        name, official = _safe(route.name), _safe(model.official if model else "-")
        yield f"| {name} | {official} | {job} | {month} | {verdict} | {_safe(decided(route))} |"
    total = monthly_total(routes)
    if total is not None and len(routes) > 1:
        yield f"| **total** |  |  | **{total:,.2f}** |  |  |"


def _invalid(report: Report) -> Iterator[str]:
    for problem in report.invalid[:_MOST_PROBLEMS]:
        place = f"{problem.file}:{problem.line}:{problem.column}: {problem.path}"
        yield f"- **invalid** {_safe(place)}: {_safe(problem.message)}"
    if len(report.invalid) > _MOST_PROBLEMS:
        yield f"- and {len(report.invalid) - _MOST_PROBLEMS} more problems in route files"
    if report.invalid:
        yield ""


def _details(route: RouteReport, alone: bool) -> Iterator[str]:
    """What is not a pass of one route, folded unless it is the only one."""
    lines = list(_not_passed(route))
    word = VERDICT_WORDS[route.verdict].partition(":")[0]
    yield f"<details{' open' if alone else ''}><summary>{_html(route.name)}: {word}</summary>"
    yield ""
    yield from lines
    yield "</details>"
    yield ""


def _not_passed(route: RouteReport) -> Iterator[str]:
    yield f"File {_safe(route.file)}, target {route.target}."
    yield ""
    if (job := route.open_job) is not None:
        stake = f", {dollars(job.at_stake)} at stake" if job.at_stake else ""
        became = "may have been accepted" if job.close else "runs"
        yield f"- **job {_safe(job.job)} {became}** at {_safe(job.gateway)}{_safe(stake)}"
        yield f"  - {_safe(job.close or job.resume)}"
    if route.quote is not None:
        yield f"- cost: {_safe('; '.join(cost_lines(route)))}"
    if route.verdict == "ready" and route.valid_until:
        yield f"- valid until {route.valid_until}: {_safe(route.valid_because or '')}"
    if Decimal(route.spent):
        yield f"- spent by this run: {_safe(dollars(route.spent))}"
    for cause in route.next:
        yield from _cause(cause)
    waited = {check for cause in route.next for check in cause.blocks}
    for check in route.checks:
        if check.id not in waited:
            for finding in check.findings:
                if finding.severity != "note":
                    line = f" (line {finding.line})" if finding.line else ""
                    said = f"{_safe(finding_said(finding))} {_code(finding.code)}{line}"
                    yield f"- {check.status}: {said}"
    for waiver in route.waivers:
        said = f"{waiver.state}, until {waiver.expires}: {waiver.reason}"
        yield f"- waiver for {_safe(waiver.finding)}: {_safe(said)}"
    yield ""


def _cause(cause: CauseReport) -> Iterator[str]:
    word = "fail" if cause.kind == "failure" else "not checked"
    line = f" (line {cause.line})" if cause.line else ""
    code = f" {_code(cause.code)}" if cause.code else ""
    yield f"- **{word}**: {_safe(cause.cause)}{code}{line}"
    yield f"  - checks: {_safe(', '.join(cause.blocks))}"
    steps = [step for step in (cause.fix, cause.command) if step]
    if steps:
        yield f"  - fix: {_safe(': '.join(steps))}"


def _code(word: str) -> str:
    return f"\\[{_safe(word)}\\]"


def _html(text: str) -> str:
    """Untrusted text inside a tag of our own, where Markdown's escapes do not count."""
    one_line = " ".join(printable(text, 200).split())
    return escape(one_line).replace("@", "@\N{WORD JOINER}")


def _safe(text: str) -> str:
    """Untrusted text as plain Markdown text: escaped, one line, no mention, no link, no HTML."""
    one_line = " ".join(printable(text, 1000).split())
    # a mention is found after rendering, so an escape would not stop it; a joiner does
    return _SPECIAL.sub(r"\\\1", one_line).replace("@", "@\N{WORD JOINER}")
