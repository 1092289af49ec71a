"""price-unit: what the gateway's catalogue row means in USD per second."""

from __future__ import annotations

from veo_check.core.facts import Catalog, GatewayStatus, Missing
from veo_check.core.findings import Blocked, Findings, blocker, check, note, warning
from veo_check.core.gateway import no_catalogue
from veo_check.core.money import plain, usd
from veo_check.core.route import Route
from veo_check.pricing.gateway_row import GatewayPrice
from veo_check.pricing.job_cost import JobCost
from veo_check.pricing.shape import Refusal


@check(item="pricing-unit", since="0.1", waivable=False, not_for=no_catalogue)
def price_unit(
    route: Route, catalog: Catalog, status: GatewayStatus | Missing, cost: JobCost
) -> Findings:
    """The gateway's price is known in USD per second of video.

    Why: `quota_type: 1, model_price: 0.4` is USD per second on a Veo row, although the site says
    "per request"; `model_ratio: 37.5` is no price at all but what the code answers when none was
    set. A price without its unit is not a price.
    Fix: ask the gateway to set `model_price` for this label; until then, use one that is priced.
    """
    label, group = route.via.model, route.via.group
    if len(catalog.rows) != 1:
        yield Blocked(f"the catalogue has {len(catalog.rows)} rows for '{label}', not 1")
        return
    grouped = catalog.rows[0].skus is None
    if grouped and group is None:
        yield Blocked("the price depends on the group, and the route file names no via.group")
        return
    if grouped and group is not None and catalog.ratio_for(group) is None:
        yield Blocked(f"the catalogue gives no price ratio for the group '{group}'")
        return
    price = cost.row
    if isinstance(price, Refusal) and price.code == "quota-unread":
        why = f" ({status.detail})" if isinstance(status, Missing) else ""
        yield Blocked(f"{price.message}{why}")
        return
    if isinstance(price, Refusal) and price.code == "expression-unread":
        yield Blocked(
            f"The row '{label}' has a price that is an expression, and {price.message}; a finished "
            "job's usage row shows what it charges: --spend USD"
        )
        return
    if isinstance(price, Refusal) and price.code == "quota-unit":
        yield blocker(
            "price-unit/quota-unit",
            f"The gateway's price is not known: {price.message}.",
            at="via.gateway",
            expected="quota units in one USD, above 0",
            fix="ask the gateway's operator to set QuotaPerUnit; until then no amount in quota "
            "units can be trusted",
            evidence=(*catalog.exchanges, *getattr(status, "exchanges", ())),
        )
        return
    if isinstance(price, Refusal):
        yield blocker(
            f"price-unit/{price.code}",
            f"The row '{label}' has no usable price: {price.message}.",
            at="via.model",
            expected="USD per second",
            actual=_fields(catalog),
            fix="ask the gateway to set a price for this label, or use a label that has one",
            evidence=catalog.exchanges,
        )
        return
    if not isinstance(price, GatewayPrice) or price.per_second is None:
        yield Blocked(getattr(cost.gateway, "message", "the gateway publishes no price"))
        return
    yield note(
        "price-unit/per-second",
        f"${usd(price.per_second)} per second of video: {price.reading}.",
        at="via.model",
        actual=plain(price.per_second, 2),
        evidence=catalog.exchanges,
    )
    if price.bound == "lower":
        yield warning(
            "price-unit/lower-bound",
            "The gateway shows its lowest tier only; this request may cost more.",
            at="via.model",
            fix="ask the gateway for the price of this resolution and length",
            evidence=catalog.exchanges,
        )
    if price.unit != "second":
        yield note(
            "price-unit/other-unit",
            f"The gateway bills by {price.unit}, not by second.",
            at="via.model",
            evidence=catalog.exchanges,
        )
    for remark in price.notes:
        yield note(
            "price-unit/remark",
            f"{remark[0].upper()}{remark[1:]}.",
            at="via.model",
            evidence=catalog.exchanges,
        )


def _fields(catalog: Catalog) -> str | None:
    fields = catalog.rows[0].price_fields
    return ", ".join(f"{name}: {value}" for name, value in sorted(fields.items())) or None
