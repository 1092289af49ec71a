"""Small routes, facts and reference books for tests of checks, and what a check said in short."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from veo_check.core.clock import AsOf
from veo_check.core.facts import (
    Catalog,
    CatalogRow,
    GatewayListing,
    GatewayStatus,
    KeyAnswer,
    KeyUsage,
    ListedModel,
    Missing,
    MissingCode,
    OfficialModel,
    OfficialState,
    ProvenLife,
)
from veo_check.core.findings import Check, Finding, Outcome
from veo_check.core.gateway import Gateway
from veo_check.core.route import Route
from veo_check.gateways.registry import gateway_of
from veo_check.pricing.job_cost import JobCost, PriceSources
from veo_check.reference.load import Reference, parse_reference

DAY = date(2026, 11, 22)
MODEL = "veo-3.1-fast-generate-001"
LABEL = "veo3.1-fast"

_ROUTE: dict[str, Any] = {
    "version": 1,
    "route": {
        "name": "storyboard-drafts",
        "target": "production",
        "application": "campaign-studio",
        "environment": "production",
        "workflow": "ad-storyboard",
        "owner": {"team": "creative-tools", "cost_center": "CC-4412"},
    },
    "via": {
        "gateway": "flatkey",
        "base_url": "https://router.flatkey.ai",
        "endpoint": "videos",
        "model": LABEL,
        "group": "plg",
        "key": {
            "env": "FLATKEY_SMOKE_KEY",
            "owner": "creative-tools",
            "scope": "non-production",
        },
    },
    "model": {"official": MODEL, "surface": "agent-platform"},
    "request": {"seconds": 8, "resolution": "1080p"},
    "budget": {
        "per_job": "2.00",
        "monthly": "6000",
        "jobs_per_month": 3000,
        "max_markup": "25%",
        "retries": 1,
    },
    "fallback": {
        "transient_error": "switch",
        "deprecated_model": "block",
        "unsupported_parameter": "fail_closed",
        "high_resolution_final": "require_approval",
        "draft": "fail_closed",
        "policy_block": "fail_closed",
        "approved_by": "video-platform@example.com",
        "approved_on": "2026-11-20",
        "routes": [
            {
                "name": "lite",
                "for": ["transient_error"],
                "via": {"model": "veo3.1-lite"},
                "model": {"official": "veo-3.1-lite-generate-001", "surface": "agent-platform"},
                "max_cost_ratio": "1.0",
                "accepts": ["style"],
            }
        ],
    },
}

#: direct Agent Platform route
GOOGLE = {
    "via": {
        "gateway": "google",
        "endpoint": "predict-long-running",
        "model": MODEL,
        "project": "video-prod",
        "location": "us-central1",
        "key": {"env": "GOOGLE_ACCESS_TOKEN", "owner": "creative-tools", "scope": "non-production"},
    }
}
#: an OpenAI-compatible gateway on loopback
OPENAI = {
    "via": {
        "gateway": "openai",
        "base_url": "http://127.0.0.1:4000",
        "endpoint": "videos",
        "model": LABEL,
        "key": {"env": "LITELLM_KEY", "owner": "creative-tools", "scope": "non-production"},
    }
}


def a_route(changes: Mapping[str, Any] | None = None) -> Route:
    """The whole route of the tests, with values replaced at dotted paths; None deletes one."""
    data = copy.deepcopy(_ROUTE)
    for path, value in (changes or {}).items():
        *parents, last = path.split(".")
        at: Any = data
        for parent in parents:
            at = at[int(parent)] if isinstance(at, list) else at.setdefault(parent, {})
        if value is None:
            del at[last]
        elif isinstance(at, list):
            at[int(last)] = value
        else:
            at[last] = copy.deepcopy(value)
    return Route.model_validate(data)


def judging(
    day: date = DAY,
    clock_day: date | None = None,
    within_days: int = 90,
    max_age_days: int | None = None,
) -> AsOf:
    """Judging on a day that is also the clock's, unless said."""
    return AsOf(day, clock_day or day, within_days, max_age_days)


def a_source(
    publisher: str = "google",
    kind: str = "official-copy",
    confirmed: str = "2026-11-10",
) -> dict[str, str]:
    return {
        "url": f"https://{publisher}.example/page",
        "kind": kind,
        "publisher": publisher,
        "confirmed": confirmed,
    }


def a_life(
    model: str = MODEL,
    *,
    source: str = "google",
    surface: str = "agent-platform",
    shutdown: str | None = None,
    kind: str | None = None,
    **more: str,
) -> dict[str, str]:
    row = {
        "id": f"life:{surface}:{model}:{source}",
        "model": model,
        "surface": surface,
        "kind": kind or ("exact" if shutdown else "none-announced"),
        "source": source,
        **more,
    }
    return row | ({"shutdown": shutdown} if shutdown else {})


def a_price(
    amount: str, source: str = "google", model: str = MODEL, **more: object
) -> dict[str, object]:
    surface = more.pop("surface", "agent-platform")
    return {
        "id": f"price:{surface}:{model}:{source}{more.pop('suffix', '')}",
        "surface": surface,
        "model": model,
        "unit": "second",
        "amount": amount,
        "source": source,
        **more,
    }


