"""Which key a route's requests carry, by name and header; never its value."""

from __future__ import annotations

from veo_check.core.facts import Missing
from veo_check.core.route import Key, Route, google_url
from veo_check.http.keys import KeyName, KeyStyle
from veo_check.providers import google_gemini

NEWAPI = frozenset({"flatkey", "newapi"})


def smoke_key(route: Route) -> KeyName | None:
    """The route's own key."""
    key = route.via.key
    if key is None:
        return None
    google = route.via.gateway == "google" and route.model.surface == google_gemini.SURFACE
    return _named(key, "x-goog-api-key" if google else "bearer")


def listing_key(route: Route) -> KeyName | None:
    """The key with which Google itself is asked about the model, where the route has one."""
    if route.via.gateway == "google":
        return smoke_key(route)
    if route.model.listing is None:
        return None
    gemini = route.model.surface == google_gemini.SURFACE
    return _named(route.model.listing.key, "x-goog-api-key" if gemini else "bearer")


def _named(key: Key, style: KeyStyle) -> KeyName:
    return KeyName(key.env, style)


def google_address(route: Route) -> str:
    """Where Google is asked: the route's own address if it talks to Google, else the default."""
    if route.via.gateway == "google":
        return route.base_url
    listing = route.model.listing
    return google_url(route.model.surface, listing.location if listing else None)


def no_key(probe: str) -> Missing:
    """The route names no key, so a keyed fact cannot be learned."""
    return Missing(
        probe, "not-configured", "the route names no key; name its variable under via.key"
    )


def not_offered(probe: str, route: Route, what: str) -> Missing:
    """This kind of gateway has nothing of the sort."""
    return Missing(probe, "not-offered", f"gateway {route.via.gateway} has no {what}")
