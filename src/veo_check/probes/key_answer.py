"""How the other side takes the route's key, from a free keyed read."""

from __future__ import annotations

from veo_check.core.facts import KeyAnswer, Missing
from veo_check.core.route import Route
from veo_check.http.answer import Failure
from veo_check.probes.gateway_listing import listing_ask
from veo_check.probes.official_model import official_ask
from veo_check.probes.probe import Asking, Cost, PlannedRequest, planned
from veo_check.providers import google_errors, newapi, openai_videos
from veo_check.providers.asks import Ask


class KeyAnswerProbe:
    """Reads the answer that the listing got, for what it says about the key."""

    id = "key-answer"
    fact = KeyAnswer
    cost: Cost = "free"

    def plan(self, route: Route, asking: Asking) -> tuple[PlannedRequest, ...] | Missing:
        ask = self._ask(route)
        return ask if isinstance(ask, Missing) else planned(self.id, [ask], asking)

    def learn(self, route: Route, asking: Asking) -> KeyAnswer | Missing:
        ask = self._ask(route)
        if isinstance(ask, Missing):
            return ask
        answer = ask.send(asking.door)
        if isinstance(answer, Failure):
            return answer.as_missing(self.id)
        if route.via.gateway == "google":
            got = google_errors.read_key_answer(answer, route.model.official)
        elif route.via.gateway == "openai":
            got = openai_videos.read_key_answer(answer)
        else:
            got = newapi.read_key_answer(answer)
        return got.as_missing(self.id) if isinstance(got, Failure) else got

    def _ask(self, route: Route) -> Ask | Missing:
        if route.via.gateway == "google":
            return official_ask(self.id, route)
        return listing_ask(self.id, route)
