"""What one kind of gateway has and how it speaks: checks, engine and smoke ask it, never its name.

There is one instance a gateway, in `gateways/`; the engine passes it down.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Literal

from veo_check.core.frozen import dataclass

if TYPE_CHECKING:  # pydantic stays out of commands that need no route file
    from veo_check.core.route import ControlledFailureKind, EndpointFamily, GatewayName, Mode, Route

#: Where a gateway tells what a job cost: a log that the key can read, the answer that ends the job,
#: or nowhere that a key reaches.
UsageRecord = Literal["log", "answer", "none"]


@dataclass(frozen=True, slots=True)
class Gateway:
    """One kind of gateway. Facts: `flatkey-gateway.md` 1 to 7 and `litellm-and-sdks.md`, as cited
    where an instance is made.

    `direct`: it is Google itself, so its word about a model is Google's, and its label is the
    official id. `no_catalogue` says why it publishes no prices; None: it does, in quota units.
    `lists_endpoint_types`: its listings say which endpoint types a label has. `polls_itself`: it
    asks the vendor on its own and refunds what failed, so that a client has to let it see an end
    first. `operation_opens_video`: who knows an operation's id can fetch the video without a key.
    """

    name: GatewayName
    payer: str
    families: tuple[EndpointFamily, ...]
    usage: UsageRecord
    #: the provider's site, where there is only one such gateway
    site: str | None = None
    direct: bool = False
    no_catalogue: str | None = None
    #: why it has no price groups, and no availability status of a row; None: it has
    no_groups: str | None = None
    no_status: str | None = None
    lists_endpoint_types: bool = False
    polls_itself: bool = False
    operation_opens_video: bool = False
    #: what it writes as served model where it does not know
    placeholder_model: str | None = None
    #: the variable that `init` proposes for its key
    smoke_variable: str = "GATEWAY_SMOKE_KEY"
    #: parts of model names that its availability job stores as available without a call
    untested_names: tuple[str, ...] = ()
    #: modes whose input its wire format cannot carry, by endpoint family; "*": by any
    cannot_carry: Mapping[str, frozenset[Mode]] = field(default_factory=dict)
    one_video_a_job: bool = False
    #: surfaces on which a wrong clip length is not refused at submit; "*": whatever the surface
    late_refusals_on: frozenset[str] = frozenset()
    #: families whose finished job tells its own usage, and which refuse an unknown key by name
    tells_usage: frozenset[EndpointFamily] = frozenset()
    #: surfaces whose key is an access token that changes, so that it cannot seal a proof
    token_on: frozenset[str] = frozenset()

    @property
    def answers_as(self) -> str:
        """Who answers, for sentences."""
        return "Google" if self.direct else "the gateway"

    @property
    def has_catalogue(self) -> bool:
        """Whether prices can be read from it."""
        return self.no_catalogue is None

    def carries(self, route: Route) -> bool:
        """Whether the input of the route's mode reaches the model through this wire format."""
        out = self.cannot_carry.get("*", frozenset())
        out |= self.cannot_carry.get(route.via.endpoint, frozenset())
        return route.request.mode not in out

    def usage_of(self, route: Route) -> UsageRecord:
        """Where what a job of this route cost is told."""
        return "answer" if route.via.endpoint in self.tells_usage else self.usage

    def controlled_failure(self, route: Route) -> ControlledFailureKind:
        """The wrong request of a route: as written, else one that is refused at submit.

        The Agent Platform accepts any clip length and refuses it inside the operation; an
        OpenAI-compatible proxy reports such a late refusal as completed. Both refuse a model that
        is gone at once.
        """
        if route.smoke.controlled_failure is not None:
            return route.smoke.controlled_failure
        if route.via.endpoint in self.tells_usage:
            return "unknown-key"
        late = self.late_refusals_on & {route.model.surface, "*"}
        return "retired-model" if late else "unsupported-parameter"


def no_catalogue(gateway: Gateway, _surface: str) -> str | None:
    """Why a check of the price catalogue says nothing here; None where there is one."""
    return gateway.no_catalogue


def no_groups(gateway: Gateway, _surface: str) -> str | None:
    """Why a check of price groups says nothing here; None where there are some."""
    return gateway.no_catalogue or gateway.no_groups


def no_status(gateway: Gateway, _surface: str) -> str | None:
    """Why a check of the row's availability says nothing here; None where it is told."""
    return gateway.no_catalogue or gateway.no_status
