"""job-completes: one real job finishes, served by the model that the route declares."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from veo_check.core.clock import AsOf
from veo_check.core.facts import Missing
from veo_check.core.findings import (
    Blocked,
    CheckOutput,
    Finding,
    Findings,
    Tier,
    ValidUntil,
    blocker,
    check,
    note,
    warning,
)
from veo_check.core.gateway import Gateway
from veo_check.core.jobs import Meaning, Symptom, meaning_of, support_codes
from veo_check.core.results import Delivery, JobResult, JobState, ProofStatus, lower_resolution
from veo_check.core.route import Route
from veo_check.reference.lifecycle import to_move_to
from veo_check.reference.load import Reference

#: Says nothing lasting about the route: try again, or look first.
_UNSETTLED = {"rate-limited", "cooling-down", "provisioning", "not-sent"}
#: The model of a 404: its first sentence names it, a later one may name what replaces it.
_NAMED = re.compile(r"\bmodels/([A-Za-z0-9][\w.@-]{2,80})")
#: What the states are called that a run leaves when it is ended in between.
_STILL: Mapping[JobState, Symptom] = {"submitted": "job-unfinished", "intent": "submit-uncertain"}


@check(item="async-job", since="0.1", waivable=False)
def job_completes(
    route: Route,
    gateway: Gateway,
    job: JobResult,
    delivery: Delivery | Missing,
    proof: ProofStatus | Missing,
    reference: Reference,
    judging: AsOf,
) -> Findings:
    """A real job finished, and the declared model served it.

    Why: a catalogue row, a listing and a probe prove a label; only a finished job proves the route.
    A gateway may accept a job and end it without a video, or serve it by another model.
    Fix: run once with `--spend`; where the job failed, do what its finding names, then run again.
    """
    if job.state == "finished":
        if isinstance(delivery, Missing):
            # a status alone is only a word; whether a video came is still to be seen
            yield Blocked(f"job {job.job} was reported complete; {delivery.detail}")
        elif not delivery.videos:
            yield _empty_handed(gateway, job, delivery)
        else:
            yield from _finished(route, gateway, job, reference)
        if isinstance(proof, ProofStatus) and proof.valid and proof.expires is not None:
            yield ValidUntil(proof.expires, "the smoke proof expires")
        return
    word = job.symptom or _STILL.get(job.state) or job.state
    meaning = meaning_of(word)
    step = meaning.step(direct=gateway.direct)
    if job.state in {"refused", "failed"} and job.symptom not in _UNSETTLED:
        named, surface = job.replacement, route.model.surface
        move = named and to_move_to(reference, named, surface, judging)
        yield _failed(route, gateway, job, meaning, move)
        return
    yield warning(
        f"job-completes/{word}",
        f"Job {job.job} is {job.state}: {meaning.says}{_quoted(job)}. {_charge(job)}",
        at="via.model",
        actual=job.state,
        fix=step,
        evidence=job.exchanges,
    )
    yield Blocked(f"job {job.job} is {job.state}: {meaning.says}; {step}")


def _finished(
    route: Route, gateway: Gateway, job: JobResult, reference: Reference
) -> Iterator[CheckOutput]:
    polls = f"{job.polls} polls" if job.polls != 1 else "1 poll"
    yield note(
        "job-completes/finished",
        f"Job {job.job} finished after {polls}: {', then '.join(job.statuses) or 'no status'}.",
        at="via.model",
        evidence=job.exchanges,
    )
    yield from _served(route, gateway, job, reference)
    if lower_resolution(job.shape.resolution, route.request.resolution):
        yield warning(
            "job-completes/lower-resolution",
            f"The job was paid at {job.shape.resolution}; the route asks for "
            f"{route.request.resolution}.",
            at="smoke.resolution",
            expected=route.request.resolution,
            actual=job.shape.resolution,
            fix="set smoke.resolution to what the route asks for, if the price allows it",
        )


def _empty_handed(gateway: Gateway, job: JobResult, delivery: Delivery) -> Finding:
    """A status is only a word; a job without a video did not complete."""
    meaning = meaning_of(delivery.symptom)
    said = f' ("{delivery.failure}")' if delivery.failure else ""
    return blocker(
        f"job-completes/{delivery.symptom or 'nothing-delivered'}",
        f"Job {job.job} was reported complete but returned no video: {meaning.says}{said}. "
        f"{_charge(job)}",
        at="via.model",
        expected="a video",
        actual="none",
        fix=meaning.step(direct=gateway.direct),
        evidence=delivery.exchanges or job.exchanges,
    )


def _served(
    route: Route, gateway: Gateway, job: JobResult, reference: Reference
) -> Iterator[CheckOutput]:
    official, served = route.model.official, _bare(job.served_model)
    # an echo of the label, or what a gateway writes where it does not know
    ambiguous = served in {gateway.placeholder_model, route.via.model} - route.model.names
    if served is None or ambiguous:
        yield warning(
            "job-completes/served-unknown",
            f"Which model served the job cannot be read from {gateway.answers_as}'s answers.",
            at="model.official",
            expected=official,
            actual=f"{served}, which says nothing" if served else None,
            fix="read the operation's name by hand"
            if gateway.direct
            else "ask the gateway's operator what runs behind the label",
            evidence=job.exchanges,
        )
    elif served in route.model.names:
        yield note(
            "job-completes/served",
            f"The job was served by {served}.",
            at="model.official",
            evidence=job.exchanges,
        )
    elif reference.surfaces(served):
        announced = _rerouted(route, served, reference)
        yield blocker(
            "job-completes/another-model",
            f"The job was served by {served}, not by {official}.{announced}",
            at="model.official",
            expected=official,
            actual=served,
            fix="declare the model that really runs"
            + ("" if gateway.direct else f", or have the gateway map the label to {official}"),
            evidence=job.exchanges,
        )
    else:
        who = gateway.answers_as[0].upper() + gateway.answers_as[1:]
        named = f"{who} names the model that served the job {served}, which is no known id"
        fix = f"ask the operator what it is; if it is {official}, list it in model.also_known_as"
        yield warning(
            "job-completes/served-name",
            f"{named}.",
            at="model.official",
            expected=official,
            actual=served,
            fix=fix,
            evidence=job.exchanges,
        )
        yield Blocked(f"{named}; {fix}", warn_below=Tier.PRODUCTION)


def _rerouted(route: Route, served: str, reference: Reference) -> str:
    """Who announced that this very model answers the requests of the declared one."""
    for row in reference.lifecycle(route.model.official, route.model.surface):
        if row.reroutes_to == served:
            return (
                f" {row.source.publisher} announced it: requests for {row.model} are rerouted from "
                f"{row.shutdown}, and billed as {served}."
            )
    return ""


def _bare(model: str | None) -> str | None:
    """The id without Google's resource path before it."""
    return model.rpartition("/")[2] if model else None


