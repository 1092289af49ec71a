"""The six reports that every format's golden files are made from."""

from __future__ import annotations

from typing import Literal

from veo_check.core.findings import GOOD, Status
from veo_check.engine.causes import counts_of
from veo_check.report.model import (
    CatalogReport,
    CauseReport,
    CheckReport,
    ConfirmationReport,
    DecidedBy,
    ExchangeReport,
    FallbackReport,
    FallbackTargetReport,
    FindingReport,
    ItemReport,
    JobReport,
    OtherPrice,
    ProofReport,
    QuoteReport,
    ReferenceUsed,
    Report,
    ResolutionPrice,
    RouteReport,
    StatusWord,
    Tool,
    UsageReport,
    VerdictWord,
    WaiverReport,
)
from veo_check.report.shown import first_sentence

FILE = "routes/storyboard-drafts.yaml"


def check(
    check_id: str,
    item: str,
    status: StatusWord = "pass",
    required_for: Literal["research", "staging", "production"] | None = "staging",
    reason: str | None = None,
    *findings: FindingReport,
) -> CheckReport:
    return CheckReport(
        id=check_id,
        item=item,
        required_for=required_for,
        status=status,
        reason=reason,
        findings=list(findings),
        duration_ms=3,
    )


UNPRICED = FindingReport(
    code="price-unit/unpriced",
    severity="blocker",
    message="The row for veo3.1-fast carries no price: model_ratio 37.5 is a placeholder.",
    at="via.model",
    line=18,
    expected="a price in USD per second",
    actual="model_ratio 37.5",
    fix="ask the gateway's operator to price veo3.1-fast, then run again",
    evidence=["x3"],
)
MARKUP = FindingReport(
    code="price-agrees/markup",
    severity="blocker",
    message="The gateway asks 0.16 USD per second, 33 % above the official 0.12.",
    at="budget.max_markup",
    line=44,
    fix="raise budget.max_markup, or choose a cheaper route",
    evidence=["x3", "ref:price:fast-1080p"],
)
AGREED = FindingReport(
    code="price-known/agreed-copies",
    severity="warning",
    message="No official page was read; two independent sources agree on 0.12 USD per second.",
    at="model.official",
    line=29,
    fix="compare with your own invoice",
    evidence=["ref:price:a", "ref:price:b"],
)
NOTE = FindingReport(
    code="availability-status/not-probed",
    severity="note",
    message="The gateway skips video models, so this value proves no call.",
)
QUOTE = QuoteReport(
    currency="USD",
    variant="fast",
    seconds=8,
    resolution="1080p",
    audio=True,
    count=1,
    retries=1,
    unit="second",
    per_second="0.12",
    expected="0.96",
    worst_case="1.92",
    monthly="2880.00",
    bound="exact",
    source="https://example.com/pricing",
    source_date="2026-10-08",
    basis="reference",
)
#: What the sandbox's scenario `price-raised` charges; a test of it compares.
RAISED = QUOTE.model_copy(
    update={
        "per_second": "0.36",
        "expected": "2.88",
        "worst_case": "5.76",
        "monthly": "8640.00",
        "source": "https://console.flatkey.ai/api/website/pricing?group=plg",
        "source_date": "2026-11-30",
        "basis": "gateway",
        "other": OtherPrice(expected="0.96", source="https://example.com/pricing-copy"),
    }
)
PRICES = [
    ResolutionPrice(
        resolution="720p", asked=False, expected="0.80", per_second="0.10", bound="exact"
    ),
    ResolutionPrice(
        resolution="1080p", asked=True, expected="0.96", per_second="0.12", bound="exact"
    ),
    ResolutionPrice(
        resolution="4k", asked=False, expected="2.40", per_second="0.30", bound="lower"
    ),
    ResolutionPrice(resolution="2k", asked=False, refused="unpriced"),
]
RAISED_PRICES = [
    price.model_copy(update={"expected": "2.88", "per_second": "0.36"}) for price in PRICES[:2]
]
FALLBACK = FallbackReport(
    decisions={
        "transient_error": "switch",
        "deprecated_model": "block",
        "unsupported_parameter": "fail_closed",
        "high_resolution_final": "require_approval",
        "draft": None,
        "policy_block": "human_review",
    },
    approved_by="video-platform@example.com",
    approved_on="2026-11-20",
    targets=[
        FallbackTargetReport(
            name="lite",
            situations=["transient_error"],
            gateway="flatkey",
            model="veo-3.1-lite-generate-001",
            surface="agent-platform",
            expected="0.64",
            primary_expected="0.96",
            unit="second",
            changes=["style: veo-3.1-fast-generate-001 -> veo-3.1-lite-generate-001"],
            bad_checks={"catalog-group": "blocked"},
        ),
        FallbackTargetReport(
            name="other-vendor",
            situations=["transient_error", "draft"],
            gateway="openai",
            model="sora-2",
            surface="openai",
            price_refused="no price is known for a model called sora-2",
        ),
    ],
)
CATALOG = CatalogReport(
    label="veo3.1-fast",
    endpoint_types=["openai-video"],
    group="plg",
    group_ratio="0.9",
    price_label="request",
    price_fields={"quota_type": "1", "model_price": "0.13"},
    status="available",
    checked_at="2026-11-22T04:00:00Z",
)
JOB = JobReport(
    operation_id="task_…Zk3Q",
    request_id="20261122120000123",
    served_model="veo-3.1-fast-generate-001",
    status_history=["queued", "in_progress", "completed"],
    polls=3,
    retries=0,
    failure=None,
    video_count=1,
    seconds="4.0",
    resolution="1280x720",
    frame_rate="24",
    audio=True,
    sha256="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    output_location=None,
)
USAGE = UsageReport(
    row_id="4711",
    model="veo3.1-fast",
    key="ci-smoke",
    group="plg",
    status="consumed",
    unit="second",
    quantity="4",
    seconds=None,
    quoted="0.468",
    billed="0.468",
    owner="creative-tools",
)
EXCHANGE = ExchangeReport(
    id="x3",
    method="GET",
    url="https://console.flatkey.ai/api/website/pricing?group=plg",
    request_excerpt=None,
    status=200,
    ms=41,
    body_excerpt='{"success":true}',
)
ITEMS = {
    "official-model-id": "Official model ID",
    "lifecycle": "Lifecycle",
    "pricing-unit": "Pricing unit",
}


