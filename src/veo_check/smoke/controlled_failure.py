"""The controlled failure: a request that must be refused, and costs little if it is not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from veo_check.core.clock import AsOf
from veo_check.core.facts import Missing
from veo_check.core.frozen import dataclass
from veo_check.core.jobs import JobDriver, JobRequest
from veo_check.core.results import ControlledFailure, Delivery, UsageProof, WrongKind, WrongOutcome
from veo_check.core.route import Route
from veo_check.gateways.registry import gateway_of
from veo_check.pricing.job_cost import PriceSources
from veo_check.pricing.shape import Shape
from veo_check.reference.lifecycle import judge_lifecycle
from veo_check.reference.load import Reference
from veo_check.reference.rows import LifecycleRow
from veo_check.smoke.cost import CostEstimate, lengths_of, stake_of_shape, wrong_stake
from veo_check.smoke.journal import Entry, told_by
from veo_check.smoke.steps import Settled, Step, not_accepted, send, settle, weigh
from veo_check.smoke.tools import Dependencies

PROBE = "controlled-failure"
#: what every model makes, so that nothing but the model is wrong
_PLAIN = "text-to-video"
#: A date in a table is not yet a dead model: ids answered for weeks after theirs.
_GONE_FOR = timedelta(days=30)
_FINAL = frozenset({"exact", "earliest"})


@dataclass(frozen=True, slots=True)
class WrongRequest:
    """A request that must be refused; `sent` says in words what is wrong with it."""

    kind: WrongKind
    request: JobRequest
    shape: Shape
    sent: str
    stake: CostEstimate | str  # what it can cost if it is accepted, or why that is not known


def smoke_request(route: Route) -> JobRequest:
    """The route's smoke job, with its input files."""
    image = next((each for each in route.smoke.inputs if each.name == "image"), None)
    return JobRequest(
        label=route.via.model,
        prompt=route.smoke.prompt,
        mode=route.request.mode,
        seconds=route.smoke.seconds,
        resolution=route.smoke.resolution,
        aspect_ratio=route.request.aspect_ratio,
        audio=route.request.audio,
        group=route.via.group,
        image=image.content if image else None,
        image_type=image.media_type if image else None,
        inputs=route.smoke.inputs,
    )


def wrong_request(route: Route, prices: PriceSources) -> WrongRequest | Missing:
    """What to send, or why nothing can be: the route file, or else its gateway, decides which."""
    kind = gateway_of(route).controlled_failure(route)
    if kind == "none":
        return Missing(
            PROBE, "not-run", "the route file switches it off (smoke.controlled_failure: none)"
        )
    request, shape = smoke_request(route), Shape.of_smoke(route)
    if kind == "retired-model":
        gone = _retired(route, shape, prices)
        if gone is None:
            return Missing(
                PROBE,
                "not-configured",
                f"no model of {route.model.surface} is known that was shut down {_GONE_FOR.days} "
                f"days ago or more, takes clips of {route.smoke.seconds} s at "
                f"{route.smoke.resolution} and has a known price; choose another "
                "smoke.controlled_failure",
            )
        row, stake, plain = gone
        return WrongRequest(
            kind,
            replace(
                request,
                label=row.model,
                mode=_PLAIN,
                seconds=int(plain.seconds or request.seconds),
                image=None,
                inputs=(),
            ),
            plain,
            f"a job for {row.model}, which was shut down on {row.shutdown}",
            stake,
        )
    if kind == "unknown-key":
        return _unknown_key(route, request, shape, prices)
    seconds = _impossible_length(prices.reference, route)
    if seconds is None:
        return Missing(
            PROBE,
            "not-configured",
            f"which clip lengths {route.model.official} refuses is not known; choose retired-model",
        )
    shape = replace(shape, seconds=Decimal(seconds))
    return WrongRequest(
        kind,
        replace(request, seconds=seconds),
        shape,
        f"a clip of {seconds} s, which {route.model.official} does not make",
        wrong_stake(route, shape, prices),
    )


