"""Judge the routes of an evidence bundle again: the same facts, nobody asked, nothing spent."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from veo_check.core.errors import ExitCode
from veo_check.core.facts import Missing, ProvenLife
from veo_check.core.fallbacks import candidates
from veo_check.core.key_policy import Leave
from veo_check.core.paid_facts import ControlledFailure, Delivery, JobResult, UsageProof
from veo_check.core.proof import ProofStatus
from veo_check.core.tiers import Tier
from veo_check.core.verdict import Verdict, worst, worst_exit
from veo_check.engine.fallbacks import Learnt
from veo_check.engine.one_route import Bench, JudgedRoute, judge_route
from veo_check.engine.options import Options
from veo_check.engine.select import select
from veo_check.evidence.bundle import Bundle, ChecklistRecord, RouteEvidence, RouteRecord
from veo_check.evidence.records import UnreadableRecordError
from veo_check.reference.book import Reference
from veo_check.reference.load import load_reference
from veo_check.report.json import as_text
from veo_check.report.model import Report, RouteReport
from veo_check.smoke.outcome import SmokeOutcome
from veo_check.spec.checklist import Checklist, Item, Requirement
from veo_check.spec.route_file import RouteFile, load_route_file


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
    checklist = _checklist(bundle.checklist)
    with tempfile.TemporaryDirectory(prefix="veo-check-") as place:
        folder = Path(place)
        reference = kept_reference(bundle, folder)
        judged = []
        for number, (record, evidence) in enumerate(
            zip(bundle.run.routes, bundle.routes, strict=True)
        ):
            file = _route_file(record, evidence, folder / str(number))
            bench = Bench(
                select(checklist, options),
                bundle.run.judging,
                options,
                reference,
                checklist,
                lambda: bundle.exchanges,
                on_crash,
                _paid(record, evidence),
            )
            judged.append(judge_route(file, _learned(evidence), _fallbacks(file, evidence), bench))
    return tuple(_differences(report, judged))


def _options(bundle: Bundle, allow_plugins: frozenset[str]) -> Options:
    run = bundle.run
    return Options(
        target=_tier(run.target),
        only=frozenset(run.only),
        skip=frozenset(run.skip),
        offline=True,
        strict=run.strict,
        inconclusive=run.inconclusive,
        allow_plugins=frozenset(run.allow_plugins) & allow_plugins,
        leave=Leave(
            keys=frozenset((one[0], one[1]) for one in run.leave.keys if len(one) == 2),
            http_hosts=frozenset(run.leave.http_hosts),
            trust_env=run.leave.trust_env,
        ),
        scenario=run.scenario,
    )


def _checklist(record: ChecklistRecord) -> Checklist:
    return Checklist(
        record.name,
        record.title,
        tuple(
            Item(
                item.id,
                item.title,
                item.why,
                item.evidence,
                tuple(Requirement(one.check, _tier(one.tier)) for one in item.checks),
            )
            for item in record.items
        ),
    )


def _tier(word: str | None) -> Tier | None:
    try:
        return None if word is None else Tier.of(word)
    except ValueError as error:
        raise UnreadableRecordError(str(error)) from None


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


def _fallbacks(file: RouteFile, evidence: RouteEvidence) -> tuple[Learnt, ...]:
    return tuple(
        Learnt(one, evidence.fallbacks[one.index])
        for one in candidates(file.route)
        if one.index in evidence.fallbacks
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


def _comparable(value: object) -> object:
    """The data without what may differ between two judgements: how long a check took."""
    if isinstance(value, list):
        inner = [_comparable(one) for one in value]
        by_id = {str(one.get("id")): one for one in inner if isinstance(one, dict)}
        return by_id if inner and len(by_id) == len(inner) else inner
    if isinstance(value, dict):
        return {name: _comparable(one) for name, one in value.items() if name != "duration_ms"}
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
