"""The same route on another model, surface or gateway: the new route file, and what changes."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from veo_check.core.clock import AsOf
from veo_check.core.frozen import dataclass
from veo_check.core.money import UsageError, usd
from veo_check.core.route import AGENT_PLATFORM, GEMINI_API, Request, Route
from veo_check.core.secrets import printable
from veo_check.gateways.registry import GATEWAYS, gateway_of
from veo_check.pricing.job_cost import reference_quotes
from veo_check.pricing.quote import anyway
from veo_check.pricing.shape import Quote, Refusal, Shape
from veo_check.reference.capabilities import unsupported
from veo_check.reference.lifecycle import judge_lifecycle, say_day
from veo_check.reference.load import Reference
from veo_check.reference.rows import Capability
from veo_check.routefile.load import RouteFile

#: where this tool can send a job without a gateway
_DIRECT = (GEMINI_API, AGENT_PLATFORM)
_KEYS = {GEMINI_API: "GEMINI_API_KEY", AGENT_PLATFORM: "GOOGLE_ACCESS_TOKEN"}
_SERVED = {"alive", "retiring", "contested", "unknown"}
_DECIDE = "decide-this"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that the move changes; `word` is stable."""

    word: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Move:
    """Where a route could go: the route there, what the model's life and price are, and what a
    person has to decide. `data` is the new file's content; `worst_case` with every retry charged.
    """

    model: str
    surface: str
    state: str
    state_said: str
    price: Quote | Refusal
    worst_case: Decimal | None
    changes: tuple[Change, ...]
    decide: tuple[tuple[str, str], ...]  # (section of the file, what)
    data: Mapping[str, Any]

    @property
    def expected(self) -> Decimal | None:
        return self.price.expected if isinstance(self.price, Quote) else None


def destinations(file: RouteFile, reference: Reference, judging: AsOf) -> list[Move]:
    """Every living model that Google serves directly, judged and priced, the cheapest first."""
    own = file.route.model
    moves = []
    for surface in _DIRECT:
        for model in reference.models(surface):
            known = reference.capability(model, surface)
            if (
                known is None
                or not known.endpoints
                or (model, surface)
                == (
                    own.official,
                    own.surface,
                )
            ):
                continue
            if judge_lifecycle(reference, model, surface, judging).state in {"alive", "contested"}:
                moves.append(move(file, reference, judging, model, surface))
    return sorted(moves, key=_order)


def _order(found: Move) -> tuple[bool, Decimal, str, str]:
    amount = found.expected
    return amount is None, amount or Decimal(0), found.model, found.surface


def move(
    file: RouteFile,
    reference: Reference,
    judging: AsOf,
    model: str,
    surface: str | None = None,
    gateway: str | None = None,
) -> Move:
    """The route on `model`. Raises UsageError where no such route can be made."""
    route = file.route
    place = surface or _surface_of(reference, judging, model, route.model.surface)
    known = reference.capability(model, place)
    if known is None:
        served = ", ".join(reference.surfaces(model)) or "no surface that is known"
        raise UsageError(f"--to {model}: nothing is known of it on {place}; known: {served}")
    name = gateway or "google"
    if name not in GATEWAYS:
        raise UsageError(f"--gateway {name}: choose one of {', '.join(GATEWAYS)}")
    kind = GATEWAYS[name]
    if kind.direct and place not in _DIRECT:
        raise UsageError(
            f"--to {model}: {place} is not called directly by this tool; say --gateway"
        )
    decide: list[tuple[str, str]] = []
    request = _nearest(route.request, known, decide)
    shape = Shape.of_route(
        route.model_copy(
            update={
                "request": request,
                "model": route.model.model_copy(update={"official": model, "surface": place}),
            }
        )
    )
    quotes = reference_quotes(reference, shape, judging.day)
    price: Quote | Refusal = quotes if isinstance(quotes, Refusal) else quotes[0]
    worst = price.expected * (1 + route.budget.retries) if isinstance(price, Quote) else None
    data = dict(_sections(file))
    family = known.endpoints[0] if kind.direct and known.endpoints else kind.families[0]
    data["via"] = _via(route, name, family, model, place, known, decide)
    data["model"] = {"official": model, "surface": place}
    data["request"] = _request(data["request"], request)
    data["route"] = data["route"] | {"name": f"{route.name}-{model}", "target": "staging"}
    data["route"].pop("cutover", None)
    _budget(data, route, worst, decide)
    _rules(data, decide)
    _smoke(data, decide)
    judged = judge_lifecycle(reference, model, place, judging)
    if judged.state not in _SERVED:
        decide.append(("model", f"{model} is {judged.state} on {place}: choose another one"))
    ends = f", {say_day(judged.shutdown, judged.kind)}" if judged.shutdown else ""
    changes = tuple(_changes(route, reference, judging.day, data, price, known, request))
    try:
        Route.model_validate(_typed(data))
    except ValidationError as error:
        first = error.errors()[0]
        at = ".".join(map(str, first["loc"]))
        raise UsageError(
            f"--to {model}: the new file would be wrong ({at}: {first['msg']})"
        ) from None
    return Move(
        model, place, judged.state, f"{judged.state}{ends}", price, worst, changes,
        tuple(decide), data,
    )  # fmt: skip


