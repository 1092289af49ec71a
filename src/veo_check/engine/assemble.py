"""One route's results as a RouteReport."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from veo_check.core.facts import Catalog
from veo_check.core.findings import Finding, Status
from veo_check.core.route import Route
from veo_check.core.tiers import Tier
from veo_check.engine.judge import Result
from veo_check.engine.waive import Ruled
from veo_check.report.model import (
    CatalogReport,
    CheckReport,
    ConfirmationReport,
    FindingReport,
    ItemReport,
    WaiverReport,
)
from veo_check.spec.checklist import Checklist

#: Worst first: what an item shows of its checks.
_WORST = (
    Status.ERROR,
    Status.FAIL,
    Status.BLOCKED,
    Status.SKIPPED,
    Status.WAIVED,
    Status.WARN,
    Status.PASS,
    Status.NOT_APPLICABLE,
)
LineOf = Callable[[str], int | None]


def check_reports(results: list[Result], target: Tier, line_of: LineOf) -> list[CheckReport]:
    """The checks in the plan's order, with the status they have at the target."""
    return [
        CheckReport(
            id=result.selected.id,
            item=result.selected.item,
            required_for=result.selected.required_for.target_word
            if result.selected.required_for
            else None,
            status=result.statuses[target].value,
            reason=result.reason,
            findings=[_finding(one, target, line_of) for one in result.outcome.findings],
            duration_ms=result.duration_ms,
        )
        for result in results
    ]


def item_reports(checklist: Checklist, results: list[Result], target: Tier) -> list[ItemReport]:
    """The checklist's items, each showing its worst check."""
    return [
        ItemReport(
            id=item.id,
            title=item.title,
            status=_worst(
                result.statuses[target] for result in results if result.selected.item == item.id
            ).value,
        )
        for item in checklist.items
    ]


def catalog_report(route: Route, facts: Mapping[type, object]) -> CatalogReport | None:
    """The gateway's row as served, where exactly one was found."""
    catalog = facts.get(Catalog)
    if not isinstance(catalog, Catalog) or len(catalog.rows) != 1:
        return None
    row, group = catalog.rows[0], route.via.group
    ratio = catalog.ratio_for(group) if group else None
    label = catalog.display[0] if catalog.display else None
    return CatalogReport(
        label=row.model_name,
        endpoint_types=list(row.endpoint_types),
        group=group,
        group_ratio=None if ratio is None else f"{ratio:f}",
        price_label=label.billing_kind if label else None,
        price_fields=dict(row.price_fields),
        status=row.availability_status,
        checked_at=_instant(row.availability_checked_at),
    )


def waiver_reports(ruled: tuple[Ruled, ...]) -> list[WaiverReport]:
    """Every waiver of the route file, and what became of it."""
    return [
        WaiverReport(
            finding=one.waiver.finding,
            reason=one.waiver.reason,
            owner=one.waiver.owner,
            expires=one.waiver.expires.isoformat(),
            state=one.state,
        )
        for one in ruled
    ]


def confirmation_reports(route: Route) -> list[ConfirmationReport]:
    """What people say to have seen, as the route file has it."""
    return [
        ConfirmationReport(
            what=one.what,
            by=one.by,
            on=one.on.isoformat(),
            expires=one.expires.isoformat(),
            link=one.link,
            operation=one.operation,
        )
        for one in route.confirmations
    ]


def exchange_ids(facts: Mapping[type, object]) -> set[str]:
    """The ids of all exchanges that the route's facts stand on."""
    return {one for fact in facts.values() for one in getattr(fact, "exchanges", ())}


def _finding(one: Finding, target: Tier, line_of: LineOf) -> FindingReport:
    return FindingReport(
        code=one.code,
        severity=one.severity_at(target),
        message=one.message,
        at=one.at,
        line=line_of(one.at) if one.at else None,
        expected=one.expected,
        actual=one.actual,
        fix=one.fix,
        evidence=list(one.evidence),
    )


def _worst(statuses: Iterable[Status]) -> Status:
    seen = set(statuses)
    return next((one for one in _WORST if one in seen), Status.SKIPPED)


def _instant(moment: datetime | None) -> str | None:
    return moment.isoformat().replace("+00:00", "Z") if moment is not None else None
