"""Judge the routes of an evidence bundle again: the same facts, nobody asked, nothing spent."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from veo_check.core.facts import (
    Catalog,
    CatalogRow,
    GatewayStatus,
    Missing,
    OfficialModel,
    ProvenLife,
)
from veo_check.core.fallbacks import candidates
from veo_check.core.findings import GOOD
from veo_check.core.frozen import dataclass
from veo_check.core.money import ExitCode, UsageError
from veo_check.core.results import ControlledFailure, Delivery, JobResult, ProofStatus, UsageProof
from veo_check.core.secrets import Redactor
from veo_check.core.verdict import Verdict, worst, worst_exit
from veo_check.engine.options import RunOptions
from veo_check.engine.plan import select
from veo_check.engine.route import FallbackFacts, JudgedRoute, RunContext, judge_route, settled
from veo_check.engine.run import RunResult
from veo_check.evidence.bundle import Bundle, RouteEvidence, RouteRecord, RunRecord
from veo_check.evidence.records import UnreadableRecordError, to_text
from veo_check.http.answers import Exchange
from veo_check.reference.load import Reference, load_reference
from veo_check.reference.rows import LifecycleRow
from veo_check.report.json import as_text, render
from veo_check.report.model import Report, RouteReport
from veo_check.routefile.checklist import Checklist
from veo_check.routefile.load import RouteFile, load_route_file
from veo_check.smoke.steps import SmokeOutcome


@dataclass(frozen=True, slots=True)
class Difference:
    """One value of the report that judging again does not give: where, as recorded, and now."""

    route: str
    at: str
    recorded: str
    now: str


def rejudge(
    bundle: Bundle,
    report: Report,
    allow_plugins: frozenset[str],
    on_crash: Callable[[str], None],
) -> tuple[Difference, ...]:
    """Where judging again differs from `report`, the bundle's own.

    Only plug-ins that the run was allowed and the caller allows are loaded. Raises
    UnreadableRecordError for a bundle whose parts do not fit together, InvalidFileError for its
    reference.
    """
    if len(report.routes) != len(bundle.routes):
        raise UnreadableRecordError("report.json and run.json hold different routes")
    options = _options(bundle, allow_plugins)
    with tempfile.TemporaryDirectory(prefix="veo-check-") as place:
        folder = Path(place)
        reference = kept_reference(bundle, folder)
        judged = []
        for number, (record, evidence) in enumerate(
            zip(bundle.run.routes, bundle.routes, strict=True)
        ):
            file = settled(
                _route_file(record, evidence, folder / str(number)),
                reference,
                bundle.run.judging.day,
            )
            bench = RunContext(
                select(bundle.checklist, options),
                bundle.run.judging,
                options,
                reference,
                bundle.checklist,
                lambda: bundle.exchanges,
                on_crash,
                _paid(record, evidence),
            )
            judged.append(judge_route(file, _learned(evidence), _fallbacks(file, evidence), bench))
    return tuple(_differences(report, judged))


def _options(bundle: Bundle, allow_plugins: frozenset[str]) -> RunOptions:
    run = bundle.run
    return RunOptions(
        target=run.target,
        only=run.only,
        skip=run.skip,
        offline=True,
        strict=run.strict,
        inconclusive=run.inconclusive,
        allow_plugins=run.allow_plugins & allow_plugins,
        leave=run.leave,
        scenario=run.scenario,
    )


def kept_reference(bundle: Bundle, folder: Path) -> Reference:
    """The bundle's own reference data, by way of a file in `folder`. Raises InvalidFileError."""
    path = folder / "reference.json"
    path.write_bytes(bundle.reference)
    return replace(load_reference(path), origin=bundle.run.reference_origin)


def _route_file(record: RouteRecord, evidence: RouteEvidence, folder: Path) -> RouteFile:
    """The route as it was read. Two folders of its own lie around it: a file that it names could
    be in either, and is not there."""
    inside = folder / "route"
    inside.mkdir(parents=True)
    path, extended = inside / "route.yaml", None
    path.write_bytes(evidence.text)
    if evidence.extended is not None:
        extended = inside / "extends.yaml"
        extended.write_bytes(evidence.extended)
    loaded = load_route_file(path, extended)
    if not isinstance(loaded, RouteFile):
        first = loaded[0]
        where = f"line {first.line}, {first.path}: {first.message}"
        raise UnreadableRecordError(f"the route file of {record.name} is not valid: {where}")
    return replace(loaded, path=Path(record.file))


def _learned(evidence: RouteEvidence) -> Mapping[type, object]:
    of_the_job = {JobResult, Delivery, UsageProof, ControlledFailure, ProvenLife, ProofStatus}
    return {kind: fact for kind, fact in evidence.facts.items() if kind not in of_the_job}


