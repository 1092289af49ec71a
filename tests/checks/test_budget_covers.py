from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from check_world import (
    GOOGLE,
    OPENAI,
    a_book,
    a_catalog,
    a_cost,
    a_life,
    a_price,
    a_route,
    a_row,
    codes,
    heard,
    missing,
    only,
)
from veo_check.checks.budget_covers import budget_covers
from veo_check.core.facts import Catalog, DisplayPrice, Missing
from veo_check.core.fallbacks import FallbackOutcome, FallbackOutcomes
from veo_check.core.findings import Outcome, Status, Tier, blocker, note, warning

REFERENCE = "ref:price:agent-platform:veo-3.1-fast-generate-001:google"


def run(
    changes: dict[str, Any] | None = None,
    asked: str = "0.12",
    catalog: Catalog | Missing | None = None,
    prices: list[dict[str, object]] | None = None,
    outcomes: FallbackOutcomes | Missing | None = None,
) -> Outcome:
    route = a_route({"fallback.routes": [], **(changes or {})})
    book = a_book(prices=prices if prices is not None else [a_price("0.12")])
    catalog = catalog or a_catalog(a_row(model_price=Decimal(asked)))
    return heard(
        budget_covers,
        route=route,
        cost=a_cost(route, book, catalog),
        outcomes=outcomes or missing(),
    )


def test_the_arithmetic_is_one_line() -> None:
    assert only(run()) == note(
        "budget-covers/arithmetic",
        (
            "One job costs $0.96 (gateway price); with retries at most 2 x $0.96 = "
            "$1.92 of $2.00; month 3,000 x $0.96 = $2880.00 of $6000.00."
        ),
        at="budget",
        actual="1.92",
        evidence=("x3",),
    )


@pytest.mark.parametrize(("asked", "job"), [("0.12", "0.96"), ("0.125", "1.00"), ("0.4", "3.20")])
def test_what_the_gateway_charges_counts(asked: str, job: str) -> None:
    outcome = run({"budget.per_job": "9", "budget.monthly": "99999"}, asked=asked)
    assert f"One job costs ${job} (gateway price)" in only(outcome).message


def test_a_higher_reference_is_a_warning_with_its_figure() -> None:
    outcome = run({"budget.per_job": "1.60"}, asked="0.10")
    assert codes(outcome) == ["note arithmetic", "warning higher-reference"]
    assert outcome.findings[1] == warning(
        "budget-covers/higher-reference",
        "The reference price is higher: $0.96 a job, $1.92 with retries; the gateway charges "
        "$0.80.",
        at="budget",
        actual="$1.92",
        fix="plan for $1.92 a job, in case the gateway raises its price to the reference",
        evidence=("x3", REFERENCE),
    )
    assert "2 x $0.80 = $1.60 of $1.60; month 3,000 x $0.80" in outcome.findings[0].message


def test_the_maximum_has_to_fit() -> None:
    assert codes(run({"budget.per_job": "1.92"})) == ["note arithmetic"]
    outcome = run({"budget.per_job": "1.91"})
    assert codes(outcome) == ["blocker per-job", "note arithmetic"]
    assert outcome.findings[0] == blocker(
        "budget-covers/per-job",
        (
            "One job with its retries can cost $1.92, more than the budget of $1.91. "
            "That is 2 x $0.96 = $1.92 (gateway price)."
        ),
        at="budget.per_job",
        expected="at most $1.91",
        actual="$1.92",
        fix="raise budget.per_job, or make the job cheaper",
        evidence=("x3",),
    )
    assert codes(run({"budget.per_job": "0.96", "budget.retries": 0})) == ["note arithmetic"]


def test_the_month_has_to_fit() -> None:
    assert codes(run({"budget.monthly": "2880"})) == ["note arithmetic"]
    outcome = run({"budget.monthly": "2879.99"})
    assert codes(outcome) == ["blocker monthly", "note arithmetic"]
    assert outcome.findings[0].actual == "$2880.00"


@pytest.mark.parametrize("name", ["per_job", "monthly", "jobs_per_month"])
def test_what_is_not_declared_covers_nothing(name: str) -> None:
    outcome = run({f"budget.{name}": None})
    assert codes(outcome) == ["blocker undeclared", "note arithmetic"]
    assert outcome.findings[0].fix == f"set budget.{name}"


