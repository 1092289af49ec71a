"""Where a paid job goes and with which key: the part of a route that a driver needs.

Made from a route, or from what the journal recorded of it: a stored job is polled where it was
submitted, whatever the route file says by now.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from veo_check.core.route import Route
from veo_check.http.keys import KeyName
from veo_check.providers import google_gemini


@dataclass(frozen=True, slots=True)
class JobPlace:
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


def place_of(route: Route) -> JobPlace:
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


def place_recorded(via: Mapping[str, str], model: Mapping[str, str]) -> JobPlace | None:
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
) -> JobPlace:
    gemini = gateway == "google" and surface == google_gemini.SURFACE
    named = variable is not None or default_credentials
    return JobPlace(
        gateway=gateway,
        endpoint=endpoint,
        surface=surface,
        official=official,
        label=label,
        base_url=base_url.rstrip("/"),
        console_url=console_url.rstrip("/"),
        key=KeyName(variable, "x-goog-api-key" if gemini else "bearer") if named else None,
        project=project,
        location=location,
    )