def _surface_of(reference: Reference, judging: AsOf, model: str, own: str) -> str:
    """The surface that is meant: the route's own if the model lives there, else where it does."""
    known = reference.surfaces(model)
    alive = [
        place
        for place in known
        if judge_lifecycle(reference, model, place, judging).state in {"alive", "contested"}
    ]
    return own if own in alive else next(iter([*alive, *known]), own)


def _sections(file: RouteFile) -> Iterator[tuple[str, Any]]:
    """What the old file says that still holds on the new route, `extends` resolved.

    Waivers and confirmations speak for the old one.
    """
    for name in ("route", "via", "model", "request", "budget", "fallback", "logging", "smoke"):
        part = file.data.get(name)
        if isinstance(part, Mapping):
            yield name, dict(part)


def _nearest(request: Request, known: Capability, decide: list[tuple[str, str]]) -> Request:
    """The request with what the new model does not take moved to the nearest that it does."""
    changed: dict[str, Any] = {}
    modes = known.modes
    if modes and request.mode not in modes:
        changed["mode"] = "text-to-video"
        decide.append(("request", f"{request.mode} is not made there; which mode instead?"))
    mode = changed.get("mode", request.mode)
    lengths, sizes = sorted(known.lengths(mode)), known.sizes(mode)
    if lengths and request.seconds not in lengths:
        longer = [length for length in lengths if length > request.seconds]
        changed["seconds"] = longer[0] if longer else lengths[-1]
    if sizes and request.resolution not in sizes:
        changed["resolution"] = _next_size(request.resolution, sizes)
    if known.audio in {"always", "never"} and request.audio is not (known.audio == "always"):
        changed["audio"] = known.audio == "always"
    if request.count > 1 and (known.max_count or 1) < request.count:
        changed["count"] = known.max_count or 1
        decide.append(
            ("request", f"{request.count} videos a job are not made there; send several jobs?")
        )
    if known.aspect_ratios and request.aspect_ratio not in known.aspect_ratios:
        changed["aspect_ratio"] = known.aspect_ratios[0]
        decide.append(("request", f"{request.aspect_ratio} is not made there; which instead?"))
    moved = request.model_copy(update=changed)
    for part in unsupported(known, moved):
        if part.code == "full-length" and part.outcome == "unsupported" and lengths:
            moved = moved.model_copy(update={"seconds": lengths[-1]})
    return moved


_SIZES = ("360p", "480p", "720p", "768p", "1080p", "2k", "4k")


def _next_size(asked: str, known: list[str]) -> str:
    larger = [size for size in known if _SIZES.index(size) > _SIZES.index(asked)]
    return larger[0] if larger else known[-1]


def _via(
    route: Route,
    gateway: str,
    family: str,
    model: str,
    surface: str,
    known: Capability,
    decide: list[tuple[str, str]],
) -> dict[str, Any]:
    kind, old = GATEWAYS[gateway], route.via
    stays = kind is gateway_of(route)
    same = stays and not kind.direct
    via: dict[str, Any] = {"gateway": gateway}
    if same and old.base_url is not None:
        via["base_url"] = old.base_url
    elif not stays and not kind.direct and kind.site is None:
        via["base_url"] = "https://gateway.example"
        decide.append(("via", "base_url: the gateway's address"))
    via |= {"endpoint": family, "model": model}
    if not kind.direct:
        decide.append(("via", f"model: the label under which the gateway offers {model}"))
        if kind.no_groups is None and kind.has_catalogue:
            via["group"] = old.group if same and old.group else _DECIDE
            if via["group"] == _DECIDE:
                decide.append(("via", "group: the group that is billed"))
    variable = _KEYS[surface] if kind.direct else kind.smoke_variable
    key: dict[str, Any] = {"env": variable}
    if old.key is not None:
        if same and old.key.env:
            key["env"] = old.key.env
        key |= old.key.model_dump(exclude_none=True, include={"name", "owner", "scope"})
    via["key"] = key
    decide.append(("via", f"key: {key['env']} has to hold a key for tests of {surface}"))
    if kind.direct and surface == AGENT_PLATFORM:
        via["project"] = old.project or _DECIDE
        via["location"] = known.regions[0] if known.regions else old.location or "us-central1"
        if via["project"] == _DECIDE:
            decide.append(("via", "project: the Google Cloud project that is billed"))
    return via


def _request(own: Mapping[str, Any], moved: Request) -> dict[str, Any]:
    told = moved.model_dump(exclude_none=True, exclude_defaults=False)
    return {**own, **{name: value for name, value in told.items() if name in Request.model_fields}}


def _budget(
    data: dict[str, Any], route: Route, worst: Decimal | None, decide: list[tuple[str, str]]
) -> None:
    limit = route.budget.per_job
    if worst is not None and limit is not None and worst > limit:
        data["budget"] = data["budget"] | {"per_job": usd(worst)}
        decide.append(
            ("budget", f"per_job was ${usd(limit)}; the maximum with retries is ${usd(worst)} now")
        )


