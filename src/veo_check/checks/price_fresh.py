"""price-fresh: the prices used were read recently, and do not end or lag behind."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from veo_check.core.clock import AsOf
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
from veo_check.pricing.gateway_row import GatewayPrice
from veo_check.pricing.job_cost import JobCost, JobPrice
from veo_check.pricing.quote import quote
from veo_check.pricing.shape import Quote, Refusal
from veo_check.reference.lifecycle import freshness, last_usable_day, limits
from veo_check.reference.load import Reference

_REFRESH = "run veo-check refresh, or update veo-check"


@check(item="pricing-unit", since="0.1")
def price_fresh(reference: Reference, judging: AsOf, cost: JobCost) -> Findings:
    """The prices used were confirmed recently and neither end soon nor belong to the past.

    Why: Veo 3.1 Fast fell from 0.15 to 0.10 a second while gateways and copied tables kept the old
    number.
    Fix: run `veo-check refresh`; ask a gateway that charges an old price to adopt the new one.
    """
    basis = cost.quotes
    if isinstance(basis, Refusal):
        yield Blocked(f"there is no reference price: {basis.message}")
        return
    for held in basis:
        yield ReferenceUse(held.rule.id, "price", held.source.confirmed)
        yield from _age(held, judging)
        yield from _end(held, judging)
    yield from _lagging(reference, basis[0], cost)


def _age(one: Quote, judging: AsOf) -> Iterator[Finding | Blocked | ValidUntil]:
    source = one.source
    age = source.age_days(judging.day)
    warn, block = limits("price", judging.max_age_days)
    read = f"The price from {source.by} was last confirmed {age} days ago, on {source.confirmed}"
    evidence = (f"ref:{one.rule.id}",)
    match freshness("price", age, judging.max_age_days):
        case "stale":
            yield Blocked(f"{read}; more than {block} days are too old: {_REFRESH}")
            return
        case "aging":
            yield warning(
                "price-fresh/aging",
                f"{read}.",
                at="request",
                expected=f"at most {warn} days",
                actual=f"{age} days",
                fix=_REFRESH,
                evidence=evidence,
            )
        case "fresh":
            yield note("price-fresh/fresh", f"{read}.", at="request", evidence=evidence)
    yield ValidUntil(
        last_usable_day("price", source.confirmed, judging),
        f"the price from {source.by} becomes too old",
    )


def _end(one: Quote, judging: AsOf) -> Iterator[Finding | ValidUntil]:
    """`valid_to` is the first day on which a price no longer holds."""
    end = one.rule.valid_to
    if end is None or end <= judging.day:
        return
    last = end - timedelta(days=1)
    yield ValidUntil(last, f"the price from {one.source.by} ends")
    if (last - judging.day).days <= judging.within_days:
        yield warning(
            "price-fresh/ends",
            f"The price from {one.source.by} is valid until {last}.",
            at="request",
            fix="budget with the price that follows",
            evidence=(f"ref:{one.rule.id}",),
        )


def _lagging(reference: Reference, base: Quote, cost: JobCost) -> Iterator[Finding]:
    """A gateway that is dearer because its list price is the one from before the last change.

    An old list price that the group's ratio brings down to the new one does no harm.
    """
    row, gateway, since = cost.row, cost.gateway, base.rule.valid_from
    if not isinstance(row, GatewayPrice) or not isinstance(gateway, JobPrice) or since is None:
        return
    asked, listed, now = row.per_second, row.list_per_second, base.per_second
    if asked is None or now is None or asked <= now:
        return
    before = quote(reference, base.shape, since - timedelta(days=1))
    if isinstance(before, Quote) and listed is not None and before.per_second == listed:
        yield warning(
            "price-fresh/gateway-outdated",
            f"The gateway's list price, ${usd(listed)} a second, is the one from before "
            f"{since}; since then it is ${usd(now)} ({base.source.by}).",
            at="via.model",
            expected=f"${usd(now)}",
            actual=f"${usd(listed)}",
            fix="ask the gateway to adopt the vendor's new price",
            evidence=(f"ref:{base.rule.id}", *gateway.evidence),
        )
