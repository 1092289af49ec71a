"""How a job is watched by its content path: what is believed, when, and what is asked afterwards.

Scripts name what the content path (or the task) says, one word a look; the last one repeats.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

import pytest

from paid_world import MODEL, Desk, Fate, Killed, World, WorldDriver
from veo_check.core.facts import Missing
from veo_check.core.jobs import PollAnswer, Sink, VideoRef
from veo_check.core.results import Delivery, JobResult, UsageProof
from veo_check.smoke.journal import Entry, Journal
from veo_check.smoke.state_folder import StateFolder, route_lock

DAY = 86_400.0
OF_A_PATH = {
    "FAILURE": PollAnswer("failed", "FAILURE"),
    "502": PollAnswer("done", "no video to give", symptom="content-unavailable", text="no url"),
    "gone": PollAnswer("gone", "http 404", symptom="operation-unknown"),
    "429": PollAnswer("trouble", "http 429", retry_after=40),
    "503": PollAnswer("trouble", "http 503"),
    "no path": PollAnswer("refused", "http 404", symptom="poll-refused"),
}


@dataclass
class ContentWorld(World):
    """A world whose jobs have a content path: `path` is what that says."""

    path: tuple[str, ...] = ("NOT_START", "IN_PROGRESS", "200")
    looks: list[float] = field(default_factory=list)
    asked: list[float] = field(default_factory=list)
    named: int = 0


class ContentDriver(WorldDriver):
    """The driver of a world with content paths; `now` tells when it was asked."""

    def __init__(self, world: ContentWorld, fate: Fate, now: Callable[[], float]) -> None:
        super().__init__(world, fate)
        self.content, self.now = world, now

    def turn(self) -> float:
        return 0.0

    def watch(self, operation: str, sink: Sink) -> PollAnswer:
        self.fate.step()
        world = self.content
        world.looks.append(self.now())
        word = world.path[min(len(world.looks), len(world.path)) - 1]
        if word == "FAILURE":
            world.end(world.jobs[operation])
        self.fate.step()
        if word == "200":
            sink(world.content)
            self.fate.step()
            return PollAnswer("done", "delivered", (VideoRef(),), delivered=True)
        return OF_A_PATH.get(word, PollAnswer("running", word))

    def poll(self, operation: str) -> PollAnswer:
        self.content.asked.append(self.now())
        return replace(super().poll(operation), served_model=None)

    def named(self, operation: str) -> PollAnswer:
        self.content.named += 1
        return PollAnswer("done", "completed", served_model=MODEL, exchanges=("x12",))


@dataclass
class ContentDesk(Desk):
    """A desk in front of such a world; no controlled failure is sent."""

    def driver(self, fate: Fate) -> WorldDriver:
        assert isinstance(self.world, ContentWorld)
        return ContentDriver(self.world, fate, self.clock.monotonic)


@pytest.fixture
def world() -> ContentWorld:
    return ContentWorld()


@pytest.fixture
def desk(tmp_path: Path, world: ContentWorld) -> ContentDesk:
    made = ContentDesk(tmp_path / "state", world)
    changed = made.changed(smoke__controlled_failure="none", route__target="staging")
    assert isinstance(changed, ContentDesk)
    return changed


def entry(desk: Desk) -> Entry:
    journal = Journal(StateFolder(desk.folder, simulated=False))
    return journal.entries(desk.route.name)[-1]


def job_of(outcome: object) -> JobResult:
    job = getattr(outcome, "job", None)
    assert isinstance(job, JobResult), job
    return job


def test_the_200_of_a_look_is_the_delivery(desk: ContentDesk, world: ContentWorld) -> None:
    outcome = desk.run("5")
    assert outcome.proof.valid
    assert isinstance(outcome.delivery, Delivery)
    assert outcome.delivery.videos[0].complete
    assert (world.fetched, world.asked, world.named) == (0, [], 1)
    assert world.looks == [20, 30, 42.5]
    job = job_of(outcome)
    assert (job.statuses, job.served_model) == (("NOT_START", "IN_PROGRESS", "delivered"), MODEL)
    assert not job.task_asked
    assert "x12" in job.exchanges  # the answer that names the model


def test_a_failure_is_confirmed_by_the_path_and_then_by_the_task(
    desk: ContentDesk, world: ContentWorld
) -> None:
    world.path, world.polls = ("IN_PROGRESS", "FAILURE"), ("failed",)
    outcome = desk.run("5")
    first = world.looks[1]
    assert [at - first for at in world.looks[1:]] == [0, 60, 180]
    assert world.asked == [first + 180]
    assert job_of(outcome).state == "failed"
    assert isinstance(outcome.usage, UsageProof)
    assert outcome.usage.refunded == outcome.usage.billed
    assert not entry(desk).is_open


@pytest.mark.parametrize(
    ("path", "task"),
    [
        (("FAILURE", "IN_PROGRESS", "200"), ("failed",)),  # the path itself says otherwise
        (("FAILURE", "FAILURE", "IN_PROGRESS", "200"), ("failed",)),
        (("FAILURE", "FAILURE", "FAILURE", "200"), ("in_progress",)),  # the task says otherwise
        (("FAILURE", "FAILURE", "FAILURE", "200"), ("done",)),
        (("FAILURE", "503", "429", "200"), ("failed",)),  # nothing was confirmed
        (("502", "502", "200"), ("done",)),
    ],
)
def test_a_failure_that_passes_is_none(
    path: tuple[str, ...], task: tuple[str, ...], desk: ContentDesk, world: ContentWorld
) -> None:
    world.path, world.polls = path, task
    assert desk.run("5").proof.valid


@pytest.mark.parametrize("task", [("403",), ("503",), ("gone",), ("failed",)])
def test_what_the_path_has_said_for_minutes_is_believed_where_nothing_says_otherwise(
    task: tuple[str, ...], desk: ContentDesk, world: ContentWorld
) -> None:
    world.path, world.polls = ("FAILURE",), task
    assert job_of(desk.run("5")).state == "failed"


def test_a_success_without_a_video_is_believed_after_minutes_too(
    desk: ContentDesk, world: ContentWorld
) -> None:
    world.path, world.polls = ("IN_PROGRESS", "502"), ("done",)
    outcome = desk.run("5")
    assert job_of(outcome).state == "finished"
    assert isinstance(outcome.delivery, Delivery)
    assert (outcome.delivery.videos, outcome.delivery.symptom) == ((), "content-unavailable")
    assert len(world.looks) == 4


def test_unconfirmed_at_the_deadline_is_unfinished_and_the_next_run_confirms(
    desk: ContentDesk, world: ContentWorld
) -> None:
    hurried = desk.changed(
        smoke__controlled_failure="none", route__target="staging", smoke__deadline="1m"
    )
    world.path, world.polls = ("FAILURE",), ("failed",)
    job = job_of(hurried.run("5"))
    assert (job.state, job.symptom) == ("unfinished", "job-unfinished")
    assert "not yet confirmed" in str(job.failure)
    assert (entry(desk).is_open, world.asked) == (True, [])
    desk.clock.pass_time(3600)
    assert job_of(hurried.run("5")).state == "failed"
    assert (len(world.posts), len(world.looks)) == (1, 3)


def test_a_429_waits_as_long_as_it_asks(desk: ContentDesk, world: ContentWorld) -> None:
    world.path = ("429", "429", "200")
    assert desk.run("5").proof.valid
    assert world.looks == [20, 60, 100]


def test_what_was_asked_of_us_is_said_where_the_deadline_comes_first(
    desk: ContentDesk, world: ContentWorld
) -> None:
    hurried = desk.changed(
        smoke__controlled_failure="none", route__target="staging", smoke__deadline="1m"
    )
    world.path = ("429",)
    job = job_of(hurried.run("5"))
    assert (job.state, "asks to wait 40 s" in str(job.failure)) == ("unfinished", True)


def test_an_unknown_task_is_believed_after_five_looks_and_five_minutes(
    desk: ContentDesk, world: ContentWorld
) -> None:
    world.path = ("gone",)
    job = job_of(desk.run("5"))
    assert (job.state, job.symptom) == ("unfinished", "operation-unknown")
    assert world.looks[-1] - world.looks[0] >= 300
    assert entry(desk).is_open  # it was charged


def test_without_a_content_path_the_task_is_asked_after_a_minute(
    desk: ContentDesk, world: ContentWorld
) -> None:
    world.path, world.polls = ("no path",), ("in_progress", "done")
    outcome = desk.run("5")
    assert outcome.proof.valid
    assert len(world.looks) == 3
    assert world.asked[0] >= 60
    assert job_of(outcome).task_asked
    assert job_of(desk.run()).task_asked  # the proof tells it too


def test_a_gateway_without_a_content_path_is_not_believed_at_once_either(
    desk: ContentDesk, world: ContentWorld
) -> None:
    world.path, world.polls = ("no path",), ("in_progress", "failed", "failed", "failed")
    assert job_of(desk.run("5")).state == "failed"
    assert world.asked[-1] - world.asked[1] >= 180


@pytest.mark.parametrize(
    ("path", "task"),
    [(("FAILURE", "503"), ("failed",)), (("no path",), ("failed", "503"))],
    ids=["content", "task"],
)
def test_a_failure_that_nothing_confirms_is_not_looked_for_without_a_pause(
    path: tuple[str, ...], task: tuple[str, ...], desk: ContentDesk, world: ContentWorld
) -> None:
    world.path, world.polls = path, task
    job = job_of(desk.run("5"))
    assert (job.state, job.symptom) == ("unfinished", "job-unfinished")
    looks = world.looks if task == ("failed",) else world.asked
    assert min(after - before for before, after in pairwise(looks)) >= 10


def a_failed_job(desk: ContentDesk, world: ContentWorld) -> None:
    world.path, world.polls = ("FAILURE",), ("failed",)
    assert job_of(desk.run("5")).state == "failed"
    world.asked.clear()
    world.looks.clear()


def test_a_stored_failure_is_asked_once_more_after_a_day(
    desk: ContentDesk, world: ContentWorld
) -> None:
    a_failed_job(desk, world)
    desk.clock.pass_time(DAY - 600)
    desk.run()
    assert world.asked == []
    desk.clock.pass_time(600)
    for _ in range(3):
        desk.run()
    assert (len(world.asked), world.looks) == (1, [])
    assert (entry(desk).state, entry(desk).is_open) == ("failed", False)


def test_a_failure_that_was_none_is_taken_up_again(desk: ContentDesk, world: ContentWorld) -> None:
    a_failed_job(desk, world)
    desk.clock.pass_time(DAY)
    world.path, world.polls = ("200",), ("done",)
    outcome = desk.run()
    assert outcome.proof.valid
    assert any("lives after all" in note for note in outcome.notes)
    reopened = entry(desk)
    assert (reopened.state, reopened.is_open) == ("finished", False)
    assert [end.symptom for end in reopened.earlier] == ["failed"]
    assert len(world.posts) == 1


def test_a_reopened_job_survives_a_kill(desk: ContentDesk, world: ContentWorld) -> None:
    a_failed_job(desk, world)
    journal = Journal(StateFolder(desk.folder, simulated=False))
    journal.save(entry(desk).asked_again(desk.clock.now(), lives=True))
    assert entry(desk).state == "reopened"
    world.path = ("200",)
    assert desk.run("5").proof.valid
    assert len(world.posts) == 1


def test_what_cannot_be_asked_now_is_asked_by_the_next_run(
    desk: ContentDesk, world: ContentWorld
) -> None:
    a_failed_job(desk, world)
    desk.clock.pass_time(DAY)
    world.polls = ("503",)
    desk.run()
    assert entry(desk).asked_again_at is None
    desk.driver_missing = Missing("smoke-job", "no-key", "FLATKEY_SMOKE_KEY is not set")
    desk.run()
    desk.driver_missing, world.polls = None, ("failed",)
    desk.run()
    assert entry(desk).asked_again_at is not None


def test_a_bill_that_cannot_be_read_now_leaves_a_failed_job_open(
    desk: ContentDesk, world: ContentWorld
) -> None:
    world.path, world.polls = ("FAILURE",), ("failed",)
    world.log_trouble = "rate-limited"
    desk.run("5")
    assert entry(desk).is_open
    world.log_trouble = None
    desk.run()
    assert not entry(desk).is_open


def test_an_operation_that_is_on_record_is_no_new_job(desk: ContentDesk) -> None:
    desk.run("5")
    desk.world.jobs.clear()  # the next one gets the same id
    job = job_of(desk.run("5", renew=True))
    assert job.state == "uncertain"
    assert "on record already" in str(job.failure)


def test_paid_steps_of_one_key_take_turns(desk: ContentDesk) -> None:
    """Another route's paid step with the same key is under way: its total would tell of both."""
    folder = StateFolder(desk.folder, simulated=False)
    other = folder.lock_of("\0key\0https://console.flatkey.ai\0FLATKEY_SMOKE_KEY")
    desk.run()  # the folder is there

    class Waiting(type(desk.clock)):  # type: ignore[misc]
        def sleep(self, seconds: float) -> None:
            assert not entries_of(desk)  # nothing is sent, nothing is written
            raise KeyboardInterrupt

    calm, desk.clock = desk.clock, Waiting()
    with route_lock(other, calm):
        assert desk.run("5").interrupted
    assert desk.said[-1] == "waiting for another run"
    desk.clock = calm
    assert desk.run("5").proof.valid


