"""GitHub annotations: workflow commands that mark the lines of the route file."""

from __future__ import annotations

from veo_check.report.model import CheckReport, FindingReport, Report, RouteReport
from veo_check.report.shown import caveats, headline, is_hole, shown, verdict_line

_LEVEL = {"blocker": "error", "warning": "warning", "note": "notice"}


def render(report: Report) -> str:
    """One annotation a finding that is not a mere note, one a hole, and one a verdict."""
    report = shown(report)
    lines = [
        _command("error", one.message, one.file, one.line, one.column, f"invalid: {one.path}")
        for one in report.invalid
    ]
    for route in report.routes:
        for check in route.checks:
            lines += _check(report, route, check)
        level = {"ready": "notice", "not-ready": "error", "inconclusive": "warning"}[route.verdict]
        lines.append(_command(level, verdict_line(report, route), route.file, 1, None, "veo-check"))
    return "".join(f"{line}\n" for line in lines)


def _check(report: Report, route: RouteReport, check: CheckReport) -> list[str]:
    said = "".join(f" [{caveat}]" for caveat in caveats(report))
    lines = [
        _command(
            _level(check, finding),
            f"{finding.message}{said}" + (f" Fix: {finding.fix}" if finding.fix else ""),
            route.file,
            finding.line or 1,
            None,
            finding.code,
        )
        for finding in check.findings
        if finding.severity != "note"
    ]
    if is_hole(check) or check.status in {"error", "blocked"}:
        title = f"{check.id} {check.status}"
        why = check.reason or headline(check)
        lines.append(_command("warning", why + said, route.file, 1, None, title))
    return lines


def _level(check: CheckReport, finding: FindingReport) -> str:
    if check.status == "waived":
        return "warning"
    # with --strict a warning fails its check
    return "error" if check.status == "fail" else _LEVEL[finding.severity]


def _command(level: str, message: str, file: str, line: int, column: int | None, title: str) -> str:
    place = f"file={_property(file)},line={line}" + (f",col={column}" if column else "")
    return f"::{level} {place},title={_property(title)}::{_data(message)}"


def _data(text: str) -> str:
    """Escape as the runner unescapes; line breaks and other controls cannot end the command."""
    kept = "".join(char for char in text if char in "\r\n\t" or char.isprintable())
    return kept[:4000].replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