def _unknown_key(
    route: Route, request: JobRequest, shape: Shape, prices: PriceSources
) -> WrongRequest:
    """The cheapest body of the model, with a key that its API does not know.

    Accepted, it may be made as it says, or as the API makes what nobody asked for (10 s at 720p).
    """
    known = prices.reference.capability(route.model.official, route.model.surface)
    lengths = known.lengths("text-to-video") if known is not None else ()
    request = replace(
        request,
        mode="text-to-video",
        seconds=min(lengths, default=request.seconds),
        resolution=request.resolution,
        image=None,
        inputs=(),
        unknown_key=True,
    )
    plain = replace(
        shape,
        mode="text-to-video",
        seconds=Decimal(request.seconds),
        resolution=request.resolution,
        input_images=0,
        input_video_seconds=Decimal(0),
    )
    stakes = [
        stake_of_shape(route, asked, prices)
        for asked in (plain, replace(plain, seconds=Decimal(10), resolution="720p"))
    ]
    unknown = next((stake for stake in stakes if isinstance(stake, str)), None)
    priced = [stake for stake in stakes if isinstance(stake, CostEstimate)]
    stake = unknown or max(priced, key=lambda each: each.at_stake)
    sent = "a key that the Interactions API does not know, in response_format"
    return WrongRequest("unknown-key", request, plain, sent, stake)


def _impossible_length(reference: Reference, route: Route) -> int | None:
    """The shortest length between those that the model makes; else just above the longest."""
    known = reference.capability(route.model.official, route.model.surface)
    lengths = known.lengths(route.request.mode) if known is not None else ()
    if not lengths:
        return None
    return next(length for length in range(min(lengths), 10_000) if length not in lengths)


def _retired(
    route: Route, shape: Shape, prices: PriceSources
) -> tuple[LifecycleRow, CostEstimate, Shape] | None:
    """The cheapest model that is certainly gone from the route's surface, what it may cost, and the
    plain shape that it is asked for.

    Of equal cost: the route's own variant first, then the one that is gone longest.
    """
    reference, surface = prices.reference, route.model.surface
    own = reference.capability(route.model.official, surface)
    found: list[tuple[Decimal, bool, date, str, LifecycleRow, CostEstimate, Shape]] = []
    for model in reference.models(surface):
        row = _certainly_gone(reference, model, surface, prices.judging.day)
        known = reference.capability(model, surface)
        if row is None or row.shutdown is None or model == route.model.official:
            continue
        if (
            own is None
            or known is None
            or (known.family, known.endpoints) != (own.family, own.endpoints)
        ):
            continue
        fits = not known.resolutions or route.smoke.resolution in known.resolutions
        lengths = lengths_of(reference, model, surface, _PLAIN)
        seconds = route.smoke.seconds
        if route.request.mode != _PLAIN and seconds not in lengths:
            seconds = min(lengths, default=seconds)  # what its own mode is, no other takes
        if seconds not in lengths or not fits:
            continue
        asked = replace(
            shape,
            model=model,
            mode=_PLAIN,
            seconds=Decimal(seconds),
            input_images=0,
            input_video_seconds=Decimal(0),
        )
        stake = wrong_stake(route, asked, prices)
        if isinstance(stake, CostEstimate):
            other = known.variant != own.variant
            found.append((stake.at_stake, other, row.shutdown, model, row, stake, asked))
    best = min(found, key=lambda candidate: candidate[:4], default=None)
    return None if best is None else best[4:]


def _certainly_gone(
    reference: Reference, model: str, surface: str, day: date
) -> LifecycleRow | None:
    """The vendor's own row that retired a model long enough ago, where nobody says otherwise."""
    judged = judge_lifecycle(reference, model, surface, AsOf(day, day))
    # on whichever surface: an id that another model answers for is never certain to be refused
    rerouted = any(row.at_end == "rerouted" for row in reference.lifecycle(model))
    if judged.state != "retired" or rerouted:
        return None
    official = [row for row in judged.dated if row.source.official and row.kind in _FINAL]
    row = max(official, key=lambda dated: dated.shutdown or date.min, default=None)
    late = max((dated.shutdown or date.max for dated in judged.dated), default=date.max)
    return row if late <= day - _GONE_FOR else None


