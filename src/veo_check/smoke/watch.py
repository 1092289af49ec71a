"""Follow an accepted job to its end, the way that costs nothing where there is one.

On new-api gateways looking is not free (flatkey-gateway.md 7): a client that asks for a failing
task before the gateway's own poller does loses the refund, and `failed` may be an error that
passes. There the job's content path is watched, and a failure is believed after minutes.
"""

from __future__ import annotations

from dataclasses import replace

from veo_check.core.frozen import dataclass
from veo_check.core.jobs import JobDriver, PollAnswer, VideoRef, WatchedDriver
from veo_check.core.results import Delivery
from veo_check.core.route import Route
from veo_check.gateways.registry import gateway_of
from veo_check.smoke.collect import look
from veo_check.smoke.journal import Ended, Entry, shown_operation
from veo_check.smoke.tools import Dependencies, Pace, Progress, next_wait

#: Answers in a row after which "this key may not look" is believed, and "nothing is there".
_BARRED = 3
#: The same of "no such operation", and how long they have to go on: a gateway may need a moment to
#: know its own task, and may be restarted.
_GONE, _GONE_SECONDS = 5, 300
#: Seconds after the first sight of a failure at which it has to be seen again to be believed.
_CONFIRMED_AFTER = (60.0, 180.0)
#: How the task itself is asked for while it may still run, where no other way exists.
_BY_TASK = Pace(first=60, interval=30, longest=60)
#: Tries and seconds between them, where a question about an ended job is not answered.
TRIES, PAUSE = 3, 10.0
_FAILED_WORDS = frozenset({"failure", "failed", "no video to give"})


@dataclass(frozen=True, slots=True)
class Followed:
    """How far a run came: the entry as it is on disk, the last answer, where it ended the job or
    the watching, and what a look has already delivered."""

    entry: Entry
    answer: PollAnswer | None = None
    delivery: Delivery | None = None


def follow(entry: Entry, route: Route, driver: JobDriver, tools: Dependencies) -> Followed:
    """Look until the job ends or this run's deadline comes.

    A job that the other side knows no more stays unfinished: only its bill can say whether it is
    over. Raises OSError where the journal cannot be written: then nothing is asked any more.
    """
    return _Watch(entry, route, driver, tools).run()


def progress_of(entry: Entry, doing: str) -> Progress:
    """Where a job stands, for the live line."""
    return Progress(
        route=entry.intent.route,
        job=entry.id,
        kind=entry.intent.kind,
        state=entry.state,
        doing=doing,
        elapsed=0,
        at_stake=entry.intent.at_stake,
        polls=entry.polls,
    )


