"""JUnit XML: one suite a route, one case a check, so that CI shows what is missing.

A hole in the evidence of a required check is an `<error>`: `<skipped>` would look like success.
"""

from __future__ import annotations

import re
from decimal import Decimal
from xml.etree import ElementTree as ET

from veo_check.report.model import CheckReport, ProblemReport, Report, RouteReport
from veo_check.report.shown import (
    caveats,
    details,
    headline,
    is_hole,
    not_a_command,
    shown,
    verdict_line,
)

#: Characters that XML 1.0 cannot hold, even escaped.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(report: Report) -> str:
    """The run as JUnit XML (the common Ant schema)."""
    report = shown(report)
    root = ET.Element("testsuites")
    suites = [_suite(report, route) for route in report.routes]
    if report.invalid:
        suites.append(_invalid(report))
    for number, suite in enumerate(suites):
        suite.set("id", str(number))
        suite.set("package", "veo-check")
        root.append(suite)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, "unicode") + "\n"


def _suite(report: Report, route: RouteReport) -> ET.Element:
    suite = _empty_suite(report, route.name)
    for name, value in (
        ("file", route.file),
        ("target", route.target),
        ("tier", route.tier),
        ("verdict", route.verdict),
        ("as_of", report.as_of),
        ("simulated", str(report.simulated).lower()),
        ("valid_until", route.valid_until or "unknown"),
        ("spent_usd", route.spent),
    ):
        ET.SubElement(suite[0], "property", name=name, value=_text(value))
    classname = f"veo-check.{route.name}"
    cases = [_verdict_case(report, route, classname)]
    cases += [_case(check, classname) for check in route.checks]
    total = Decimal(sum(check.duration_ms for check in route.checks)) / 1000
    _close(suite, cases, total, [*caveats(report), *_remarks(route)])
    return suite


def _remarks(route: RouteReport) -> list[str]:
    """What a test case cannot carry: the format knows no warning and no accepted failure."""
    loud = [check for check in route.checks if check.status in {"warn", "waived"}]
    return [f"{one.id} {one.status}: {headline(one)}" for one in loud]


def _verdict_case(report: Report, route: RouteReport, classname: str) -> ET.Element:
    case = ET.Element("testcase", name="verdict", classname=_text(classname), time="0")
    if route.verdict != "ready":
        kind = "failure" if route.verdict == "not-ready" else "error"
        said = _text(verdict_line(report, route))
        ET.SubElement(case, kind, message=said, type=route.verdict).text = said
    return case


def _case(check: CheckReport, classname: str) -> ET.Element:
    seconds = f"{Decimal(check.duration_ms) / 1000:f}"
    case = ET.Element("testcase", name=check.id, classname=_text(classname), time=seconds)
    kind = None
    if check.status == "fail":
        kind = "failure"
    elif check.status in {"error", "blocked"} or is_hole(check):
        kind = "error"
    if kind is not None:
        element = ET.SubElement(case, kind, message=_text(headline(check)), type=check.status)
        element.text = _text("\n".join(not_a_command(detail) for detail in details(check)))
    elif check.status == "skipped":
        ET.SubElement(case, "skipped", message=_text(headline(check)))
    return case


def _invalid(report: Report) -> ET.Element:
    suite = _empty_suite(report, "invalid route files")
    _close(suite, [_problem(one) for one in report.invalid], Decimal(0), caveats(report))
    return suite


def _problem(problem: ProblemReport) -> ET.Element:
    place = f"{problem.file}:{problem.line}:{problem.column}"
    case = ET.Element("testcase", name=_text(place), classname="veo-check.invalid", time="0")
    said = _text(f"{place}: {problem.path}: {problem.message}")
    ET.SubElement(case, "error", message=said, type="invalid").text = said
    return case


def _empty_suite(report: Report, name: str) -> ET.Element:
    suite = ET.Element("testsuite", name=_text(name) or "route", hostname="localhost")
    suite.set("timestamp", report.started_at.removesuffix("Z")[:19])
    ET.SubElement(suite, "properties")
    return suite


def _close(suite: ET.Element, cases: list[ET.Element], seconds: Decimal, notes: list[str]) -> None:
    suite.extend(cases)
    suite.set("tests", str(len(cases)))
    for plural, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(plural, str(sum(case.find(tag) is not None for case in cases)))
    suite.set("time", f"{seconds:f}")
    ET.SubElement(suite, "system-out").text = _text(
        "\n".join(not_a_command(note) for note in notes)
    )
    ET.SubElement(suite, "system-err")


def _text(value: str) -> str:
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", value)
