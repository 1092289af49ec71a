"""The simulated world: one state machine behind every surface."""

from __future__ import annotations

import gzip
import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace

from veo_check.core.clock import Clock, SandboxClock
from veo_check.sandbox import google, newapi, newapi_jobs, openai_gateway, openrouter
from veo_check.sandbox.media import HTML_PAGE
from veo_check.sandbox.scenarios import Scenario, find_scenario
from veo_check.sandbox.state import State
from veo_check.sandbox.wire import (
    KEYS,
    OTHER_KEYS,
    Job,
    Ledger,
    Request,
    Response,
    Surface,
    accepts,
    as_text,
)

SLOW_SECONDS = 120.0
#: Longer than any client should read, and an end all the same: nobody must be able to hang on it.
_HUGE_BYTES = 512 * 1024 * 1024
_BLOCK = 64 * 1024
ELSEWHERE = "https://elsewhere.example"
_JOB_WORDS = ("/operations/", "/files/", "/videos/", "/video/generations/", "/generation/tasks/")


def of_free_read(state: State, request: Request) -> Response | None:
    """The scenario's answer to a free read, or None where it has none of its own."""
    if request.method != "GET" or any(word in request.path for word in _JOB_WORDS):
        return None
    if state.has("html-200"):
        return as_text(HTML_PAGE.decode(), 200, "text/html; charset=utf-8")
    if state.has("garbage-json"):
        return as_text(
            '{"success":true,"data":[{"model_name":"veo3.1-fast","model_price":NaN,',
            200,
            "application/json; charset=utf-8",
        )
    if state.has("rate-limited"):
        return _rate_limited(request)
    if state.has("redirect-elsewhere"):
        return Response(302, {"location": f"{ELSEWHERE}{request.path}"})
    if state.has("huge-body"):
        return _bomb() if "/models" in request.path else _endless()
    return None


def delayed(state: State, request: Request, response: Response) -> Response:
    """The answer, late where the scenario is slow."""
    if (
        state.has("slow")
        and request.method == "GET"
        and not any(word in request.path for word in _JOB_WORDS)
    ):
        return replace(response, delay=SLOW_SECONDS)
    return response


def _rate_limited(request: Request) -> Response:
    at_google = request.surface in {"gemini-api", "agent-platform"}
    refused = google.exhausted() if at_google else Response(429)
    return refused.with_headers(retry_after="2")


def _endless() -> Response:
    def chunks() -> Iterator[bytes]:
        yield b'{"success":true,"data":['
        block = (b'{"model_name":"filler","quota_type":1,"model_price":1},' * 1200)[:_BLOCK]
        yield from itertools.repeat(block, _HUGE_BYTES // _BLOCK)

    return Response(200, {"content-type": "application/json"}, chunks=chunks)


def _bomb() -> Response:
    """A gigabyte of blanks inside a few kilobytes of gzip, gzipped member by member."""
    member = gzip.compress(b" " * (16 * 1024 * 1024), compresslevel=9, mtime=0)

    def chunks() -> Iterator[bytes]:
        yield from itertools.repeat(member, 64)

    headers = {"content-type": "application/json", "content-encoding": "gzip"}
    return Response(200, headers, chunks=chunks)


_SURFACES: dict[Surface, Callable[[State, Request], Response]] = {
    "gemini-api": google.answer,
    "agent-platform": google.answer_agent_platform,
    "flatkey": newapi.answer,
    "newapi": newapi.answer,
    "openai": openai_gateway.answer,
    "openrouter": openrouter.answer,
}


class UnknownScenarioError(Exception):
    """No scenario has this name."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"there is no scenario '{name}'; `veo-check sandbox --list` shows them all"
        )


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
            self._pass_time()
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
            self._pass_time()
            if request.method == "HEAD" and not newapi_jobs.is_content(request):
                request = replace(request, method="GET")
            found = of_free_read(self._state, request)
            if found is None:
                found = _SURFACES[request.surface](self._state, request)
            return delayed(self._state, request, found)

    def _pass_time(self) -> None:
        """Do what happens by itself, up to now."""
        self._state.settle(self._at_the_end)
        for gateway in ("flatkey", "newapi"):
            newapi_jobs.run_poller(self._state, gateway)

    def _at_the_end(self, job: Job) -> None:
        if job.surface in {"gemini-api", "agent-platform"} and job.delivers:
            self._state.move("charge", job)  # Google charges for videos, not for attempts


def open_world(scenario: str, clock: Clock | None = None) -> World:
    """A fresh world. `clock` defaults to noon of the scenario's day, twenty times as fast.

    Raises UnknownScenarioError.
    """
    found = find_scenario(scenario)
    if found is None:
        raise UnknownScenarioError(scenario)
    return World(found, clock or SandboxClock(found.day))
