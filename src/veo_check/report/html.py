"""The report as one HTML page: no script, no request, light and dark, on a phone and on paper."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from importlib.resources import files

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from veo_check.core.frozen import dataclass
from veo_check.report.model import (
    CatalogReport,
    CauseReport,
    CheckReport,
    FindingReport,
    ItemReport,
    Report,
    ResolutionPrice,
    RouteReport,
    UsageReport,
)
from veo_check.report.shown import (
    SURFACES,
    VERDICT_WORDS,
    by_item,
    caveats,
    cost_lines,
    decided,
    dollars,
    monthly_total,
    reason,
    shown,
    totals,
    worst_first,
)

#: A sign beside each word, so that nothing depends on colour.
_GLYPHS = {
    "pass": "✓",
    "ready": "✓",
    "warn": "!",
    "waived": "!",
    "fail": "✕",
    "not-ready": "✕",
    "blocked": "?",
    "inconclusive": "?",
    "skipped": "»",
    "error": "‼",
    "not-applicable": "\N{EN DASH}",
}
#: How a status is called where a person reads it.
_WORDS = {"blocked": "not checked", "not-ready": "not ready", "not-applicable": "does not apply"}
_MARKS = {"blocker": "✕", "warning": "!", "note": "·"}


def render(report: Report) -> str:
    """The page, complete in itself."""
    clean = shown(report)
    routes = worst_first(clean.routes)
    total = monthly_total(routes)
    return _template().render(
        report=clean,
        routes=[_view(number, route) for number, route in enumerate(routes, start=1)],
        headline=_headline(clean, routes),
        totals=totals(clean),
        total=dollars(total) if total is not None else None,
        caveats=caveats(clean),
        glyphs=_GLYPHS,
        words=_WORDS,
        marks=_MARKS,
        css=Markup(_part("html_page.css")),  # noqa: S704 - our own file
    )


@dataclass(frozen=True, slots=True)
class _Item:
    item: ItemReport
    checks: list[CheckReport]


@dataclass(frozen=True, slots=True)
class _Bar:
    price: ResolutionPrice
    percent: str  # of the most expensive


@dataclass(frozen=True, slots=True)
class _Budget:
    """How much of a budget is used."""

    percent: str
    over: bool
    said: str


@dataclass(frozen=True, slots=True)
class _View:
    """A route as the page lays it out."""

    number: int
    route: RouteReport
    headline: str
    decided: str
    model: str
    items: list[_Item]
    next: list[CauseReport]
    findings: list[FindingReport]
    job: str | None
    most: str | None
    month: str | None
    billed: str | None
    spent: str | None
    how: str
    budget: list[_Budget]
    bars: list[_Bar]
    bars_say: str
    usage: list[tuple[str, str | None]]
    catalog: list[tuple[str, str | None]]
    fallback_checks: bool


def _view(number: int, route: RouteReport) -> _View:
    quote, model = route.quote, route.model
    least = "at least " if quote and quote.bound == "lower" else ""
    waits = {check for cause in route.next for check in cause.blocks}
    billed = route.usage.billed if route.usage else None
    return _View(
        number=number,
        route=route,
        headline=_sentence(route),
        decided=decided(route),
        model=f"{model.label} at {model.gateway}, {model.official} on "
        f"{SURFACES.get(model.surface, model.surface)}"
        if model
        else "",
        items=[_Item(*pair) for pair in by_item(route)],
        next=route.next,
        findings=[
            finding
            for check in route.checks
            if check.id not in waits
            for finding in check.findings
            if finding.severity != "note"
        ],
        job=f"{least}{dollars(quote.expected)}" if quote else None,
        most=dollars(quote.worst_case) if quote and quote.retries and not least else None,
        month=f"{least}{dollars(quote.monthly)}" if quote and quote.monthly else None,
        billed=_amount(billed),
        spent=dollars(route.spent) if Decimal(route.spent) else None,
        how=cost_lines(route)[1],
        budget=_budgets(route),
        bars=_bars(route.price_by_resolution),
        bars_say=_bars_say(route),
        usage=_usage(route.usage),
        catalog=_catalog(route.catalog),
        fallback_checks=any(check.item == "fallback" for check in route.checks),
    )


def _amount(text: str | None) -> str | None:
    """What a usage record calls its amount: the gateway's word, where that is no number."""
    try:
        return None if text is None else dollars(text)
    except ArithmeticError:
        return text


