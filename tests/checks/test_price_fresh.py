from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from check_world import (
    GOOGLE,
    MODEL,
    a_book,
    a_catalog,
    a_cost,
    a_price,
    a_route,
    a_row,
    a_source,
    codes,
    heard,
    judging,
    missing,
    only,
)
from veo_check.checks.price_fresh import price_fresh
from veo_check.core.clock import AsOf
from veo_check.core.facts import Catalog, Missing
from veo_check.core.findings import Outcome, ValidUntil, note

ROW = f"price:agent-platform:{MODEL}:google"


def run(
    *prices: dict[str, object],
    confirmed: str = "2026-11-10",
    catalog: Catalog | Missing | None = None,
    changes: dict[str, Any] | None = None,
    when: AsOf | None = None,
) -> Outcome:
    book = a_book(sources={"google": a_source(confirmed=confirmed)}, prices=list(prices))
    return heard(
        price_fresh,
        reference=book,
        judging=when or judging(),
        cost=a_cost(a_route(changes), book, catalog, when=when),
    )


def test_fresh() -> None:
    outcome = run(a_price("0.12"))
    assert only(outcome) == note(
        "price-fresh/fresh",
        "The price from Google was last confirmed 12 days ago, on 2026-11-10.",
        at="request",
        evidence=(f"ref:{ROW}",),
    )
    assert outcome.untils == (
        ValidUntil(date(2027, 3, 10), "the price from Google becomes too old"),
    )
    assert [use.row for use in outcome.uses] == [ROW]


def test_aging_and_stale() -> None:
    assert codes(run(a_price("0.12"), confirmed="2026-10-08")) == ["note fresh"]
    assert codes(run(a_price("0.12"), confirmed="2026-10-07")) == ["warning aging"]
    assert run(a_price("0.12"), confirmed="2026-07-25").blocked is None
    outcome = run(a_price("0.12"), confirmed="2026-07-24")
    assert outcome.findings == ()
    assert outcome.untils == ()
    assert outcome.blocked == (
        "The price from Google was last confirmed 121 days ago, on 2026-07-24; "
        "more than 120 days are too old: run veo-check refresh, or update "
        "veo-check"
    )
    tight = judging(max_age_days=5)
    assert run(a_price("0.12"), when=tight).blocked is not None


def test_a_price_that_ends() -> None:
    outcome = run(a_price("0.12", valid_to="2027-01-01"))
    assert codes(outcome) == ["note fresh", "warning ends"]
    assert outcome.findings[1].message == "The price from Google is valid until 2026-12-31."
    assert ValidUntil(date(2026, 12, 31), "the price from Google ends") in outcome.untils
    far = run(a_price("0.12", valid_to="2027-06-01"))
    assert codes(far) == ["note fresh"]
    assert ValidUntil(date(2027, 5, 31), "the price from Google ends") in far.untils


def test_a_gateway_that_charges_the_price_of_before() -> None:
    prices = (
        a_price("0.15", suffix=":old", valid_to="2026-04-07", ends="superseded"),
        a_price("0.12", valid_from="2026-04-07"),
    )
    old = a_catalog(a_row(model_price=Decimal("0.15")), group_ratio={"plg": Decimal("0.9")})
    evened = a_catalog(a_row(model_price=Decimal("0.15")), group_ratio={"plg": Decimal("0.8")})
    outcome = run(*prices, catalog=old)
    assert codes(outcome) == ["note fresh", "warning gateway-outdated"]
    assert outcome.findings[1].message == (
        "The gateway's list price, $0.15 a second, is the one from before "
        "2026-04-07; since then it is $0.12 (Google)."
    )
    other = a_catalog(a_row(model_price=Decimal("0.14")))
    for catalog in (a_catalog(a_row()), other, evened, a_catalog(), missing()):
        assert codes(run(*prices, catalog=catalog)) == ["note fresh"]
    assert codes(run(*prices, catalog=old, changes=GOOGLE)) == ["note fresh"]
    first = (a_price("0.12", valid_from="2026-04-07"),)
    assert codes(run(*first, catalog=old)) == ["note fresh"]


def test_without_a_price_there_is_nothing_to_date() -> None:
    assert run().blocked is not None
