"""The controlled failure: a request that must be refused, and costs little if it is not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from veo_check.core.clock import Judging
from veo_check.core.facts import Missing
from veo_check.core.jobs import JobRequest
from veo_check.core.paid_facts import WrongKind
from veo_check.core.route import Route
from veo_check.pricing.shape import Shape
from veo_check.reference.book import Reference
from veo_check.reference.lifecycle import judge_lifecycle
from veo_check.reference.rows import LifecycleRow
from veo_check.smoke.stakes import Prices, Stake, lengths_of, wrong_stake

PROBE = "controlled-failure"
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
    stake: Stake | str  # what it can cost if it is accepted, or why that is not known


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
    route: Route, prices: Prices, image: tuple[bytes, str] | None = None
) -> WrongRequest | Missing:
    """What to send, or why nothing can be: the route file, or else its gateway, decides which."""
    kind = route.controlled_failure
    if kind == "none":
        return Missing(
            PROBE, "not-run", "the route file switches it off (smoke.controlled_failure: none)"
        )
    request, shape = smoke_request(route, image), Shape.of_smoke(route)
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
        row, stake = gone
        return WrongRequest(
            kind,
            replace(request, label=row.model),
            replace(shape, model=row.model),
            f"a job for {row.model}, which was shut down on {row.shutdown}",
            stake,
        )
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


def _impossible_length(reference: Reference, route: Route) -> int | None:
    """The shortest length between those that the model makes; else just above the longest."""
    known = reference.capability(route.model.official, route.model.surface)
    if known is None or not known.seconds:
        return None
    return next(
        length for length in range(min(known.seconds), 10_000) if length not in known.seconds
    )


def _retired(route: Route, shape: Shape, prices: Prices) -> tuple[LifecycleRow, Stake] | None:
    """The cheapest model that is certainly gone from the route's surface, and what it may cost.

    Of equal cost: the route's own variant first, then the one that is gone longest.
    """
    reference, surface = prices.reference, route.model.surface
    own = reference.capability(route.model.official, surface)
    found: list[tuple[Decimal, bool, date, str, LifecycleRow, Stake]] = []
    for model in reference.models(surface):
        row = _certainly_gone(reference, model, surface, prices.day)
        known = reference.capability(model, surface)
        if row is None or row.shutdown is None or model == route.model.official:
            continue
        if (
            own is None
            or known is None
            or (known.family, known.endpoints)
            != (
                own.family,
                own.endpoints,
            )
        ):
            continue
        fits = not known.resolutions or route.smoke.resolution in known.resolutions
        if route.smoke.seconds not in lengths_of(reference, model, surface) or not fits:
            continue
        stake = wrong_stake(route, replace(shape, model=model), prices)
        if isinstance(stake, Stake):
            other = known.variant != own.variant
            found.append((stake.at_stake, other, row.shutdown, model, row, stake))
    best = min(found, key=lambda candidate: candidate[:4], default=None)
    return None if best is None else best[4:]


def _certainly_gone(
    reference: Reference, model: str, surface: str, day: date
) -> LifecycleRow | None:
    """The vendor's own row that retired a model long enough ago, where nobody says otherwise."""
    judged = judge_lifecycle(reference, model, surface, Judging(day, day))
    rerouted = any(row.at_end == "rerouted" for row in reference.lifecycle(model, surface))
    if judged.state != "retired" or rerouted:
        return None
    official = [row for row in judged.dated if row.source.official and row.kind in _FINAL]
    row = max(official, key=lambda dated: dated.shutdown or date.min, default=None)
    late = max((dated.shutdown or date.max for dated in judged.dated), default=date.max)
    return row if late <= day - _GONE_FOR else None
