"""SARIF 2.1.0: findings on the lines of the route file, for code scanning."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

from veo_check.core.reading import file_uri
from veo_check.report.json import as_text
from veo_check.report.model import CheckReport, FindingReport, Report, RouteReport
from veo_check.report.shown import caveats, finding_said, shown

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVEL = {"blocker": "error", "warning": "warning", "note": "note"}
Json = dict[str, object]
#: Rules that are no finding of a check: title, why, fix.
_OWN_RULES = {
    "route-file/invalid": (
        "The route file is valid",
        "A route that cannot be read is not judged, so nothing is known about it.",
        "Correct the field that the message names; veo-check schema describes every field.",
    ),
    "not-checked": (
        "Every required check could be made",
        "Missing evidence is not a pass: what could not be checked keeps a route from being ready.",
        "Supply what the message names, then run again.",
    ),
}


def render(report: Report) -> str:
    """One SARIF run: a result a finding, and a note for each cause of what was not checked."""
    report = shown(report)
    results = [
        _result("route-file/invalid", "error", one.message, one.file, one.line, one.column)
        for one in report.invalid
    ]
    for route in report.routes:
        for check in route.checks:
            results += _findings(report, route, check)
        results += _holes(report, route)
    codes = sorted({str(result["ruleId"]) for result in results})
    texts = {rule.id: (rule.title, rule.why, rule.fix) for rule in report.rules}
    log = {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": report.tool.name,
                        "version": report.tool.version,
                        "informationUri": rules_page(),
                        "rules": [_rule(code, texts) for code in codes],
                    }
                },
                "invocations": [
                    {
                        "executionSuccessful": report.exit_code in {0, 1, 3},
                        "exitCode": report.exit_code,
                        "startTimeUtc": report.started_at,
                    }
                ],
                "columnKind": "unicodeCodePoints",
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


def rules_page() -> str:
    """The address of the page that explains every check.

    The action says where its repository is; anywhere else it is the copy in the package.
    """
    base = os.environ.get("VEO_CHECK_ACTION_PAGE", "")
    if base.startswith("https://") and base.isprintable() and " " not in base:
        return base
    package = Path(str(files("veo_check")))
    # a wheel has the page inside the package, a clone beside it
    places = (package / "checklists" / "README.md", package.parents[1] / "checklists" / "README.md")
    return next((place for place in places if place.is_file()), places[0]).as_uri()


def _rule(code: str, texts: Mapping[str, tuple[str, str, str]]) -> Json:
    check = code.partition("/")[0]
    unknown = f"veo-check checks {check} explains it."
    title, why, fix = _OWN_RULES.get(code) or texts.get(check) or (check, unknown, unknown)
    return {
        "id": code,
        "shortDescription": {"text": title or check},
        "fullDescription": {"text": _sentence(why or unknown)},
        "help": {"text": _sentence(fix or unknown)},
        "helpUri": f"{rules_page()}#{check}",
    }


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}"


def _findings(report: Report, route: RouteReport, check: CheckReport) -> list[Json]:
    results = []
    for finding in check.findings:
        if finding.severity != "note":
            result = _result(
                finding.code,
                _level(check, finding),
                _with(report, finding_said(finding)),
                route.file,
                finding.line or 1,
            )
            results.append(result | _suppression(route, check, finding))
    return results


def _holes(report: Report, route: RouteReport) -> list[Json]:
    """A cause keeps several checks from being made, and is said once."""
    notes = []
    for cause in route.next:
        if cause.kind != "failure":
            fix = f" Fix: {cause.fix}." if cause.fix else ""
            said = f"{cause.cause}. Waiting for it: {', '.join(cause.blocks)}.{fix}"
            line = cause.line or 1
            notes.append(_result("not-checked", "note", _with(report, said), route.file, line))
    return notes


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


def _with(report: Report, said: str) -> str:
    return " ".join([said, *(f"[{caveat}]" for caveat in caveats(report))])


def _result(
    rule: str, level: str, message: str, file: str, line: int, column: int | None = None
) -> Json:
    region: Json = {"startLine": max(line, 1)}
    if column and column > 0:
        region["startColumn"] = column
    place = {"artifactLocation": {"uri": file_uri(file)}, "region": region}
    return {
        "ruleId": rule,
        "level": level,
        "message": {"text": message.replace("](", "] (")},  # or it would be a link
        "locations": [{"physicalLocation": place}],
    }
