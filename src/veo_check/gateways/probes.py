"""What a probe is, and what it may use. A probe asks one thing and returns one Fact."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from veo_check.core.clock import Clock
from veo_check.core.facts import (
    Catalog,
    GatewayListing,
    GatewayStatus,
    KeyAnswer,
    KeyUsage,
    Missing,
    OfficialModel,
    ProductionKey,
    SmokeKeyVariable,
)
from veo_check.core.jobs import JobDriver
from veo_check.core.route import AGENT_PLATFORM, GEMINI_API, Key, Route
from veo_check.core.secrets import AllowList, Redactor
from veo_check.gateways import errors as google_errors
from veo_check.gateways import google, newapi
from veo_check.gateways import newapi as newapi_catalog
from veo_check.gateways import openai as openai_videos
from veo_check.gateways.base import (
    NEWAPI,
    GetRequest,
    JobEndpoint,
    google_address,
    listing_key,
    no_key,
    not_offered,
    smoke_key,
)
from veo_check.gateways.google_jobs import AgentPlatformJobs, GeminiJobs
from veo_check.gateways.newapi_jobs import PATHS, NewapiJobs
from veo_check.gateways.openai import OpenAIJobs
from veo_check.http.answers import Failure, Limits
from veo_check.http.client import OFFLINE, HttpClient
from veo_check.http.keys import KeyName, Keys

if TYPE_CHECKING:
    from veo_check.http.client import Transport


Cost = Literal["free", "paid"]


@dataclass(frozen=True, slots=True)
class Asking:
    """What probes may use: the run's door, and with it the keys, the leave and the clock."""

    door: HttpClient

    @classmethod
    def open(
        cls,
        *,
        environ: Mapping[str, str],
        leave: AllowList,
        clock: Clock,
        redactor: Redactor | None = None,
        transport: Transport | None = None,
        offline: bool = False,
        offline_because: str = OFFLINE,
        limits: Limits | None = None,
    ) -> Asking:
        """Everything for one run. `transport` is the sandbox's or a test's; None: the network."""
        keys = Keys(environ, redactor or Redactor())
        return cls(
            HttpClient(
                leave=leave,
                clock=clock,
                keys=keys,
                transport=transport,
                offline=offline,
                offline_because=offline_because,
                limits=limits,
            )
        )

    @property
    def keys(self) -> Keys:
        """The environment's keys, by name."""
        return self.door.keys

    @property
    def leave(self) -> AllowList:
        """What the person running the command allowed."""
        return self.door.leave

    @property
    def redactor(self) -> Redactor:
        """Masks this run's secrets."""
        return self.door.redactor

    @property
    def clock(self) -> Clock:
        """The run's clock."""
        return self.door.clock


@dataclass(frozen=True, slots=True)
class PlannedRequest:
    """A request that a probe would send. `key` names the variable whose key it would carry."""

    method: str
    url: str
    key: str | None
    cost: Cost = "free"


class Probe(Protocol):
    """The only code that asks an endpoint for a fact."""

    @property
    def id(self) -> str:
        """The probe's name, as reports give it."""

    @property
    def fact(self) -> type:
        """The type of the fact it learns."""

    @property
    def cost(self) -> Cost:
        """Whether asking costs money."""

    def plan(self, route: Route, asking: Asking) -> tuple[PlannedRequest, ...] | Missing:
        """What `learn` would send, as far as it can be known beforehand. Sends nothing."""

    def learn(self, route: Route, asking: Asking) -> object:
        """The fact, or a Missing that says why it could not be learned."""


def planned(
    probe: str, asks: Iterable[GetRequest], asking: Asking
) -> tuple[PlannedRequest, ...] | Missing:
    """The plan of these reads; a Missing where one may not be sent at all."""
    requests: list[PlannedRequest] = []
    for ask in asks:
        refused = ask.refusal(asking.door)
        if refused is not None:
            return Missing(probe, "host-refused", asking.redactor.shown(refused, 500))
        key = ask.key.shown if ask.key else None
        requests.append(PlannedRequest("GET", asking.redactor.shown(ask.url, 1000), key))
    return tuple(requests)


# The gateway's public price catalogue, cut down to the route's label.


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

    def _asks(self, route: Route) -> tuple[GetRequest, ...] | Missing:
        if route.via.gateway not in NEWAPI:
            return not_offered(self.id, route, "price catalogue")
        return newapi_catalog.catalog_asks(
            route.console_url,
            route.via.group,
            smoke_key(route),
            flatkey=route.via.gateway == "flatkey",
        )


def _first(asks: tuple[GetRequest, ...], label: str, asking: Asking) -> Catalog | Failure:
    """The catalogue at the first of these addresses that exists."""
    ask, *others = asks
    answer = ask.send(asking.door)
    if isinstance(answer, Failure):
        return answer
    if others and newapi_catalog.is_absent(answer):
        return _first(tuple(others), label, asking)
    return newapi_catalog.read_catalog(answer, label, ask.url)


# What labels the route's key is offered by its gateway.


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


def listing_ask(probe: str, route: Route) -> GetRequest | Missing:
    """The listing of the route's gateway with the route's key."""
    if route.via.gateway == "google":
        return not_offered(probe, route, "listing of its own: Google is asked by official-model")
    key = smoke_key(route)
    return no_key(probe) if key is None else ask_with(route, key)


def ask_with(route: Route, key: KeyName) -> GetRequest:
    """The listing of the route's gateway, with this key."""
    if route.via.gateway == "openai":
        return openai_videos.listing_ask(route.base_url, key)
    return newapi.listing_ask(route.base_url, key)


