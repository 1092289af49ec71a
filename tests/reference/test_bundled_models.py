"""What the bundled model rows amount to on 2026-11-30, and that they hang together."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from veo_check.core.clock import AsOf
from veo_check.reference import load
from veo_check.reference.lifecycle import LifecycleJudgement, judge_lifecycle, successors
from veo_check.reference.load import load_reference

DAY = date(2026, 11, 30)
TODAY = AsOf(DAY, DAY)
DATA = Path(load.__file__).parent / "data"

STATES = {
    "agent-platform": {
        "gemini-omni-1.1-flash-preview": "stale",
        "gemini-omni-1.2-flash": "alive",
        "gemini-omni-flash-preview": "contested",
        "veo-2.0-generate-001": "retired",
        "veo-2.0-generate-exp": "retired",
        "veo-2.0-generate-preview": "retired",
        "veo-3.0-fast-generate-001": "retired",
        "veo-3.0-fast-generate-preview": "retired",
        "veo-3.0-generate-001": "retired",
        "veo-3.0-generate-preview": "retired",
        "veo-3.1-fast-generate-001": "contested",
        "veo-3.1-fast-generate-preview": "retired",
        "veo-3.1-generate-001": "contested",
        "veo-3.1-generate-preview": "retired",
        "veo-3.1-lite-generate-001": "alive",
    },
    "byteplus": {"seedance-1-5-pro-251215": "retired"},
    "gemini-api": {
        "gemini-omni-1.1-flash": "retiring",
        "gemini-omni-1.2-flash": "alive",
        "gemini-omni-flash-preview": "retired",
        "veo-2.0-generate-001": "retired",
        "veo-3.0-fast-generate-001": "retired",
        "veo-3.0-fast-generate-preview": "retired",
        "veo-3.0-generate-001": "retired",
        "veo-3.0-generate-preview": "retired",
        "veo-3.1-fast-generate-preview": "retired",
        "veo-3.1-generate-preview": "retired",
        "veo-3.1-lite-generate-preview": "retired",
    },
    "openai": {
        "sora-2": "retired",
        "sora-2-2025-10-06": "retired",
        "sora-2-2025-12-08": "retired",
        "sora-2-pro": "retired",
        "sora-2-pro-2025-10-06": "retired",
    },
}


@pytest.mark.parametrize("surface", STATES)
def test_states_on_the_day_of_the_data(surface: str) -> None:
    reference = load_reference()
    assert {
        model: judge_lifecycle(reference, model, surface, TODAY).state
        for model in reference.models(surface)
    } == STATES[surface]


def test_the_contested_veo_shows_every_published_day() -> None:
    for model in ("veo-3.1-generate-001", "veo-3.1-fast-generate-001"):
        judged = judge_lifecycle(load_reference(), model, "agent-platform", TODAY)
        days = {(one.source.publisher, str(one.shutdown), one.kind) for one in judged.dated}
        assert days == {
            ("google", "2026-11-17", "not-before"),
            ("litellm", "2026-11-17", "not-before"),
        }


def test_omni_1_1_ends_and_is_rerouted() -> None:
    """Who says so, on the days before and after, and what a job served by it would mean."""

    def on(day: date, served: bool = False) -> LifecycleJudgement:
        judging = AsOf(day, day)
        return judge_lifecycle(
            load_reference(), "gemini-omni-1.1-flash", "gemini-api", judging, served=served
        )

    before, after = on(DAY), on(date(2026, 12, 10))
    assert (before.state, before.shutdown) == ("retiring", date(2026, 12, 3))
    assert (after.state, after.weight, after.exit_code) == ("rerouted", "fail-at-staging", 1)
    assert after.reroutes_to == after.replacement == "gemini-omni-1.2-flash"
    assert after.reasons == (
        "Since 2026-12-03, its requests are answered by gemini-omni-1.2-flash, at that model's "
        "price (source: framy).",
        "LiteLLM gives the same day. No page of the vendor says so: only a job shows which model "
        "answers.",
    )
    served = on(date(2026, 12, 10), served=True)
    assert (served.state, served.weight, served.exit_code) == (
        "contradictory",
        "fail-at-production",
        3,
    )


@pytest.mark.parametrize(
    ("model", "last"),
    [
        ("veo-2.0-generate-001", "gemini-omni-1.2-flash"),
        ("veo-3.0-fast-generate-preview", "gemini-omni-1.2-flash"),
        ("veo-3.1-generate-preview", "gemini-omni-1.2-flash"),
    ],
)
def test_every_retired_veo_of_the_gemini_api_leads_to_a_living_successor(
    model: str, last: str
) -> None:
    reference = load_reference()
    steps = successors(reference, judge_lifecycle(reference, model, "gemini-api", TODAY), TODAY)
    assert (steps[-1].model, steps[-1].state) == (last, "alive")


def test_a_notice_of_four_weeks_was_all_there_was() -> None:
    """Judged a day after the captured page of September, with what is known since."""
    day = date(2026, 9, 25)
    judged = judge_lifecycle(
        load_reference(), "veo-3.1-generate-preview", "gemini-api", AsOf(day, day)
    )
    assert (judged.state, judged.shutdown) == ("retiring", date(2026, 10, 22))


def test_every_model_has_a_capability_row_on_every_surface_and_no_other_has() -> None:
    reference = load_reference()
    known = {(one.model, one.surface) for one in reference.lifecycle_rows}
    here = {(row.model, row.surface) for row in reference.capabilities}
    without = {
        ("seedance-1-5-pro-251215", "byteplus"),  # retired, as the next two
        ("veo-2.0-generate-exp", "agent-platform"),
        ("veo-2.0-generate-preview", "agent-platform"),
        ("gemini-omni-flash-preview", "agent-platform"),  # its page is not one that is read
    }
    assert here == known - without


def test_no_reading_was_confirmed_after_the_data_was_put_together() -> None:
    reference = load_reference()
    sources = [one.source for one in reference.lifecycle_rows]
    sources += [one.source for one in reference.capabilities]
    assert max(one.confirmed for one in sources) <= reference.compiled
    assert all((one.page_date or one.confirmed) <= one.confirmed for one in sources)


def test_row_ids_say_what_the_row_is_and_every_source_is_used() -> None:
    for name, section in (("lifecycle", "life"), ("capabilities", "cap")):
        content = json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))
        rows = content[name]
        assert [one["id"] for one in rows] == [
            f"{section}:{one['surface']}:{one['model']}:{one['source']}" for one in rows
        ]
        assert {one["source"] for one in rows} == set(content["sources"])


def test_a_row_is_a_line_that_a_person_can_read() -> None:
    for name in ("lifecycle.json", "capabilities.json"):
        lines = (DATA / name).read_text(encoding="utf-8").splitlines()
        assert max(map(len, lines)) < 1000
        assert sum(line.startswith("    {") for line in lines) > 20
