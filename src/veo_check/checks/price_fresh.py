"""price-fresh: the prices used were read recently, and do not end or lag behind."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from veo_check.checks.price_agrees import PRICED_GATEWAYS
from veo_check.checks.price_known import price_basis
from veo_check.checks.price_unit import gateway_price
from veo_check.core.clock import AsOf
from veo_check.core.facts import Catalog, GatewayStatus, Missing
from veo_check.core.findings import (
    Blocked,
    Finding,
    Findings,
    ReferenceUse,
    ValidUntil,
    check,
    note,
    warning,
)
from veo_check.core.money import usd
from veo_check.core.route import Route
from veo_check.pricing.quote import promotions, quote
from veo_check.pricing.shape import Quote, Refusal, Shape
from veo_check.reference.lifecycle import freshness, last_usable_day, limits
from veo_check.reference.load import Reference

_MEND = "run veo-check refresh, or update veo-check"


@check(item="pricing-unit", since="0.1")
def price_fresh(
    route: Route,
    reference: Reference,
    judging: AsOf,
    catalog: Catalog | Missing,
    status: GatewayStatus | Missing,
) -> Findings:
    """The prices used were confirmed recently and neither end soon nor belong to the past.

    Why: Veo 3.1 Fast fell from 0.15 to 0.10 a second while gateways and copied tables kept the old
    number; promotions are copied as list prices and outlive their end.
    Fix: run `veo-check refresh`; ask a gateway that charges an old price to take over the new one.
    """
    shape = Shape.of_route(route)
    basis = price_basis(reference, shape, judging)
    if isinstance(basis, Refusal):
        yield Blocked(f"there is no reference price: {basis.message}")
        return
    for one in basis:
        yield ReferenceUse(one.rule.id, "price", one.source.confirmed)
        yield from _age(one, judging)
        yield from _end(one, judging)
    for rule in promotions(reference, shape, judging.day):
        ends = f" until {rule.valid_to - timedelta(days=1)}" if rule.valid_to else ""
        yield note(
            "price-fresh/promotion",
            f"{rule.source.publisher} runs a promotion{ends}; it is not part of this price.",
            at="request",
            evidence=(f"ref:{rule.id}",),
        )
    if route.via.gateway in PRICED_GATEWAYS and isinstance(catalog, Catalog):
        yield from _lagging(route, reference, judging, basis[0], catalog, status)


def _age(one: Quote, judging: AsOf) -> Iterator[Finding | Blocked | ValidUntil]:
    source = one.source
    age = source.age_days(judging.day)
    warn, block = limits("price", judging.max_age_days)
    read = f"{source.publisher}'s price was last confirmed on {source.confirmed}, {age} days ago"
    evidence = (f"ref:{one.rule.id}",)
    match freshness("price", age, judging.max_age_days):
        case "stale":
            yield Blocked(f"{read}; more than {block} days are too old: {_MEND}")
            return
        case "aging":
            yield warning(
                "price-fresh/aging",
                f"{read}.",
                at="request",
                expected=f"at most {warn} days",
                actual=f"{age} days",
                fix=_MEND,
                evidence=evidence,
            )
        case "fresh":
            yield note("price-fresh/fresh", f"{read}.", at="request", evidence=evidence)
    yield ValidUntil(
        last_usable_day("price", source.confirmed, judging), f"{one.rule.id} becomes too old"
    )


def _end(one: Quote, judging: AsOf) -> Iterator[Finding | ValidUntil]:
    """`valid_to` is the first day on which a price no longer holds."""
    end = one.rule.valid_to
    if end is None or end <= judging.day:
        return
    last = end - timedelta(days=1)
    yield ValidUntil(last, f"{one.rule.id} ends")
    if (last - judging.day).days <= judging.within_days:
        yield warning(
            "price-fresh/ends",
            f"This price of {one.source.publisher} holds until {last}.",
            at="request",
            fix="budget with the price that follows",
            evidence=(f"ref:{one.rule.id}",),
        )


def _lagging(
    route: Route,
    reference: Reference,
    judging: AsOf,
    base: Quote,
    catalog: Catalog,
    status: GatewayStatus | Missing,
) -> Iterator[Finding]:
    """A gateway that is dearer because its list price is the one from before the last change.

    An old list price that the group's ratio brings down to the new one is nobody's loss.
    """
    price = gateway_price(route, catalog, status)
    since = base.rule.valid_from
    if isinstance(price, Refusal) or since is None:
        return
    asked, listed, now = price.per_second, price.list_per_second, base.per_second
    if asked is None or now is None or asked <= now:
        return
    before = quote(reference, base.shape, since - timedelta(days=1))
    if isinstance(before, Quote) and listed is not None and before.per_second == listed:
        yield warning(
            "price-fresh/gateway-outdated",
            f"The gateway's list price, ${usd(listed)} a second, is the one that held before "
            f"{since}; since then it is ${usd(now)} ({base.source.publisher}).",
            at="via.model",
            expected=f"${usd(now)}",
            actual=f"${usd(listed)}",
            fix="ask the gateway to take over the vendor's new price",
            evidence=(f"ref:{base.rule.id}", *catalog.exchanges),
        )
