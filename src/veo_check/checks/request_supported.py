"""request-supported: the model accepts the request as the file shapes it."""

from __future__ import annotations

from veo_check.core.facts import Catalog, Missing
from veo_check.core.findings import (
    Blocked,
    Finding,
    Findings,
    ReferenceUse,
    Tier,
    blocker,
    check,
    note,
    warning,
)
from veo_check.core.gateway import Gateway
from veo_check.core.route import Request, Route
from veo_check.reference.capabilities import Unsupported, smoke_request, unsupported
from veo_check.reference.load import Reference
from veo_check.reference.rows import Capability


@check(item="async-job", since="0.1", waivable=False)
def request_supported(
    route: Route, gateway: Gateway, reference: Reference, catalog: Catalog | Missing
) -> Findings:
    """The model accepts the request: length, resolution, aspect ratio, audio, mode and count.

    Why: an impossible combination is refused after a queue, or served as something else: 1080p and
    4K can need the longest clip, Lite has no 4K, the Gemini API cannot make silent video. It is
    cheaper to know before anything is sent.
    Fix: change the field that is named to one of the values that the finding lists.
    """
    model, surface = route.model.official, route.model.surface
    capability = reference.capability(model, surface)
    if capability is None:
        yield Blocked(
            f"it is not known what {model} accepts on {surface}, so the request cannot be checked"
        )
        return
    yield ReferenceUse(capability.id, "capability", capability.source.confirmed)
    evidence = (f"ref:{capability.id}",)
    asked = unsupported(capability, route.request)
    for one in asked:
        yield _said(one, one.at, evidence, None)
    for one in _of_smoke(capability, route):
        yield _said(one, one.at.replace("request.", "smoke."), evidence, Tier.STAGING)
    yield from _through_gateway(route, gateway)
    yield from _by_limits(route, catalog)
    if all(part.outcome == "disputed" for part in asked):
        yield note(
            "request-supported/fits",
            f"The model accepts {_shape(route.request)} on {surface}.",
            at="request",
            evidence=evidence,
        )


def _said(
    one: Unsupported, at: str, evidence: tuple[str, ...], warn_below: Tier | None
) -> Finding | Blocked:
    if one.outcome == "unknown":
        return Blocked(one.message)
    if one.outcome == "disputed":
        return warning(
            f"request-supported/{one.code}-disputed",
            f"{one.message[0].upper()}{one.message[1:]}.",
            at=at,
            expected=one.expected,
            actual=one.actual,
            fix=f"set {at} to {one.expected}, or let one paid job of this shape settle it",
            evidence=evidence,
        )
    return blocker(
        f"request-supported/{one.code}",
        f"{one.message[0].upper()}{one.message[1:]}."
        if at.startswith("request")
        else f"Smoke job: {one.message}.",
        at=at,
        expected=one.expected,
        actual=one.actual,
        fix=f"set {at} to {one.expected.replace(', ', ' or ')}",
        evidence=evidence,
        warn_below=warn_below,
    )


def _of_smoke(capability: Capability, route: Route) -> tuple[Unsupported, ...]:
    """What is wrong with the smoke job alone: its own length and resolution."""
    return tuple(
        one
        for one in unsupported(capability, smoke_request(route))
        if one.code in {"seconds", "resolution", "full-length"} and one.outcome == "unsupported"
    )


def _through_gateway(route: Route, gateway: Gateway) -> Findings:
    """What a gateway's wire format cannot carry, and would leave out without saying so."""
    if not gateway.carries(route):
        yield blocker(
            "request-supported/gateway-drops",
            f"The input of {route.request.mode} does not reach the model through "
            f"{route.via.endpoint} of gateway {gateway.name}: the clip would be made without it.",
            at="request.mode",
            expected="a mode that the wire format carries",
            actual=route.request.mode,
            fix="send these jobs to Google directly (predict-long-running carries every mode)",
        )
    if not route.model.official.startswith("veo"):
        return
    if gateway.one_video_a_job and route.request.count > 1:
        yield blocker(
            "request-supported/gateway-count",
            f"The gateway makes one video a job; {route.request.count} are asked for.",
            at="request.count",
            expected="1",
            actual=route.request.count,
            fix="set request.count to 1 and submit several jobs",
        )


def _by_limits(route: Route, catalog: Catalog | Missing) -> Findings:
    """What the gateway's own list says that it takes for this label."""
    rows = catalog.rows if isinstance(catalog, Catalog) and len(catalog.rows) == 1 else ()
    smoke = smoke_request(route)
    for name, allowed in (pair for row in rows for pair in row.limits.items()):
        for part, request in (("request", route.request), ("smoke", smoke)):
            asked = str(getattr(request, name))
            if asked in allowed or (part == "smoke" and asked == str(getattr(route.request, name))):
                continue
            yield blocker(
                "request-supported/gateway-limits",
                f"The gateway takes {name} {', '.join(allowed)} for '{route.via.model}', not "
                f"{asked}.",
                at=f"{part}.{name}",
                expected=", ".join(allowed),
                actual=asked,
                fix=f"set {part}.{name} to one of these",
                evidence=catalog.exchanges,
                warn_below=Tier.STAGING if part == "smoke" else None,
            )


def _shape(request: Request) -> str:
    sound = "with audio" if request.audio else "silent"
    return (
        f"{request.count} x {request.seconds} s at {request.resolution}, {request.aspect_ratio}, "
        f"{sound}, {request.mode}"
    )
