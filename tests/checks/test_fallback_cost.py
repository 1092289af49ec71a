from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from check_world import a_catalog, a_cost, a_route, a_row, codes, heard, missing
from veo_check.checks.fallback_cost import fallback_cost
from veo_check.core.facts import Catalog, Missing
from veo_check.core.fallbacks import FallbackOutcome, FallbackOutcomes
from veo_check.core.findings import Outcome, blocker, note


def run(
    changes: dict[str, Any] | None = None, catalog: Catalog | Missing | None = None, **more: Any
) -> Outcome:
    values: dict[str, Any] = {"expected": Decimal("0.64"), "unit": "second"}
    target = FallbackOutcome("lite", 0, {}, **(values | more))
    route = a_route(changes)
    return heard(
        fallback_cost,
        route=route,
        outcomes=FallbackOutcomes((target,)),
        cost=a_cost(route, catalog=catalog),
    )


def test_cheaper_and_the_style_accepted() -> None:
    assert run().findings == (
        note(
            "fallback-cost/cost",
            "The fallback 'lite' costs $0.64 a job, 0.67 times the primary's $0.96.",
            at="fallback.routes.0",
        ),
        note(
            "fallback-cost/change",
            "With the fallback 'lite', style changes from veo-3.1-fast-generate-001 to "
            "veo-3.1-lite-generate-001, accepted.",
            at="fallback.routes.0",
        ),
    )


def test_dearer_needs_a_higher_ratio() -> None:
    assert codes(run(expected=Decimal("0.96")))[0] == "note cost"
    outcome = run(expected=Decimal("0.97"))
    assert codes(outcome)[0] == "blocker higher-cost"
    assert outcome.findings[0] == blocker(
        "fallback-cost/higher-cost",
        "The fallback 'lite' costs $0.97 a job, 1.01 times the primary's $0.96.",
        at="fallback.routes.0.max_cost_ratio",
        expected="at most 1",
        actual="1.01",
        fix="raise max_cost_ratio if the owner accepts the cost, or choose a cheaper target",
    )
    accepted = run({"fallback.routes.0.max_cost_ratio": "1.2"}, expected=Decimal("1.15"))
    assert codes(accepted)[0] == "note cost"


@pytest.mark.parametrize(
    ("request_", "name"),
    [
        ({"seconds": 4}, "duration"),
        ({"resolution": "720p"}, "resolution"),
        ({"aspect_ratio": "9:16"}, "aspect-ratio"),
        ({"audio": False}, "audio"),
        ({"count": 2}, "count"),
        ({"mode": "image-to-video"}, "mode"),
    ],
)
def test_another_deliverable_needs_a_named_acceptance(request_: dict[str, Any], name: str) -> None:
    changes: dict[str, Any] = {"fallback.routes.0.request": request_}
    outcome = run(changes)
    assert f"blocker {name}" in codes(outcome)
    accepted = run(changes | {"fallback.routes.0.accepts": ["Style", name]})
    assert {one.severity for one in accepted.findings} == {"note"}


def test_another_unit_needs_a_named_acceptance() -> None:
    assert "blocker unit" in codes(run(unit="token"))
    accepted = run({"fallback.routes.0.accepts": ["style", "unit"]}, unit="token")
    assert {one.severity for one in accepted.findings} == {"note"}


def test_style_is_not_accepted_by_itself() -> None:
    assert codes(run({"fallback.routes.0.accepts": []})) == ["note cost", "blocker style"]


def test_plumbing_is_only_shown() -> None:
    changes = {
        "fallback.routes.0.via": {
            "gateway": "google",
            "endpoint": "interactions",
            "model": "omni",
            "project": "p",
        },
        "fallback.routes.0.model": {"official": "omni", "surface": "gemini-api"},
    }
    outcome = run(changes)
    assert codes(outcome) == ["note cost"] + ["note change"] * 4
    assert [one.message.split(", ")[1].split(" ")[0] for one in outcome.findings[1:]] == [
        "style",
        "endpoint",
        "gateway",
        "surface",
    ]


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"expected": None, "price_refused": "unpriced"}, "unpriced"),
        ({"expected": None}, "no price of the primary to compare with"),
        ({"catalog": missing()}, "no price of the primary to compare with"),
        (
            {"catalog": a_catalog(a_row(), group_ratio={"plg": Decimal(0)})},
            "no price of the primary to compare with",
        ),
    ],
)
def test_an_unknown_cost_is_blocked(more: dict[str, Any], why: str) -> None:
    assert run(**more).blocked == f"the cost of the fallback 'lite' is not known: {why}"


def test_targets_that_were_not_priced() -> None:
    route, nobody = a_route(), FallbackOutcomes(())
    none = heard(fallback_cost, route=route, outcomes=nobody, cost=a_cost(route))
    assert none == Outcome(blocked="the fallback 'lite' was not priced")
    changes = {"fallback.routes.0.via": {"model": "x", "gateway": "newapi"}}
    assert run(changes) == Outcome(blocked="the fallback 'lite' was not priced")
    alone = a_route({"fallback": None})
    nothing = heard(fallback_cost, route=alone, outcomes=nobody, cost=a_cost(alone))
    assert codes(nothing) == ["note none"]
