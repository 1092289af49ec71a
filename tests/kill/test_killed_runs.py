"""Real runs against a gateway on a real socket, killed at any moment and started again.

The moments around the submit always run. The rest is `pytest -m kill -o faulthandler_timeout=1800`,
with 300 kills over scenarios and gateways (`VEO_CHECK_KILLS` changes the number,
`VEO_CHECK_KILL_SEED` the moments).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from kill_bench import End, bench
from kill_rows import Figures, kill_until, undisturbed
from kill_world import Death, Gateway

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL")

BENCHES: tuple[tuple[Gateway, str], ...] = (
    ("flatkey", "healthy"),
    ("flatkey", "job-slow"),
    ("flatkey", "job-poll-5xx-passing"),
    ("flatkey", "job-dropped-after"),
    ("flatkey", "job-error-13"),
    ("flatkey", "job-not-refunded"),
    ("flatkey", "job-another-model"),
    ("flatkey", "job-wrong-request-accepted"),
    ("flatkey", "job-wrong-request-charged"),
    ("flatkey", "job-refusal-charged"),
    ("newapi", "job-wrong-request-charged"),
    ("newapi", "healthy"),
    ("openai", "healthy"),
    ("google", "healthy"),
    ("google", "job-error-13"),
)


def killed(folder: Path, *deaths: Death) -> None:
    with bench("flatkey", "healthy", folder) as here:
        end = undisturbed(here)
        assert (end.exit_code, end.doubted) == (0, False)
        for death in deaths or late(end):
            trial = here.trial()
            trial.die(death)
            trial.settle(end)
            assert trial.kills == 1, death


@pytest.mark.kill
@pytest.mark.parametrize(
    "scenario", ["healthy", "job-wrong-request-charged", "job-refusal-charged"]
)
def test_killed_around_a_refusal(scenario: str, tmp_path: Path) -> None:
    """From the request that is refused on: its answer, its charge, its seal, its end."""
    with bench("flatkey", scenario, tmp_path) as here:
        end = undisturbed(here)
        steps = range(-12, 0) if scenario != "job-refusal-charged" else range(-6, 0)
        kills = 0
        for number in (0, *steps):
            trial = here.trial()
            kills += trial.die(Death(request=end.requests + number, seen=number % 2 == 0))
            trial.settle(end)
        assert kills >= len(steps) - 2  # a run may need a poll less than another


def late(end: End) -> tuple[Death, ...]:
    """Halfway through a run and at its end, in requests and in time."""
    return (
        Death(request=end.requests // 2 + 1),
        Death(request=end.requests - 3),  # busy, a run polls less often
        Death(after=end.seconds / 2),
    )


def test_killed_around_the_submit(tmp_path: Path) -> None:
    killed(tmp_path, Death(request=0, seen=False), Death(request=0))


@pytest.mark.kill
def test_killed_while_the_journal_is_written(tmp_path: Path) -> None:
    killed(tmp_path, Death(step=12), Death(step=30), Death(step=45))


@pytest.mark.kill
def test_killed_while_the_job_is_watched(tmp_path: Path) -> None:
    killed(tmp_path)


@pytest.mark.kill
def test_moved_renamed_and_edited_between_kill_and_restart(tmp_path: Path) -> None:
    with bench("flatkey", "healthy", tmp_path) as here:
        end = undisturbed(here)
        for change in ("move", "rename", "edit"):
            trial = here.trial()
            for number in range(5, end.requests):  # until a job is accepted and on record
                trial.die(Death(request=number))
                if any(one.operation for one in trial.entries()):
                    break
                trial = here.trial()
            accepted = [one for one in trial.submits() if one["accepted"]]
            assert len(accepted) == 1
            getattr(trial, change)()
            trial.run()  # takes the job up, whatever the file is called and says now
            four = [one for one in trial.submits() if one["seconds"] == "4"]
            assert four == accepted
            trial.settle(end)


@pytest.mark.kill
def test_two_runs_at_once_send_one_job(tmp_path: Path) -> None:
    with bench("flatkey", "healthy", tmp_path, starters=2) as here:
        end = undisturbed(here)
        trial = here.trial()
        for starter in here.starters:
            starter.start(trial.order(*trial.paid()))
        assert [starter.status() for starter in here.starters] == [0, 0]
        trial.audit()
        assert [one["seconds"] for one in trial.submits() if one["accepted"]] == ["4", "5"]
        assert len(trial.submits()) == 2  # the job, and the request that is refused inside
        trial.settle(end)


@pytest.mark.kill
def test_three_hundred_kills(
    tmp_path: Path,
    machine_environment: Mapping[str, str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    kills = int(machine_environment.get("VEO_CHECK_KILLS", "300"))
    seed = int(machine_environment.get("VEO_CHECK_KILL_SEED", "1"))
    share = -(-kills // len(BENCHES))

    def one(gateway: Gateway, scenario: str) -> Figures:
        with bench(gateway, scenario, tmp_path / f"{gateway}-{scenario}") as here:
            return kill_until(here, share, seed)

    total = Figures()
    with ThreadPoolExecutor(3) as pool:
        for named, got in [(names, pool.submit(one, *names)) for names in BENCHES]:
            figures = got.result()
            total += figures
            with capsys.disabled():
                print(*named, figures)
    with capsys.disabled():
        print("in all", total)
    assert total.kills >= kills
