"""Five ids that public checkers were tried with: what is said of them on two days, per surface."""

from __future__ import annotations

from datetime import date

import pytest

from veo_check.core.clock import AsOf
from veo_check.core.facts import OfficialModel, OfficialState
from veo_check.reference.lifecycle import judge_lifecycle
from veo_check.reference.load import load_reference

PREVIEW, OLD, NONSENSE = "veo-3.1-generate-preview", "veo-3.0-generate-001", "veo-9-nonsense-001"
GA, OMNI = "veo-3.1-generate-001", "gemini-omni-1.1-flash"
NEXT = "gemini-omni-1.2-flash"
GEMINI, CLOUD = "gemini-api", "agent-platform"
#: a day after the three previews were shut down, and the day of the article
NOW, THEN = date(2026, 11, 22), date(2026, 6, 17)

#: (id, surface, day) -> without live evidence, offered by Google's own listing, 404 of Google's
TABLE = {
    (PREVIEW, GEMINI, NOW): ("retired 1", "contradictory 3", "retired 1"),
    (PREVIEW, CLOUD, NOW): ("retired 1", "contradictory 3", "retired 1"),
    (OLD, GEMINI, NOW): ("retired 1", "contradictory 3", "retired 1"),
    (OLD, CLOUD, NOW): ("retired 1", "contradictory 3", "retired 1"),
    (NONSENSE, GEMINI, NOW): ("unknown 3", "unknown 3", "unknown 1"),
    (NONSENSE, CLOUD, NOW): ("unknown 3", "unknown 3", "unknown 1"),
    (GA, GEMINI, NOW): ("unknown 3", "unknown 3", "unknown 1"),
    (GA, CLOUD, NOW): ("contested 3", "contested 0", "retired 1"),
    (OMNI, GEMINI, NOW): ("retiring 1", "retiring 1", "retired 1"),
    (OMNI, CLOUD, NOW): ("unknown 3", "unknown 3", "unknown 1"),
    (PREVIEW, GEMINI, THEN): ("alive 0", "alive 0", "retired 1"),
    (PREVIEW, CLOUD, THEN): ("retired 1", "contradictory 3", "retired 1"),
    (OLD, GEMINI, THEN): ("retiring 1", "retiring 1", "retired 1"),
    (OLD, CLOUD, THEN): ("retiring 1", "retiring 1", "retired 1"),
    (NONSENSE, GEMINI, THEN): ("unknown 3", "unknown 3", "unknown 1"),
    (NONSENSE, CLOUD, THEN): ("unknown 3", "unknown 3", "unknown 1"),
    (GA, GEMINI, THEN): ("unknown 3", "unknown 3", "unknown 1"),
    (GA, CLOUD, THEN): ("alive 0", "alive 0", "retired 1"),
    (OMNI, GEMINI, THEN): ("unreleased 3", "unreleased 3", "unreleased 3"),
    (OMNI, CLOUD, THEN): ("unknown 3", "unknown 3", "unknown 1"),
}

#: (id, surface) -> the day that decides, its kind, and what replaces the id; as known today
DATES = {
    (PREVIEW, GEMINI): ("2026-10-22", "earliest", OMNI),
    (PREVIEW, CLOUD): ("2026-04-02", "exact", None),
    (OLD, GEMINI): ("2026-06-30", "earliest", PREVIEW),
    (OLD, CLOUD): ("2026-06-30", "exact", GA),
    (GA, CLOUD): ("2026-11-17", "not-before", None),
    (OMNI, GEMINI): ("2026-12-03", "earliest", NEXT),
}


def said(model: str, surface: str, day: date, live: OfficialState | None) -> str:
    """State and exit code. Live evidence counts for the clock's day, which is the day judged."""
    answer = None if live is None else OfficialModel(model, surface, live)
    judged = judge_lifecycle(load_reference(), model, surface, AsOf(day, day), answer)
    return f"{judged.state} {judged.exit_code}"


def test_the_table_is_whole() -> None:
    assert len(TABLE) == 5 * 2 * 2


@pytest.mark.parametrize(("model", "surface", "day"), TABLE)
def test_five_ids_on_two_days(model: str, surface: str, day: date) -> None:
    alone, offered, gone = TABLE[model, surface, day]
    assert said(model, surface, day, None) == alone
    assert said(model, surface, day, "offered") == offered
    assert said(model, surface, day, "not-found") == gone
    assert said(model, surface, day, "no-longer-available") == gone


@pytest.mark.parametrize(("model", "surface"), DATES)
def test_the_day_and_the_replacement_that_are_named(model: str, surface: str) -> None:
    judged = judge_lifecycle(load_reference(), model, surface, AsOf(NOW, NOW))
    shutdown = None if judged.shutdown is None else str(judged.shutdown)
    assert (shutdown, judged.kind, judged.replacement) == DATES[model, surface]


@pytest.mark.parametrize(("model", "surface", "day"), TABLE)
def test_only_a_known_living_id_is_ever_alive(model: str, surface: str, day: date) -> None:
    """Most checkers called the nonsense id alive: nothing bad was found about it."""
    alive = [cell for cell in TABLE[model, surface, day] if cell.endswith(" 0")]
    known = load_reference().lifecycle(model, surface)
    assert bool(known) or not alive
