"""The report as one HTML page: no script, no request, light and dark, on a phone and on paper."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import get_args

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from veo_check.core.findings import TierWord
from veo_check.core.frozen import dataclass
from veo_check.report.model import (
    CatalogReport,
    CheckReport,
    ItemReport,
    Report,
    ResolutionPrice,
    RouteReport,
    UsageReport,
)
from veo_check.report.shown import VERDICT_WORDS, by_item, caveats, cost_lines, next_steps, shown

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
_MARKS = {"blocker": "✕", "warning": "!", "note": "·"}
_TIERS: tuple[TierWord, ...] = get_args(TierWord)


def render(report: Report) -> str:
    """The page, complete in itself."""
    clean = shown(report)
    return _template().render(
        report=clean,
        routes=[_view(number, route) for number, route in enumerate(clean.routes, start=1)],
        caveats=caveats(clean),
        words=VERDICT_WORDS,
        glyphs=_GLYPHS,
        marks=_MARKS,
        css=Markup(_part("html_page.css")),  # noqa: S704 - our own file
    )


@dataclass(frozen=True, slots=True)
class _Item:
    item: ItemReport
    checks: list[CheckReport]


@dataclass(frozen=True, slots=True)
class _Tier:
    word: str
    reached: bool
    target: bool


@dataclass(frozen=True, slots=True)
class _Bar:
    price: ResolutionPrice
    percent: str  # of the dearest


@dataclass(frozen=True, slots=True)
class _View:
    """A route as the page lays it out."""

    number: int
    route: RouteReport
    tiers: list[_Tier]
    items: list[_Item]
    next: list[str]
    cost: list[str]
    bars: list[_Bar]
    bars_say: str
    usage: list[tuple[str, str | None]]
    catalog: list[tuple[str, str | None]]
    fallback_checks: bool


def _view(number: int, route: RouteReport) -> _View:
    reached = _TIERS.index(route.tier)
    return _View(
        number=number,
        route=route,
        tiers=[
            _Tier(word, place <= reached, word == route.target)
            for place, word in enumerate(_TIERS)
            if word != "none"
        ],
        items=[_Item(*pair) for pair in by_item(route)],
        next=next_steps(route),
        cost=[line for line in cost_lines(route) if line],
        bars=_bars(route.price_by_resolution),
        bars_say=_bars_say(route),
        usage=_usage(route.usage),
        catalog=_catalog(route.catalog),
        fallback_checks=any(check.item == "fallback" for check in route.checks),
    )


def _bars(prices: list[ResolutionPrice]) -> list[_Bar]:
    amounts = [Decimal(price.expected) for price in prices if price.expected is not None]
    dearest = max(amounts, default=Decimal(0))
    return [_Bar(price, _percent(price.expected, dearest)) for price in prices]


def _percent(amount: str | None, dearest: Decimal) -> str:
    if amount is None or dearest <= 0:
        return "0"
    return f"{max(Decimal(0), Decimal(amount)) / dearest * 100:.1f}"


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
