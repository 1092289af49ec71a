"""Sentences that several formats print the same way."""

from __future__ import annotations

from veo_check.core.printable import printable
from veo_check.report.model import (
    CheckReport,
    FindingReport,
    ItemReport,
    Report,
    RouteReport,
    StatusWord,
)

VERDICT_WORDS = {
    "ready": "ready",
    "not-ready": "not ready",
    "inconclusive": "inconclusive: nothing failed, but evidence is missing",
}
#: Statuses that are neither success nor a finding: a hole in the evidence.
HOLES = frozenset({"blocked", "error", "skipped"})
_WORST_FIRST: tuple[StatusWord, ...] = (
    "error",
    "fail",
    "blocked",
    "skipped",
    "waived",
    "warn",
    "pass",
    "not-applicable",
)
_ORDER = {"blocker": 0, "warning": 1, "note": 2}


def headline(check: CheckReport) -> str:
    """One line of text for a check: its heaviest finding, else the reason, else its status."""
    findings = sorted(check.findings, key=lambda one: _ORDER[one.severity])
    if findings and (findings[0].severity != "note" or check.reason is None):
        return printable(findings[0].message, 1000)
    return printable(check.reason or check.status, 1000)


def details(check: CheckReport) -> list[str]:
    """Everything a check says, one line each: reason, findings, wanted and found, fix."""
    lines = [printable(check.reason, 2000)] if check.reason else []
    for finding in check.findings:
        lines += [f"{finding.severity} {finding.code}: {printable(finding.message, 2000)}"]
        lines += _more(finding)
    return lines


def _more(finding: FindingReport) -> list[str]:
    lines = []
    if finding.expected is not None or finding.actual is not None:
        wanted, found = finding.expected or "-", finding.actual or "-"
        lines.append(f"  wanted {printable(wanted, 300)}; found {printable(found, 300)}")
    if finding.fix:
        lines.append(f"  fix: {printable(finding.fix, 1000)}")
    return lines


def by_item(route: RouteReport) -> list[tuple[ItemReport, list[CheckReport]]]:
    """Each item with its checks. What a checklist leaves out comes last, under its item's id: a
    required check that did not run is shown, whatever the list says."""
    known = {item.id for item in route.items}
    left: dict[str, list[CheckReport]] = {}
    for check in route.checks:
        if check.item not in known:
            left.setdefault(check.item, []).append(check)
    return [
        *((item, [one for one in route.checks if one.item == item.id]) for item in route.items),
        *(
            (ItemReport(id=item, title=item, status=_worst(checks)), checks)
            for item, checks in left.items()
        ),
    ]


def _worst(checks: list[CheckReport]) -> StatusWord:
    return min((one.status for one in checks), key=_WORST_FIRST.index)


def is_hole(check: CheckReport) -> bool:
    """Whether a required check is missing evidence; formats never show that as success."""
    return check.required_for is not None and check.status in HOLES


def simulated_by(report: Report) -> str:
    """What makes a run a simulated one."""
    if report.scenario is None:
        return "the key is a sandbox's"
    return f"sandbox scenario {printable(report.scenario, 100)}"


def caveats(report: Report) -> list[str]:
    """What a reader must know before the verdict: simulated, hypothetical, interrupted."""
    said = []
    if report.simulated:
        said.append(f"SIMULATED ({simulated_by(report)}): nothing here speaks of a real route")
    if report.hypothetical:
        said.append(f"HYPOTHETICAL: judged as if today were {report.as_of}")
    if report.interrupted:
        said.append("INTERRUPTED: what was not learned by then is blocked")
    return said


def verdict_line(report: Report, route: RouteReport) -> str:
    """The verdict of one route in one sentence, its caveats included."""
    name = printable(route.name, 200)
    line = f"{name} is {VERDICT_WORDS[route.verdict]} (target {route.target}, tier {route.tier})"
    return "; ".join([line, *caveats(report)])
