"""model-lifecycle: the model serves today, on the cutover day, and for the horizon."""

from __future__ import annotations

import re
from collections.abc import Iterator

from veo_check.core.clock import AsOf
from veo_check.core.facts import Missing, OfficialModel, OfficialState, ProvenLife
from veo_check.core.findings import (
    Blocked,
    Finding,
    Findings,
    ReferenceUse,
    Tier,
    ValidUntil,
    blocker,
    check,
    note,
    warning,
)
from veo_check.core.gateway import Gateway
from veo_check.core.results import JobResult, ProofStatus
from veo_check.core.route import DEFAULT_LOCATION, Route
from veo_check.core.secrets import is_google
from veo_check.reference.lifecycle import (
    LifecycleJudgement,
    judge_lifecycle,
    living_end,
    say_day,
    successors,
    suggestions,
)
from veo_check.reference.load import Reference
from veo_check.reference.rows import LifecycleRow


@check(item="lifecycle", since="0.1", waivable=False)
def model_lifecycle(
    route: Route,
    gateway: Gateway,
    reference: Reference,
    judging: AsOf,
    official: OfficialModel | Missing,
    proven: ProvenLife | Missing,
    job: JobResult | Missing,
    status: ProofStatus | Missing,
) -> Findings:
    """The model stays callable today, through the cutover and for the horizon.

    Why: on 2026-10-22 three Veo previews were shut down on about four weeks' notice, in a table
    only. A saved route keeps pointing at a dead id, and a passed date is no proof either way: live
    evidence beats it.
    Fix: move to the successor that `veo-check lifecycle MODEL` names; where the dates cannot tell,
    ask Google itself with `model.listing`, or run a smoke job.
    """
    live = official if isinstance(official, OfficialModel) else None
    if live is not None and live.state == "offered" and not _from_google(route, gateway):
        yield warning(
            "model-lifecycle/not-google",
            f"The model is offered by {route.base_url}, which is not a Google host, so this shows "
            "nothing about the model at Google.",
            at="via.base_url",
            fix="leave via.base_url out, so that Google itself is asked",
            evidence=live.exchanges,
        )
        live = None
    earlier = status.refused if isinstance(status, ProofStatus) else None
    live = _refused(route, gateway, job) or _refused(route, gateway, earlier) or live
    proof = proven if isinstance(proven, ProvenLife) else None
    served = proof is not None and proof.model in route.model.names
    judged = judge_lifecycle(
        reference,
        route.model.official,
        route.model.surface,
        judging,
        live=live,
        served=served,
        cutover=route.route.cutover,
    )
    evidence = _evidence(judged, live, proof if served else None)
    yield from _said(route, reference, judging, judged, evidence)
    for row in _stood_on(judged):
        yield ReferenceUse(row.id, "lifecycle", row.source.confirmed, live=judged.live)
    if judged.next_shutdown is not None and judged.state not in {"retired", "rerouted"}:
        day = judged.next_shutdown
        yield ValidUntil(day, "the model shuts down", model=True)
    if served and proof is not None and not _listed(live):
        yield ValidUntil(proof.expires, "the smoke proof expires")


def _refused(
    route: Route, gateway: Gateway, job: JobResult | Missing | None
) -> OfficialModel | None:
    """What the refusal of a paid job, now or earlier, says of the model: a submit asks more than
    any listing.

    Through a gateway it counts only where Google's own text names the model.
    """
    if not isinstance(job, JobResult) or job.state != "refused":
        return None
    official, text = route.model.official, job.failure or ""
    named = re.search(rf"(?<![\w.-]){re.escape(official)}(?![\w-]|\.\w)", text) is not None
    if job.symptom == "model-retired" and (gateway.direct or named):
        state: OfficialState = "no-longer-available"
    elif job.symptom == "model-unknown" and gateway.direct and job.status_code == 404:
        state = "not-found"
    else:
        return None
    return OfficialModel(
        official,
        route.model.surface,
        state,
        replacement=job.replacement,
        text=job.failure,
        location=(route.via.location or DEFAULT_LOCATION) if gateway.direct else None,
        exchanges=job.exchanges,
    )


def _from_google(route: Route, gateway: Gateway) -> bool:
    """Whether the answer about the model came from Google: `model.listing` asks nobody else."""
    return not gateway.direct or is_google(route.base_url)


