"""price-agrees: gateway, vendor and a second source name about the same price."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from veo_check.core.clock import AsOf
from veo_check.core.facts import Missing, SkuPrice
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
from veo_check.core.gateway import Gateway
from veo_check.core.money import plain, usd
from veo_check.core.route import Route
from veo_check.pricing.job_cost import JobCost, JobPrice
from veo_check.pricing.quote import quotes_by_source
from veo_check.pricing.shape import Quote, Refusal
from veo_check.reference.lifecycle import freshness
from veo_check.reference.load import Reference


@check(item="pricing-unit", since="0.1")
def price_agrees(
    route: Route,
    via: Gateway,
    reference: Reference,
    judging: AsOf,
    cost: JobCost,
    sku: SkuPrice | Missing,
) -> Findings:
    """The gateway's price, the vendor's and a second source's agree within the allowed markup.

    Why: gateways keep old defaults, catalogues mislabel units, and copied tables miss price cuts. A
    difference is where one of them is wrong, and the invoice says which one too late.
    Fix: ask the one that differs; accept a more expensive gateway with `budget.max_markup`, or
    waive the finding with a reason and a day.
    """
    basis, gateway = cost.quotes, cost.gateway
    if isinstance(basis, Refusal):
        yield Blocked(f"there is no reference price to compare with: {basis.message}")
        return
    base = basis[0]
    if not base.expected:
        yield Blocked("the reference price is 0; nothing can be compared with it")
        return
    for quote in basis:
        yield ReferenceUse(quote.rule.id, "price", quote.source.confirmed)
    if isinstance(gateway, Refusal):
        yield Blocked(gateway.message)
    elif gateway is not None:
        yield from _markup(route, base, gateway)
    elif not via.direct:
        yield note(
            "price-agrees/gateway-unread",
            "The gateway publishes no price of its own to compare.",
            at="via.gateway",
        )
    if route.model.billing_sku is not None:
        yield from _billed(route, base, sku)
    others = _others(reference, judging, basis)
    compared = isinstance(gateway, JobPrice)
    yield from _second_source(route, basis, others, compared=compared)
    named = [_named(quote) for quote in (*basis, *others)]
    if isinstance(gateway, JobPrice):
        named.insert(0, f"gateway ${usd(gateway.expected)}")
    yield note(
        "price-agrees/compared",
        f"For this request: {', '.join(named)}.",
        at="request",
        evidence=(f"ref:{quote.rule.id}" for quote in (*basis, *others)),
    )


def _markup(route: Route, base: Quote, gateway: JobPrice) -> Iterator[Finding]:
    share, limit = gateway.expected / base.expected - 1, route.budget.max_markup
    evidence = (f"ref:{base.rule.id}", *gateway.evidence)
    pair = f"${usd(gateway.expected)} at the gateway, {_named(base)}"
    if share > limit:
        yield blocker(
            "price-agrees/markup",
            f"The gateway charges {percent(share)} more than the reference price: {pair}.",
            at="budget.max_markup",
            expected=f"at most {percent(limit)}",
            actual=percent(share),
            fix="ask the gateway for its price, raise budget.max_markup, or waive this finding",
            evidence=evidence,
        )
    elif -share > limit:
        yield warning(
            "price-agrees/below",
            f"The gateway charges {percent(-share)} less than the reference price: {pair}. Another "
            "model may run underneath, or one of the two prices is old.",
            at="via.model",
            fix="make sure which model serves the label, and compare with the vendor's page",
            evidence=evidence,
        )
    if gateway.bound == "lower":
        yield warning(
            "price-agrees/lower-bound",
            "The gateway shows its lowest tier only; its price may be higher.",
            at="via.model",
            evidence=evidence,
        )


def _billed(route: Route, base: Quote, sku: SkuPrice | Missing) -> Iterator[Finding]:
    """What Google's bill charges for the SKU that the route file names, beside the price page."""
    at, named = "model.billing_sku", route.model.billing_sku
    if isinstance(sku, Missing):
        yield note(
            "price-agrees/sku-unread", f"The list price of SKU {named}: {sku.detail}.", at=at
        )
        return
    told = f"SKU {sku.sku} costs ${usd(sku.amount)} per {sku.unit}"
    if sku.per_second is None or base.per_second is None:
        yield note(
            "price-agrees/sku-unit",
            f"{told}; what one {sku.unit} of it is, is not known, so it is not compared.",
            at=at,
            evidence=sku.exchanges,
        )
        return
    share = sku.per_second / base.per_second - 1
    text = f"{told}, one second of video; {base.source.publisher} prints ${usd(base.per_second)}."
    if abs(share) > route.budget.max_markup:
        yield blocker(
            "price-agrees/sku-differs",
            text,
            at=at,
            expected=f"within {percent(route.budget.max_markup)}",
            actual=percent(share),
            fix="look at the bill which SKU this request is charged to, and name that one",
            evidence=sku.exchanges,
        )
    else:
        yield note("price-agrees/sku", text, at=at, evidence=sku.exchanges)


def _others(reference: Reference, judging: AsOf, basis: tuple[Quote, ...]) -> list[Quote]:
    """What other publishers say, as far as it is not too old to compare."""
    publishers = {quote.source.publisher for quote in basis}
    return [
        quote
        for quote in quotes_by_source(reference, basis[0].shape, judging.day)
        if isinstance(quote, Quote)
        and quote.source.publisher not in publishers
        and freshness("price", quote.source.age_days(judging.day), judging.max_age_days) != "stale"
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
                f"No second source prices this request; only {base.source.by} and the "
                "gateway were compared.",
                at="request",
                evidence=(f"ref:{base.rule.id}",),
            )
        else:
            yield Blocked(
                f"only {base.source.by} prices this request; veo-check refresh --openrouter or "
                "--cost-map may add a second source"
            )


def _named(one: Quote) -> str:
    return f"{one.source.by} ${usd(one.expected)} ({one.source.confirmed})"


def _older(one: Quote, base: Quote) -> str:
    if one.source.confirmed == base.source.confirmed:
        return "both were read on the same day"
    older = min(one, base, key=lambda quote: quote.source.confirmed)
    return f"the reading of {older.source.by} is older"


def percent(share: Decimal) -> str:
    """A share as a percentage, to a tenth."""
    return f"{plain((share * 100).quantize(Decimal('0.1')))}%"