#: Refusals that name what is wrong with each kind, whatever words they use.
_CLEAR: Mapping[WrongKind, frozenset[str]] = {
    "unsupported-parameter": frozenset(
        {"duration-refused", "combination-unsupported", "parameter-refused"}
    ),
    "retired-model": frozenset({"model-retired", "model-unknown", "no-channel", "not-priced"}),
    "unknown-key": frozenset(),  # only the very key counts, and the driver says whether it is named
}


#: How long a gateway may take to give back what it charged for a request that it refused later.
_REFUND_WITHIN = timedelta(minutes=30)


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
        return resume(entry, step.route, driver, tools, submission.exchanges)
    return WrongSettled(not_accepted(entry), doubtful(entry))


def resume(
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
    settled = settle(entry, stored, driver, tools)
    job, usage, delivery = settled.job, settled.usage, settled.delivery
    failure = replace(
        _failure(entry, "accepted"),
        symptom=job.symptom,
        text=job.failure,
        served_model=job.served_model,
        charged=job.charged,
        exchanges=job.exchanges,
    )
    unseen = job.state == "finished" and isinstance(delivery, Missing)
    if unseen or job.state in {"submitted", "unfinished", "reopened"}:
        failure = replace(failure, outcome="pending")
    elif job.state == "finished" and isinstance(delivery, Delivery) and not delivery.videos:
        # some gateways report a job that failed upstream as completed, without a word of why
        text = delivery.failure or "reported as completed, and it has no video"
        failure = replace(failure, outcome="refused-unclearly", late=True, text=text)
    elif job.state == "failed":
        record = usage if isinstance(usage, UsageProof) else None
        failure = _refused_inside(failure, record)
        unread = isinstance(usage, Missing) and usage.code != "not-offered"
        recent = job.ended_at is not None and tools.now() - job.ended_at < _REFUND_WITHIN
        if failure.late and recent and (failure.charged or unread):
            failure = replace(failure, outcome="pending")
    return WrongSettled(settled, failure)


def from_record(entry: Entry, exchanges: tuple[str, ...] = ()) -> WrongSettled:
    """What the record says of a controlled failure that was refused."""
    ended = entry.ended
    if ended is None or entry.charged is None:
        why = f"whether job {entry.id}, which was refused, was charged cannot be read now"
        unread = Missing(PROBE, "not-run", f"{why}; the next run reads it, and sends nothing")
        return WrongSettled(not_accepted(entry), unread)
    clear = ended.names_the_mistake or ended.symptom in _CLEAR[_kind(entry)]
    failure = replace(
        _failure(entry, "refused" if clear else "refused-unclearly"),
        symptom=ended.symptom,
        status_code=ended.status_code,
        code=ended.code,
        text=ended.text,
        charged={"yes": True, "no": False}.get(entry.charged),
        exchanges=exchanges,
    )
    return WrongSettled(not_accepted(entry), failure)


def _refused_inside(failure: ControlledFailure, record: UsageProof | None) -> ControlledFailure:
    """An operation that ended with an error: a refusal, where its error names the mistake.

    new-api tells the error in the refund's row alone. An error that says nothing is an unclear
    refusal; one that says something else (a filter, a backend) shows that the mistake was accepted.
    """
    clear = _CLEAR[failure.kind]
    if not clear:
        return failure  # an unknown key has to be refused before any work
    if failure.symptom not in clear and record is not None and record.reason:
        failure = replace(failure, symptom=record.symptom, text=record.reason)
    if failure.symptom in clear:
        return replace(failure, outcome="refused", late=True)
    if failure.symptom in {"failed", "refused", None}:
        return replace(failure, outcome="refused-unclearly", late=True)
    return failure


def doubtful(entry: Entry) -> ControlledFailure:
    """A controlled failure of which nobody knows whether it was accepted."""
    return replace(
        _failure(entry, "uncertain"),
        symptom="submit-uncertain",
        text=told_by(entry),
    )


def _failure(entry: Entry, outcome: WrongOutcome) -> ControlledFailure:
    return ControlledFailure(entry.id, _kind(entry), entry.intent.what, outcome)


def _kind(entry: Entry) -> WrongKind:
    return entry.intent.wrong or "unsupported-parameter"