class _Watch:
    """One job in one run."""

    def __init__(self, entry: Entry, route: Route, driver: JobDriver, tools: Dependencies) -> None:
        assert entry.operation is not None
        self.entry, self.driver, self.tools = entry, driver, tools
        self.operation, self.clock = entry.operation.id, tools.clock
        self.gateway, self.pace = gateway_of(route), tools.pace_for(route)
        self.start = self.clock.monotonic()
        self.end = self.start + entry.intent.deadline_seconds
        last = entry.last_polled_at or entry.operation.at
        self.since = max(0.0, (tools.now() - last).total_seconds())
        self.watched = driver if isinstance(driver, WatchedDriver) else None
        if self.gateway.polls_itself and (self.watched is None or entry.task_asked):
            self._ask_the_task()
        self.retry_after: float | None = None
        self.barred = self.gone = 0
        self.gone_since = 0.0
        self.looked_at = float("-inf")
        #: when the same failure was seen, in a row
        self.failures: list[float] = self._seen_before()

    def _seen_before(self) -> list[float]:
        """A failure that an earlier run saw and could not confirm before its deadline."""
        seen = self.entry.history[-1] if self.entry.history else None
        if seen is None or seen.status.casefold() not in _FAILED_WORDS:
            return []
        return [self.clock.monotonic() - (self.tools.now() - seen.at).total_seconds()]

    def run(self) -> Followed:
        """Look, wait, look again."""
        while True:
            wait = self._wait()
            if wait is None or not self._reached(wait):
                return Followed(self._timed_out())
            answer, delivery = self._look()
            self._save(self.entry.polled(answer.status, self.tools.now()))
            followed = self._weigh(answer, delivery)
            if followed is not None:
                return followed

    def _wait(self) -> float | None:
        left = self.end - self.clock.monotonic()
        if not self.failures:
            polls = self.entry.polls
            return next_wait(self.pace, polls, left, since=self.since, retry_after=self.retry_after)
        due = self.failures[0] + _CONFIRMED_AFTER[min(len(self.failures), 2) - 1]
        due = max(due, self.looked_at + self.pace.interval)  # a look may have told nothing
        wait = max(due - self.clock.monotonic(), self.retry_after or 0, 0)
        return wait if wait <= left else None

    def _reached(self, wait: float) -> bool:
        """Wait, then for this origin's turn; False where the deadline comes first."""
        entry = self.entry
        self.tools.progress(
            replace(
                progress_of(entry, "polling"),
                elapsed=self.clock.monotonic() - self.start,
                next_poll=wait,
                status=entry.statuses[-1] if entry.statuses else None,
                operation=shown_operation(entry),
            )
        )
        if wait > 0:
            self.clock.sleep(wait)
        self.since = 0.0
        turn = self.watched.turn() if self.watched else 0.0
        if turn > 0 and self.clock.monotonic() + turn <= self.end:
            self.clock.sleep(turn)
            turn = 0.0
        return turn <= 0

    def _look(self) -> tuple[PollAnswer, Delivery | None]:
        self.looked_at = self.clock.monotonic()
        if self.watched is None:
            return self.driver.poll(self.operation), None
        return look(self.entry, self.watched, self.tools)

    def _weigh(self, answer: PollAnswer, delivery: Delivery | None) -> Followed | None:
        """What an answer means; None: the job goes on, as far as anybody can tell."""
        now, said = self.clock.monotonic(), answer.state
        self.retry_after = answer.retry_after
        self.barred = self.barred + 1 if said == "refused" else 0
        self.gone = self.gone + 1 if said == "gone" else 0
        self.gone_since = now if self.gone == 1 else self.gone_since
        if said == "failed" or (said == "done" and not answer.videos):
            return self._failing(answer)
        if said == "done":
            return self._done(answer, delivery)
        if said == "running":
            self.failures = []
        if self.gone >= _GONE and now - self.gone_since >= _GONE_SECONDS:
            return self._lost("operation-unknown", answer)
        if self.barred >= _BARRED and self.watched is not None:
            self._ask_the_task()
        elif self.barred >= _BARRED:
            return self._lost(answer.symptom or "poll-refused", answer)
        return None

    def _failing(self, answer: PollAnswer) -> Followed | None:
        """A failure: at once where the answer is the vendor's own, else after minutes."""
        if not self.gateway.polls_itself:
            return self._failed(answer)
        now = self.clock.monotonic()
        self.failures.append(now)
        long_enough = now - self.failures[0] >= _CONFIRMED_AFTER[-1]
        if len(self.failures) <= len(_CONFIRMED_AFTER) or not long_enough:
            return None
        if self.watched is None:
            return self._failed(answer)
        task = ask(self.driver, self.operation, self.tools)
        if task.state == "failed":
            return self._failed(task)
        if answer.state == "done" and task.state != "running":
            return self._done(replace(answer, videos=(VideoRef(),)), _nothing(answer))
        if task.state in {"done", "running"}:
            self.failures = []  # the failure was one that passed
            return None
        return self._failed(answer)  # the task cannot be asked, and the path has said it for long

    def _done(self, answer: PollAnswer, delivery: Delivery | None) -> Followed:
        if isinstance(self.driver, WatchedDriver) and answer.served_model is None:
            named = self.driver.named(self.operation)
            answer = replace(
                answer,
                served_model=named.served_model,
                exchanges=(*answer.exchanges, *named.exchanges),
            )
        served = answer.served_model
        ended = Ended(self.tools.now(), served_model=served, video_count=len(answer.videos))
        return Followed(self._save(self.entry.finished(ended)), answer, delivery)

    def _failed(self, answer: PollAnswer) -> Followed:
        symptom = answer.symptom or ("empty-result" if answer.state == "done" else "failed")
        served = answer.served_model
        ended = Ended(self.tools.now(), symptom, answer.text, served_model=served, video_count=0)
        return Followed(self._save(self.entry.failed(ended)), answer)

    def _lost(self, symptom: str, answer: PollAnswer) -> Followed:
        ended = Ended(self.tools.now(), symptom, answer.text)
        return Followed(self._save(self.entry.timed_out(ended)), answer)

    def _timed_out(self) -> Entry:
        """The deadline came first: what was seen last, and when to come back."""
        entry = self.entry
        text = f"{entry.polls} polls"
        text += f", the last one: {entry.statuses[-1]}" if entry.statuses else ""
        text += ", not yet confirmed" if self.failures else ""
        if self.retry_after is not None:
            text += f"; it asks to wait {self.retry_after:.0f} s"
        ended = Ended(self.tools.now(), "job-unfinished", text)
        return self._save(entry.timed_out(ended))

    def _ask_the_task(self) -> None:
        """There is no content path: what is left may cost the refund of a job that fails."""
        self.watched, self.pace, self.barred = None, _BY_TASK, 0
        if not self.entry.task_asked:
            self._save(replace(self.entry, task_asked=True))

    def _save(self, entry: Entry) -> Entry:
        self.tools.journal.save(entry)
        self.entry = entry
        return entry


def ask(driver: JobDriver, operation: str, tools: Dependencies) -> PollAnswer:
    """Ask for the task of a job that has ended; again for a moment where nothing is told."""
    for _ in range(TRIES - 1):
        answer = driver.poll(operation)
        if answer.state != "trouble":
            return answer
        tools.clock.sleep(PAUSE)
    return driver.poll(operation)


def _nothing(answer: PollAnswer) -> Delivery:
    """A success of which the content path has nothing to give, however often it is asked."""
    return Delivery((), 1, answer.symptom, answer.text, exchanges=answer.exchanges)