def _said(
    route: Route,
    reference: Reference,
    judging: AsOf,
    judged: LifecycleJudgement,
    evidence: tuple[str, ...],
) -> Iterator[Finding | Blocked]:
    code, text = f"model-lifecycle/{judged.state}", _sentences(judged)
    match judged.weight:
        case "block":
            yield Blocked(text)
            yield note(code, _readings(judged), at="model.official", evidence=evidence)
        case "pass":
            yield note(code, text, at="model.official", evidence=evidence)
        case "warn":
            word = code if judged.state == "contested" else "model-lifecycle/dates-aging"
            yield warning(
                word,
                text,
                at="model.official",
                fix="run veo-check refresh"
                if word.endswith("aging")
                else f"plan the move: veo-check lifecycle {judged.model}",
                evidence=evidence,
            )
        case "fail-at-production" | "fail-at-staging":
            yield blocker(
                code,
                text + _cutover(route, judging, judged),
                at="model.official",
                actual=_day(judged),
                fix=_move(reference, judging, judged),
                evidence=evidence,
                warn_below=Tier.STAGING if judged.weight == "fail-at-staging" else Tier.PRODUCTION,
            )
        case "fail":
            yield blocker(
                "model-lifecycle/retired" if judged.state == "retired" else "model-lifecycle/gone",
                text + _still_runs(reference, judging, judged),
                at="model.official",
                actual=_day(judged),
                fix=_move(reference, judging, judged),
                evidence=evidence,
            )


def _sentences(judged: LifecycleJudgement) -> str:
    if judged.reasons:
        return " ".join(judged.reasons)
    read = f", last confirmed {judged.confirmed}" if judged.confirmed is not None else ""
    ends = say_day(judged.shutdown, judged.kind)
    return f"The model is served on {judged.surface}; shutdown: {ends}{read}."


def _readings(judged: LifecycleJudgement) -> str:
    """Every newest reading with its day and its source: what the hole consists of."""
    lines = [
        f"{say_day(row.shutdown, row.kind)} ({row.source.url}, seen {row.source.confirmed})"
        for row in judged.rows
    ]
    return "Published dates: " + ("; ".join(lines) if lines else "none is on record") + "."


def _day(judged: LifecycleJudgement) -> str | None:
    return say_day(judged.shutdown, judged.kind) if judged.shutdown else None


def _cutover(route: Route, judging: AsOf, judged: LifecycleJudgement) -> str:
    cutover = route.route.cutover
    if judged.state != "retiring" or cutover is None or cutover <= judging.day:
        return ""
    return f" Traffic moves here on {cutover} and needs {judging.within_days} days after that."


def _move(reference: Reference, judging: AsOf, judged: LifecycleJudgement) -> str:
    if judged.state == "contradictory":
        return f"plan the move, and ask again: veo-check lifecycle {judged.model} --live"
    end = living_end(successors(reference, judged, judging))
    if end is not None:
        return f"move to {end.model}; what changes: veo-check migrate ROUTE --to {end.model}"
    like = suggestions(reference, judged.model, judging, judged.surface)
    if like:
        return f"move to {like[0]}, the id on {judged.surface} that is most like it"
    return "choose a model that is alive: veo-check lifecycle lists them"


def _still_runs(reference: Reference, judging: AsOf, judged: LifecycleJudgement) -> str:
    """The named replacement, and where models of the same family still answer."""
    end = living_end(successors(reference, judged, judging))
    named = f" Named replacement: {end.model}." if end is not None else ""
    own = reference.capability(judged.model, judged.surface)
    if own is None:
        return named
    alive = []
    for row in reference.capabilities:
        if row.family != own.family or (row.model, row.surface) == (own.model, own.surface):
            continue
        other = judge_lifecycle(reference, row.model, row.surface, judging)
        if other.state in {"alive", "retiring", "contested", "stale"}:
            doubt = {"contested": ", dates conflict", "stale": ", dates too old"}.get(
                other.state, ", shuts down soon" if other.state == "retiring" else ""
            )
            alive.append(f"{row.model} ({row.surface}{doubt})")
    # several capability rows of one model are one place where it runs
    return named + (f" Still served: {', '.join(dict.fromkeys(alive))}." if alive else "")


def _stood_on(judged: LifecycleJudgement) -> tuple[LifecycleRow, ...]:
    """With live evidence all readings are context; without it the freshest carry the judgement."""
    if judged.live:
        return judged.decisive
    return tuple(row for row in judged.decisive if row.source.confirmed == judged.confirmed)


def _listed(live: OfficialModel | None) -> bool:
    return live is not None and live.state == "offered"


def _evidence(
    judged: LifecycleJudgement, live: OfficialModel | None, proof: ProvenLife | None
) -> tuple[str, ...]:
    rows = tuple(f"ref:{row.id}" for row in judged.rows)
    asked = live.exchanges if live is not None else ()
    proved = (f"proof:{proof.proof_id}", *proof.exchanges) if proof is not None else ()
    return (*rows, *asked, *proved)
