"""What a probe is, and what it may use. A probe asks one thing and returns one Fact."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar

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
    SkuPrice,
    SmokeKeyVariable,
)
from veo_check.core.frozen import dataclass
from veo_check.core.jobs import JobDriver
from veo_check.core.route import AGENT_PLATFORM, GEMINI_API, FallbackTarget, Route
from veo_check.core.secrets import AllowList, Redactor
from veo_check.gateways import billing, google
from veo_check.gateways.base import (
    CatalogReads,
    GetRequest,
    JobEndpoint,
    asked_location,
    google_address,
    google_part,
    listing_key,
    no_key,
    not_offered,
    smoke_key,
)
from veo_check.gateways.errors import read_key_answer as read_google_key
from veo_check.gateways.google_jobs import AgentPlatformJobs, GeminiJobs
from veo_check.gateways.interactions import InteractionsJobs
from veo_check.gateways.newapi_jobs import PATHS, NewapiJobs
from veo_check.gateways.openai import OpenAIJobs
from veo_check.gateways.openrouter import OpenRouterJobs
from veo_check.gateways.registry import gateway_of, reads_of
from veo_check.http.answers import Failure, Limits
from veo_check.http.client import OFFLINE, HttpClient
from veo_check.http.keys import KeyName, Keys

if TYPE_CHECKING:
    from veo_check.http.client import Transport


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


F = TypeVar("F")
Asks = tuple[GetRequest, ...] | Missing


@dataclass(frozen=True, slots=True)
class Probe(Generic[F]):
    """The only code that asks an endpoint for a fact; every read is free.

    `asks` names the reads of a route before they are sent, or says why there are none. `read` sends
    them and makes the fact. Of several reads, only the first `sure` are certain to be sent.
    """

    id: str
    fact: type[F]
    asks: Callable[[str, Route], Asks]
    read: Callable[[Route, Asking, tuple[GetRequest, ...]], F | Failure]
    sure: int | None = None

    def plan(self, route: Route, asking: Asking) -> tuple[PlannedRequest, ...] | Missing:
        """What `learn` would send, as far as it can be known beforehand. Sends nothing."""
        asks = self.asks(self.id, route)
        if isinstance(asks, Missing):
            return asks
        requests: list[PlannedRequest] = []
        for ask in asks[: self.sure]:
            refused = ask.refusal(asking.door)
            if refused is not None:
                return Missing(self.id, "host-refused", asking.redactor.shown(refused, 500))
            key = ask.key.shown if ask.key else None
            requests.append(PlannedRequest("GET", asking.redactor.shown(ask.url, 1000), key))
        return tuple(requests)

    def learn(self, route: Route, asking: Asking) -> F | Missing:
        """The fact, or a Missing that says why it could not be learned."""
        asks = self.asks(self.id, route)
        if isinstance(asks, Missing):
            return asks
        got = self.read(route, asking, asks)
        return got.as_missing(self.id) if isinstance(got, Failure) else got


# The gateway's public price catalogue, cut down to the route's label. No key is sent.


def _prices(route: Route) -> CatalogReads | None:
    reads = reads_of(route)
    return reads.prices if reads else None


def _catalog_asks(probe: str, route: Route) -> Asks:
    prices = _prices(route)
    return prices.catalog(route) if prices else not_offered(probe, route, "price catalogue")


def _catalog(route: Route, asking: Asking, asks: tuple[GetRequest, ...]) -> Catalog | Failure:
    """The catalogue at the first of these addresses that exists."""
    ask, *others = asks
    answer = ask.send(asking.door)
    if isinstance(answer, Failure):
        return answer
    if others and answer.status in {400, 404}:
        return _catalog(route, asking, tuple(others))
    prices = _prices(route)
    assert prices is not None  # there were addresses to ask
    return prices.read_catalog(answer, route.via.model, ask.url)


# What labels the route's key is offered by its gateway.


def listing_asks(probe: str, route: Route) -> Asks:
    """The listing of the route's gateway with the route's key."""
    reads, key = reads_of(route), smoke_key(route)
    if reads is None:
        return not_offered(probe, route, "listing of its own: Google is asked by official-model")
    return no_key(probe) if key is None else (reads.listing(route, key),)


def _listing(
    route: Route, asking: Asking, asks: tuple[GetRequest, ...]
) -> GatewayListing | Failure:
    """Ask and read; where the gateway has a second listing for a key that has run out, that too."""
    (ask,), reads = asks, reads_of(route)
    assert reads is not None
    answer = ask.send(asking.door)
    again = None
    if ask.key is not None and not isinstance(answer, Failure):
        again = reads.again(route, ask.key, answer)
    if again is not None:
        ask, answer = again, again.send(asking.door)
    return answer if isinstance(answer, Failure) else reads.read_listing(answer, ask.url)


# How the route's key is taken.


def _key_asks(probe: str, route: Route) -> Asks:
    reads, key = reads_of(route), smoke_key(route)
    if reads is None:
        return official_asks(probe, route)
    return no_key(probe) if key is None else (reads.key(route, key),)


def _key_answer(route: Route, asking: Asking, asks: tuple[GetRequest, ...]) -> KeyAnswer | Failure:
    answer = google.ask_for_model(asking.door, asks)
    if isinstance(answer, Failure):
        return answer
    reads = reads_of(route)
    return reads.read_key(answer) if reads else read_google_key(answer, route.model.official)


# The quota and the limits of the route's key, on gateways that tell.


def _usage_asks(probe: str, route: Route) -> Asks:
    prices, key = _prices(route), smoke_key(route)
    if prices is None:
        return not_offered(probe, route, "usage that a key can read")
    return no_key(probe) if key is None else (prices.usage(route, key),)


def _usage(route: Route, asking: Asking, asks: tuple[GetRequest, ...]) -> KeyUsage | Failure:
    answer, prices = asks[0].send(asking.door), _prices(route)
    assert prices is not None
    return answer if isinstance(answer, Failure) else prices.read_usage(answer)


# The gateway's own constants, such as how many quota units are one USD.


def _status_asks(probe: str, route: Route) -> Asks:
    prices = _prices(route)
    if prices is None:
        return not_offered(probe, route, "public status")
    ask = prices.status(route)
    return no_key(probe) if ask is None else (ask,)


def _status(route: Route, asking: Asking, asks: tuple[GetRequest, ...]) -> GatewayStatus | Failure:
    answer, prices = asks[0].send(asking.door), _prices(route)
    assert prices is not None
    return answer if isinstance(answer, Failure) else prices.read_status(answer)


# What Google itself says about the model that must run underneath: one `models.get`, with the
# route's key on a direct route, else with `model.listing`'s.


def official_asks(probe: str, route: Route) -> Asks:
    """The question to Google, or why the route file does not say how to ask it."""
    surface, model = route.model.surface, route.model.official
    if surface not in {GEMINI_API, AGENT_PLATFORM}:
        return Missing(probe, "not-offered", f"surface {surface} is not one of Google's")
    key = listing_key(route)
    if key is None:
        if gateway_of(route).direct:
            return no_key(probe)
        return Missing(
            probe,
            "not-configured",
            "the route does not say how to ask Google itself; add model.listing with a Google key",
        )
    address, part = google_address(route), google_part(route)
    if surface == GEMINI_API:
        return (google.model_ask(address, model, key),)
    return google.publisher_model_asks(address, model, key, part.project if part else None)


def _official(
    route: Route, asking: Asking, asks: tuple[GetRequest, ...]
) -> OfficialModel | Failure:
    answer = google.ask_for_model(asking.door, asks)
    if isinstance(answer, Failure):
        return answer
    model, now = route.model.official, asking.clock.now()
    if route.model.surface == GEMINI_API:
        return google.read_model(answer, model, now)
    return google.read_publisher_model(answer, model, now, asked_location(route))


# What free reads with the optional production key tell, to compare it with the smoke key. Nothing
# is ever sent with it that costs.


def _production_asks(probe: str, route: Route) -> Asks:
    declared = route.via.production_key
    if declared is None:
        return Missing(probe, "not-configured", "the route names no production_key")
    reads, key = reads_of(route), KeyName(declared.env)
    if reads is None:
        return not_offered(probe, route, "groups or model lists to compare")
    usage = (reads.prices.usage(route, key),) if reads.prices else ()
    return (reads.listing(route, key), *usage)


def _production(
    route: Route, asking: Asking, asks: tuple[GetRequest, ...]
) -> ProductionKey | Failure:
    if same_key(route, asking):
        return ProductionKey(same_as_smoke_key=True, listing=None, usage=None)
    models = _listing(route, asking, asks[:1])
    quota = _usage(route, asking, asks[1:]) if len(asks) > 1 else None
    if isinstance(models, Failure) and not isinstance(quota, KeyUsage):
        return models
    seen = [fact for fact in (models, quota) if isinstance(fact, GatewayListing | KeyUsage)]
    return ProductionKey(
        same_as_smoke_key=False,
        listing=models if isinstance(models, GatewayListing) else None,
        usage=quota if isinstance(quota, KeyUsage) else None,
        exchanges=tuple(exchange for fact in seen for exchange in fact.exchanges),
    )


def same_key(route: Route, asking: Asking) -> bool | None:
    """Whether both variables hold one key; None where one of the two is not readable here."""
    smoke, production = route.via.key, route.via.production_key
    if smoke is None or smoke.env is None or production is None:
        return None
    own, other = asking.keys.read(smoke.env), asking.keys.read(production.env)
    if isinstance(own, Failure) or isinstance(other, Failure):
        return None
    return own == other


# The list price of the SKU that the route file names, by Google's Cloud Billing.


def _sku_asks(probe: str, route: Route) -> Asks:
    sku = route.model.billing_sku
    if sku is None:
        return Missing(probe, "not-configured", "the route names no model.billing_sku")
    return (billing.sku_ask(sku),)


def _sku(route: Route, asking: Asking, asks: tuple[GetRequest, ...]) -> SkuPrice | Failure:
    answer = asks[0].send(asking.door)
    if isinstance(answer, Failure):
        return answer
    return billing.read_sku(answer, route.model.billing_sku or "")


# The route's key variables as this process sees them: set or not, sandbox or not. Works offline.


def _variable(route: Route, asking: Asking, _asks: tuple[GetRequest, ...]) -> SmokeKeyVariable:
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
    targets = route.fallback.routes if route.fallback else []
    parts: list[Route | FallbackTarget] = [route, *targets]
    keys = [part.via.key for part in parts]
    keys += [part.model.listing.key for part in parts if part.model.listing]
    yield from (key.env for key in keys if key is not None and key.env is not None)
    yield from (part.via.production_key.env for part in parts if part.via.production_key)


CATALOG = Probe("catalog", Catalog, _catalog_asks, _catalog, sure=1)
STATUS = Probe("gateway-status", GatewayStatus, _status_asks, _status)
#: Every probe, in the order in which a run asks.
PROBES: tuple[Probe[Any], ...] = (
    Probe("smoke-key-variable", SmokeKeyVariable, lambda _probe, _route: (), _variable),
    Probe("gateway-listing", GatewayListing, listing_asks, _listing),
    Probe("key-answer", KeyAnswer, _key_asks, _key_answer, sure=1),
    Probe("key-usage", KeyUsage, _usage_asks, _usage),
    STATUS,
    CATALOG,
    Probe("official-model", OfficialModel, official_asks, _official, sure=1),
    Probe("billing-sku", SkuPrice, _sku_asks, _sku),
    Probe("production-key", ProductionKey, _production_asks, _production),
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
    if place.gateway == "openrouter" and place.endpoint == "videos":
        return OpenRouterJobs(place, door)
    newapi = place.gateway == "flatkey" or (
        place.gateway == "newapi" and place.endpoint != "generation-tasks"
    )
    if newapi and place.endpoint in PATHS:
        return NewapiJobs(place, door)
    return _not_offered(place)


def _google(place: JobEndpoint, door: HttpClient) -> JobDriver | Missing:
    if place.endpoint not in {"predict-long-running", "interactions"}:
        return _not_offered(place)
    if place.surface not in {GEMINI_API, AGENT_PLATFORM}:
        return Missing(_PROBE, "not-offered", f"surface {place.surface} is not one of Google's")
    if place.surface == AGENT_PLATFORM and place.project is None:
        return Missing(_PROBE, "not-configured", "the route names no project (via.project)")
    if place.endpoint == "interactions":
        return InteractionsJobs(place, door)
    return (GeminiJobs if place.surface == GEMINI_API else AgentPlatformJobs)(place, door)


def _not_offered(place: JobEndpoint) -> Missing:
    return Missing(
        _PROBE,
        "not-offered",
        f"veo-check sends no jobs to endpoint family {place.endpoint} of gateway {place.gateway}",
    )
