from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from check_world import a_route, accepted_key, codes, heard, missing, only
from veo_check.checks.fallback_alive import fallback_alive
from veo_check.core.facts import KeyAnswer, Missing
from veo_check.core.fallbacks import FallbackOutcome, FallbackOutcomes
from veo_check.core.findings import GOOD, Outcome, Status

ELSEWHERE = {"fallback.routes.0.via.base_url": "https://other.example"}


def outcome_of(
    statuses: dict[str, Status] | None = None, index: int = 0, **more: Any
) -> FallbackOutcome:
    given = statuses or {"model-official": Status.PASS, "model-lifecycle": Status.PASS}
    return FallbackOutcome("lite", index, given, **more)


def run(
    *targets: FallbackOutcome,
    changes: dict[str, Any] | None = None,
    ends: tuple[date, ...] = (),
    answer: KeyAnswer | Missing | None = None,
) -> Outcome:
    return heard(
        fallback_alive,
        route=a_route(ELSEWHERE if changes is None else changes),
        outcomes=FallbackOutcomes(targets, ends),
        answer=answer or missing(),
    )


def test_alive() -> None:
    assert codes(run(outcome_of())) == ["note alive"]


def test_no_fallback_is_declared() -> None:
    assert codes(run(changes={"fallback.routes": []})) == ["note none"]
    assert codes(run(changes={"fallback": None})) == ["note none"]


def test_through_the_primarys_own_gateway() -> None:
    outcome = run(outcome_of(), changes={})
    assert codes(outcome) == ["note alive", "note same-gateway"]


@pytest.mark.parametrize("status", list(Status))
def test_only_what_passes_itself_may_take_over(status: Status) -> None:
    judged = {"model-lifecycle": Status.PASS, "price-known": status}
    outcome = run(outcome_of(judged, reasons={"price-known": "no price is known"}))
    if status in GOOD:
        assert codes(outcome) == ["note alive"]
    elif status is Status.FAIL:
        assert codes(outcome) == ["blocker price-known"]
        assert only(outcome).message == (
            "The fallback 'lite' does not pass price-known: no price is known."
        )
    else:
        assert outcome.findings == ()
        assert outcome.blocked == (
            f"The fallback 'lite' does not pass price-known: no price is known ({status.value})"
        )


def test_whether_it_is_alive_has_to_be_looked_at() -> None:
    outcome = run(outcome_of({"model-official": Status.PASS}))
    assert outcome == Outcome(blocked="whether the fallback 'lite' is alive was not checked")


def test_a_target_that_was_not_judged() -> None:
    assert run() == Outcome(blocked="the fallback 'lite' was not judged")
    assert run(outcome_of(index=1)) == Outcome(blocked="the fallback 'lite' was not judged")


def test_it_does_not_end_on_the_primarys_own_day() -> None:
    day = date(2027, 5, 4)
    outcome = run(outcome_of(shutdowns=(day,)), ends=(date(2026, 12, 1), day))
    assert codes(outcome) == ["blocker shared-shutdown"]
    assert only(outcome).actual == "2027-05-04"
    assert codes(run(outcome_of(shutdowns=(date(2027, 5, 5),)), ends=(day,))) == ["note alive"]


def test_an_entry_that_makes_no_route() -> None:
    changes = {"fallback.routes.0.via": {"model": "x", "gateway": "newapi"}}
    outcome = run(outcome_of(), changes=changes)
    assert codes(outcome) == ["blocker not-a-route"]
    assert "base_url is missing; gateway newapi needs a base_url" in only(outcome).message


def test_one_bad_key_is_one_failure() -> None:
    judged = {"model-lifecycle": Status.PASS, "key-accepted": Status.FAIL}
    bad = KeyAnswer("refused", 401)
    assert run(outcome_of(judged), changes={}, answer=bad).blocked == (
        "the fallback 'lite' uses the primary's key, which is not accepted"
    )
    another_key = {"fallback.routes.0.via.key": {"env": "FLATKEY_OTHER"}}
    for changes in (another_key, ELSEWHERE):
        assert "blocker key-accepted" in codes(run(outcome_of(judged), changes=changes, answer=bad))
    for answer in (accepted_key(), missing()):
        outcome = run(outcome_of(judged), changes={}, answer=answer)
        assert "blocker key-accepted" in codes(outcome)


def test_a_fallback_that_is_only_declared_to_work_warns() -> None:
    judged = {"model-lifecycle": Status.PASS, "endpoint-family": Status.WARN}
    outcome = run(outcome_of(judged))
    assert codes(outcome) == ["warning unproved", "note alive"]
    assert outcome.findings[0].fix == "prove it by a job of its own: --spend USD --prove-fallbacks"
    blocked = run(outcome_of(judged | {"endpoint-family": Status.BLOCKED}))
    assert (blocked.findings, blocked.blocked is None) == ((), False)
