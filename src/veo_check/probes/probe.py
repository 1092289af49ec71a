"""What a probe is, and what it may use. A probe asks one thing and returns one Fact."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from veo_check.core.clock import Clock
from veo_check.core.facts import Missing
from veo_check.core.key_policy import Leave
from veo_check.core.redaction import Redactor
from veo_check.core.route import Route
from veo_check.http.door import OFFLINE, Door
from veo_check.http.keys import Keys
from veo_check.http.limits import Limits
from veo_check.providers.asks import Ask

if TYPE_CHECKING:
    from veo_check.http.door import Transport

Cost = Literal["free", "paid"]


@dataclass(frozen=True, slots=True)
class Asking:
    """What probes may use: the run's door, and with it the keys, the leave and the clock."""

    door: Door

    @classmethod
    def open(
        cls,
        *,
        environ: Mapping[str, str],
        leave: Leave,
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
            Door(
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
    def leave(self) -> Leave:
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
    probe: str, asks: Iterable[Ask], asking: Asking
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
