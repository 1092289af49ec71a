"""A simulated gateway that can kill its client at any request, and the route that goes there."""

from __future__ import annotations

import os
import signal
import threading
from dataclasses import dataclass
from typing import Literal

from fast_clock import SharedClock
from veo_check.sandbox.scenarios import Scenario
from veo_check.sandbox.wire import Request, Response
from veo_check.sandbox.world import World

Gateway = Literal["flatkey", "newapi", "openai", "google"]
VIA: dict[Gateway, tuple[str, str]] = {
    "flatkey": ("", "endpoint: videos, model: veo3.1-fast, group: plg"),
    "newapi": ("/newapi", "endpoint: videos, model: veo3.1-fast, group: plg"),
    "openai": ("/openai", "endpoint: videos, model: veo-fast"),
    "google": (
        "/agent-platform",
        "endpoint: predict-long-running, model: veo-3.1-fast-generate-001, project: demo, "
        "location: us-central1",
    ),
}
SURFACE = {"google": "agent-platform"}
ROUTE = """\
version: 1
route:
  name: {name}
  target: production
  application: campaign-studio
  environment: production
  workflow: ad-storyboard
  owner: {{team: creative-tools, cost_center: CC-4412, contact: "#oncall"}}
via: {{gateway: {gateway}, base_url: "{base}", {via}, key: {{env: SMOKE_KEY, name: ci-smoke,
  owner: creative-tools, scope: non-production}}}}
model: {{official: veo-3.1-fast-generate-001, surface: agent-platform}}
request: {{seconds: 8, resolution: 720p}}
budget: {{per_job: "4.00", monthly: "6000", jobs_per_month: 3000, retries: 1}}
fallback: {{transient_error: retry_once, deprecated_model: block,
  unsupported_parameter: fail_closed, high_resolution_final: fail_closed, draft: fail_closed,
  policy_block: fail_closed, approved_by: video@example.com, approved_on: 2026-11-20}}
logging: {{sample: logs/veo-jobs.jsonl, fields: {{operation_id: op, poll_attempts: polls}}}}
confirmations:
  - {{what: dashboard-record, by: video@example.com, on: 2026-11-20, expires: 2026-12-20}}
smoke: {{seconds: 4, resolution: 720p, prompt: A paper boat.}}
"""


@dataclass(frozen=True)
class Death:
    """When a run is killed: some seconds after its start, before its `step`-th change of the state
    folder, or at its `request`-th request (0: the first that asks for a job), which the gateway has
    `seen` or not."""

    after: float | None = None
    step: int | None = None
    request: int | None = None
    seen: bool = True

    def at(self, number: int, submits: bool) -> bool:
        """Whether this is the request to die at."""
        return submits if self.request == 0 else self.request == number


class TrapWorld(World):
    """A world that can kill the client at one request."""

    def __init__(self, scenario: Scenario, clock: SharedClock) -> None:
        super().__init__(scenario, clock)
        self.trap: Death | None = None
        self.victim = 0
        self.count = 0
        self._guard = threading.Lock()

    def arm(self, trap: Death, victim: int) -> None:
        with self._guard:
            self.trap, self.victim, self.count = trap, victim, 0

    def pass_the_window(self) -> None:
        """As if twenty minutes went by: the gateway's limit on reads of its usage log is free."""
        with self._state.lock:
            self._state.limited_reads.clear()

    def answer(self, request: Request) -> Response:
        with self._guard:
            self.count += 1
            here = self.count, _asks_for_a_job(request)
            trap = self.trap if self.trap and self.trap.at(*here) else None
            if trap is not None:
                self.trap = None
        if trap is None:
            return super().answer(request)
        # it waits for this very answer, so it is alive and the id is its own
        if not trap.seen:
            os.kill(self.victim, signal.SIGKILL)
            return Response(500, dropped=True)
        answer = super().answer(request)
        os.kill(self.victim, signal.SIGKILL)
        return answer


def _asks_for_a_job(request: Request) -> bool:
    return request.method == "POST" and not request.path.endswith(":fetchPredictOperation")
