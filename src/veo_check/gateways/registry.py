"""Every gateway, by the name that route files and journals use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from veo_check.core.gateway import Gateway
from veo_check.gateways import newapi, openai, openrouter
from veo_check.gateways.base import FreeReads
from veo_check.gateways.google import GOOGLE

if TYPE_CHECKING:
    from veo_check.core.route import Route

#: what each kind of gateway has, and how it is asked for free; Google is asked about models alone
_KNOWN: tuple[tuple[Gateway, FreeReads | None], ...] = (
    (newapi.FLATKEY, newapi.READS),
    (newapi.NEWAPI, newapi.READS),
    (openai.OPENAI, openai.READS),
    (openrouter.OPENROUTER, openrouter.READS),
    (GOOGLE, None),
)
GATEWAYS: Mapping[str, Gateway] = {gateway.name: gateway for gateway, _ in _KNOWN}
_READS = {gateway.name: reads for gateway, reads in _KNOWN}


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


def reads_of(route: Route) -> FreeReads | None:
    """How the route's gateway is asked for free; None where that is Google itself."""
    return _READS[route.via.gateway]
