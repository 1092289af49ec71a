"""From an accepted operation to its end: polled politely, every answer on disk before the next."""

from __future__ import annotations

from veo_check.core.jobs import JobDriver, PollAnswer
from veo_check.core.route import Route
from veo_check.smoke.entry import Ended, Entry
from veo_check.smoke.masking import shown_operation
from veo_check.smoke.schedule import next_wait
from veo_check.smoke.tools import Progress, Tools

#: Answers in a row after which "no such operation" and "this key may not look" are believed: a
#: gateway may need a moment to know its own task.
_BELIEVED = 3


def follow(
    entry: Entry, route: Route, driver: JobDriver, tools: Tools
) -> tuple[Entry, PollAnswer | None]:
    """Poll until the job ends or this run's deadline comes; the entry as it is on disk then.

    The answer is the last one, where it ended the job. Raises OSError where the journal cannot be
    written: then nothing is asked any more.
    """
    operation = entry.operation
    assert operation is not None
    clock, pace, journal = tools.clock, tools.pace_for(route), tools.journal
    start = clock.monotonic()
    end = start + entry.intent.deadline_seconds
    last = entry.last_polled_at or operation.at
    since = max(0.0, (tools.now() - last).total_seconds())
    retry_after: float | None = None
    unknown = 0
    while True:
        left = end - clock.monotonic()
        wait = next_wait(pace, entry.polls, left, since=since, retry_after=retry_after)
        if wait is None:
            ended = Ended(tools.now(), "job-unfinished", _last_status(entry))
            return _saved(entry.ran_out(ended), tools), None
        tools.progress(_progress(entry, clock.monotonic() - start, wait))
        if wait > 0:
            clock.sleep(wait)
        since = 0.0
        answer = driver.poll(operation.id)
        now = tools.now()
        journal.save(entry := entry.polled(answer.status, now))
        retry_after = answer.retry_after
        unknown = unknown + 1 if answer.state in {"gone", "refused"} else 0
        if answer.state == "done" and not answer.videos:
            failed = _failure(answer, tools, "empty-result")
            return _saved(entry.failed(failed), tools), answer
        if answer.state == "done":
            done = Ended(now, served_model=answer.served_model, video_count=len(answer.videos))
            return _saved(entry.finished(done), tools), answer
        if answer.state == "failed":
            failed = _failure(answer, tools, "failed")
            return _saved(entry.failed(failed), tools), answer
        if unknown >= _BELIEVED and answer.state == "gone":
            failed = _failure(answer, tools, "operation-unknown")
            return _saved(entry.failed(failed), tools), answer
        if unknown >= _BELIEVED:
            symptom = answer.symptom or "poll-refused"
            return _saved(entry.ran_out(Ended(now, symptom, answer.text)), tools), answer


def _saved(entry: Entry, tools: Tools) -> Entry:
    tools.journal.save(entry)
    return entry


def _failure(answer: PollAnswer, tools: Tools, symptom: str) -> Ended:
    return Ended(
        tools.now(),
        answer.symptom or symptom,
        answer.text,
        served_model=answer.served_model,
        video_count=0,
    )


def _last_status(entry: Entry) -> str:
    status = f", the last one: {entry.statuses[-1]}" if entry.statuses else ""
    return f"{entry.polls} polls{status}"


def _progress(entry: Entry, elapsed: float, wait: float) -> Progress:
    return Progress(
        route=entry.intent.route,
        job=entry.id,
        kind=entry.intent.kind,
        state=entry.state,
        doing="polling",
        elapsed=elapsed,
        at_stake=entry.intent.at_stake,
        next_poll=wait,
        polls=entry.polls,
        status=entry.statuses[-1] if entry.statuses else None,
        operation=shown_operation(entry),
    )