def entries_of(desk: Desk) -> tuple[Entry, ...]:
    return Journal(StateFolder(desk.folder, simulated=False)).entries(desk.route.name)


ENDS = {
    "delivered": (("NOT_START", "IN_PROGRESS", "200"), ("done",)),
    "passing": (("FAILURE", "FAILURE", "FAILURE", "200"), ("in_progress",)),
    "no path": (("no path",), ("in_progress", "done")),
}


@pytest.mark.parametrize("ends", ENDS)
def test_a_kill_at_any_step_of_the_watch_loses_nothing_and_pays_once(
    ends: str, tmp_path: Path
) -> None:
    def fresh(name: str) -> tuple[ContentDesk, ContentWorld]:
        path, polls = ENDS[ends]
        world = ContentWorld(path=path, polls=polls)
        desk = ContentDesk(tmp_path / name, world)
        return desk.changed(smoke__controlled_failure="none", route__target="staging"), world

    counting, _ = fresh("counting")
    fate = Fate()
    counting.run("5", fate=fate)
    sent = next(step for step in range(fate.happened) if _posts_after(fresh(f"count-{step}"), step))
    for step in range(sent, fate.happened):
        desk, world = fresh(str(step))
        with pytest.raises(Killed):
            desk.run("5", fate=Fate(step))
        if entry(desk).state in {"intent", "uncertain"}:
            continue  # killed before the operation was on disk: a person has to look
        outcome = desk.run("5")
        assert outcome.proof.valid, step
        assert len(world.posts) == 1, step


def _posts_after(made: tuple[ContentDesk, ContentWorld], step: int) -> bool:
    desk, world = made
    with pytest.raises(Killed):
        desk.run("5", fate=Fate(step))
    return bool(world.posts)
