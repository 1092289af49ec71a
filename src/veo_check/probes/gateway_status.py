"""The gateway's own constants, such as how many quota units are one USD."""

from __future__ import annotations

from veo_check.core.facts import GatewayStatus, Missing
from veo_check.core.route import Route
from veo_check.http.answer import Failure
from veo_check.probes.probe import Asking, Cost, PlannedRequest, planned
from veo_check.probes.route_keys import NEWAPI, not_offered, smoke_key
from veo_check.providers import newapi
from veo_check.providers.asks import Ask


class GatewayStatusProbe:
    """`GET /api/status`: public, no key is sent."""

    id = "gateway-status"
    fact = GatewayStatus
    cost: Cost = "free"

    def plan(self, route: Route, asking: Asking) -> tuple[PlannedRequest, ...] | Missing:
        ask = self._ask(route)
        return ask if isinstance(ask, Missing) else planned(self.id, [ask], asking)

    def learn(self, route: Route, asking: Asking) -> GatewayStatus | Missing:
        ask = self._ask(route)
        if isinstance(ask, Missing):
            return ask
        answer = ask.send(asking.door)
        got = answer if isinstance(answer, Failure) else newapi.read_status(answer)
        return got.as_missing(self.id) if isinstance(got, Failure) else got

    def _ask(self, route: Route) -> Ask | Missing:
        if route.via.gateway not in NEWAPI:
            return not_offered(self.id, route, "public status")
        return newapi.status_ask(route.console_url, smoke_key(route))
