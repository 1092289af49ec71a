"""Every bundled Veo row against the real pages and LiteLLM's map: mended, or listed with a reason.

The parsers here are the test's own, and cruder than the product's, so that one does not confirm
the other's mistakes.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import pytest

from veo_check.reference.load import load_reference
from veo_check.reference.rows import LifecycleRow

DEPRECATIONS_OCTOBER = "google-deprecations-2026-10.md.txt"
DEPRECATIONS_AUGUST = "google-deprecations-2026-08-01.html"
VERSIONS_AUGUST = "agent-platform-model-versions-2026-08-01.html"
LITELLM = "litellm-video-prices-1.110.2.json"

#: file -> (surface, source id in the bundle)
CAPTURES = {
    DEPRECATIONS_OCTOBER: ("gemini-api", "google-deprecations-2026-10"),
    DEPRECATIONS_AUGUST: ("gemini-api", "google-deprecations-2026-08"),
    VERSIONS_AUGUST: ("agent-platform", "google-versions-2026-08"),
}

#: LiteLLM lists it, the bundle has no row of LiteLLM's for it, and why.
LITELLM_LEFT_OUT = {
    ("gemini-api", "veo-3.1-generate-001"): "Google never listed it on the Gemini API",
    ("gemini-api", "veo-3.1-fast-generate-001"): "Google never listed it on the Gemini API",
    ("agent-platform", "veo-3.1-generate-preview"): "no date there; removed 2026-04-02 by Google",
    ("agent-platform", "veo-3.1-fast-generate-preview"): "no date; removed 2026-04-02 by Google",
    ("agent-platform", "veo-3.1-lite-generate-001"): "no date there: a list that prints none "
    "does not say that the vendor offers it",
    ("agent-platform", "gemini-omni-1.1-flash"): "no date there; no official page was read",
    ("agent-platform", "gemini-omni-1.1-flash-preview"): "LiteLLM alone knows the id; no date",
    ("gemini-api", "gemini-omni-1.2-flash"): "no date there",
    ("agent-platform", "gemini-omni-1.2-flash"): "no date there",
}

#: (surface, id) -> LiteLLM's day, Google's day, why both are kept
LITELLM_DIFFERS = {
    ("gemini-api", "gemini-omni-flash-preview"): (
        date(2026, 10, 22),
        date(2026, 9, 30),
        "Google's table of 2026-09-24 said September 30; later copies have no such row",
    ),
    ("gemini-api", "gemini-omni-1.1-flash"): (
        date(2026, 12, 3),
        None,
        "Google's page of October had no date yet; LiteLLM cites that page on 2026-11-30",
    ),
    ("agent-platform", "gemini-omni-flash-preview"): (
        date(2026, 11, 6),
        None,
        "on its own model page alone, which says 'deprecated as of' and no more",
    ),
}

#: bundled Veo rows (surface, id) that stand in none of the captured tables, and why
NOT_CAPTURED = {
    ("agent-platform", "veo-3.0-generate-preview"): "removed 2026-04-02, before the capture",
    ("agent-platform", "veo-3.0-fast-generate-preview"): "removed 2026-04-02, before the capture",
    ("agent-platform", "veo-3.1-generate-preview"): "removed 2026-04-02, before the capture",
    ("agent-platform", "veo-3.1-fast-generate-preview"): "removed 2026-04-02, before the capture",
    ("agent-platform", "veo-2.0-generate-exp"): "known from SDKs alone, retired",
    ("agent-platform", "veo-2.0-generate-preview"): "known from SDKs alone, retired",
    ("agent-platform", "veo-3.1-lite-generate-001"): "a preview, in no versions table; offered by "
    "the generation page of November 2026",
}


@dataclass(frozen=True)
class Printed:
    """One table row as the page prints it."""

    model: str
    released: date
    shutdown: date | None
    or_later: bool
    replacement: str | None


@pytest.fixture(scope="module")
def real(shared: Path) -> Path:
    return shared / "real"


def _day(text: str) -> date:
    return datetime.strptime(text, "%B %d, %Y").date()  # noqa: DTZ007 - a day has no zone


def _printed(cells: list[str]) -> Printed:
    model, released, shutdown, replacement = cells
    named = re.search(r"(?:veo|gemini)-[\w.-]+", replacement)
    return Printed(
        model,
        _day(released),
        None if shutdown.endswith("date announced") else _day(shutdown.removesuffix(" or later")),
        shutdown.endswith(" or later"),
        None if named is None else named[0],
    )


def _cells(path: Path) -> Iterator[list[str]]:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".html":
        for table_row in re.findall(r"<tr.*?</tr>", text, re.S):
            yield [
                " ".join(html.unescape(re.sub(r"<[^>]+>", " ", cell)).split())
                for cell in re.findall(r"<td[^>]*>(.*?)</td>", table_row, re.S)
            ]
    else:
        for line in text.splitlines():
            if line.startswith("| `"):
                yield [cell.strip().strip("`").strip() for cell in line[1:-1].split("|")]


def _veo_rows(path: Path) -> dict[str, Printed]:
    found = {
        cells[0]: _printed(cells)
        for cells in _cells(path)
        if len(cells) == 4 and cells[0].startswith(("veo-", "gemini-omni"))
    }
    assert found, f"{path.name} holds no row"
    return found


def _bundled(source: str) -> dict[str, LifecycleRow]:
    return {
        one.model: one
        for one in load_reference().lifecycle_rows
        if one.id == f"life:{one.surface}:{one.model}:{source}"
    }


def _as_printed(one: LifecycleRow) -> Printed:
    assert one.released is not None
    return Printed(one.model, one.released, one.shutdown, one.kind == "not-before", one.replacement)


@pytest.mark.parametrize("name", CAPTURES)
def test_the_bundle_says_what_the_captured_page_says(real: Path, name: str) -> None:
    surface, source = CAPTURES[name]
    bundled = _bundled(source)
    assert {model: _as_printed(one) for model, one in bundled.items()} == _veo_rows(real / name)
    assert {one.surface for one in bundled.values()} == {surface}


@pytest.mark.parametrize("name", CAPTURES)
def test_a_captured_reading_carries_the_kind_of_its_page(name: str) -> None:
    surface, source = CAPTURES[name]
    kinds = {one.kind for one in _bundled(source).values()}
    firm = {"earliest"} if surface == "gemini-api" else {"exact", "not-before"}
    assert kinds <= firm | {"none-announced"}
    assert kinds & firm


def test_every_bundled_veo_id_is_on_a_captured_page_or_listed(real: Path) -> None:
    captured = {
        (surface, model)
        for name, (surface, _) in CAPTURES.items()
        for model in _veo_rows(real / name)
    }
    bundled = {
        (one.surface, one.model)
        for one in load_reference().lifecycle_rows
        if one.model.startswith("veo-")
    }
    assert bundled - captured == set(NOT_CAPTURED)
    assert captured <= bundled | {("gemini-api", "gemini-omni-1.1-flash")}


def _litellm(path: Path) -> dict[tuple[str, str], date | None]:
    surfaces = {
        "gemini": "gemini-api",
        "vertex_ai": "agent-platform",
        "vertex_ai-video-models": "agent-platform",
        "vertex_ai-language-models": "agent-platform",
    }
    found: dict[tuple[str, str], date | None] = {}
    for name, one in json.loads(path.read_text(encoding="utf-8")).items():
        model = name.rpartition("/")[2]
        surface = surfaces.get(one["litellm_provider"])
        if surface and model.startswith(("veo-", "gemini-omni")):
            day = one.get("deprecation_date")
            found[surface, model] = None if day is None else date.fromisoformat(day)
    assert found
    return found


def _litellm_in_bundle() -> dict[tuple[str, str], date | None]:
    return {
        (one.surface, one.model): one.shutdown
        for one in load_reference().lifecycle_rows
        if one.source.publisher == "litellm" and one.surface != "openai"
    }


def test_the_bundle_holds_every_day_that_litellm_prints_or_lists_why_not(real: Path) -> None:
    printed = _litellm(real / LITELLM)
    kept = {key: day for key, day in printed.items() if key not in LITELLM_LEFT_OUT}
    assert _litellm_in_bundle() == kept
    assert LITELLM_LEFT_OUT.keys() <= printed.keys()
    assert [key for key in LITELLM_LEFT_OUT if printed[key] is not None] == []


def _google_day(rows: Iterable[LifecycleRow]) -> date | None:
    dated = [row for row in rows if row.source.publisher == "google" and row.shutdown is not None]
    newest = max(dated, key=lambda row: row.source.confirmed, default=None)
    return None if newest is None else newest.shutdown


def test_where_litellm_and_google_differ_is_listed_with_its_reason() -> None:
    reference = load_reference()
    differing = {
        (surface, model): (day, _google_day(reference.lifecycle(model, surface)))
        for (surface, model), day in _litellm_in_bundle().items()
        if day != _google_day(reference.lifecycle(model, surface))
    }
    assert differing == {key: value[:2] for key, value in LITELLM_DIFFERS.items()}
