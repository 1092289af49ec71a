"""price-agrees: gateway, vendor and a second source name about the same price."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from veo_check.checks.price_known import price_basis
from veo_check.checks.price_unit import gateway_price
from veo_check.core.clock import AsOf
from veo_check.core.facts import Catalog, GatewayStatus, Missing
from veo_check.core.findings import (
    Blocked,
    Finding,
    Findings,
    ReferenceUse,
    blocker,
    check,
    note,
    warning,
)
from veo_check.core.money import plain, usd
from veo_check.core.route import Route
from veo_check.pricing.gateway_row import GatewayPrice
from veo_check.pricing.quote import quotes_by_source
from veo_check.pricing.shape import Quote, Refusal, Shape
from veo_check.reference.lifecycle import freshness
from veo_check.reference.load import Reference

#: Gateways whose own price is read from a catalogue.
PRICED_GATEWAYS = {"flatkey", "newapi"}


@check(item="pricing-unit", since="0.1")
def price_agrees(
    route: Route,
    reference: Reference,
    judging: AsOf,
    catalog: Catalog | Missing,
    status: GatewayStatus | Missing,
) -> Findings:
    """The gateway's price, the vendor's and a second source's agree within the allowed markup.

    Why: gateways keep old defaults, catalogues mislabel units, and copied tables miss price cuts. A
    difference is where one of them is wrong, and the invoice says which one too late.
    Fix: ask the one that differs; accept a dearer gateway with `budget.max_markup`, or waive the
    finding with a reason and a day.
    """
    shape = Shape.of_route(route)
    basis = price_basis(reference, shape, judging)
    if isinstance(basis, Refusal):
        yield Blocked(f"there is no reference price to compare with: {basis.message}")
        return
    base = basis[0]
    if not base.expected:
        yield Blocked("the reference price is 0; nothing can be compared with it")
        return
    for one in basis:
        yield ReferenceUse(one.rule.id, "price", one.source.confirmed)
    asked: Decimal | None = None
    if route.via.gateway in PRICED_GATEWAYS:
        gateway = _gateway(route, catalog, status)
        if isinstance(gateway, str):
            yield Blocked(f"the gateway's price is not known: {gateway}")
        elif gateway.expected is not None:
            asked = gateway.expected
            yield from _markup(route, base, gateway, asked, catalog)
    elif route.via.gateway == "openai":
        yield note(
            "price-agrees/gateway-unread",
            "An OpenAI-compatible gateway publishes no price of its own to compare.",
            at="via.gateway",
        )
    others = _others(reference, shape, judging, basis)
    yield from _second_source(route, basis, others, compared=asked is not None)
    named = [_named(one) for one in (*basis, *others)]
    if asked is not None:
        named.insert(0, f"gateway ${usd(asked)}")
    yield note(
        "price-agrees/compared",
        f"For this request: {', '.join(named)}.",
        at="request",
        evidence=(f"ref:{one.rule.id}" for one in (*basis, *others)),
    )


def _gateway(
    route: Route, catalog: Catalog | Missing, status: GatewayStatus | Missing
) -> GatewayPrice | str:
    """The gateway's price of one request, or why it is not known."""
    if isinstance(catalog, Missing):
        return catalog.detail
    price = gateway_price(route, catalog, status)
    if isinstance(price, Refusal):
        return price.message
    return price.reading if price.expected is None else price


def _markup(
    route: Route,
    base: Quote,
    gateway: GatewayPrice,
    expected: Decimal,
    catalog: Catalog | Missing,
) -> Iterator[Finding]:
    share, limit = expected / base.expected - 1, route.budget.max_markup
    evidence = (
        f"ref:{base.rule.id}",
        *(catalog.exchanges if isinstance(catalog, Catalog) else ()),
    )
    pair = f"${usd(expected)} at the gateway, {_named(base)}"
    if share > limit:
        yield blocker(
            "price-agrees/markup",
            f"The gateway asks {percent(share)} more than the reference: {pair}.",
            at="budget.max_markup",
            expected=f"at most {percent(limit)}",
            actual=percent(share),
            fix="ask the gateway for its price, raise budget.max_markup, or waive this finding",
            evidence=evidence,
        )
    elif -share > limit:
        yield warning(
            "price-agrees/below",
            f"The gateway asks {percent(-share)} less than the reference: {pair}. Another model "
            "may run underneath, or one of the two prices is old.",
            at="via.model",
            fix="make sure which model serves the label, and compare with the vendor's page",
            evidence=evidence,
        )
    if gateway.bound == "lower":
        yield warning(
            "price-agrees/lower-bound",
            "The gateway shows its lowest tier only; the comparison may flatter it.",
            at="via.model",
            evidence=evidence,
        )


def _others(
    reference: Reference, shape: Shape, judging: AsOf, basis: tuple[Quote, ...]
) -> list[Quote]:
    """What other publishers say, as far as it is not too old to compare."""
    publishers = {one.source.publisher for one in basis}
    return [
        one
        for one in quotes_by_source(reference, shape, judging.day)
        if isinstance(one, Quote)
        and one.source.publisher not in publishers
        and freshness("price", one.source.age_days(judging.day), judging.max_age_days) != "stale"
    ]


def _second_source(
    route: Route, basis: tuple[Quote, ...], others: Sequence[Quote], *, compared: bool
) -> Iterator[Finding | Blocked]:
    base, limit = basis[0], route.budget.max_markup
    differ = [other for other in others if abs(other.expected / base.expected - 1) > limit]
    # without a price of the vendor the pair that agrees stands for it, and is its own second source
    confirmed = len(basis) > 1 or len(differ) < len(others)
    for one in differ:
        text = (
            f"{_named(one)} differs by {percent(one.expected / base.expected - 1)} from "
            f"{_named(base)}; {_older(one, base)}."
        )
        evidence = (f"ref:{base.rule.id}", f"ref:{one.rule.id}")
        if confirmed:
            yield warning("price-agrees/other-differs", text, at="request", evidence=evidence)
        else:
            yield blocker(
                "price-agrees/second-source",
                text,
                at="request",
                expected=f"within {percent(limit)}",
                fix="look at the vendor's price page, and run veo-check refresh",
                evidence=evidence,
            )
    if not others and len(basis) == 1:
        if compared:
            yield warning(
                "price-agrees/no-second-source",
                f"No second source prices this request; only {base.source.publisher} and the "
                "gateway were compared.",
                at="request",
                evidence=(f"ref:{base.rule.id}",),
            )
        else:
            yield Blocked(f"only {base.source.publisher} prices this request; nothing to compare")


def _named(one: Quote) -> str:
    return f"{one.source.publisher} ${usd(one.expected)} ({one.source.confirmed})"


def _older(one: Quote, base: Quote) -> str:
    if one.source.confirmed == base.source.confirmed:
        return "both were read on the same day"
    older = min(one, base, key=lambda quote: quote.source.confirmed)
    return f"the reading of {older.source.publisher} is the older"


def percent(share: Decimal) -> str:
    """A share as a percentage, to a tenth."""
    return f"{plain((share * 100).quantize(Decimal('0.1')))}%"
