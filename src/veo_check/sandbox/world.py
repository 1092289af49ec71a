"""The simulated world: one state machine behind every surface."""

from __future__ import annotations

from collections.abc import Callable

from veo_check.core.clock import Clock, SandboxClock
from veo_check.sandbox import (
    agent_platform,
    gemini_api,
    newapi,
    newapi_results,
    openai_gateway,
    trouble,
)
from veo_check.sandbox.accounts import KEYS, OTHER_KEYS, accepts
from veo_check.sandbox.jobs import Job
from veo_check.sandbox.ledger import Ledger
from veo_check.sandbox.scenarios import SCENARIOS, Scenario, find_scenario
from veo_check.sandbox.state import State
from veo_check.sandbox.wire import Request, Response, Surface

_SURFACES: dict[Surface, Callable[[State, Request], Response]] = {
    "gemini-api": gemini_api.answer,
    "agent-platform": agent_platform.answer,
    "flatkey": newapi.answer,
    "newapi": newapi.answer,
    "openai": openai_gateway.answer,
}


class UnknownScenarioError(Exception):
    """No scenario has this name."""

    def __init__(self, name: str) -> None:
        known = ", ".join(scenario.name for scenario in SCENARIOS)
        super().__init__(f"there is no scenario '{name}'; known: {known}")


class World:
    """What every simulated host answers from. Safe to use from several threads."""

    def __init__(self, scenario: Scenario, clock: Clock) -> None:
        self.scenario = scenario
        self.clock = clock
        self._state = State(scenario, clock)

    @property
    def ledger(self) -> Ledger:
        """What was submitted and charged, settled up to now."""
        with self._state.lock:
            self._state.settle(self._at_the_end)
            return self._state.ledger

    def ledger_json(self) -> str:
        """The ledger as JSON, whole at one moment."""
        with self._state.lock:
            return self.ledger.as_json()

    @property
    def keys(self) -> dict[str, str]:
        """The key to use on each surface."""
        return dict(KEYS)

    @property
    def other_keys(self) -> dict[str, str]:
        """More keys of the same gateway account: `flatkey-another`, `flatkey-production`."""
        return dict(OTHER_KEYS)

    @staticmethod
    def accepts(surface: Surface, key: str) -> bool:
        """Whether the surface knows this key, whatever the scenario then says to it."""
        return accepts(surface, key)

    def answer(self, request: Request) -> Response:
        """The answer of the request's surface. Never raises for anything a client can send."""
        with self._state.lock:
            self._state.settle(self._at_the_end)
            found = trouble.of_free_read(self._state, request)
            if found is None:
                found = _SURFACES[request.surface](self._state, request)
            return trouble.delayed(self._state, request, found)

    def _at_the_end(self, job: Job) -> None:
        if job.surface in {"flatkey", "newapi"}:
            newapi_results.settle(self._state, job)
        elif job.surface in {"gemini-api", "agent-platform"} and job.delivers:
            self._state.charge(job)  # Google charges for videos, not for attempts


def open_world(scenario: str, clock: Clock | None = None) -> World:
    """A fresh world. `clock` defaults to noon of the scenario's day, twenty times as fast.

    Raises UnknownScenarioError.
    """
    found = find_scenario(scenario)
    if found is None:
        raise UnknownScenarioError(scenario)
    return World(found, clock or SandboxClock(found.day))
