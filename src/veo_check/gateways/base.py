"""Where a paid job goes and with which key: the part of a route that a driver needs.

Made from a route, or from what the journal recorded of it: a stored job is polled where it was
submitted, whatever the route file says by now.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import field

from veo_check.core.facts import (
    Catalog,
    GatewayListing,
    GatewayStatus,
    KeyAnswer,
    KeyUsage,
    Missing,
)
from veo_check.core.frozen import dataclass
from veo_check.core.route import (
    AGENT_PLATFORM,
    DEFAULT_LOCATION,
    GEMINI_API,
    Listing,
    Route,
    Via,
    google_url,
)
from veo_check.http.answers import Failure, Response
from veo_check.http.client import HttpClient
from veo_check.http.keys import KeyName, KeyStyle


@dataclass(frozen=True, slots=True)
class JobEndpoint:
    """Gateway, family, addresses (without a trailing slash) and the key's name."""

    gateway: str
    endpoint: str
    surface: str
    official: str
    label: str
    base_url: str
    console_url: str
    key: KeyName | None
    project: str | None = None
    location: str | None = None


def place_of(route: Route) -> JobEndpoint:
    """Where the route's jobs go."""
    via, key = route.via, route.via.key
    return _place(
        gateway=via.gateway,
        endpoint=via.endpoint,
        surface=route.model.surface,
        official=route.model.official,
        label=via.model,
        base_url=route.base_url,
        console_url=route.console_url,
        variable=key.env if key else None,
        default_credentials=key is not None and key.adc,
        project=via.project,
        location=via.location,
    )


def place_recorded(via: Mapping[str, str], model: Mapping[str, str]) -> JobEndpoint | None:
    """Where a recorded job went, from the journal's flat copy of `via` and `model`.

    None where the record does not say: such a job cannot be asked about.
    """
    gateway, endpoint, base = via.get("gateway"), via.get("endpoint"), via.get("base_url")
    surface, official, label = model.get("surface"), model.get("official"), via.get("model")
    if not (gateway and endpoint and base and surface and official and label):
        return None
    return _place(
        gateway=gateway,
        endpoint=endpoint,
        surface=surface,
        official=official,
        label=label,
        base_url=base,
        console_url=via.get("console_url") or base,
        variable=via.get("key.env"),
        default_credentials=via.get("key.adc", "").casefold() == "true",
        project=via.get("project"),
        location=via.get("location"),
    )


def _place(
    *,
    gateway: str,
    endpoint: str,
    surface: str,
    official: str,
    label: str,
    base_url: str,
    console_url: str,
    variable: str | None,
    default_credentials: bool,
    project: str | None,
    location: str | None,
) -> JobEndpoint:
    style: KeyStyle = "bearer" if gateway != "google" else _style(surface)
    named = variable is not None or default_credentials
    return JobEndpoint(
        gateway=gateway,
        endpoint=endpoint,
        surface=surface,
        official=official,
        label=label,
        base_url=base_url.rstrip("/"),
        console_url=console_url.rstrip("/"),
        key=KeyName(variable, style) if named else None,
        project=project,
        location=location,
    )


# A free read, named before it is sent: what `--plan` prints and the door gets.


@dataclass(frozen=True, slots=True)
class GetRequest:
    """One GET. `key` is sent; without one, `on_behalf_of` decides whether the host may be asked."""

    url: str
    key: KeyName | None = None
    on_behalf_of: KeyName | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    limited: bool = False  # its host allows few such reads

    def send(self, door: HttpClient, *, fresh: bool = False) -> Response | Failure:
        """Ask, or read what the same question was answered before in this run."""
        return door.get(
            self.url,
            self.key,
            headers=self.headers,
            on_behalf_of=self.on_behalf_of,
            fresh=fresh,
            limited=self.limited,
        )

    def refusal(self, door: HttpClient) -> str | None:
        """Why this would not be sent, or None."""
        return door.refusal(self.url, self.key, self.on_behalf_of)


# Which key a route's requests carry, by name and header; never its value.


def smoke_key(route: Route) -> KeyName | None:
    """The route's own key."""
    key = route.via.key
    if key is None:
        return None
    google = route.via.gateway == "google"
    return KeyName(key.env, _style(route.model.surface) if google else "bearer")


def listing_key(route: Route) -> KeyName | None:
    """The key with which Google itself is asked about the model, where the route has one."""
    if route.via.gateway == "google":
        return smoke_key(route)
    if route.model.listing is None:
        return None
    return KeyName(route.model.listing.key.env, _style(route.model.surface))


def _style(surface: str) -> KeyStyle:
    """How a key travels to Google: the Agent Platform takes access tokens and API keys."""
    return "x-goog-api-key" if surface == GEMINI_API else "google"


def google_address(route: Route) -> str:
    """Where Google is asked: the route's own address if it talks to Google, else the default."""
    if route.via.gateway == "google":
        return route.base_url
    listing = route.model.listing
    return google_url(route.model.surface, listing.location if listing else None)


def google_part(route: Route) -> Via | Listing | None:
    """Where the route names the project and the location that Google is asked in."""
    return route.via if route.via.gateway == "google" else route.model.listing


def asked_location(route: Route) -> str | None:
    """The Agent Platform location that the answer is about; None where the address that is asked is
    not Google's own for it."""
    part = google_part(route)
    location = (part.location if part else None) or DEFAULT_LOCATION
    address = re.sub(r"/v1(beta1)?$", "", google_address(route))
    return location if address == google_url(AGENT_PLATFORM, location) else None


def no_key(probe: str) -> Missing:
    """The route names no key, so a keyed fact cannot be learned."""
    return Missing(
        probe, "not-configured", "the route names no key; name its variable under via.key"
    )


def not_offered(probe: str, route: Route, what: str) -> Missing:
    """This kind of gateway has nothing of the sort."""
    return Missing(probe, "not-offered", f"gateway {route.via.gateway} has no {what}")


# What one kind of gateway tells for free: the request for each fact, and how its answer is read.


@dataclass(frozen=True, slots=True)
class CatalogReads:
    """A price catalogue, what the key has left, and the unit that both are counted in.

    The catalogue's addresses are asked in turn until one exists.
    """

    catalog: Callable[[Route], tuple[GetRequest, ...]]
    read_catalog: Callable[[Response, str, str], Catalog | Failure]
    usage: Callable[[Route, KeyName], GetRequest]
    read_usage: Callable[[Response], KeyUsage | Failure]
    status: Callable[[Route], GetRequest | None]
    read_status: Callable[[Response], GatewayStatus | Failure]


@dataclass(frozen=True, slots=True)
class FreeReads:
    """The reads of a gateway that is not Google itself.

    `key`: what tells how the key is taken. `again`: where a refused listing is asked a second time,
    if anywhere.
    """

    listing: Callable[[Route, KeyName], GetRequest]
    read_listing: Callable[[Response, str], GatewayListing | Failure]
    key: Callable[[Route, KeyName], GetRequest]
    read_key: Callable[[Response], KeyAnswer | Failure]
    again: Callable[[Route, KeyName, Response], GetRequest | None] = lambda _route, _key, _answer: (
        None
    )
    prices: CatalogReads | None = None
