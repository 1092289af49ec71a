"""Every gateway, by the name that route files and journals use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from veo_check.core.gateway import Gateway
from veo_check.gateways.google import GOOGLE
from veo_check.gateways.newapi import FLATKEY, NEWAPI
from veo_check.gateways.openai import OPENAI

if TYPE_CHECKING:
    from veo_check.core.route import Route

GATEWAYS: Mapping[str, Gateway] = {
    gateway.name: gateway for gateway in (FLATKEY, NEWAPI, OPENAI, GOOGLE)
}


def with_address(word: str) -> Gateway | None:
    """The gateway that is reached without an address of the user's, by its name or its site."""
    return next(
        (known for known in GATEWAYS.values() if known.site and word in {known.name, known.site}),
        None,
    )


def is_direct(via: Mapping[str, str]) -> bool:
    """Whether a job on record went to Google itself, by its `via`."""
    known = GATEWAYS.get(via.get("gateway", ""))
    return known is not None and known.direct


def gateway_of(route: Route) -> Gateway:
    """What the route's application talks to."""
    return GATEWAYS[route.via.gateway]
