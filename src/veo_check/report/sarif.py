"""SARIF 2.1.0: findings on the lines of the route file, for code scanning."""

from __future__ import annotations

from pathlib import PurePath
from urllib.parse import quote

from veo_check.core.secrets import printable
from veo_check.report.json import as_text
from veo_check.report.model import CheckReport, FindingReport, Report, RouteReport
from veo_check.report.shown import caveats, headline, is_hole, shown, verdict_line

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVEL = {"blocker": "error", "warning": "warning", "note": "note"}
_VERDICT_LEVEL = {"ready": "note", "not-ready": "error", "inconclusive": "warning"}
Json = dict[str, object]


def render(report: Report) -> str:
    """One SARIF run: a result a finding, a hole, and a verdict; rules are the finding codes."""
    report = shown(report)
    results = [_invalid(one.file, one.line, one.column, one.message) for one in report.invalid]
    for route in report.routes:
        results.append(_verdict(report, route))
        for check in route.checks:
            results += _check(report, route, check)
    codes = sorted({str(result["ruleId"]) for result in results})
    log = {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": report.tool.name,
                        "version": report.tool.version,
                        "rules": [_rule(code) for code in codes],
                    }
                },
                "invocations": [
                    {
                        "executionSuccessful": report.exit_code in {0, 1, 3},
                        "exitCode": report.exit_code,
                        "startTimeUtc": report.started_at,
                    }
                ],
                "properties": {
                    "verdict": report.verdict,
                    "as_of": report.as_of,
                    "simulated": report.simulated,
                    "hypothetical": report.hypothetical,
                },
                "results": results,
            }
        ],
    }
    return as_text(log) + "\n"


def _rule(code: str) -> Json:
    check = code.partition("/")[0]
    return {
        "id": code,
        "shortDescription": {"text": code},
        "help": {"text": f"veo-check checks {check} explains it."},
    }


def _check(report: Report, route: RouteReport, check: CheckReport) -> list[Json]:
    results = []
    for finding in check.findings:
        if finding.severity != "note":
            result = _result(
                finding.code, _level(check, finding), _message(report, finding), route.file
            )
            result["locations"] = [_location(route.file, finding.line or 1)]
            result |= _suppression(route, check, finding)
            results.append(result)
    if is_hole(check) or check.status in {"blocked", "error"}:
        why = check.reason or headline(check)
        said = "; ".join([f"{check.id} is {check.status}: {why}", *caveats(report)])
        results.append(_result(f"{check.id}/{check.status}", "warning", said, route.file))
    return results


def _level(check: CheckReport, finding: FindingReport) -> str:
    if check.status == "waived":
        return "note"
    # with --strict a warning fails its check
    return "error" if check.status == "fail" else _LEVEL[finding.severity]


def _suppression(route: RouteReport, check: CheckReport, finding: FindingReport) -> Json:
    """The waiver that covers a finding of a waived check."""
    waiver = next((one for one in route.waivers if one.finding == finding.code), None)
    if check.status != "waived" or waiver is None:
        return {}
    why = f"{waiver.reason} ({waiver.owner}, until {waiver.expires})"
    return {"suppressions": [{"kind": "external", "justification": why}]}


def _verdict(report: Report, route: RouteReport) -> Json:
    level = _VERDICT_LEVEL[route.verdict]
    return _result(f"verdict/{route.verdict}", level, verdict_line(report, route), route.file)


def _invalid(file: str, line: int, column: int, message: str) -> Json:
    result = _result("route-file/invalid", "error", printable(message, 2000), file)
    result["locations"] = [_location(file, line, column)]
    return result


def _result(rule: str, level: str, message: str, file: str) -> Json:
    return {
        "ruleId": rule,
        "level": level,
        "message": {"text": message.replace("](", "] (")},  # or it would be a link
        "locations": [_location(file, 1)],
    }


def _message(report: Report, finding: FindingReport) -> str:
    parts = [printable(finding.message, 2000)]
    parts += [f"Fix: {printable(finding.fix, 1000)}"] if finding.fix else []
    return " ".join([*parts, *(f"[{caveat}]" for caveat in caveats(report))])


def _location(file: str, line: int, column: int | None = None) -> Json:
    region: Json = {"startLine": max(line, 1)}
    if column and column > 0:
        region["startColumn"] = column
    uri = quote(PurePath(file).as_posix())
    return {"physicalLocation": {"artifactLocation": {"uri": uri}, "region": region}}
