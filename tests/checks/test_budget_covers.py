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
    a_price,
    a_route,
    a_row,
    codes,
    heard,
    judging,
    missing,
    only,
)
from veo_check.checks.budget_covers import budget_covers
from veo_check.core.facts import Catalog, DisplayPrice, Missing
from veo_check.core.findings import Outcome, Status, Tier, blocker, note

EVIDENCE = ("ref:price:agent-platform:veo-3.1-fast-generate-001:google", "x3")


def run(
    changes: dict[str, Any] | None = None,
    asked: str = "0.12",
    catalog: Catalog | Missing | None = None,
    prices: list[dict[str, object]] | None = None,
) -> Outcome:
    return heard(
        budget_covers,
        route=a_route({"fallback.routes": [], **(changes or {})}),
        reference=a_book(prices=prices if prices is not None else [a_price("0.12")]),
        judging=judging(),
        catalog=catalog or a_catalog(a_row(model_price=Decimal(asked))),
        status=missing(),
    )


def test_the_arithmetic_is_one_line() -> None:
    assert only(run()) == note(
        "budget-covers/arithmetic",
        "Worst case of a job 2 x $0.96 (reference price) = $1.92 of $2.00; month 3000 x $0.96 = "
        "$2880.00 of $6000.00.",
        at="budget",
        actual="1.92",
        evidence=EVIDENCE,
    )


def test_the_dearer_of_gateway_and_reference_counts() -> None:
    assert "2 x $0.96 (reference price)" in only(run(asked="0.10")).message
    assert "2 x $1.00 (gateway price)" in only(run(asked="0.125")).message


def test_the_worst_case_has_to_fit() -> None:
    assert codes(run({"budget.per_job": "1.92"})) == ["note arithmetic"]
    outcome = run({"budget.per_job": "1.91"})
    assert codes(outcome) == ["blocker per-job", "note arithmetic"]
    assert outcome.findings[0] == blocker(
        "budget-covers/per-job",
        "The worst case of one job does not fit: 2 x $0.96 (reference price) = $1.92.",
        at="budget.per_job",
        expected="at most $1.91",
        actual="$1.92",
        fix="raise budget.per_job, or make the job cheaper",
        evidence=EVIDENCE,
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
    prices = [a_price("0.12"), a_price("0.08", model="lite")]
    outcome = run({"fallback.routes": [target]}, prices=prices)
    assert outcome.findings[-1] == note(
        "budget-covers/fallback",
        "Fallback 'lite': $0.64 a job by the reference price; not part of the worst case.",
        at="fallback.routes.0",
    )
    unpriced = run({"fallback.routes": [target]})
    assert "no price is known" in unpriced.findings[-1].message
    broken = target | {"via": {"model": "x", "gateway": "newapi"}}
    assert codes(run({"fallback.routes": [broken]})) == ["note arithmetic"]


def test_routes_without_a_catalogue_go_by_the_reference() -> None:
    assert codes(run(GOOGLE, catalog=missing())) == ["note arithmetic"]
    assert codes(run(OPENAI, catalog=missing())) == ["note arithmetic"]


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
    assert run(prices=[a_price("0.12", bound="lower")]).blocked == (
        "the reference price is a lower bound; no worst case follows from it"
    )
    shown = DisplayPrice("per_second", "second", Decimal("0.12"), None, lower_bound=True)
    assert run(catalog=a_catalog(a_row(), display=(shown,))).blocked == (
        "the gateway's price is a lower bound; no worst case follows from it"
    )


def test_without_a_reference_price() -> None:
    outcome = run(prices=[])
    assert outcome.findings == ()
    assert outcome.blocked is not None


@given(
    per_job=st.decimals("0", "5", places=2),
    retries=st.integers(0, 3),
    rate=st.decimals("0.01", "0.5", places=2),
)
def test_it_fits_exactly_when_the_worst_case_does(
    per_job: Decimal, retries: int, rate: Decimal
) -> None:
    changes = {"budget.per_job": str(per_job), "budget.retries": retries, "budget.monthly": "9999"}
    outcome = run(changes, asked=str(rate))
    fits = (1 + retries) * max(rate, Decimal("0.12")) * 8 <= per_job
    assert (outcome.status_at(Tier.STAGING) is Status.PASS) is (
        fits and max(rate, Decimal("0.12")) * 8 * 3000 <= 9999
    )
