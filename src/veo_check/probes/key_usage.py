"""The quota and the limits of the route's key, on gateways that tell."""

from __future__ import annotations

from veo_check.core.facts import KeyUsage, Missing
from veo_check.core.route import Route
from veo_check.http.answer import Failure
from veo_check.http.keys import KeyName
from veo_check.probes.probe import Asking, Cost, PlannedRequest, planned
from veo_check.probes.route_keys import NEWAPI, no_key, not_offered, smoke_key
from veo_check.providers import newapi
from veo_check.providers.asks import Ask


class KeyUsageProbe:
    """`GET /api/usage/token/` with the route's key."""

    id = "key-usage"
    fact = KeyUsage
    cost: Cost = "free"

    def plan(self, route: Route, asking: Asking) -> tuple[PlannedRequest, ...] | Missing:
        ask = self._ask(route)
        return ask if isinstance(ask, Missing) else planned(self.id, [ask], asking)

    def learn(self, route: Route, asking: Asking) -> KeyUsage | Missing:
        ask = self._ask(route)
        if isinstance(ask, Missing):
            return ask
        got = usage(asking, ask)
        return got.as_missing(self.id) if isinstance(got, Failure) else got

    def _ask(self, route: Route) -> Ask | Missing:
        if route.via.gateway not in NEWAPI:
            return not_offered(self.id, route, "usage that a key can read")
        key = smoke_key(route)
        return no_key(self.id) if key is None else usage_ask(route, key)


def usage_ask(route: Route, key: KeyName) -> Ask:
    """The usage of this key on the route's gateway."""
    return newapi.usage_ask(route.console_url, key)


def usage(asking: Asking, ask: Ask, *, fresh: bool = False) -> KeyUsage | Failure:
    """Ask and read; `fresh` asks again in the same run, as before and after a paid job."""
    answer = ask.send(asking.door, fresh=fresh)
    return answer if isinstance(answer, Failure) else newapi.read_usage(answer)