def _rules(data: dict[str, Any], decide: list[tuple[str, str]]) -> None:
    rules = dict(data.get("fallback") or {})
    if rules.pop("routes", None):
        decide.append(("fallback", "routes: which routes take over; the old ones were left out"))
    if rules.get("transient_error") == "switch":
        rules["transient_error"] = "retry_once"
    if rules.get("draft") == "switch":
        rules["draft"] = "fail_closed"
    for name in ("approved_by", "approved_on"):
        rules.pop(name, None)
    decide.append(("fallback", "approved_by and approved_on: who approves these rules, and when"))
    data["fallback"] = rules


def _smoke(data: dict[str, Any], decide: list[tuple[str, str]]) -> None:
    """The cheapest smoke job and the controlled failure follow from the new surface."""
    smoke = dict(data.get("smoke") or {})
    for name in ("seconds", "resolution", "controlled_failure"):
        smoke.pop(name, None)
    if smoke:
        data["smoke"] = smoke
    else:
        data.pop("smoke", None)


def _changes(
    route: Route,
    reference: Reference,
    day: date,
    data: Mapping[str, Any],
    price: Quote | Refusal,
    known: Capability,
    request: Request,
) -> Iterator[Change]:
    old, via = route.via, data["via"]
    yield Change("model", route.model.official, data["model"]["official"])
    yield Change("surface", route.model.surface, data["model"]["surface"])
    yield Change("gateway", old.gateway, via["gateway"])
    yield Change("endpoint", old.endpoint, via["endpoint"])
    yield Change("credential", _credential(old.key.env if old.key else None), via["key"]["env"])
    yield Change("region", old.location or "none", via.get("location", "none"))
    before, after = route.request.model_dump(), request.model_dump()
    for name in ("mode", "seconds", "resolution", "aspect_ratio", "audio", "count"):
        yield Change(f"request.{name}", str(before[name]), str(after[name]))
    before_limits = reference.capability(route.model.official, route.model.surface)
    limits = _limits(before_limits, route.request.mode), _limits(known, request.mode)
    yield Change("limits", *limits)
    told = anyway(reference, Shape.of_route(route), day)  # also while it was still sold
    first = told if isinstance(told, Quote) else None
    unit = price.unit if isinstance(price, Quote) else "unknown"
    yield Change("unit", first.unit if first else "unknown", unit)
    amounts = (
        first.expected if first else None,
        price.expected if isinstance(price, Quote) else None,
    )
    yield Change("price a job", *map(_dollars, amounts))
    jobs = route.budget.jobs_per_month
    if jobs:
        months = [None if amount is None else amount * jobs for amount in amounts]
        yield Change("price a month", *map(_dollars, months))
    yield Change("what the viewer sees", *_styles(reference, route, known))


def _limits(known: Capability | None, mode: str) -> str:
    if known is None:
        return "not known"
    lengths = sorted(known.lengths(mode))
    span = list(range(lengths[0], lengths[-1] + 1)) if lengths else []
    listed = ", ".join(map(str, lengths)) or "length not known"
    seconds = f"{lengths[0]} to {lengths[-1]}" if len(lengths) > 3 and lengths == span else listed
    sizes = ", ".join(known.sizes(mode)) or "resolutions not known"
    return f"{seconds} s; {sizes}; {known.max_count or 1} a job"


def _credential(variable: str | None) -> str:
    return variable or "application default credentials"


def _dollars(amount: Decimal | None) -> str:
    return "not known" if amount is None else f"${usd(amount)}"


def _styles(reference: Reference, route: Route, known: Capability) -> tuple[str, str]:
    """Another model, and above all another family, makes another picture."""
    old = reference.capability(route.model.official, route.model.surface)
    before = f"{old.family} {old.variant or ''}".strip() if old else "unknown"
    sound = {"always": "always with sound", "never": "silent"}.get(known.audio or "", "")
    after = " ".join(part for part in (known.family, known.variant or "", sound) if part)
    return before, after


def _typed(data: Mapping[str, Any]) -> dict[str, Any]:
    return {"version": 1, **data}


def file_text(found: Move, source: Path, target: Path, file: RouteFile) -> str:
    """The new route file: what a person has to decide stands as `# decide:` above its section."""
    data = dict(found.data)
    if file.sample is not None and isinstance(data.get("logging"), Mapping):
        # a path in a route file is relative to its folder, and this file may stand elsewhere
        relative = os.path.relpath(file.sample, target.resolve().parent)
        data["logging"] = {**data["logging"], "sample": Path(relative).as_posix()}
    lines = [
        f"# Written by `veo-check migrate` from {printable(source.name, 200)}: {found.model} on "
        f"{found.surface}.",
        "# Where it says `decide:`, a person has to say what is true.",
        "version: 1",
    ]
    for name, part in data.items():
        lines.append("")
        lines += [f"# decide: {printable(text, 400)}" for at, text in found.decide if at == name]
        dumped = yaml.safe_dump({name: part}, sort_keys=False, allow_unicode=True, width=100)
        lines += dumped.rstrip().split("\n")
    return "\n".join(lines) + "\n"
