"""Which checks judge a route: a checklist can add and raise, never lower or forget."""

from __future__ import annotations

import pytest

from veo_check.core.findings import Findings, Status, Tier, check
from veo_check.engine import plan as selecting
from veo_check.engine.options import RunOptions
from veo_check.engine.plan import built_in_checklist, select
from veo_check.routefile.checklist import Checklist, Item, Requirement

BUILT_IN = built_in_checklist()


def checklist(*lines: tuple[str, Tier | None]) -> Checklist:
    rows = tuple(Requirement(name, tier) for name, tier in lines)
    return Checklist("team", "Team", (Item("lifecycle", "Life", "why", "evidence", rows),))


def line(plan: tuple[selecting.PlannedCheck, ...], check_id: str) -> selecting.PlannedCheck:
    return next(one for one in plan if one.id == check_id)


def test_the_built_in_checklist_runs_every_check() -> None:
    plan = select(BUILT_IN, RunOptions())
    assert [one.id for one in plan if one.check is None] == []
    assert {one.id for one in plan} == set(selecting.BUILT_IN)


def test_a_requirement_can_be_raised() -> None:
    plan = select(checklist(("fallback-alive", Tier.RESEARCH)), RunOptions())
    assert line(plan, "fallback-alive").required_for is Tier.RESEARCH


def test_a_requirement_cannot_be_lowered() -> None:
    plan = select(checklist(("model-lifecycle", Tier.PRODUCTION)), RunOptions())
    assert line(plan, "model-lifecycle").required_for is Tier.RESEARCH
    plan = select(checklist(("model-lifecycle", None)), RunOptions())
    assert line(plan, "model-lifecycle").required_for is Tier.RESEARCH


def test_what_a_checklist_leaves_out_stays_required() -> None:
    plan = select(checklist(("model-lifecycle", Tier.RESEARCH)), RunOptions())
    missing = line(plan, "model-official")
    assert (missing.status, missing.left_out, missing.required_for) == (
        Status.SKIPPED,
        True,
        Tier.RESEARCH,
    )
    assert missing.reason == "left out by the checklist team"


def test_only_and_skip_say_so() -> None:
    plan = select(BUILT_IN, RunOptions(only=frozenset({"key-hygiene"})))
    assert line(plan, "key-hygiene").check is not None
    assert line(plan, "model-official").reason == "not among --only"
    plan = select(BUILT_IN, RunOptions(skip=frozenset({"key-hygiene"})))
    assert line(plan, "key-hygiene").reason == "switched off with --skip"
    assert line(plan, "key-hygiene").status is Status.SKIPPED


class Point:
    """An installed entry point."""

    def __init__(self, loaded: object) -> None:
        self._loaded = loaded

    def load(self) -> object:
        if isinstance(self._loaded, BaseException):
            raise self._loaded
        return self._loaded


@check(item="lifecycle", since="1.0")
def watermark_visible() -> Findings:
    """The watermark is visible.

    Why: a test. Fix: none.
    """
    yield from ()


@pytest.mark.parametrize(
    ("installed", "allowed", "status", "reason"),
    [
        (None, True, Status.BLOCKED, "is not installed"),
        (watermark_visible, False, Status.BLOCKED, "add --allow-plugin watermark-visible"),
        (ImportError("x"), True, Status.ERROR, "could not be loaded: ImportError"),
        (SystemExit(0), True, Status.ERROR, "could not be loaded: SystemExit"),
        ("text", True, Status.ERROR, "is not a check of that name"),
    ],
)
def test_a_plug_in_is_never_silently_missing(
    installed: object, allowed: bool, status: Status, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    points = {} if installed is None else {"watermark-visible": Point(installed)}
    monkeypatch.setattr(selecting, "installed_plugins", lambda: points)
    options = RunOptions(allow_plugins=frozenset({"watermark-visible"} if allowed else ()))
    plan = select(checklist(("watermark-visible", Tier.STAGING)), options)
    found = line(plan, "watermark-visible")
    assert (found.check, found.status) == (None, status)
    assert reason in (found.reason or "")


def test_an_allowed_plug_in_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        selecting, "installed_plugins", lambda: {"watermark-visible": Point(watermark_visible)}
    )
    options = RunOptions(allow_plugins=frozenset({"watermark-visible"}))
    plan = select(checklist(("watermark-visible", Tier.STAGING)), options)
    assert line(plan, "watermark-visible").check is watermark_visible
