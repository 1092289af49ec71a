from __future__ import annotations

import itertools
from datetime import date
from typing import Any

import pytest

from check_world import a_route, codes, heard, judging, only
from veo_check.checks.fallback_rules import DECISIONS, fallback_rules
from veo_check.core.findings import Outcome, Status, Tier, blocker, note
from veo_check.core.route import Fallback

SITUATIONS = list(DECISIONS)


def run(changes: dict[str, Any] | None = None) -> Outcome:
    return heard(fallback_rules, route=a_route(changes), judging=judging())


def target(name: str = "lite", **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "for": ["transient_error"],
        "via": {"model": "veo3.1-lite"},
        "model": {"official": "veo-3.1-lite-generate-001", "surface": "agent-platform"},
        **more,
    }


def test_all_decided() -> None:
    assert only(run()) == note(
        "fallback-rules/decided",
        "Decided: transient_error switch, deprecated_model block, unsupported_parameter "
        "fail_closed, high_resolution_final require_approval, draft fail_closed, policy_block "
        "fail_closed.",
        at="fallback",
    )


def test_nothing_decided() -> None:
    assert codes(run({"fallback": None})) == ["blocker undecided"]


@pytest.mark.parametrize("situation", SITUATIONS)
def test_each_situation_needs_a_decision(situation: str) -> None:
    outcome = run({f"fallback.{situation}": None})
    allowed = " or ".join(DECISIONS[situation])  # type: ignore[index]
    assert only(outcome) == blocker(
        "fallback-rules/undecided",
        f"Nothing is decided for {situation}.",
        at="fallback",
        expected=allowed,
        fix=f"set fallback.{situation} to {allowed}",
    )


def test_a_decision_against_the_table_fails_even_if_the_file_could_hold_it() -> None:
    route = a_route()
    assert route.fallback is not None
    forbidden = Fallback.model_construct(**(dict(route.fallback) | {"policy_block": "switch"}))
    outcome = heard(
        fallback_rules,
        route=route.model_copy(update={"fallback": forbidden}),
        judging=judging(),
    )
    assert codes(outcome) == ["blocker forbidden"]
    assert only(outcome).at == "fallback.policy_block"


@pytest.mark.parametrize(
    "missing", [["approved_by"], ["approved_on"], ["approved_by", "approved_on"]]
)
def test_a_person_approved_them(missing: list[str]) -> None:
    outcome = run({f"fallback.{name}": None for name in missing})
    assert codes(outcome) == ["blocker not-approved"]
    assert " and ".join(missing) in only(outcome).message


def test_an_approval_still_to_come_is_none() -> None:
    assert codes(run({"fallback.approved_on": "2026-11-22"})) == ["note decided"]
    assert codes(run({"fallback.approved_on": "2026-11-23"})) == ["blocker not-approved"]
    past = heard(
        fallback_rules, route=a_route(), judging=judging(date(2026, 3, 1), date(2026, 11, 22))
    )
    assert codes(past) == ["note decided"]


def test_one_retry_at_most() -> None:
    assert codes(run({"budget.retries": 0})) == ["note decided"]
    outcome = run({"budget.retries": 2})
    assert codes(outcome) == ["blocker retries"]
    assert only(outcome).at == "budget.retries"


def test_a_retry_has_to_be_in_the_budget() -> None:
    once = {"fallback.transient_error": "retry_once"}
    assert codes(run(once)) == ["note decided"]
    assert codes(run(once | {"budget.retries": 0})) == ["blocker retries"]


@pytest.mark.parametrize("situation", ["transient_error", "draft"])
def test_a_switch_needs_somewhere_to_go(situation: str) -> None:
    changes = {f"fallback.{situation}": "switch", "fallback.routes": []}
    if situation == "draft":
        changes["fallback.transient_error"] = "fail_closed"
    outcome = run(changes)
    assert codes(outcome) == ["blocker no-route"]
    assert only(outcome).at == f"fallback.{situation}"


@pytest.mark.parametrize("situation", ["deprecated_model", "unsupported_parameter", "policy_block"])
def test_what_is_never_routed_elsewhere(situation: str) -> None:
    outcome = run({"fallback.routes.0.for": ["transient_error", situation]})
    assert codes(outcome) == ["blocker re-routed"]
    assert only(outcome).at == "fallback.routes.0.for"


def test_a_route_for_what_is_decided_to_fail_closed() -> None:
    outcome = run({"fallback.routes.0.for": ["transient_error", "draft"]})
    assert codes(outcome) == ["blocker contradiction"]
    outcome = run({"fallback.routes.0.for": ["transient_error", "high_resolution_final"]})
    assert codes(outcome) == ["note decided"]  # with approval another route may take over


def test_drafts_fall_back_to_cheaper_routes_only() -> None:
    changes = {"fallback.draft": "switch", "fallback.routes.0.for": ["transient_error", "draft"]}
    assert codes(run(changes)) == ["note decided"]
    outcome = run(changes | {"fallback.routes.0.max_cost_ratio": "1.01"})
    assert codes(outcome) == ["blocker draft-cost"]


def test_chains_end() -> None:
    chain = [target("a", fallback=["b"]), target("b", fallback=["c"]), target("c")]
    assert codes(run({"fallback.routes": chain})) == ["note decided"]
    loop = [target("a", fallback=["b"]), target("b", fallback=["c", "a"]), target("c")]
    outcome = run({"fallback.routes": loop})
    assert codes(outcome) == ["blocker loop", "blocker loop"]
    assert [one.at for one in outcome.findings] == [
        "fallback.routes.0.fallback",
        "fallback.routes.1.fallback",
    ]
    itself = [target("a", fallback=["a"])]
    assert codes(run({"fallback.routes": itself})) == ["blocker loop"]


def test_chains_name_routes_that_exist_once() -> None:
    outcome = run({"fallback.routes": [target("a", fallback=["z"])]})
    assert codes(outcome) == ["blocker unknown-route"]
    outcome = run({"fallback.routes": [target("a"), target("a")]})
    assert codes(outcome) == ["blocker same-name"]


def test_every_combination_of_allowed_decisions() -> None:
    """With a fitting route and retry each combination of the table's decisions passes."""
    for choice in itertools.product(*DECISIONS.values()):
        decided = dict(zip(SITUATIONS, choice, strict=True))
        fors = [one for one in ("transient_error", "draft") if decided[one] == "switch"]
        changes: dict[str, Any] = {f"fallback.{name}": word for name, word in decided.items()}
        changes["fallback.routes"] = [target() | {"for": fors}] if fors else []
        assert run(changes).status_at(Tier.STAGING) is Status.PASS, decided
