"""How long a verdict holds."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from veo_check.core.clock import AsOf
from veo_check.core.findings import ValidUntil
from veo_check.engine.judge import Validity, passed_not_before, validity
from veo_check.reference.load import load_reference
from veo_check.routefile.load import RouteFile, load_route_file

DAY = date(2026, 11, 22)


def test_the_earliest_end_to_come_decides() -> None:
    ends = [
        ValidUntil(date(2027, 5, 4), "the model retires", model=True),
        ValidUntil(date(2026, 11, 29), "proof expires"),
        ValidUntil(date(2026, 11, 17), "a date that has passed", model=True),
    ]
    assert validity(ends, DAY) == Validity(date(2026, 11, 29), "proof expires", date(2027, 5, 4))


def test_without_ends_nothing_is_promised() -> None:
    assert validity([], DAY) == Validity(None, None, None)


def test_a_passed_or_later_day_is_shown_apart(root: Path) -> None:
    loaded = load_route_file(root / "examples" / "flatkey-veo-3.1-fast.yaml")
    assert isinstance(loaded, RouteFile)
    said = passed_not_before(loaded.route, load_reference(), AsOf(DAY, DAY))
    assert said == [
        "Google guaranteed this model only until 2026-11-17, which has passed",
        "LiteLLM lists 2026-11-17 as the earliest shutdown date; it has passed",
    ]