def test_what_fallbacks_cost_stands_beside_it() -> None:
    target = {
        "name": "lite",
        "for": ["transient_error"],
        "via": {"model": "lite"},
        "model": {"official": "lite", "surface": "agent-platform"},
    }
    changes = {"fallback.routes": [target]}

    def beside(**cost: Any) -> Outcome:
        return run(changes, outcomes=FallbackOutcomes((FallbackOutcome("lite", 0, {}, **cost),)))

    assert beside(expected=Decimal("0.64")).findings[-1] == note(
        "budget-covers/fallback",
        "Fallback 'lite': $0.64 a job; not part of the maximum.",
        at="fallback.routes.0",
    )
    unpriced = beside(price_refused="the gateway's price is not known: offline")
    assert unpriced.findings[-1].message == (
        "Fallback 'lite': no price is known (the gateway's price is not known: offline); not part "
        "of the maximum."
    )
    assert codes(run(changes)) == ["note arithmetic"]
    assert codes(run(changes, outcomes=FallbackOutcomes(()))) == ["note arithmetic"]


def test_routes_without_a_catalogue_go_by_the_reference() -> None:
    for changes in (GOOGLE, OPENAI):
        outcome = run(changes, catalog=missing())
        assert "One job costs $0.96 (reference price)" in only(outcome).message
        assert only(outcome).evidence == (REFERENCE,)


@pytest.mark.parametrize(
    ("catalog", "why"),
    [
        (missing(), "the gateway's price is not known: offline"),
        (
            a_catalog(),
            "the gateway's price is not known: the catalogue has no row for this label",
        ),
    ],
)
def test_without_the_gateways_price_it_cannot_tell(catalog: Catalog | Missing, why: str) -> None:
    assert run(catalog=catalog) == Outcome(blocked=why, uses=run().uses)


def test_a_lower_bound_covers_nothing() -> None:
    lower = [a_price("0.12", bound="lower")]
    assert run(GOOGLE, prices=lower).blocked == (
        "the reference price is a lower bound; no maximum follows from it"
    )
    assert run(prices=lower).blocked is None  # what is charged is exact
    shown = DisplayPrice("per_second", "second", Decimal("0.12"), None, lower_bound=True)
    assert run(catalog=a_catalog(a_row(), display=(shown,))).blocked == (
        "the gateway price is a lower bound; no maximum follows from it"
    )


def test_without_a_reference_price_the_gateways_decides() -> None:
    assert codes(run(prices=[])) == ["note arithmetic"]
    direct = run(GOOGLE, prices=[])
    assert direct.findings == ()
    assert direct.blocked is not None
    assert direct.blocked.startswith("there is no reference price: ")


@pytest.mark.parametrize(
    ("prices", "lifecycle"),
    [
        ([a_price("0.12", allowed={"seconds": [4, 6]})], [a_life()]),
        ([a_price("0.12")], [a_life(shutdown="2026-10-22")]),
        ([a_price("0.12", valid_to="2026-10-22", ends="retired")], [a_life()]),
    ],
)
def test_a_job_that_the_vendor_does_not_make_costs_nothing_known(
    prices: list[dict[str, object]], lifecycle: list[dict[str, str]]
) -> None:
    route = a_route({"fallback.routes": []})
    book = a_book(prices=prices, lifecycle=lifecycle)
    cost = a_cost(route, book)
    outcome = heard(budget_covers, route=route, cost=cost, outcomes=missing())
    assert outcome.findings == ()
    assert outcome.blocked is not None
    assert outcome.blocked.startswith("there is no reference price: ")
    assert (cost.shown, cost.other) == (cost.reference, None)


@given(
    per_job=st.decimals("0", "5", places=2),
    retries=st.integers(0, 3),
    rate=st.decimals("0.01", "0.5", places=2),
)
def test_it_fits_exactly_when_the_maximum_does(
    per_job: Decimal, retries: int, rate: Decimal
) -> None:
    changes = {"budget.per_job": str(per_job), "budget.retries": retries, "budget.monthly": "9999"}
    outcome = run(changes, asked=str(rate))
    fits = (1 + retries) * rate * 8 <= per_job and rate * 8 * 3000 <= 9999
    good = Status.WARN if rate < Decimal("0.12") else Status.PASS
    assert outcome.status_at(Tier.STAGING) is (good if fits else Status.FAIL)
