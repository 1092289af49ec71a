"""successor-known: what to move to when this model ends, and what the move changes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from veo_check.core.clock import AsOf
from veo_check.core.facts import Missing, OfficialModel
from veo_check.core.findings import Finding, Findings, check, note
from veo_check.core.money import plain, usd
from veo_check.core.route import Route
from veo_check.pricing.quote import anyway, quote
from veo_check.pricing.shape import Quote, Shape
from veo_check.reference.capabilities import unsupported
from veo_check.reference.lifecycle import LifecycleJudgement, judge_lifecycle, say_day, successors
from veo_check.reference.load import Reference
from veo_check.reference.rows import Capability

_TWO = Decimal("0.01")


@check(item="lifecycle", since="0.1")
def successor_known(
    route: Route, reference: Reference, judging: AsOf, official: OfficialModel | Missing
) -> Findings:
    """It is known what to move to when this model ends, and what changes with it.

    Why: the named successor of Veo on the Gemini API uses another endpoint family and is billed by
    the token. A move is a change of client, budget and limits, not of one string.
    Fix: nothing has to be fixed; plan the move that the notes describe before the model's last day.
    """
    model, surface = route.model.official, route.model.surface
    live = official if isinstance(official, OfficialModel) else None
    judged = judge_lifecycle(reference, model, surface, judging, live=live)
    steps = successors(reference, judged, judging)
    if not steps:
        printed = f" The page says: {judged.replacement_text}." if judged.replacement_text else ""
        yield note(
            "successor-known/none",
            f"No successor of {model} is named on {surface}.{printed} On the day it ends, this "
            "route ends.",
            at="model.official",
            evidence=(f"ref:{row.id}" for row in judged.rows),
        )
        return
    for step in steps:
        yield from _step(route, reference, judging.day, step)


def _step(
    route: Route, reference: Reference, day: date, step: LifecycleJudgement
) -> Iterator[Finding]:
    where = f"{step.model} on {step.surface}"
    ends = f", {say_day(step.shutdown, step.kind)}" if step.shutdown else ""
    yield note(
        "successor-known/named",
        f"Successor: {where}, {step.state}{ends}.",
        at="model.official",
        evidence=(f"ref:{row.id}" for row in step.rows),
    )
    before = reference.capability(route.model.official, route.model.surface)
    after = reference.capability(step.model, step.surface)
    changes = [
        *_endpoint(route, before, after),
        *_limits(route, after),
        *_price(route, reference, day, step),
    ]
    for word, text in changes:
        yield note(f"successor-known/{word}", f"With {where}: {text}.", at="model.official")


def _endpoint(
    route: Route, before: Capability | None, after: Capability | None
) -> Iterator[tuple[str, str]]:
    if after is None or not after.endpoints:
        yield "endpoint", "the endpoint family is not known"
        return
    old = before.endpoints if before is not None else (route.via.endpoint,)
    if old != after.endpoints:
        yield "endpoint", f"the endpoint family becomes {', '.join(after.endpoints)}"
    if before is not None and before.family != after.family:
        yield "family", f"another model family ({after.family} for {before.family}), another style"


def _limits(route: Route, after: Capability | None) -> Iterator[tuple[str, str]]:
    if after is None:
        yield "limits", "what it accepts is not known"
        return
    for one in unsupported(after, route.request):
        yield "limits", one.message.rstrip(".")


def _price(
    route: Route, reference: Reference, day: date, step: LifecycleJudgement
) -> Iterator[tuple[str, str]]:
    shape = Shape.of_route(route)
    old = quote(reference, shape, day)
    moved = Shape.of_route(
        route.model_copy(
            update={
                "model": route.model.model_copy(
                    update={"official": step.model, "surface": step.surface}
                )
            }
        )
    )
    new = anyway(reference, moved, day)
    if not isinstance(new, Quote):
        yield "price", f"the price of this request is not known ({new.message})"
        return
    if isinstance(old, Quote):
        if old.unit != new.unit:
            yield "unit", f"the bill counts by {new.unit} where it counted by {old.unit}"
        share = ""
        if old.expected:
            share = f", {plain((new.expected / old.expected).quantize(_TWO))} times as much"
        yield "price", f"this request costs ${usd(new.expected)}, not ${usd(old.expected)}{share}"
    else:
        yield "price", f"this request costs ${usd(new.expected)}, billed by {new.unit}"