def _failed(
    route: Route, gateway: Gateway, job: JobResult, meaning: Meaning, move: str | None
) -> Finding:
    fix = meaning.step(direct=gateway.direct)
    other = _another_model(route, job)
    if other is not None:
        fix = (
            f"ask the gateway's operator to map {route.via.model} to {route.model.official}, or "
            "declare in model.official what the label stands for"
        )
    elif move:
        which = "which the answer names" if move == job.replacement else "where its successors lead"
        fix = f"move to {move}, {which}; {fix}"
    return blocker(
        f"job-completes/{job.symptom or job.state}",
        f"Job {job.job} {'was refused' if job.state == 'refused' else 'failed'}: {meaning.says}"
        f"{_quoted(job)}. {_told(route, job)}{_charge_of_failed(gateway, job)}",
        at="via.model",
        expected="a finished job",
        actual=f"HTTP {job.status_code}" if job.status_code else job.state,
        fix=fix,
        evidence=job.exchanges,
    )


def _told(route: Route, job: JobResult) -> str:
    """What the quoted answer says to those who can read it."""
    other = _another_model(route, job)
    if other is not None:
        return (
            f"The answer is about {other}, not about {route.model.official}: the label "
            f"{route.via.model} is mapped to it. "
        )
    codes = support_codes(job.failure or "")
    return f"{codes} " if codes else ""


def _another_model(route: Route, job: JobResult) -> str | None:
    """The model that a 404 names, where it is not the one that the route declares."""
    if job.symptom not in {"model-unknown", "model-retired"}:
        return None
    named = [name.rstrip(".") for name in _NAMED.findall(job.failure or "")]
    known = {route.model.official, route.via.model}
    return next((name for name in named[:1] if name not in known), None)


def _quoted(job: JobResult) -> str:
    return f' ("{job.failure}")' if job.failure else ""


def _charge(job: JobResult) -> str:
    if job.charged is None:
        return "Whether it was charged is not known."
    return "It was charged." if job.charged else "It was not charged."


def _charge_of_failed(gateway: Gateway, job: JobResult) -> str:
    """A known refusal at submit sent nothing on, so there is nothing to charge. A gateway with a
    usage record of its own takes the money before it sends: there only the record can say so. What
    402 and 422 charged is not known of every gateway."""
    sent_nothing = job.state == "refused" and job.status_code not in {402, 422}
    if job.charged is None and sent_nothing and gateway.usage != "log":
        return "It was refused before any work began, so it was not charged."
    return _charge(job)