def _fallbacks(file: RouteFile, evidence: RouteEvidence) -> tuple[FallbackFacts, ...]:
    return tuple(
        FallbackFacts(candidate, evidence.fallbacks[candidate.index])
        for candidate in candidates(file.route)
        if candidate.index in evidence.fallbacks
    )


def _paid(
    record: RouteRecord, evidence: RouteEvidence
) -> Callable[[RouteFile, Mapping[type, object], str | None], SmokeOutcome | None]:
    """What the paid job had to say, as recorded; nothing is sent."""
    outcome = _outcome(record, evidence.facts) if record.paid else None
    return lambda _file, _facts, _stopped: outcome


def _outcome(record: RouteRecord, facts: Mapping[type, object]) -> SmokeOutcome:
    status = facts.get(ProofStatus)
    if not isinstance(status, ProofStatus):
        raise UnreadableRecordError(f"{record.name}: the state of its proof is missing")

    def fact(kind: type) -> object:
        held = facts.get(kind)
        if held is None:
            raise UnreadableRecordError(f"{record.name}: {kind.__name__} is missing")
        return held

    job, delivery, usage = fact(JobResult), fact(Delivery), fact(UsageProof)
    failure, life = fact(ControlledFailure), fact(ProvenLife)
    assert isinstance(job, JobResult | Missing)
    assert isinstance(delivery, Delivery | Missing)
    assert isinstance(usage, UsageProof | Missing)
    assert isinstance(failure, ControlledFailure | Missing)
    assert isinstance(life, ProvenLife | Missing)
    return SmokeOutcome(
        job, delivery, usage, failure, status, life, spent=record.spent, notes=record.notes
    )


def _differences(report: Report, judged: list[JudgedRoute]) -> Iterator[Difference]:
    for recorded, again in zip(report.routes, judged, strict=True):
        yield from _between(recorded.name, "", _data(recorded), _data(again.report))
    invalid = bool(report.invalid)
    verdict = worst(
        [*(Verdict(one.report.verdict) for one in judged), *([Verdict.INCONCLUSIVE] * invalid)]
    ).value
    yield from _between("the run", "verdict", report.verdict, verdict)
    code = worst_exit([*(one.exit_code for one in judged), *([ExitCode.USAGE] * invalid)])
    if not report.interrupted:
        yield from _between("the run", "exit_code", report.exit_code, int(code))


def _data(report: RouteReport) -> object:
    return _comparable(json.loads(as_text(report.model_dump(mode="json"))))


_NOT_JUDGED = frozenset({"duration_ms", "command", "resume", "look", "close"})


def _comparable(value: object) -> object:
    """The data without what may differ between two judgements: how long a check took, and what
    to type, as the folder of paid jobs is no part of a bundle."""
    if isinstance(value, list):
        inner = [_comparable(one) for one in value]
        by_id = {str(one.get("id")): one for one in inner if isinstance(one, dict)}
        return by_id if inner and len(by_id) == len(inner) else inner
    if isinstance(value, dict):
        return {name: _comparable(one) for name, one in value.items() if name not in _NOT_JUDGED}
    return value


def _between(route: str, at: str, one: object, other: object) -> Iterator[Difference]:
    if isinstance(one, dict) and isinstance(other, dict):
        for name in dict.fromkeys([*one, *other]):
            inner = f"{at}.{name}" if at else str(name)
            yield from _between(route, inner, one.get(name), other.get(name))
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for place, (left, right) in enumerate(zip(one, other, strict=True)):
            yield from _between(route, f"{at}[{place}]", left, right)
    elif one != other:
        yield Difference(route, at, str(one), str(other))


# A finished run as an evidence bundle: everything its verdicts stand on, and nothing secret.


def bundle_of(
    ran: RunResult,
    options: RunOptions,
    checklist: Checklist,
    reference: Reference,
    exchanges: Sequence[Exchange],
    redactor: Redactor,
) -> Bundle:
    """The bundle of a run. Raises UsageError where a route file changed while it was judged."""
    return Bundle(
        run=RunRecord(
            tool_version=ran.report.tool.version,
            judging=ran.judging,
            target=options.target,
            only=options.only,
            skip=options.skip,
            strict=options.strict,
            offline=options.offline,
            inconclusive=options.inconclusive,
            allow_plugins=options.allow_plugins,
            scenario=options.scenario,
            leave=options.leave,
            reference_origin=reference.origin,
            routes=tuple(_record(route) for route in ran.routes),
        ),
        report=render(redactor.masked(ran.report)).encode(),
        checklist=checklist,
        exchanges=tuple(exchanges),
        reference=_reference(reference),
        routes=tuple(_route(route, redactor) for route in ran.routes),
    )


