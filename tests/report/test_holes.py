"""A hole in the evidence is never shown as success, in any format."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from importlib import import_module
from itertools import pairwise
from xml.etree import ElementTree as ET

import html5lib
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from canonical_reports import AGREED, NOTE, UNPRICED, check, report, route
from veo_check.cli.output import FORMATS
from veo_check.core.findings import TargetWord
from veo_check.report.model import CheckReport, Report, StatusWord, VerdictWord
from veo_check.report.text import Look
from veo_check.report.text import render as render_text

#: item None: a check that the checklist leaves out, so that no item of the report is its own
_ITEMS = st.sampled_from(["official-model-id", "lifecycle", "pricing-unit", "left-out-item"])
_TIERS: st.SearchStrategy[TargetWord | None] = st.sampled_from(
    ["research", "staging", "production", None]
)
_STATUSES: st.SearchStrategy[StatusWord] = st.sampled_from(
    ["pass", "warn", "fail", "waived", "not-applicable", "skipped", "blocked", "error"]
)
_FINDINGS = st.lists(st.sampled_from([NOTE, AGREED, UNPRICED]), max_size=2)
_BASE = [
    check("base-a", "official-model-id"),
    check("base-b", "lifecycle"),
    check("base-c", "pricing-unit"),
]


@st.composite
def reports(draw: st.DrawFn) -> Report:
    """A report whose verdict says nothing about its checks: a format may not lean on it."""
    checks = [
        check(
            f"check-{number}",
            draw(_ITEMS),
            draw(_STATUSES),
            draw(_TIERS),
            draw(st.sampled_from([None, "a fact is missing"])),
            *draw(_FINDINGS),
        )
        for number in range(draw(st.integers(1, 4)))
    ]
    verdict: VerdictWord = draw(st.sampled_from(["ready", "not-ready", "inconclusive"]))
    return report(verdict, 0, route(verdict, "production", [*_BASE, *checks]))


def holes(made: Report) -> list[CheckReport]:
    """Required checks without evidence."""
    return [
        one
        for one in made.routes[0].checks
        if one.required_for and one.status in {"blocked", "skipped", "error"}
    ]


def text(said: str, hole: CheckReport) -> bool:
    """Short text counts holes under their cause and shows none as good; -v shows each."""
    return any(line.split()[1:] == [f"{hole.id}:", hole.status] for line in said.splitlines())


def json_(said: str, hole: CheckReport) -> bool:
    checks = json.loads(said)["routes"][0]["checks"]
    return any((one["id"], one["status"]) == (hole.id, hole.status) for one in checks)


def junit(said: str, hole: CheckReport) -> bool:
    case = next(one for one in ET.fromstring(said).iter("testcase") if one.get("name") == hole.id)
    return case.find("error") is not None


def sarif(said: str, hole: CheckReport) -> bool:
    """A hole is a note, once for its cause, and no result calls its check good."""
    results = json.loads(said)["runs"][0]["results"]
    notes = [one["message"]["text"] for one in results if one["ruleId"] == "not-checked"]
    return any(hole.id in note for note in notes)


def markdown(said: str, hole: CheckReport) -> bool:
    rows = [row for row in said.splitlines() if not row.startswith("|")]
    waits = [after for row, after in pairwise(rows) if row.startswith("- **not checked**: ")]
    return f"  - checks: {hole.id}" in waits


def github(said: str, hole: CheckReport) -> bool:
    """A blocked check has no annotation; its route has one, whatever its verdict says."""
    lines = [line for line in said.splitlines() if line.startswith(("::warning ", "::error "))]
    return any("storyboard-drafts is " in line for line in lines)


def html(said: str, hole: CheckReport) -> bool:
    page = html5lib.parse(said, namespaceHTMLElements=False)
    for one in page.iter("li"):
        spans = list(one.iter("span"))
        if one.get("class") == "check" and hole.id in "".join(one.itertext()).split():
            return spans[0].get("class", "").split()[:2] == ["badge", f"is-{hole.status}"]
    return False


def prometheus(said: str, hole: CheckReport) -> bool:
    return any(
        sample.labels["status"] == hole.status and sample.value >= 1
        for family in text_string_to_metric_families(said)
        for sample in family.samples
        if sample.name == "veo_check_required_checks"
    )


SHOWS: Mapping[str, Callable[[str, CheckReport], bool]] = {
    "text": text,
    "json": json_,
    "junit": junit,
    "sarif": sarif,
    "markdown": markdown,
    "github": github,
    "html": html,
    "prometheus": prometheus,
}


def test_every_format_is_held_to_it() -> None:
    assert set(SHOWS) == set(FORMATS)


@given(made=reports())
def test_a_hole_is_never_shown_as_success(made: Report) -> None:
    for word, shows in SHOWS.items():
        more = (Look(detail="verbose"),) if word == "text" else ()
        said = import_module(f"veo_check.report.{word}").render(made, *more)
        assert [hole.id for hole in holes(made) if not shows(said, hole)] == [], word


@given(made=reports())
def test_short_text_marks_no_item_good_that_has_a_hole(made: Report) -> None:
    open_items = {check.item for check in holes(made)}
    marks = {
        line.split(None, 1)[1].strip().split("  ")[0]: line.split()[0] for line in item_lines(made)
    }
    for item in made.routes[0].items:
        if item.id in open_items:
            assert marks[item.title[:18]] != "✓"


def item_lines(made: Report) -> list[str]:
    lines = render_text(made).splitlines()
    return [line for line in lines if line.startswith(("  ✓ ", "  ! ", "  ✗ ", "  ? ", "  - "))]
