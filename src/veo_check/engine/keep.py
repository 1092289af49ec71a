"""A finished run as an evidence bundle: everything its verdicts stand on, and nothing secret."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

from veo_check.core.errors import UsageError
from veo_check.core.proof import ProofStatus
from veo_check.core.redaction import Redactor
from veo_check.engine.one_route import JudgedRoute
from veo_check.engine.options import Options
from veo_check.engine.run import Ran
from veo_check.evidence.bundle import (
    Bundle,
    ChecklistRecord,
    ItemRecord,
    LeaveRecord,
    RequirementRecord,
    RouteEvidence,
    RouteRecord,
    RunRecord,
)
from veo_check.http.exchange import Exchange
from veo_check.reference.book import Reference
from veo_check.report.json import render
from veo_check.spec.checklist import Checklist


def bundle_of(
    ran: Ran,
    options: Options,
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
            target=options.target.word if options.target else None,
            only=tuple(sorted(options.only)),
            skip=tuple(sorted(options.skip)),
            strict=options.strict,
            offline=options.offline,
            inconclusive=options.inconclusive,
            allow_plugins=tuple(sorted(options.allow_plugins)),
            scenario=options.scenario,
            leave=LeaveRecord(
                tuple(sorted(options.leave.keys)),
                tuple(sorted(options.leave.http_hosts)),
                options.leave.trust_env,
            ),
            reference_origin=reference.origin,
            routes=tuple(_record(one) for one in ran.routes),
        ),
        report=render(ran.report).encode(),
        checklist=_checklist(checklist),
        exchanges=tuple(exchanges),
        reference=_reference(reference),
        routes=tuple(_route(one, redactor) for one in ran.routes),
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
        facts=facts,
        fallbacks={one.candidate.index: one.facts for one in judged.fallbacks},
        used=judged.used,
    )


def _text(path: Path, digest: str | None, redactor: Redactor) -> bytes:
    """The file as it was judged. It can hold no key; what looks like one is masked all the same."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: cannot be read for the evidence: {error.strerror}") from None
    if f"sha256:{hashlib.sha256(content).hexdigest()}" != digest:
        raise UsageError(f"{path}: changed while it was judged, so no evidence was written")
    text = content.decode("utf-8")
    masked = redactor.redact(text)
    return content if masked == text else masked.encode()


def _reference(reference: Reference) -> bytes:
    """The whole reference: what a check did not find in it counts as well."""
    return (json.dumps(reference.read_prices(), indent=1) + "\n").encode()


def _checklist(checklist: Checklist) -> ChecklistRecord:
    return ChecklistRecord(
        checklist.name,
        checklist.title,
        tuple(
            ItemRecord(
                item.id,
                item.title,
                item.why,
                item.evidence,
                tuple(
                    RequirementRecord(one.check, one.tier.word if one.tier else None)
                    for one in item.checks
                ),
            )
            for item in checklist.items
        ),
    )
