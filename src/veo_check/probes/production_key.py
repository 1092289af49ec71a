"""What free reads with the optional production key tell, to compare it with the smoke key."""

from __future__ import annotations

from veo_check.core.facts import GatewayListing, KeyUsage, Missing, ProductionKey
from veo_check.core.route import Route
from veo_check.http.answer import Failure
from veo_check.http.keys import KeyName
from veo_check.probes.gateway_listing import ask_with, listing
from veo_check.probes.key_usage import usage, usage_ask
from veo_check.probes.probe import Asking, Cost, PlannedRequest, planned
from veo_check.probes.route_keys import NEWAPI, not_offered
from veo_check.providers.asks import Ask


class ProductionKeyProbe:
    """The production key's listing and usage. Nothing is ever sent with it that costs."""

    id = "production-key"
    fact = ProductionKey
    cost: Cost = "free"

    def plan(self, route: Route, asking: Asking) -> tuple[PlannedRequest, ...] | Missing:
        asks = self._asks(route)
        return asks if isinstance(asks, Missing) else planned(self.id, asks, asking)

    def learn(self, route: Route, asking: Asking) -> ProductionKey | Missing:
        asks = self._asks(route)
        if isinstance(asks, Missing):
            return asks
        if same_key(route, asking):
            return ProductionKey(same_as_smoke_key=True, listing=None, usage=None)
        models = listing(route, asking, asks[0])
        quota = usage(asking, asks[1]) if len(asks) > 1 else None
        if isinstance(models, Failure) and not isinstance(quota, KeyUsage):
            return models.as_missing(self.id)
        seen = [one for one in (models, quota) if isinstance(one, GatewayListing | KeyUsage)]
        return ProductionKey(
            same_as_smoke_key=False,
            listing=models if isinstance(models, GatewayListing) else None,
            usage=quota if isinstance(quota, KeyUsage) else None,
            exchanges=tuple(exchange for one in seen for exchange in one.exchanges),
        )

    def _asks(self, route: Route) -> tuple[Ask, ...] | Missing:
        declared = route.via.production_key
        if declared is None:
            return Missing(self.id, "not-configured", "the route names no production_key")
        if route.via.gateway == "google":
            return not_offered(self.id, route, "groups or model lists to compare")
        key = KeyName(declared.env)
        asks = (ask_with(route, key),)
        return (*asks, usage_ask(route, key)) if route.via.gateway in NEWAPI else asks


def same_key(route: Route, asking: Asking) -> bool | None:
    """Whether both variables hold one key; None where one of the two is not readable here."""
    smoke, production = route.via.key, route.via.production_key
    if smoke is None or smoke.env is None or production is None:
        return None
    one, other = asking.keys.read(smoke.env), asking.keys.read(production.env)
    if isinstance(one, Failure) or isinstance(other, Failure):
        return None
    return one == other
