"""What labels the route's key is offered by its gateway."""

from __future__ import annotations

from veo_check.core.facts import GatewayListing, Missing
from veo_check.core.route import Route
from veo_check.http.answer import Failure
from veo_check.http.keys import KeyName
from veo_check.probes.probe import Asking, Cost, PlannedRequest, planned
from veo_check.probes.route_keys import no_key, not_offered, smoke_key
from veo_check.providers import newapi, openai_videos
from veo_check.providers.asks import Ask


class GatewayListingProbe:
    """`GET /v1/models` with the route's key."""

    id = "gateway-listing"
    fact = GatewayListing
    cost: Cost = "free"

    def plan(self, route: Route, asking: Asking) -> tuple[PlannedRequest, ...] | Missing:
        ask = listing_ask(self.id, route)
        return ask if isinstance(ask, Missing) else planned(self.id, [ask], asking)

    def learn(self, route: Route, asking: Asking) -> GatewayListing | Missing:
        ask = listing_ask(self.id, route)
        if isinstance(ask, Missing):
            return ask
        got = listing(route, asking, ask)
        return got.as_missing(self.id) if isinstance(got, Failure) else got


def listing_ask(probe: str, route: Route) -> Ask | Missing:
    """The listing of the route's gateway with the route's key."""
    if route.via.gateway == "google":
        return not_offered(probe, route, "listing of its own: Google is asked by official-model")
    key = smoke_key(route)
    return no_key(probe) if key is None else ask_with(route, key)


def ask_with(route: Route, key: KeyName) -> Ask:
    """The listing of the route's gateway, with this key."""
    if route.via.gateway == "openai":
        return openai_videos.listing_ask(route.base_url, key)
    return newapi.listing_ask(route.base_url, key)


def listing(route: Route, asking: Asking, ask: Ask) -> GatewayListing | Failure:
    """Ask and read. A Flatkey key that has run out is offered its models on the console."""
    answer = ask.send(asking.door)
    if isinstance(answer, Failure):
        return answer
    if route.via.gateway == "openai":
        return openai_videos.read_listing(answer, ask.url)
    if route.via.gateway == "flatkey" and ask.key is not None and newapi.out_of_quota(answer):
        ask = newapi.exhausted_listing_ask(route.console_url, ask.key)
        answer = ask.send(asking.door)
        if isinstance(answer, Failure):
            return answer
    return newapi.read_listing(answer, ask.url)
