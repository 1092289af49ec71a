"""The gateway's public price catalogue, cut down to the route's label."""

from __future__ import annotations

from veo_check.core.facts import Catalog, Missing
from veo_check.core.route import Route
from veo_check.http.answer import Failure
from veo_check.probes.probe import Asking, Cost, PlannedRequest, planned
from veo_check.probes.route_keys import NEWAPI, not_offered, smoke_key
from veo_check.providers import newapi_catalog
from veo_check.providers.asks import Ask


class CatalogProbe:
    """Flatkey's website catalogue, else `/api/pricing`. No key is sent."""

    id = "catalog"
    fact = Catalog
    cost: Cost = "free"

    def plan(self, route: Route, asking: Asking) -> tuple[PlannedRequest, ...] | Missing:
        asks = self._asks(route)
        # the others are asked only where the first does not exist
        return asks if isinstance(asks, Missing) else planned(self.id, asks[:1], asking)

    def learn(self, route: Route, asking: Asking) -> Catalog | Missing:
        asks = self._asks(route)
        if isinstance(asks, Missing):
            return asks
        got = _first(asks, route.via.model, asking)
        return got.as_missing(self.id) if isinstance(got, Failure) else got

    def _asks(self, route: Route) -> tuple[Ask, ...] | Missing:
        if route.via.gateway not in NEWAPI:
            return not_offered(self.id, route, "price catalogue")
        return newapi_catalog.catalog_asks(
            route.console_url,
            route.via.group,
            smoke_key(route),
            flatkey=route.via.gateway == "flatkey",
        )


def _first(asks: tuple[Ask, ...], label: str, asking: Asking) -> Catalog | Failure:
    """The catalogue at the first of these addresses that exists."""
    ask, *others = asks
    answer = ask.send(asking.door)
    if isinstance(answer, Failure):
        return answer
    if others and newapi_catalog.is_absent(answer):
        return _first(tuple(others), label, asking)
    return newapi_catalog.read_catalog(answer, label, ask.url)