def a_capability(model: str = MODEL, source: str = "google", **more: object) -> dict[str, object]:
    return {
        "id": f"cap:{more.get('surface', 'agent-platform')}:{model}:{source}",
        "model": model,
        "surface": "agent-platform",
        "family": "veo",
        "variant": "fast",
        "endpoints": ["predict-long-running"],
        "seconds": [4, 6, 8],
        "resolutions": ["720p", "1080p", "4k"],
        "full_length_only": ["1080p", "4k"],
        "aspect_ratios": ["16:9", "9:16"],
        "audio": "optional",
        "modes": ["text-to-video", "image-to-video"],
        "max_count": 4,
        "frame_rate": 24,
        "source": source,
        **more,
    }


def a_book(
    *,
    sources: Mapping[str, Mapping[str, str]] | None = None,
    lifecycle: list[dict[str, str]] | None = None,
    capabilities: list[dict[str, object]] | None = None,
    prices: list[dict[str, object]] | None = None,
) -> Reference:
    """A reference book of these rows. Sources of the kinds the tests need are there already."""
    known = {
        "google": a_source(),
        "litellm": a_source("litellm", "third-party", "2026-11-01"),
        "comfy": a_source("comfy", "third-party", "2026-10-20"),
        "portkey": a_source("portkey", "third-party", "2026-10-21"),
        **(sources or {}),
    }
    document = {
        "compiled": "2026-11-22",
        "sources": known,
        "lifecycle": lifecycle if lifecycle is not None else [a_life()],
        "capabilities": capabilities if capabilities is not None else [a_capability()],
        "prices": prices if prices is not None else [a_price("0.12")],
    }
    return parse_reference(document, "test")


def a_row(**more: Any) -> CatalogRow:
    """A new-api row priced at 0.12 USD per second, in the group plg."""
    values: dict[str, Any] = {
        "model_name": LABEL,
        "quota_type": 1,
        "model_price": Decimal("0.12"),
        "model_ratio": None,
        "completion_ratio": None,
        "enable_groups": ("plg", "default"),
        "endpoint_types": ("openai-video",),
        "availability_status": "available",
        "availability_checked_at": datetime(2026, 11, 22, 4, tzinfo=UTC),
        "price_fields": {"quota_type": "1", "model_price": "0.12"},
    }
    return CatalogRow(**(values | more))


def a_catalog(*rows: CatalogRow, **more: Any) -> Catalog:
    """A catalogue with these rows for the label, at ratio 1 for plg."""
    values: dict[str, Any] = {
        "source": "https://console.flatkey.ai/api/website/pricing",
        "total_rows": 91,
        "rows": rows,
        "near": (),
        "group_ratio": {"plg": Decimal(1)},
        "group_model_ratio": {},
        "usable_groups": ("plg",),
        "exchanges": ("x3",),
    }
    return Catalog(**(values | more))


def a_cost(
    route: Route,
    book: Reference | None = None,
    catalog: Catalog | Missing | None = None,
    status: GatewayStatus | Missing | None = None,
    when: AsOf | None = None,
) -> JobCost:
    """What a job of the route costs by this book and this catalogue, as the engine would say."""
    return PriceSources(
        book or a_book(),
        when or judging(),
        gateway_of,
        catalog or a_catalog(a_row()),
        status or a_status(),
    ).cost(route)


def a_listing(*labels: str, types: tuple[str, ...] = ()) -> GatewayListing:
    models = tuple(ListedModel(label, types) for label in labels)
    return GatewayListing(models, "https://router.flatkey.ai/v1/models", ("x1",))


def official(state: OfficialState = "offered", **more: Any) -> OfficialModel:
    values: dict[str, Any] = {
        "model": MODEL,
        "surface": "agent-platform",
        "exchanges": ("x2",),
    }
    return OfficialModel(state=state, **(values | more))


def accepted_key() -> KeyAnswer:
    return KeyAnswer("accepted", 200, exchanges=("x1",))


def a_usage(**more: Any) -> KeyUsage:
    values: dict[str, Any] = {
        "name": "ci-smoke",
        "granted": 10_000_000,
        "used": 0,
        "available": 10_000_000,
        "unlimited": False,
        "allowed_models": None,
        "denied_models": None,
        "exchanges": ("x4",),
    }
    return KeyUsage(**(values | more))


def missing(
    code: MissingCode = "offline", probe: str = "probe", detail: str = "offline"
) -> Missing:
    return Missing(probe, code, detail)


def a_status() -> GatewayStatus:
    """What a gateway with the software's own quota unit tells."""
    return GatewayStatus(Decimal(500_000), None)


def a_proof(model: str | None = MODEL) -> ProvenLife:
    return ProvenLife(model, "p1", date(2026, 11, 29), ("x9",))


def heard(check: Check, **values: object) -> Outcome:
    """All that the check says, sorted as the engine sorts it; its codes are its own."""
    for need in check.needs:
        if need.type is Gateway and isinstance(route := values.get("route"), Route):
            values.setdefault(need.parameter, gateway_of(route))
    outcome = Outcome.collect(check(**values))
    for finding in outcome.findings:
        assert finding.code.startswith(f"{check.id}/"), finding.code
        assert finding.message == finding.message.strip()
        assert finding.message.endswith((".", "?", '"')), finding.message
    return outcome


def codes(outcome: Outcome) -> list[str]:
    """Each finding as "severity word", in order."""
    return [f"{one.severity} {one.code.partition('/')[2]}" for one in outcome.findings]


def only(outcome: Outcome) -> Finding:
    """The one finding there is."""
    (finding,) = outcome.findings
    return finding
