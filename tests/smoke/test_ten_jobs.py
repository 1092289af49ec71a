"""Ten jobs that fail at random moments, behind a gateway with the observed refund race.

flatkey-gateway.md 7: polled every sixteen seconds, seven of ten jobs lost their money; watched by
their content paths, which are limited to ten reads a minute, all got it back.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from check_world import a_route
from sandbox_box import FLATKEY, ORIGINS, Box
from sandbox_desk import SandboxDesk
from stage import Stage
from veo_check.core.results import JobResult
from veo_check.sandbox.server import SandboxTransport
from veo_check.smoke.steps import SmokeOutcome

JOBS = 10


class Counting(SandboxTransport):
    """The sandbox, and every status with which it answered."""

    statuses: list[int]

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = super().handle_request(request)
        self.statuses.append(answer.status_code)
        return answer


@pytest.fixture
def box() -> Box:
    return Box("job-error-at-random", clock=Stage())


def refunds(box: Box) -> int:
    box.finish()
    kinds = [entry["kind"] for entry in json.loads(box.world.ledger_json())["charges"]]
    assert kinds.count("charge") == JOBS
    return kinds.count("refund")


def side_by_side(box: Box, acts: list[Callable[[], None]]) -> None:
    assert isinstance(box.clock, Stage)
    box.clock.run(acts)


def test_polled_as_before_most_jobs_lose_their_money(box: Box) -> None:
    """A plain loop of task reads, never faster than the gateway's own poller: 16 s apart."""

    def job() -> None:
        task = box.video(duration=4).json()["id"]
        status = "queued"
        while status not in {"completed", "failed"}:
            box.clock.sleep(16)
            status = box.get(f"{FLATKEY}/v1/videos/{task}").json()["status"]

    side_by_side(box, [job] * JOBS)
    assert refunds(box) < JOBS / 2


def test_watched_by_content_all_are_refunded_and_no_answer_is_429(box: Box, tmp_path: Path) -> None:
    box.transport = counting = Counting(box.world, ORIGINS)
    counting.statuses = []
    outcomes: list[SmokeOutcome] = []
    asking = None

    def act(number: int) -> Callable[[], None]:
        nonlocal asking
        route = a_route(
            {
                "route.name": f"route-{number}",
                "route.target": "staging",
                "smoke": {"seconds": 4, "resolution": "720p", "deadline": "30m"},
                "smoke.controlled_failure": "none",
            }
        )
        desk = SandboxDesk("", route, tmp_path / f"{number}", box)
        asking = asking or desk.asking()
        return lambda: outcomes.append(desk.run("1", asking=asking))

    side_by_side(box, [act(number) for number in range(JOBS)])
    assert refunds(box) == JOBS
    assert 429 not in counting.statuses
    assert len(outcomes) == JOBS
    for outcome in outcomes:
        assert isinstance(outcome.job, JobResult)
        assert (outcome.job.state, outcome.job.task_asked) == ("failed", False)