def cause(check: CheckReport) -> CauseReport:
    """The cause of one check alone: canonical checks fail for reasons of their own."""
    finding = check.findings[0] if check.findings else None
    if check.status == "fail" and finding is not None:
        told = {"code": finding.code, "at": finding.at, "line": finding.line}
        fields = {"kind": "failure", "cause": finding.message, "fix": finding.fix, **told}
    else:
        fields = {"kind": "other", "cause": check.reason or check.status}
    return CauseReport.model_validate(fields | {"blocks": [check.id]})


def decision(waiting: list[CheckReport]) -> DecidedBy:
    if not waiting:
        return DecidedBy(check=None, code=None, sentence="no check is required")
    first = min(waiting, key=lambda check: check.status != "fail")
    told = cause(first)
    code = told.code or f"{first.id}/{first.status}"
    return DecidedBy(check=first.id, code=code, sentence=first_sentence(told.cause))


def route(
    verdict: VerdictWord,
    tier: Literal["none", "research", "staging", "production"],
    checks: list[CheckReport],
    **more: object,
) -> RouteReport:
    order: list[StatusWord] = ["error", "fail", "blocked", "skipped", "waived", "warn", "pass"]
    order.append("not-applicable")
    titles = ITEMS | {check.item: check.item for check in checks if check.item not in ITEMS}
    shown: dict[str, StatusWord] = {
        item: min((check.status for check in checks if check.item == item), key=order.index)
        for item in titles
    }
    waiting = [one for one in checks if one.required_for and one.status not in GOOD]
    fields: dict[str, object] = {
        "name": "storyboard-drafts",
        "file": FILE,
        "target": "production",
        "tier": tier,
        "verdict": verdict,
        "counts": counts_of(Status(check.status) for check in checks),
        "next": [cause(check) for check in waiting],
        "decided_by": decision(waiting) if verdict != "ready" else None,
        "quote": QUOTE,
        "price_by_resolution": PRICES,
        "catalog": CATALOG,
        "items": [
            ItemReport(id=item, title=title, status=shown[item]) for item, title in titles.items()
        ],
        "checks": checks,
        "exchanges": [EXCHANGE],
    }
    return RouteReport.model_validate(fields | more)


