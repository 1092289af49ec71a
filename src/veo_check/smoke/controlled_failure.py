"""The controlled failure: a request that must be refused, and costs little if it is not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from veo_check.core.facts import Missing
from veo_check.core.jobs import JobDriver, JobRequest
from veo_check.core.results import ControlledFailure, WrongKind
from veo_check.core.route import Route
from veo_check.pricing.shape import Shape
from veo_check.reference.load import Reference
from veo_check.reference.rows import LifecycleRow
from veo_check.smoke.journal import Entry
from veo_check.smoke.steps import Settled, Step, result_of, send, settle, weigh
from veo_check.smoke.tools import Dependencies

PROBE = "controlled-failure"


@dataclass(frozen=True, slots=True)
class WrongRequest:
    """A request that must be refused; `sent` says in words what is wrong with it."""

    kind: WrongKind
    request: JobRequest
    shape: Shape
    sent: str


def smoke_request(route: Route, image: tuple[bytes, str] | None = None) -> JobRequest:
    """The route's smoke job. `image`: its bytes and media type, where the mode needs one."""
    return JobRequest(
        label=route.via.model,
        prompt=route.smoke.prompt,
        mode=route.request.mode,
        seconds=route.smoke.seconds,
        resolution=route.smoke.resolution,
        aspect_ratio=route.request.aspect_ratio,
        audio=route.request.audio,
        group=route.via.group,
        image=image[0] if image else None,
        image_type=image[1] if image else None,
    )


def wrong_request(
    route: Route, reference: Reference, day: date, image: tuple[bytes, str] | None = None
) -> WrongRequest | Missing:
    """What to send, or why nothing can be: the route file decides which kind."""
    kind = route.smoke.controlled_failure
    if kind == "none":
        return Missing(
            PROBE, "not-run", "the route file switches it off (smoke.controlled_failure: none)"
        )
    request, shape = smoke_request(route, image), Shape.of_smoke(route)
    if kind == "retired-model":
        gone = _retired(reference, route, day)
        if gone is None:
            return Missing(
                PROBE,
                "not-configured",
                f"no retired model is known on {route.model.surface}; choose unsupported-parameter",
            )
        return WrongRequest(
            kind,
            replace(request, label=gone.model),
            replace(shape, model=gone.model),
            f"{gone.model}, which was shut down on {gone.shutdown}",
        )
    seconds = _impossible_length(reference, route)
    if seconds is None:
        return Missing(
            PROBE,
            "not-configured",
            f"which clip lengths {route.model.official} refuses is not known; choose retired-model",
        )
    return WrongRequest(
        kind,
        replace(request, seconds=seconds),
        replace(shape, seconds=Decimal(seconds)),
        f"a clip of {seconds} s, which {route.model.official} does not make",
    )


def _impossible_length(reference: Reference, route: Route) -> int | None:
    """The shortest length between those that the model makes; else just above the longest."""
    known = reference.capability(route.model.official, route.model.surface)
    if known is None or not known.seconds:
        return None
    return next(one for one in range(min(known.seconds), 10_000) if one not in known.seconds)


def _retired(reference: Reference, route: Route, day: date) -> LifecycleRow | None:
    """The model of the same surface that was shut down last, by a date that is final."""
    family = route.model.official.partition("-")[0]
    gone = [
        row
        for model in reference.models(route.model.surface)
        if model.partition("-")[0] == family and model != route.model.official
        for row in reference.lifecycle(model, route.model.surface)
        if row.shutdown is not None and row.shutdown < day and row.kind in {"exact", "earliest"}
    ]
    return max(gone, key=lambda row: (row.shutdown or day, row.model), default=None)


# The controlled failure: sent once, like a job; good only when it is refused and costs nothing.


#: Refusals that name what is wrong with each kind, whatever words they use.
_CLEAR: Mapping[WrongKind, frozenset[str]] = {
    "unsupported-parameter": frozenset(
        {"duration-refused", "combination-unsupported", "parameter-refused"}
    ),
    "retired-model": frozenset({"model-retired", "model-unknown", "no-channel", "not-priced"}),
}


@dataclass(frozen=True, slots=True)
class WrongSettled:
    """What became of a controlled failure; its entry on disk is not yet sealed and closed.

    A Missing: whether it was charged cannot be read now.
    """

    settled: Settled
    failure: ControlledFailure | Missing


def send_wrong(step: Step, driver: JobDriver, tools: Dependencies) -> WrongSettled | Missing:
    """Send the request that must be refused, once; where it is accepted, follow it to its end.

    Raises OSError, UsageError, as `steps.send` does.
    """
    entry, submission = send(step, driver, tools)
    if submission.state == "not-sent":
        return Missing(PROBE, "unreachable", submission.text or "nothing left this machine")
    if entry.state in {"submitted", "refused"}:
        return take_up(entry, step.route, driver, tools, submission.exchanges)
    return WrongSettled(_as_settled(entry), doubtful(entry))


def take_up(
    entry: Entry,
    stored: Route,
    driver: JobDriver,
    tools: Dependencies,
    exchanges: tuple[str, ...] = (),
) -> WrongSettled:
    """What became of a controlled failure that was answered: its charge where it was refused, its
    end (as far as this run can see) where it was accepted."""
    if entry.state == "refused":
        entry = weigh(entry, driver, tools)
        return from_record(entry, exchanges)
    settled = settle(entry, stored, driver, tools, fetch=False)
    job = settled.job
    failure = ControlledFailure(
        job=entry.id,
        kind=_kind(entry),
        sent=entry.intent.what,
        outcome="accepted",
        symptom=job.symptom,
        text=job.failure,
        served_model=job.served_model,
        charged=job.charged,
        exchanges=job.exchanges,
    )
    return WrongSettled(settled, failure)


def from_record(entry: Entry, exchanges: tuple[str, ...] = ()) -> WrongSettled:
    """What the record says of a controlled failure that was refused."""
    kind, ended = _kind(entry), entry.ended
    if ended is None or entry.charged is None:
        why = f"whether job {entry.id}, which was refused, was charged cannot be read now"
        unread = Missing(PROBE, "not-run", f"{why}; the next run reads it, and sends nothing")
        return WrongSettled(_as_settled(entry), unread)
    clear = ended.names_the_mistake or ended.symptom in _CLEAR[kind]
    failure = ControlledFailure(
        job=entry.id,
        kind=kind,
        sent=entry.intent.what,
        outcome="refused" if clear else "refused-unclearly",
        symptom=ended.symptom,
        status_code=ended.status_code,
        code=ended.code,
        text=ended.text,
        charged={"yes": True, "no": False}.get(entry.charged),
        exchanges=exchanges,
    )
    return WrongSettled(_as_settled(entry), failure)


def _as_settled(entry: Entry) -> Settled:
    none = Missing(PROBE, "not-run", f"job {entry.id} was not accepted")
    return Settled(entry, result_of(entry), none, none)


def doubtful(entry: Entry) -> ControlledFailure:
    """A controlled failure of which nobody knows whether it was accepted."""
    return ControlledFailure(
        job=entry.id,
        kind=_kind(entry),
        sent=entry.intent.what,
        outcome="uncertain",
        symptom="submit-uncertain",
        text=entry.ended.text if entry.ended else None,
    )


def _kind(entry: Entry) -> WrongKind:
    return entry.intent.wrong or "unsupported-parameter"
