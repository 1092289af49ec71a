"""`veo-check: ignore[ID] until DAY`."""

from __future__ import annotations

from datetime import date

import pytest

from veo_check.scan.ids import IdFinder
from veo_check.scan.scanner import hits_in

finder = IdFinder.of(["veo-3.1-generate-001", "sora-2"])
DAY = date(2026, 12, 31)


def untils(text: str) -> list[tuple[str, date | None, bool]]:
    """(id, the day of its ignore, whether there is an ignore at all)."""
    return [
        (hit.id, hit.ignore.until if hit.ignore else None, hit.ignore is not None)
        for hit in hits_in(text.encode(), len(text.encode()), finder)
    ]


@pytest.mark.parametrize(
    "text",
    [
        "m = 'sora-2'  # veo-check: ignore[sora-2] until 2026-12-31",
        "m = 'sora-2'  // veo-check:ignore[ sora-2 , x ]  until  2026-12-31, ticket 7",
        "<!-- veo-check: ignore[sora-2] until 2026-12-31 -->\nsora-2",
        "    # veo-check: ignore[sora-2] until 2026-12-31\n    m = 'sora-2'",
        "-- veo-check: ignore[sora-2] until 2026-12-31\r\nsora-2",
        "x # veo-check: ignore[sora-2] until 2026-01-01 veo-check: ignore[sora-2] until 2026-12-31"
        " sora-2",
    ],
)
def test_an_id_is_covered_on_the_line_and_below_a_line_of_its_own(text: str) -> None:
    assert untils(text) == [("sora-2", DAY, True)]


@pytest.mark.parametrize(
    "text",
    [
        "m = 'sora-2'  # veo-check: ignore[sora-2-pro] until 2026-12-31",
        "x = 1  # veo-check: ignore[sora-2] until 2026-12-31\nm = 'sora-2'",
        "# veo-check: ignore[sora-2] until 2026-12-31\n\nm = 'sora-2'",
        "m = 'sora-2'\n# veo-check: ignore[sora-2] until 2026-12-31",
        "m = 'sora-2'  # veo-check: ignore",
        "m = 'sora-2'  # noqa",
    ],
)
def test_anything_else_covers_nothing(text: str) -> None:
    assert untils(text) == [("sora-2", None, False)]


@pytest.mark.parametrize(
    "day", ["", " until", " until 2026-02-30", " until soon", " until 20261231"]
)
def test_a_mark_without_a_day_is_told_apart(day: str) -> None:
    assert untils(f"m = 'sora-2'  # veo-check: ignore[sora-2]{day}") == [("sora-2", None, True)]


def test_the_mark_itself_is_no_hit() -> None:
    assert untils("# veo-check: ignore[sora-2, veo-3.1-generate-001] until 2026-12-31") == []
