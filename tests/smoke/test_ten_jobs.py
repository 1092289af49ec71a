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
from veo_check.core.results import JobResult, UsageProof
from veo_check.core.route import Route
from veo_check.sandbox.server import SandboxTransport
from veo_check.smoke.steps import SmokeOutcome

JOBS = 10


class Counting(SandboxTransport):
    """The sandbox, and what it was asked and answered."""

    seen: list[tuple[str, int]]

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = super().handle_request(request)
        self.seen.append((request.url.path, answer.status_code))
        return answer

    def count(self, path: str) -> int:
        return [asked for asked, _ in self.seen].count(path)


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
    counting.seen = []
    outcomes: list[SmokeOutcome] = []
    desks = [
        SandboxDesk("", route_of(number), tmp_path / f"{number}", box) for number in range(JOBS)
    ]
    asking = desks[0].asking()  # one process, whose routes are watched side by side

    def act(desk: SandboxDesk) -> Callable[[], None]:
        return lambda: outcomes.append(desk.run("1", asking=asking))

    side_by_side(box, [act(desk) for desk in desks])
    assert refunds(box) == JOBS
    assert 429 not in {status for _, status in counting.seen}
    assert len(outcomes) == JOBS
    for outcome in outcomes:
        assert isinstance(outcome.job, JobResult)
        assert (outcome.job.state, outcome.job.task_asked) == ("failed", False)
        assert isinstance(outcome.usage, UsageProof)
        assert outcome.usage.refunded == outcome.usage.billed
    # one read of the usage log serves several jobs, and all reads stay within what is allowed
    assert counting.count("/api/log/token") < JOBS


def route_of(number: int) -> Route:
    return a_route(
        {
            "route.name": f"route-{number}",
            "route.target": "staging",
            "smoke": {"seconds": 4, "resolution": "720p", "deadline": "30m"},
            "smoke.controlled_failure": "none",
        }
    )