def report(verdict: VerdictWord, exit_code: int, *routes: RouteReport, **more: object) -> Report:
    fields: dict[str, object] = {
        "tool": Tool(version="0.1.0"),
        "started_at": "2026-11-22T12:00:00Z",
        "as_of": "2026-11-22",
        "hypothetical": False,
        "simulated": False,
        "mode": "free",
        "exit_code": exit_code,
        "verdict": verdict,
        "reference": ReferenceUsed(
            oldest_used="2026-10-08", digest="sha256:0123456789abcdef", origin="bundled"
        ),
        "routes": list(routes),
    }
    return Report.model_validate(fields | more)


PASSING = [
    check("model-official", "official-model-id", "pass", "research"),
    check("model-lifecycle", "lifecycle", "pass", "research"),
    check("price-known", "pricing-unit", "warn", "research", None, AGREED),
    check("price-unit", "pricing-unit", "pass", "staging", None, NOTE),
]
READY = report(
    "ready",
    0,
    route(
        "ready",
        "production",
        PASSING,
        valid_until="2026-11-29",
        valid_because="proof expires",
        model_until="2027-05-04",
        job=JOB,
        usage=USAGE,
        spent="0.468",
        proof=ProofReport(id="p-20261122-1", age_days=0, expires="2026-11-29"),
        fallback=FALLBACK,
    ),
    mode="paid",
)
NOT_READY = report(
    "not-ready",
    1,
    route(
        "not-ready",
        "research",
        [*PASSING[:3], check("price-unit", "pricing-unit", "fail", "staging", None, UNPRICED)],
    ),
)
INCONCLUSIVE = report(
    "inconclusive",
    3,
    route(
        "inconclusive",
        "none",
        [
            PASSING[0],
            check(
                "model-lifecycle",
                "lifecycle",
                "blocked",
                "research",
                "two published dates disagree: 2026-11-17 or later, 2027-05-04 or later",
            ),
            *PASSING[2:],
            check(
                "price-agrees", "pricing-unit", "skipped", "production", "switched off with --skip"
            ),
        ],
    ),
)
SIMULATED = report(
    "ready",
    0,
    route("ready", "production", PASSING),
    simulated=True,
    scenario="healthy",
)
WAIVED = report(
    "ready",
    0,
    route(
        "ready",
        "production",
        [*PASSING, check("price-agrees", "pricing-unit", "waived", "production", None, MARKUP)],
        waivers=[
            WaiverReport(
                finding="price-agrees/markup",
                reason="contract price from December, ticket 812",
                owner="video-platform@example.com",
                expires="2026-12-15",
                state="used",
            )
        ],
        confirmations=[
            ConfirmationReport(
                what="dashboard-record",
                by="video-platform@example.com",
                on="2026-11-20",
                expires="2026-12-20",
                link="https://example.com/record",
            )
        ],
        valid_until="2026-12-15",
        valid_because="the waiver for price-agrees/markup ends",
    ),
)
PRICE_RAISED = report(
    "not-ready",
    1,
    route(
        "not-ready",
        "research",
        [
            *PASSING,
            check(
                "budget-covers",
                "pricing-unit",
                "fail",
                "staging",
                None,
                FindingReport(
                    code="budget-covers/per-job",
                    severity="blocker",
                    message=(
                        "One job with its retries can cost $5.76, more than the budget of $2.00. "
                        "That is 2 x $2.88 = $5.76 (gateway price)."
                    ),
                    at="budget.per_job",
                    line=39,
                    expected="at most $2.00",
                    actual="$5.76",
                    fix="raise budget.per_job, or make the job cheaper",
                    evidence=["x3"],
                ),
            ),
        ],
        quote=RAISED,
        price_by_resolution=RAISED_PRICES,
    ),
)
CANONICAL = {
    "price-raised": PRICE_RAISED,
    "ready": READY,
    "not-ready": NOT_READY,
    "inconclusive": INCONCLUSIVE,
    "simulated": SIMULATED,
    "waived": WAIVED,
}