def _record(judged: JudgedRoute) -> RouteRecord:
    smoke = judged.smoke
    return RouteRecord(
        name=judged.report.name,
        file=judged.report.file,
        paid=smoke is not None,
        spent=smoke.spent if smoke else Decimal(0),
        notes=judged.notes,
    )


def _route(judged: JudgedRoute, redactor: Redactor) -> RouteEvidence:
    facts = dict(judged.facts)
    if judged.smoke is not None:
        facts |= judged.smoke.facts
        facts[ProofStatus] = judged.smoke.proof
    file = judged.file
    return RouteEvidence(
        text=_text(file.path, file.digest, redactor),
        extended=None
        if file.extended is None
        else _text(file.extended, file.extended_digest, redactor),
        facts=_masked(facts, redactor),
        fallbacks={
            fallback.candidate.index: _masked(fallback.facts, redactor)
            for fallback in judged.fallbacks
        },
        used=judged.used,
    )


def _masked(facts: Mapping[type, object], redactor: Redactor) -> Mapping[type, object]:
    return {kind: redactor.masked(fact) for kind, fact in facts.items()}


def _text(path: Path, digest: str | None, redactor: Redactor) -> bytes:
    """The file as it was judged. It can hold no key; what looks like one is masked all the same."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: cannot be read for the evidence: {error.strerror}") from None
    if f"sha256:{hashlib.sha256(content).hexdigest()}" != digest:
        raise UsageError(f"{path}: changed while it was judged, so no evidence was written")
    text = content.decode("utf-8")
    masked = redactor.redact_lines(text)
    return content if masked == text else masked.encode()


def _reference(reference: Reference) -> bytes:
    """The whole reference: what a check did not find in it counts as well."""
    return (json.dumps(reference.read_prices(), indent=1) + "\n").encode()


# What drifted between two runs of the same routes.


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What two runs of one route are compared by, each by name; a name that is absent has no value.

    `facts`: a change of one of these matters: verdict, price, unit, ratio, row fields, dates.
    `passing`: what changes by itself as days go by. `checks`: statuses by id. `latency`: ms.
    """

    facts: Mapping[str, str]
    passing: Mapping[str, str] = field(default_factory=dict)
    checks: Mapping[str, str] = field(default_factory=dict)
    latency: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Drift:
    """One thing that is not as it was. None: it was not there, or is not there any more."""

    route: str
    what: str
    before: str | None
    after: str | None
    matters: bool


def drifts(before: Mapping[str, Snapshot], after: Mapping[str, Snapshot]) -> tuple[Drift, ...]:
    """Everything that drifted, by route name, what matters first within each route.

    A route that is in only one of the two matters. A check's status matters where evidence became
    a hole or a failure, or the other way round; latency never does.
    """
    found: list[Drift] = []
    for name in dict.fromkeys([*before, *after]):
        old, new = before.get(name), after.get(name)
        if old is None or new is None:
            sides = [None if one is None else "in this run" for one in (old, new)]
            found.append(Drift(name, "route", sides[0], sides[1], matters=True))
        else:
            found += sorted(_of_route(name, old, new), key=lambda one: not one.matters)
    return tuple(found)


def _of_route(name: str, old: Snapshot, new: Snapshot) -> Iterator[Drift]:
    for what, was, now in _changed(old.facts, new.facts):
        yield Drift(name, what, was, now, True)
    for check, was, now in _changed(old.checks, new.checks):
        matters = (was in GOOD) is not (now in GOOD)
        yield Drift(name, f"check {check}", was, now, matters)
    for what, was, now in _changed(old.passing, new.passing):
        yield Drift(name, what, was, now, False)
    for what in old.latency:
        slower = _much_slower(old.latency[what], new.latency.get(what))
        if slower is not None:
            yield Drift(name, f"latency of {what}", f"{old.latency[what]} ms", slower, False)


def _changed(
    old: Mapping[str, str], new: Mapping[str, str]
) -> Iterator[tuple[str, str | None, str | None]]:
    for what in dict.fromkeys([*old, *new]):
        if old.get(what) != new.get(what):
            yield what, old.get(what), new.get(what)


def _much_slower(was: int, now: int | None) -> str | None:
    """The new latency where it is another order: twice or half, and more than a fifth of a second
    apart."""
    if now is None or abs(now - was) <= 200 or was < 2 * now < 4 * was:
        return None
    return f"{now} ms"


# What two runs of a route are compared by, read off the report, the facts and the reference.


Pairs = Iterator[tuple[str, str]]
#: Fields of a row that change without anybody's doing, or are told apart elsewhere.
_NOT_OF_THE_ROW = frozenset({"availability_checked_at", "price_fields", "model_name", "exchanges"})


