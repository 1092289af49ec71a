"""Paid jobs over a real socket, killed at random moments and started again.

`pytest -m kill` kills 300 of them over eight scenarios (`VEO_CHECK_KILLS` changes the number). What
the sandbox's ledger holds is what was really sent.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from check_world import a_route
from kill_zygote import DAY, SPEED
from veo_check.core.clock import SandboxClock
from veo_check.sandbox.scenarios import find_scenario
from veo_check.sandbox.server import SandboxServer
from veo_check.sandbox.world import World
from veo_check.smoke.journal import Journal
from veo_check.smoke.state_folder import StateFolder

Changes = dict[str, object]
SUPPORT = Path(__file__).parent.parent / "support"
#: scenario -> whether its jobs fail; then the last restart spends nothing, or it would pay again
SCENARIOS = {
    "healthy": False,
    "job-status-unknown": False,
    "job-poll-5xx-passing": False,
    "job-error-13": True,
    "job-dropped-after": False,
    "job-wrong-request-accepted": False,
    "job-wrong-request-charged": False,
    "job-refusal-charged": False,
}
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL")


@dataclass
class RunContext:
    """One scenario's world on a socket, and a process that starts runs."""

    world: World
    origin: str
    zygote: subprocess.Popen[str]
    folder: Path

    def start(
        self, folder: Path, route: Changes, spend: str, kill_after: float | None = None
    ) -> None:
        order = {
            "folder": str(folder),
            "route": route,
            "spend": spend,
            "result": f"{folder}.result",
            "kill_after": kill_after,
        }
        assert self.zygote.stdin is not None
        self.zygote.stdin.write(json.dumps(order) + "\n")
        self.zygote.stdin.flush()

    def status(self) -> int:
        assert self.zygote.stdout is not None
        told: dict[str, int] = json.loads(self.zygote.stdout.readline())
        return told["status"]

    def run(self, folder: Path, route: Changes, spend: str) -> str:
        """A run that nobody kills; how its job ended."""
        self.start(folder, route, spend)
        assert self.status() == 0
        return Path(f"{folder}.result").read_text()

    def killed(self, folder: Path, route: Changes, spend: str, after: float) -> bool:
        """A run that is killed after some seconds; whether it was still running."""
        self.start(folder, route, spend, after)
        return self.status() == -signal.SIGKILL

    def submits(self, prompt: str) -> list[dict[str, object]]:
        ledger = json.loads(self.world.ledger_json())
        return [one for one in ledger["submits"] if one["prompt"] == prompt]


@contextmanager
def bench(scenario: str, folder: Path) -> Iterator[RunContext]:
    found = find_scenario(scenario)
    assert found is not None
    world = World(found, SandboxClock(DAY, SPEED))
    server = SandboxServer(world, 0)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    zygote = subprocess.Popen(
        [sys.executable, str(SUPPORT / "kill_zygote.py"), world.keys["flatkey"]],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield RunContext(world, server.origin, zygote, folder)
    finally:
        zygote.communicate()
        server.shutdown()
        server.server_close()
        thread.join()


def route_of(bench: RunContext, number: int, **more: object) -> Changes:
    """What differs from the tests' own route: every trial is known by its prompt."""
    smoke = {"seconds": 4, "resolution": "720p", "prompt": f"Trial {number}."}
    return {"via.base_url": bench.origin, "smoke": smoke, **more}


def trials(scenario: str, many: int, folder: Path, seed: int) -> int:
    """Kill and restart until `many` runs were really killed; checks the ledger after each trial."""
    chance, kills, number = random.Random(seed), 0, 0
    folder.mkdir()
    with bench(scenario, folder) as here:
        here.run(folder / "loading", route_of(here, -1), "5")
        started = time.monotonic()
        here.run(folder / "warm", route_of(here, 0), "5")
        length = time.monotonic() - started
        while kills < many:
            number += 1
            assert number <= 4 * many + 20, "the runs end before they are killed"
            state, route = folder / str(number), route_of(here, number)
            for _ in range(chance.choice([1, 2, 3, 4])):
                kills += here.killed(state, route, "5", chance.uniform(0, length))
            if chance.random() < 0.2:  # the checkout moves, the route is edited
                moved = folder / f"moved-{number}"
                if state.exists():
                    state.rename(moved)
                state = moved
                route = route_of(here, number, **{"route.owner.team": "another"})
            ended = here.run(state, route, "" if SCENARIOS[scenario] else "5")
            check(here, state, route, ended)
    return kills


def check(here: RunContext, state: Path, changes: Changes, ended: str) -> None:
    """One submit for one intent; no accepted job that the journal does not know or doubt."""
    route = a_route(changes)
    entries = Journal(StateFolder(state, simulated=True)).entries(route.name)
    smoke = [one for one in entries if one.intent.kind == "smoke"]
    sent = here.submits(route.smoke.prompt)
    main = [one for one in sent if str(one["seconds"]) == "4"]
    doubted = [one for one in entries if one.state == "uncertain"]
    # a job that failed may be paid for again, by an intent of its own; any other may not
    assert len(main) <= (len(smoke) if SCENARIOS[here.world.scenario.name] else 1), (ended, main)
    assert len(sent) <= len(entries)
    if not SCENARIOS[here.world.scenario.name]:  # nor the request that must be refused
        for kind in ("smoke", "controlled-failure"):
            assert sum(one.intent.kind == kind for one in entries) <= 1, (ended, kind)
    known = {one.operation.id for one in entries if one.operation is not None}
    lost = [one for one in sent if one["operation"] and one["operation"] not in known]
    assert len(lost) <= len(doubted), (ended, lost)
    if not doubted and smoke:
        # after many restarts the gateway's log may not be read for a while: such a job is done,
        # and stays open so that a later run reads its bill, for free; a refusal likewise
        assert all(not one.is_open or one.state in {"finished", "refused"} for one in smoke), ended
        assert ended in {"finished", "failed", "refused"} or "failed" in ended or "no paid" in ended


@pytest.mark.kill
def test_killed_at_random_moments(tmp_path: Path, machine_environment: Mapping[str, str]) -> None:
    wanted = int(machine_environment.get("VEO_CHECK_KILLS", "300"))
    share = -(-wanted // len(SCENARIOS))
    with ThreadPoolExecutor(len(SCENARIOS)) as pool:
        running = [
            pool.submit(trials, scenario, share, tmp_path / scenario, seed)
            for seed, scenario in enumerate(SCENARIOS)
        ]
        kills = [one.result() for one in running]
    assert sum(kills) >= wanted


def test_two_runs_at_once_send_one_job(tmp_path: Path) -> None:
    with bench("healthy", tmp_path) as one, bench("healthy", tmp_path) as other:
        route = route_of(one, 1)
        other.origin = one.origin  # the same gateway, the same state folder, two processes
        one.start(tmp_path / "state", route, "5")
        other.start(tmp_path / "state", route, "5")
        assert (one.status(), other.status()) == (0, 0)
        sent = [submit["seconds"] for submit in one.submits("Trial 1.")]
        assert sent == ["4", "5"]  # the job, and the wrong length, which is refused inside
