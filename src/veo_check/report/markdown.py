"""Markdown for a job summary or a pull-request comment. Untrusted text cannot become markup."""

from __future__ import annotations

import re
from collections.abc import Iterator

from veo_check.core.secrets import printable
from veo_check.report.model import CheckReport, Report, RouteReport
from veo_check.report.shown import (
    VERDICT_WORDS,
    by_item,
    caveats,
    cost_lines,
    headline,
    next_steps,
    shown,
)

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~&$]|:(?=//)|(?<=www)\.|^[-+=]|(?<=^\d)[.)])")
#: GitHub's limit for a job summary is 1 MiB; stay well below it.
_LARGEST = 900_000
_LOUD = frozenset({"fail", "error", "blocked", "warn", "waived", "skipped"})


def render(report: Report) -> str:
    """Headline, caveats, and a table of checks for each route."""
    report = shown(report)
    lines = [f"## veo-check: {VERDICT_WORDS[report.verdict]}", ""]
    for said in caveats(report):
        lines += [f"> **{_safe(said)}**", ""]
    lines += [f"Judged on {report.as_of}; exit code {report.exit_code}; mode {report.mode}.", ""]
    for problem in report.invalid:
        place = f"{problem.file}:{problem.line}:{problem.column}: {problem.path}"
        lines.append(f"- **invalid** {_safe(place)}: {_safe(problem.message)}")
    if report.invalid:
        lines.append("")
    for route in report.routes:
        lines += [*_route(route), ""]
    text = "\n".join(lines)
    if len(text.encode()) > _LARGEST:
        cut = text.encode()[:_LARGEST].decode(errors="ignore").rpartition("\n")[0]
        text = f"{cut}\n\n**Cut here: the report is longer than a job summary may be.**\n"
    return text


def _route(route: RouteReport) -> Iterator[str]:
    yield f"### {_safe(route.name)}"
    yield ""
    yield (
        f"**{VERDICT_WORDS[route.verdict]}** for {route.target}; evidence reaches {route.tier}. "
        f"File {_safe(route.file)}."
    )
    yield ""
    yield from _facts(route)
    yield "| item | check | needed for | status | what it says |"
    yield "|---|---|---|---|---|"
    for number, (_, checks) in enumerate(by_item(route), start=1):
        for check in checks:
            yield _row(number, check)
    fixes = next_steps(route)[:10]
    if fixes:
        yield ""
        yield "**Next**"
        yield ""
        yield from (f"{number}. {_safe(fix)}" for number, fix in enumerate(fixes, start=1))


def _facts(route: RouteReport) -> Iterator[str]:
    if route.quote:
        yield f"- cost: {_safe('; '.join(cost_lines(route)))}"
    if route.valid_until:
        yield f"- holds until {route.valid_until}: {_safe(route.valid_because or '')}"
    if route.model_until:
        yield f"- the model's own date: {route.model_until}"
    yield f"- spent by this run: {route.spent} USD"
    yield ""


def _row(number: int, check: CheckReport) -> str:
    status = f"**{check.status}**" if check.status in _LOUD else check.status
    said = _safe(headline(check)) if check.status in _LOUD or check.reason else ""
    return f"| {number} | {_safe(check.id)} | {check.required_for or 'note'} | {status} | {said} |"


def _safe(text: str) -> str:
    """Untrusted text as plain Markdown text: escaped, one line, no mention, no link, no HTML."""
    one_line = " ".join(printable(text, 1000).split())
    # a mention is found after rendering, so an escape would not stop it; a joiner does
    return _SPECIAL.sub(r"\\\1", one_line).replace("@", "@\N{WORD JOINER}")