def snapshots(bundle: Bundle, report: Report, reference: Reference) -> dict[str, Snapshot]:
    """Each route of a bundle by its name. Raises UnreadableRecordError for two of one name."""
    if len(report.routes) != len(bundle.routes):
        raise UnreadableRecordError("report.json and run.json hold different routes")
    twice = [name for name, many in Counter(one.name for one in report.routes).items() if many > 1]
    if twice:
        raise UnreadableRecordError(f"two routes are called {twice[0]}, so they cannot be compared")
    return {
        route.name: _snapshot(report, route, evidence, reference)
        for route, evidence in zip(report.routes, bundle.routes, strict=True)
    }


def _snapshot(
    report: Report, route: RouteReport, evidence: RouteEvidence, reference: Reference
) -> Snapshot:
    facts = {
        "verdict": route.verdict,
        "tier": route.tier,
        "target": route.target,
        "simulated": report.scenario or "no",
        "model's own date": route.model_until or "none",
        **dict(_price(route)),
        **dict(_catalogue(evidence.facts)),
        **dict(_official(evidence.facts)),
        **dict(_lifecycle(evidence, reference)),
    }
    return Snapshot(
        facts={name: value for name, value in facts.items() if value != ""},
        passing={
            "day": report.as_of,
            "holds until": route.valid_until or "no limit",
            "reference": report.reference.digest,
            "proof": route.proof.id if route.proof else "none",
        },
        checks={check.id: check.status for check in route.checks},
        latency={f"{exchange.method} {exchange.url}": exchange.ms for exchange in route.exchanges},
    )


def _price(route: RouteReport) -> Pairs:
    quote = route.quote
    if quote is None:
        yield "price", "not known"
        return
    for name in ("expected", "worst_case", "per_second", "unit", "bound", "currency", "basis"):
        yield f"price {name.replace('_', ' ')}", str(getattr(quote, name) or "")
    if quote.other is not None:
        yield f"price by the {quote.other.basis}", quote.other.expected
    for one in route.price_by_resolution:
        yield f"price at {one.resolution}", one.expected or one.refused or ""


def _catalogue(facts: Mapping[type, object]) -> Pairs:
    catalog, status = facts.get(Catalog), facts.get(GatewayStatus)
    if isinstance(status, GatewayStatus) and status.quota_per_unit is not None:
        yield "quota per unit", f"{status.quota_per_unit:f}"
    if isinstance(catalog, Missing):
        yield "catalogue row", f"not learned: {catalog.code}"
    if not isinstance(catalog, Catalog):
        return
    yield "catalogue row", f"{len(catalog.rows)}"
    for row in catalog.rows:
        yield from _row(row)
        for group in row.enable_groups:
            ratio = catalog.ratio_for(group)
            yield f"group ratio {group}", "none" if ratio is None else f"{ratio:f}"
    for one in catalog.display:
        amount = one.group if one.group is not None else one.configured
        shown = "none" if amount is None else f"{amount:f}"
        yield f"shown price per {one.unit}", f"{shown} ({one.billing_kind})"


def _row(row: CatalogRow) -> Pairs:
    fields: dict[str, Any] = _plain(row)
    for name, value in fields.items():
        if name not in _NOT_OF_THE_ROW:
            yield f"row {name}", _words(value)
    for name, text in row.price_fields.items():
        yield f"row {name}", text


def _plain(row: CatalogRow) -> dict[str, Any]:
    fields: dict[str, Any] = json.loads(to_text(row))
    return fields


def _words(value: object) -> str:
    if value is None or value == []:
        return "none"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _official(facts: Mapping[type, object]) -> Pairs:
    official = facts.get(OfficialModel)
    if isinstance(official, OfficialModel):
        replacement = f", replacement {official.replacement}" if official.replacement else ""
        yield f"Google says of {official.model}", f"{official.state}{replacement}"


def _lifecycle(evidence: RouteEvidence, reference: Reference) -> Pairs:
    """The newest reading of each source, for every model that the verdict stood on."""
    used = {use.row for use in evidence.used if use.kind == "lifecycle"}
    models = {row.model for row in reference.lifecycle_rows if row.id in used}
    newest: dict[tuple[str, str, str], LifecycleRow] = {}
    for model in sorted(models):
        for row in reference.lifecycle(model):
            key = (row.model, row.surface, row.source.publisher)
            held = newest.get(key)
            if held is None or held.source.confirmed < row.source.confirmed:
                newest[key] = row
    for (model, surface, publisher), row in newest.items():
        end = f"{row.kind} {row.shutdown}" if row.shutdown else row.kind
        replacement = f", replacement {row.replacement}" if row.replacement else ""
        yield f"date of {model} on {surface} by {publisher}", f"{end}{replacement}"
