"""A verdict over old facts: unknown without live evidence, mended by `refresh`, and no more."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from official_pages import versions_md
from veo_check.core.clock import SystemClock
from veo_check.reference.load import bundled_document
from veo_check.refresh.upkeep import as_text

Run = Callable[..., Any]
DAY = date(2026, 11, 30)
LITE = "veo-3.1-lite-generate-001"

RESEARCH = f"""\
version: 1
route: {{name: look-round, target: research, owner: {{team: research}}}}
via:
  gateway: google
  endpoint: predict-long-running
  model: {LITE}
  project: research-1
  location: us-central1
  key: {{env: GOOGLE_ACCESS_TOKEN, owner: research, scope: non-production}}
model: {{official: {LITE}, surface: agent-platform}}
request: {{mode: text-to-video, seconds: 8, resolution: 720p, aspect_ratio: "16:9", audio: true}}
"""


@pytest.fixture
def reference(tmp_path: Path) -> Callable[[int], Path]:
    """`reference(60)`: the bundled rows, every one last confirmed 60 days ago."""

    def write(days: int) -> Path:
        document = json.loads(json.dumps(bundled_document()))
        for source in document["sources"].values():
            source["confirmed"] = (DAY - timedelta(days=days)).isoformat()
            source.pop("page_date", None)
        file = tmp_path / f"reference-{days}.json"
        file.write_text(as_text(document), encoding="utf-8")
        return file

    return write


@pytest.fixture
def research(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A research route, judged at noon of the day."""
    noon = datetime(DAY.year, DAY.month, DAY.day, 12, tzinfo=UTC)
    monkeypatch.setattr(SystemClock, "now", lambda _: noon)
    route = tmp_path / "route.yaml"
    route.write_text(RESEARCH, encoding="utf-8")
    return route


def offline(veo: Run, route: Path, reference: Path, *options: str) -> Any:
    return veo("run", route, "--offline", "--reference", reference, "-o", "json", *options)


def statuses(ran: Any, *checks: str) -> tuple[str, ...]:
    return tuple(ran.checks[check]["status"] for check in checks)


def test_a_ready_research_route_is_inconclusive_over_a_reference_60_days_old(
    veo: Run, research: Path, reference: Callable[[int], Path]
) -> None:
    ready = offline(veo, research, reference(0))
    assert (ready.code, ready.report["verdict"]) == (0, "ready")
    old = offline(veo, research, reference(60))
    assert (old.code, old.report["verdict"]) == (3, "inconclusive")
    assert statuses(old, "model-lifecycle", "reference-fresh") == ("blocked", "blocked")
    reason = old.checks["reference-fresh"]["reason"]
    assert reason == (
        "1 of 1 lifecycle fact is too old: the oldest was last confirmed 60 days ago, on "
        "2026-10-01; more than 45 days are too much for a lifecycle fact: run veo-check "
        "refresh, or update veo-check"
    )
    # prices last longer, and the person who runs it may decide otherwise
    assert statuses(old, "price-known", "price-fresh") == ("pass", "warn")
    assert offline(veo, research, reference(60), "--max-age", "60").code == 0
    assert offline(veo, research, reference(10), "--max-age", "9").code == 3


@pytest.mark.parametrize(("days", "code"), [(14, 0), (15, 0), (45, 0), (46, 3)])
def test_the_verdict_turns_on_the_day_after_the_limit(
    days: int, code: int, veo: Run, research: Path, reference: Callable[[int], Path]
) -> None:
    ran = offline(veo, research, reference(days))
    assert ran.code == code
    aging = "reference-fresh/lifecycle-aging" in ran.codes
    assert aging == (14 < days <= 45)


def test_refresh_mends_what_it_says_it_mends(
    veo: Run, research: Path, reference: Callable[[int], Path], tmp_path: Path
) -> None:
    page, old = tmp_path / "versions.md.txt", reference(60)
    row = (LITE, "March 31, 2026", "No retirement date announced", "")
    page.write_bytes(versions_md([row]))
    assert offline(veo, research, old).code == 3
    assert veo("refresh", "--versions", page, "--write", old).code == 0
    mended = offline(veo, research, old)
    assert (mended.code, mended.report["verdict"]) == (0, "ready")
    # the page drops the row again
    page.write_bytes(versions_md())
    assert veo("refresh", "--versions", page, "--write", old).code == 0
    gone = offline(veo, research, old)
    assert (gone.code, gone.report["verdict"]) == (3, "inconclusive")
    assert "no longer lists it, read on 2026-11-30" in gone.checks["model-lifecycle"]["reason"]


def test_a_proof_keeps_a_production_route_alive_and_its_old_dates_warn(
    veo: Run, root: Path, reference: Callable[[int], Path], tmp_path: Path
) -> None:
    route = tmp_path / "route.yaml"
    text = (root / "examples/flatkey-veo-3.1-fast.yaml").read_text(encoding="utf-8")
    # without a fallback, whose model has no proof of its own
    head, _, rest = text.partition("  routes:\n")
    route.write_text(
        head.replace("transient_error: switch", "transient_error: retry_once")
        + rest[rest.index("\n\n") :],
        encoding="utf-8",
    )
    (tmp_path / "logs").mkdir()
    log = root / "examples/logs/veo-jobs.jsonl"
    (tmp_path / "logs" / log.name).write_bytes(log.read_bytes())
    always = ("run", route, "--sandbox", "--state", tmp_path / "state", "-o", "json")
    paid = veo(*always, "--spend", "5", "--reference", reference(0))
    assert (paid.code, paid.report["verdict"]) == (0, "ready")
    old = veo(*always, "--reference", reference(60))
    assert (old.code, old.report["verdict"]) == (0, "ready")
    assert old.report["routes"][0]["tier"] == "production"
    assert statuses(old, "model-lifecycle", "reference-fresh") == ("warn", "warn")
    assert "reference-fresh/lifecycle-aging" in old.codes
    messages = " ".join(one["message"] for one in old.checks["model-lifecycle"]["findings"])
    assert "A live answer shows that it serves today." in messages
    # without the proof the same facts are no life
    bare = veo(
        *always[:3], "--state", tmp_path / "other", "-o", "json", "--reference", reference(60)
    )
    assert bare.code == 3
    assert statuses(bare, "model-lifecycle") == ("blocked",)
