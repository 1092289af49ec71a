"""What two runs of a route are compared by, read off the report, the facts and the reference."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from veo_check.core.facts import Catalog, CatalogRow, GatewayStatus, Missing, OfficialModel
from veo_check.evidence.bundle import Bundle, RouteEvidence
from veo_check.evidence.diff import Snapshot
from veo_check.evidence.records import UnreadableRecordError, to_text
from veo_check.reference.book import Reference
from veo_check.reference.rows import LifecycleRow
from veo_check.report.model import Report, RouteReport

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
        latency={f"{one.method} {one.url}": one.ms for one in route.exchanges},
    )


def _price(route: RouteReport) -> Pairs:
    quote = route.quote
    if quote is None:
        yield "price", "not known"
        return
    for name in ("expected", "worst_case", "per_second", "unit", "bound", "currency"):
        yield f"price {name.replace('_', ' ')}", str(getattr(quote, name) or "")
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
