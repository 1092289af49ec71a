"""The paid job under a process that dies at every single step: never sent twice, never lost.

The world's ledger is what really happened. Every run that dies is followed by fresh ones, as a
pipeline would start them, until the route is settled.
"""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from paid_world import Desk, Fate, Killed, World
from veo_check.core.results import JobResult
from veo_check.smoke.journal import Entry, Journal
from veo_check.smoke.outcome import SmokeOutcome
from veo_check.smoke.state_folder import StateFolder

WORLDS = {
    "good": lambda: World(),
    "slow": lambda: World(polls=("queued", "503", "unknown", "in_progress", "done")),
    "filtered": lambda: World(polls=("queued", "filtered")),
    "refused": lambda: World(submit="no-channel"),
    "refused and charged": lambda: World(submit="no-channel", refusals="row"),
    "wrong request charged": lambda: World(refusals="total"),
    "wrong request unclear": lambda: World(wrong="unclear", refusals="given-back"),
    "lost answer": lambda: World(submit="drop-after"),
    "wrong request accepted": lambda: World(wrong="accept"),
    "content unavailable": lambda: World(fetch="content-unavailable"),
}


def entries(desk: Desk) -> tuple[Entry, ...]:
    return Journal(StateFolder(desk.folder, simulated=False)).entries(desk.route.name)


def steps(make: Desk) -> int:
    fate = Fate()
    make.run("5", fate=fate)
    return fate.happened


def settle(desk: Desk) -> SmokeOutcome:
    """Fresh runs with money until one changes nothing any more."""
    outcome = desk.run("5")
    for _ in range(3):
        before = len(desk.world.posts)
        outcome = desk.run("5")
        if len(desk.world.posts) == before:
            return outcome
    raise AssertionError("the route does not come to rest")


def check_ledger(desk: Desk) -> None:
    """One accepted job for an intent at most, and none that the journal does not know of."""
    held = entries(desk)
    known = {one.operation.id for one in held if one.operation is not None}
    uncertain = [one for one in held if one.state in {"intent", "uncertain"}]
    unknown = [one for one in desk.world.jobs if one not in known]
    assert len(unknown) <= len(uncertain)
    assert len(desk.world.posts) <= len(held)  # every request had an intent of its own on disk
    operations = [one.operation.id for one in held if one.operation is not None]
    assert len(operations) == len(set(operations))


@pytest.mark.parametrize("world", WORLDS)
def test_dying_at_every_step(world: str, tmp_path: Path) -> None:
    many = steps(Desk(tmp_path / "counting", WORLDS[world]()))
    assert many > 25
    stride = 1 if world == "good" else 4  # the others differ only here and there
    for step in range(0, many, stride):
        desk = Desk(tmp_path / str(step), WORLDS[world]())
        with pytest.raises(Killed):
            desk.run("5", fate=Fate(step))
        check_ledger(desk)
        sent = list(desk.world.posts)
        # a failed or refused job may be paid for again; so those are only looked at
        looked_at = {"refused", "filtered", "refused and charged"}
        outcome = desk.run() if world in looked_at else settle(desk)
        check_ledger(desk)
        smoke = [one for one in entries(desk) if one.intent.kind == "smoke"]
        doubted = [one for one in smoke if one.state == "uncertain"]
        # the request that must be refused was sent once at most, whatever became of it
        assert [one.split()[-1] for one in desk.world.posts].count("5") <= 1
        if doubted:  # killed between the intent and its answer: nothing more is ever sent
            assert len(desk.world.posts) <= 1
            assert isinstance(outcome.job, JobResult)
            assert outcome.job.state == "uncertain"
        elif world == "refused and charged":
            assert desk.world.posts == []  # killed before it was sent, and only looked at since
        elif world == "refused":
            assert desk.world.jobs == {}
            assert all(one.state == "refused" for one in smoke)
        elif world == "filtered":
            assert desk.world.posts == sent
            assert all(one.state == "failed" and not one.is_open for one in smoke)
        else:
            # the job that was paid is the one that is proven; none was paid in its place
            assert len(smoke) == 1
            assert outcome.proof.valid
            assert outcome.proof.proof is not None
            assert outcome.proof.proof.id == smoke[0].id
            failure = outcome.proof.proof.controlled_failure
            wrong = [one for one in entries(desk) if one.intent.kind == "controlled-failure"]
            if not any(one.state == "uncertain" for one in wrong):
                assert failure is not None  # the proof holds it, or it is still open
                assert failure.job == wrong[0].id
                assert all(one.is_open is (failure.charged is True) for one in wrong) or (
                    world == "wrong request accepted"
                )
            assert [one.seconds for one in desk.world.accepted()].count(4) == 1


@pytest.mark.parametrize("distance", [0, 2, 23])
def test_dying_again_and_again(distance: int, tmp_path: Path) -> None:
    """Every run dies a little later than the one before, until one survives."""
    desk = Desk(tmp_path / "state", World(polls=("queued", "in_progress", "done")))
    for lives in itertools.count(distance):
        try:
            desk.run("5", fate=Fate(lives))
        except Killed:
            check_ledger(desk)
            continue
        break
    outcome = settle(desk)
    check_ledger(desk)
    four = [one for one in desk.world.accepted() if one.seconds == 4]
    assert len(four) <= 1
    assert outcome.proof.valid or isinstance(outcome.job, JobResult)


def test_dying_while_the_route_is_edited_and_the_checkout_moves(tmp_path: Path) -> None:
    many = steps(Desk(tmp_path / "counting"))
    for step in range(0, many, 5):
        home = tmp_path / str(step)
        home.mkdir()
        desk = Desk(home / "state")
        with pytest.raises(Killed):
            desk.run("5", fate=Fate(step))
        sent = len(desk.world.posts)
        moved = tmp_path / f"moved-{step}"
        home.rename(moved)
        desk.folder = moved / "state"
        edited = desk.changed(via__model="veo3.1-other", smoke__seconds=6)
        edited.run("5")
        held = [one for one in entries(edited) if one.intent.kind == "smoke"]
        if any(one.state == "uncertain" for one in held):
            assert len(edited.world.posts) == sent
        if sent and not any(one.state == "uncertain" for one in held):
            # what was paid under the old label is settled first, and nothing sent beside it
            assert [one.seconds for one in edited.world.accepted()].count(4) == 1
        check_ledger(edited)


def test_ctrl_c_right_after_the_answer_keeps_the_operation(tmp_path: Path) -> None:
    class Interrupting(list[str]):
        def append(self, one: str) -> None:
            super().append(one)
            if len(self) == 1:
                raise KeyboardInterrupt

    desk = Desk(tmp_path / "state", hidden=Interrupting())
    outcome = desk.run("5")
    assert outcome.interrupted
    assert isinstance(outcome.job, JobResult)
    assert (outcome.job.state, outcome.job.operation_id) == ("submitted", "task_…0001")
    assert desk.run("5").proof.valid
    assert len(desk.world.accepted()) == 1


def test_ctrl_c_in_the_middle_of_the_submit_is_uncertain(tmp_path: Path) -> None:
    class Interrupted(World):
        def accept(self, request):  # type: ignore[no-untyped-def]
            super().accept(request)
            raise KeyboardInterrupt

    desk = Desk(tmp_path / "state", Interrupted())
    outcome = desk.run("5")
    assert outcome.interrupted
    assert isinstance(outcome.job, JobResult)
    assert outcome.job.state == "uncertain"
    assert len(desk.world.posts) == 1
    desk.run("5")
    assert len(desk.world.posts) == 1
