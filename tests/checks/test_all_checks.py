"""What holds for every check: no fact crashes one, and nothing known is never a pass."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from check_world import (
    DAY,
    GOOGLE,
    LABEL,
    MODEL,
    OPENAI,
    a_book,
    a_catalog,
    a_listing,
    a_proof,
    a_route,
    a_row,
    a_usage,
    accepted_key,
    judging,
    missing,
    official,
)
from veo_check.checks.registry import CHECKS
from veo_check.core.clock import AsOf
from veo_check.core.facts import (
    Catalog,
    DisplayPrice,
    GatewayListing,
    GatewayStatus,
    KeyAnswer,
    KeyUsage,
    Missing,
    OfficialModel,
    ProductionKey,
    ProvenLife,
    SmokeKeyVariable,
)
from veo_check.core.fallbacks import FallbackOutcome, FallbackOutcomes
from veo_check.core.findings import Check, Outcome, ReferenceUse, Status, Tier, UsedRows
from veo_check.core.gateway import Gateway
from veo_check.core.route import Route
from veo_check.core.secrets import AllowList
from veo_check.gateways.registry import gateway_of
from veo_check.pricing.job_cost import JobCost, PriceSources
from veo_check.reference.load import Reference, load_reference

BOOK = load_reference()
#: What can be told from the file and the reference alone, without asking anybody.
OFFLINE = {
    "model-official",
    "successor-known",
    "price-known",
    "price-fresh",
    "request-supported",
    "fallback-rules",
    "ownership-declared",
    "key-hygiene",
}


def known(route: Route, reference: Reference = BOOK) -> dict[type, object]:
    """What the engine supplies without a network: everything else is missing."""
    return {
        Route: route,
        Gateway: gateway_of(route),
        AsOf: judging(),
        Reference: reference,
        AllowList: AllowList(),
        SmokeKeyVariable: SmokeKeyVariable("FLATKEY_SMOKE_KEY", False, False),
        UsedRows: UsedRows(()),
    }


def judge(check: Check, values: Mapping[type, object]) -> Outcome:
    """As the engine does it: a required fact that is missing blocks."""
    route, book, when = values[Route], values[Reference], values[AsOf]
    assert isinstance(route, Route)
    assert isinstance(book, Reference)
    assert isinstance(when, AsOf)
    values = {**values, JobCost: PriceSources.of(values, book, when, gateway_of).cost(route)}
    given: dict[str, object] = {}
    for need in check.needs:
        value = values.get(need.type, missing())
        if isinstance(value, Missing) and not need.optional:
            return Outcome(blocked=value.detail)
        given[need.parameter] = value
    outcome = Outcome.collect(check(**given))
    assert all(one.code.startswith(f"{check.id}/") for one in outcome.findings)
    return outcome


@pytest.mark.parametrize("changes", [{}, GOOGLE, OPENAI], ids=["flatkey", "google", "openai"])
def test_nothing_known_is_never_a_pass(changes: dict[str, Any]) -> None:
    route = a_route(changes)
    good = {
        check.id
        for check in CHECKS
        if check.not_for(gateway_of(route), route.model.surface) is None
        and judge(check, known(route)).status_at(Tier.PRODUCTION) in {Status.PASS, Status.WARN}
    }
    more: set[str] = set()
    if route.via.gateway == "google":
        # the reference knows what Google's own surfaces speak, and where they serve
        more = {"endpoint-family", "location-served"}
    if route.via.gateway != "flatkey":
        # no catalogue to wait for: vendor and second source, and the budget, are compared at once
        more |= {"price-agrees", "budget-covers"}
    refused = {"key-hygiene"} if route.via.gateway == "openai" else set()
    assert good == (OFFLINE | more) - refused


def test_an_empty_reference_knows_nothing() -> None:
    route = a_route(GOOGLE)
    empty = a_book(lifecycle=[], capabilities=[], prices=[])
    good = {
        check.id
        for check in CHECKS
        if judge(check, known(route, empty)).status_at(Tier.RESEARCH) in {Status.PASS, Status.WARN}
    }
    assert good - {"catalog-row", "price-unit", "catalog-group", "availability-status"} == {
        "successor-known",  # informs, and is required for nothing
        "fallback-rules",
        "ownership-declared",
        "key-hygiene",
    }


_numbers = st.sampled_from(
    [None, *map(Decimal, ("0", "0.12", "-1", "37.5", "NaN", "Infinity", "1E+999", "1E-999"))]
)
_words = st.sampled_from(["", "available", "\x1b[31m", "x" * 500, LABEL, "plg", "all"])
_moments = st.sampled_from(
    [None, *(datetime(*day, tzinfo=UTC) for day in ((1, 1, 1), (2026, 11, 22), (9999, 12, 31)))]
)
_rows = st.builds(
    a_row,
    quota_type=st.sampled_from([None, 0, 1, -1, 10**30]),
    model_price=_numbers,
    model_ratio=_numbers,
    enable_groups=st.lists(_words, max_size=2).map(tuple),
    endpoint_types=st.lists(_words, max_size=2).map(tuple),
    billing_mode=st.sampled_from([None, "tiered_expr"]),
    billing_expr=st.sampled_from([None, "", "1/0", "u(", "tier('a', 9e999)"]),
    availability_status=st.one_of(st.none(), _words),
    availability_checked_at=_moments,
    defects=st.sampled_from([(), ("model_price is NaN",)]),
)
_ratios = st.dictionaries(st.just("plg"), _numbers.filter(lambda one: one is not None))
_displays = st.builds(
    DisplayPrice,
    st.sampled_from(["per_second", "request", "odd"]),
    st.sampled_from(["second", "request", ""]),
    _numbers,
    _numbers,
    st.booleans(),
)
_catalogs = st.builds(
    lambda rows, group_ratio, group_model_ratio, display: a_catalog(
        *rows,
        group_ratio=group_ratio,
        group_model_ratio=group_model_ratio,
        display=tuple(display),
    ),
    st.lists(_rows, max_size=2),
    _ratios,
    _ratios,
    st.lists(_displays, max_size=2),
)
_usages = st.builds(
    a_usage,
    available=st.sampled_from([0, 1, -1, 10**40]),
    unlimited=st.booleans(),
    allowed_models=st.sampled_from([None, (), (LABEL,), ("\x1b",)]),
    denied_models=st.sampled_from([None, (), (LABEL,)]),
    expires_at=_moments,
)
_facts: dict[type, st.SearchStrategy[object]] = {
    Catalog: _catalogs,
    KeyUsage: _usages,
    GatewayStatus: st.builds(GatewayStatus, _numbers, st.none()),
    GatewayListing: st.lists(_words, max_size=3).map(lambda labels: a_listing(*labels)),
    OfficialModel: st.builds(
        official,
        st.sampled_from(["offered", "no-longer-available", "not-found"]),
        model=st.sampled_from([MODEL, "other"]),
        replacement=st.sampled_from([None, "nobody-knows", MODEL]),
        text=st.one_of(st.none(), _words),
    ),
    KeyAnswer: st.sampled_from([accepted_key(), KeyAnswer("refused", 401), KeyAnswer("denied", 0)]),
    ProductionKey: st.builds(ProductionKey, st.booleans(), st.none(), st.none()),
    ProvenLife: st.sampled_from([a_proof(), a_proof(None)]),
    FallbackOutcomes: st.builds(
        lambda status, cost, ends: FallbackOutcomes(
            (FallbackOutcome("lite", 0, {"model-lifecycle": status}, expected=cost),), ends
        ),
        st.sampled_from(Status),
        st.sampled_from([None, Decimal(0), Decimal("0.64")]),
        st.sampled_from([(), (DAY,)]),
    ),
    UsedRows: st.sampled_from(
        [
            UsedRows(),
            UsedRows(
                (ReferenceUse("old", "price", date.min), ReferenceUse("new", "price", date.max))
            ),
        ]
    ),
}
_worlds = st.fixed_dictionaries(
    {fact: st.one_of(st.just(missing()), values) for fact, values in _facts.items()}
)
_routes = st.sampled_from(
    [
        a_route(),
        a_route(GOOGLE),
        a_route(OPENAI),
        a_route({"via.group": None, "via.key": None, "fallback": None}),
        a_route({"model.official": "nobody-knows"}),
        a_route({"model.official": "veo-3.1-generate-preview", "model.surface": "gemini-api"}),
    ]
)


@given(route=_routes, world=_worlds)
def test_no_fact_crashes_a_check(route: Route, world: dict[type, object]) -> None:
    values = known(route) | world
    for check in CHECKS:
        judge(check, values)


@given(route=_routes, world=_worlds)
def test_losing_a_fact_never_turns_a_check_good(route: Route, world: dict[type, object]) -> None:
    """A check that fails with what is known does not pass without it, at the tier it fails at."""
    allowed = {
        # the price, the proof or the second answer was itself the bad news
        "key-hygiene",
        "key-accepted",
        "model-official",
        "model-lifecycle",
        "fallback-cost",
        "price-fresh",
    }
    values = known(route) | world
    for check in CHECKS:
        if check.id in allowed or check.not_for(gateway_of(route), route.model.surface):
            continue
        if judge(check, values).status_at(Tier.PRODUCTION) in {Status.PASS, Status.WARN}:
            continue
        needs = {need.type for need in check.needs}
        # a price is made of these two, so losing one of them changes it
        needs |= {Catalog, GatewayStatus} if JobCost in needs else set()
        for fact in needs & _facts.keys():
            poorer = values | {fact: missing()}
            assert judge(check, poorer).status_at(Tier.PRODUCTION) not in {
                Status.PASS,
                Status.WARN,
            }, (check.id, fact)
