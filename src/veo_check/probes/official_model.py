"""What Google itself says about the model that must run underneath."""

from __future__ import annotations

from veo_check.core.facts import Missing, OfficialModel
from veo_check.core.route import Route
from veo_check.http.answer import Failure
from veo_check.probes.probe import Asking, Cost, PlannedRequest, planned
from veo_check.probes.route_keys import google_address, listing_key, no_key
from veo_check.providers import google_agent_platform, google_gemini
from veo_check.providers.asks import Ask

_SURFACES = frozenset({google_gemini.SURFACE, google_agent_platform.SURFACE})


class OfficialModelProbe:
    """One `models.get`, with the route's key on a direct route, else with `model.listing`'s."""

    id = "official-model"
    fact = OfficialModel
    cost: Cost = "free"

    def plan(self, route: Route, asking: Asking) -> tuple[PlannedRequest, ...] | Missing:
        ask = official_ask(self.id, route)
        return ask if isinstance(ask, Missing) else planned(self.id, [ask], asking)

    def learn(self, route: Route, asking: Asking) -> OfficialModel | Missing:
        ask = official_ask(self.id, route)
        if isinstance(ask, Missing):
            return ask
        answer = ask.send(asking.door)
        if isinstance(answer, Failure):
            return answer.as_missing(self.id)
        read = google_gemini.read_model if _on_gemini(route) else google_agent_platform.read_model
        got = read(answer, route.model.official, asking.clock.now())
        return got.as_missing(self.id) if isinstance(got, Failure) else got


def _on_gemini(route: Route) -> bool:
    return route.model.surface == google_gemini.SURFACE


def official_ask(probe: str, route: Route) -> Ask | Missing:
    """The question to Google, or why the route file does not say how to ask it."""
    if route.model.surface not in _SURFACES:
        return Missing(
            probe, "not-offered", f"surface {route.model.surface} is not one of Google's"
        )
    key = listing_key(route)
    if key is None:
        if route.via.gateway == "google":
            return no_key(probe)
        return Missing(
            probe,
            "not-configured",
            "the route does not say how to ask Google itself; add model.listing with a Google key",
        )
    if _on_gemini(route):
        return google_gemini.model_ask(google_address(route), route.model.official, key)
    return google_agent_platform.model_ask(google_address(route), route.model.official, key)