def listing(route: Route, asking: Asking, ask: GetRequest) -> GatewayListing | Failure:
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


# The gateway's own constants, such as how many quota units are one USD.


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

    def _ask(self, route: Route) -> GetRequest | Missing:
        if route.via.gateway not in NEWAPI:
            return not_offered(self.id, route, "public status")
        return newapi.status_ask(route.console_url, smoke_key(route))


# The quota and the limits of the route's key, on gateways that tell.


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

    def _ask(self, route: Route) -> GetRequest | Missing:
        if route.via.gateway not in NEWAPI:
            return not_offered(self.id, route, "usage that a key can read")
        key = smoke_key(route)
        return no_key(self.id) if key is None else usage_ask(route, key)


def usage_ask(route: Route, key: KeyName) -> GetRequest:
    """The usage of this key on the route's gateway."""
    return newapi.usage_ask(route.console_url, key)


def usage(asking: Asking, ask: GetRequest, *, fresh: bool = False) -> KeyUsage | Failure:
    """Ask and read; `fresh` asks again in the same run, as before and after a paid job."""
    answer = ask.send(asking.door, fresh=fresh)
    return answer if isinstance(answer, Failure) else newapi.read_usage(answer)


# What Google itself says about the model that must run underneath.


_SURFACES = frozenset({GEMINI_API, AGENT_PLATFORM})


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
        read = google.read_model if _on_gemini(route) else google.read_publisher_model
        got = read(answer, route.model.official, asking.clock.now())
        return got.as_missing(self.id) if isinstance(got, Failure) else got


def _on_gemini(route: Route) -> bool:
    return route.model.surface == GEMINI_API


def official_ask(probe: str, route: Route) -> GetRequest | Missing:
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
        return google.model_ask(google_address(route), route.model.official, key)
    return google.publisher_model_ask(google_address(route), route.model.official, key)


# How the other side takes the route's key, from a free keyed read.


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

    def _ask(self, route: Route) -> GetRequest | Missing:
        if route.via.gateway == "google":
            return official_ask(self.id, route)
        return listing_ask(self.id, route)


# What free reads with the optional production key tell, to compare it with the smoke key.


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

    def _asks(self, route: Route) -> tuple[GetRequest, ...] | Missing:
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


# The route's key variables as this process sees them: set or not, sandbox or not.


class SmokeKeyVariableProbe:
    """Looks at the environment only; works offline."""

    id = "smoke-key-variable"
    fact = SmokeKeyVariable
    cost: Cost = "free"

    def plan(self, route: Route, asking: Asking) -> tuple[PlannedRequest, ...] | Missing:
        return ()

    def learn(self, route: Route, asking: Asking) -> SmokeKeyVariable | Missing:
        key, keys = route.via.key, asking.keys
        name = key.env if key else None
        return SmokeKeyVariable(
            name=name,
            is_set=keys.is_set(name) if name else key is not None,
            from_sandbox=keys.from_sandbox(name),
            same_as_production=same_key(route, asking),
            sandbox_variables=frozenset(
                variable for variable in _variables(route) if keys.from_sandbox(variable)
            ),
        )


def _variables(route: Route) -> Iterator[str]:
    """Every key variable that the route file names, fallbacks' included."""
    for key in _keys(route):
        if key is not None and key.env is not None:
            yield key.env
    targets = route.fallback.routes if route.fallback else []
    for production in (
        route.via.production_key,
        *(target.via.production_key for target in targets),
    ):
        if production is not None:
            yield production.env


def _keys(route: Route) -> Iterator[Key | None]:
    yield route.via.key
    yield route.model.listing.key if route.model.listing else None
    for target in route.fallback.routes if route.fallback else []:
        yield target.via.key
        yield target.model.listing.key if target.model.listing else None


# Every probe, in the order in which a run asks.


PROBES: tuple[Probe, ...] = (
    SmokeKeyVariableProbe(),
    GatewayListingProbe(),
    KeyAnswerProbe(),
    KeyUsageProbe(),
    GatewayStatusProbe(),
    CatalogProbe(),
    OfficialModelProbe(),
    ProductionKeyProbe(),
)


# Which driver speaks a route's wire format.


_PROBE = "job"


def job_driver(place: JobEndpoint, door: HttpClient) -> JobDriver | Missing:
    """The driver for jobs there; a Missing where no job can be sent, with the reason."""
    if place.key is None:
        return Missing(_PROBE, "not-configured", "the route names no key (via.key)")
    if place.gateway == "google":
        return _google(place, door)
    if place.gateway == "openai" and place.endpoint == "videos":
        return OpenAIJobs(place, door)
    newapi = place.gateway == "flatkey" or (
        place.gateway == "newapi" and place.endpoint != "generation-tasks"
    )
    if newapi and place.endpoint in PATHS:
        return NewapiJobs(place, door)
    return _not_offered(place)


def _google(place: JobEndpoint, door: HttpClient) -> JobDriver | Missing:
    if place.endpoint != "predict-long-running":
        return _not_offered(place)
    if place.surface == GEMINI_API:
        return GeminiJobs(place, door)
    if place.surface != AGENT_PLATFORM:
        return Missing(_PROBE, "not-offered", f"surface {place.surface} is not one of Google's")
    if place.project is None:
        return Missing(_PROBE, "not-configured", "the route names no project (via.project)")
    return AgentPlatformJobs(place, door)


def _not_offered(place: JobEndpoint) -> Missing:
    return Missing(
        _PROBE,
        "not-offered",
        f"veo-check sends no jobs to endpoint family {place.endpoint} of gateway {place.gateway}",
    )