def _headline(report: Report, routes: list[RouteReport]) -> str:
    """What is decided, and why, in a sentence."""
    if len(routes) == 1:
        return _sentence(routes[0])
    if not routes:
        return "No route could be judged"
    worst = routes[0]
    if worst.verdict == "ready":
        return f"All {len(routes)} routes are ready"
    same = sum(route.verdict == worst.verdict for route in routes)
    word = VERDICT_WORDS[worst.verdict].partition(":")[0]
    return f"{same} of {len(routes)} routes {word}; first {worst.name}: {reason(worst)}"


def _sentence(route: RouteReport) -> str:
    word = VERDICT_WORDS[route.verdict].partition(":")[0]
    said = f"{route.name} is {word} for {route.target}"
    if route.verdict != "ready":
        return f"{said}: {reason(route)}"
    because = f", when {route.valid_because}" if route.valid_because else ""
    return f"{said} until {route.valid_until}{because}" if route.valid_until else said


def _budgets(route: RouteReport) -> list[_Budget]:
    """How much of what a job and a month may cost is used."""
    quote, budget = route.quote, route.budget
    if quote is None or budget is None:
        return []
    pairs = ((quote.worst_case, budget.per_job, "job"), (quote.monthly, budget.monthly, "month"))
    return [
        _Budget(
            percent=_percent(str(min(Decimal(cost), Decimal(most))), Decimal(most)),
            over=Decimal(cost) > Decimal(most),
            said=f"{dollars(cost)} of the budget of {dollars(most)} a {each}",
        )
        for cost, most, each in pairs
        if cost is not None and most is not None
    ]


def _bars(prices: list[ResolutionPrice]) -> list[_Bar]:
    amounts = [Decimal(price.expected) for price in prices if price.expected is not None]
    highest = max(amounts, default=Decimal(0))
    return [_Bar(price, _percent(price.expected, highest)) for price in prices]


def _percent(amount: str | None, highest: Decimal) -> str:
    if amount is None or highest <= 0:
        return "0"
    return f"{max(Decimal(0), Decimal(amount)) / highest * 100:.1f}"


def _bars_say(route: RouteReport) -> str:
    if route.quote is None:
        return "One job of this route's shape at each resolution that the model takes."
    quote = route.quote
    sound = "with audio" if quote.audio else "silent"
    clips = "1 clip" if quote.count == 1 else f"{quote.count} clips"
    return f"One job, {clips} of {quote.seconds} s, {sound}, by the {quote.basis} price."


def _usage(usage: UsageReport | None) -> list[tuple[str, str | None]]:
    if usage is None:
        return []
    return [
        ("Row", usage.row_id),
        ("Model", usage.model),
        ("Key", usage.key),
        ("Group", usage.group),
        ("Status", usage.status),
        ("Quantity", usage.quantity),
        ("Unit", usage.unit),
        ("Seconds", usage.seconds),
        ("Quoted", usage.quoted),
        ("Billed", usage.billed),
        ("Owner", usage.owner),
    ]


def _catalog(row: CatalogReport | None) -> list[tuple[str, str | None]]:
    if row is None:
        return []
    return [
        ("Label", row.label),
        ("Endpoint types", ", ".join(row.endpoint_types) or "none"),
        ("Group", row.group),
        ("Group ratio", row.group_ratio),
        ("Price label", row.price_label),
        *row.price_fields.items(),
        ("Status", row.status),
        ("Checked at", row.checked_at),
    ]


@cache
def _template() -> Template:
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(_part("html_page.jinja"))


def _part(name: str) -> str:
    return files("veo_check.report").joinpath(name).read_text(encoding="utf-8")
