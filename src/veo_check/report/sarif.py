"""SARIF 2.1.0: findings on the lines of the route file, for code scanning."""

from __future__ import annotations

import json
from pathlib import PurePath
from urllib.parse import quote

from veo_check.core.printable import printable
from veo_check.report.model import CheckReport, FindingReport, Report, RouteReport
from veo_check.report.words import caveats, headline, is_hole, verdict_line

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVEL = {"blocker": "error", "warning": "warning", "note": "note"}
_VERDICT_LEVEL = {"ready": "note", "not-ready": "error", "inconclusive": "warning"}
Json = dict[str, object]


def render(report: Report) -> str:
    """One SARIF run: a result a finding, a hole, and a verdict; rules are the finding codes."""
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
                        "executionSuccessful": report.exit_code in {0, 1, 2, 3},
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
    return json.dumps(log, indent=2, ensure_ascii=True) + "\n"


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
            level = "note" if check.status == "waived" else _LEVEL[finding.severity]
            result = _result(finding.code, level, _message(report, finding), route.file)
            result["locations"] = [_location(route.file, finding.line or 1)]
            results.append(result)
    if not results and (is_hole(check) or check.status in {"blocked", "error"}):
        said = "; ".join([f"{check.id} is {check.status}: {headline(check)}", *caveats(report)])
        results.append(_result(f"{check.id}/{check.status}", "warning", said, route.file))
    return results


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
        "message": {"text": message},
        "locations": [_location(file, 1)],
    }


def _message(report: Report, finding: FindingReport) -> str:
    parts = [printable(finding.message, 2000)]
    parts += [f"Fix: {printable(finding.fix, 1000)}"] if finding.fix else []
    return " ".join([*parts, *(f"[{one}]" for one in caveats(report))])


def _location(file: str, line: int, column: int | None = None) -> Json:
    region: Json = {"startLine": max(line, 1)}
    if column and column > 0:
        region["startColumn"] = column
    uri = quote(PurePath(file).as_posix())
    return {"physicalLocation": {"artifactLocation": {"uri": uri}, "region": region}}
