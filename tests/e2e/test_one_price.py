"""One price in every place that names one, in every scenario: whoever reads it, it is the same."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from canonical_reports import PRICE_RAISED
from veo_check.core.money import usd
from veo_check.core.route import Route
from veo_check.engine.runbook import runbook
from veo_check.evidence.bundle import Bundle, read_bundle, read_files
from veo_check.gateways.registry import gateway_of
from veo_check.pricing.job_cost import JobCost, JobPrice, PriceSources
from veo_check.reference.load import load_reference
from veo_check.report.model import QuoteReport, Report
from veo_check.routefile.load import RouteFile, load_route_file
from veo_check.sandbox.scenarios import SCENARIOS
from veo_check.smoke.cost import CostEstimate, smoke_stake

Run = Callable[..., Any]
NAMES = [scenario.name for scenario in SCENARIOS]
#: Where the gateway's price cannot be read: there the reference stands in the headline, and the
#: budget and the smoke job wait.
UNREAD = {
    "unpriced-row",
    "hidden-price",
    "priced-by-ratio",
    "row-missing",
    "duplicate-row",
    "html-200",
    "slow",
    "rate-limited",
    "huge-body",
    "redirect-elsewhere",
    "garbage-json",
    "group-disabled",
    "article-2026-06-17",  # its catalogue has other labels
}
#: Where it is another one than 0.96.
OTHER = {"price-raised": "2.88", "group-model-ratio": "1.44"}
ARITHMETIC = re.compile(
    r"One job costs \$(?P<job>\S+) \((?P<basis>\w+) price\); "
    r"with retries at most 2 x \$(?P=job) = \$(?P<most>\S+) of "
)


def sent_as_asked(root: Path, example: str, folder: Path) -> RouteFile:
    """An example whose smoke job is exactly the job that its application sends."""
    text = (root / f"examples/{example}.yaml").read_text(encoding="utf-8")
    text = re.sub(r"(?ms)^smoke:.*?(?=^\S|\Z)", "", text)
    text += "\nsmoke: {seconds: 8, resolution: 1080p}\n"
    path = folder / "route.yaml"
    path.write_text(text, encoding="utf-8")
    file = load_route_file(path)
    assert isinstance(file, RouteFile), file
    assert file.route.smoke.seconds == file.route.request.seconds
    assert file.route.smoke.resolution == file.route.request.resolution
    return file


def ran(veo: Run, file: RouteFile, scenario: str, folder: Path) -> tuple[Report, Bundle]:
    kept = folder / "kept"
    out = veo("run", file.path, "--scenario", scenario, "--evidence", kept, "-o", "json").out
    [place] = kept.iterdir()
    return Report.model_validate_json(out), read_bundle(read_files(place).files)


def costs(file: RouteFile, bundle: Bundle) -> Callable[[Route], JobCost]:
    """What a job of the route and of each of its fallbacks costs, by what the run learned."""
    [kept] = bundle.routes
    book, judging = load_reference(), bundle.run.judging

    def cost(route: Route) -> JobCost:
        own = route.via.model == file.route.via.model
        facts = kept.facts if own else kept.fallbacks[0]
        return PriceSources.of(facts, book, judging, gateway_of).cost(route)

    return cost


def messages(report: Report, code: str) -> list[str]:
    [route] = report.routes
    return [
        finding.message
        for check in route.checks
        for finding in check.findings
        if finding.code == code
    ]


def assert_every_format_says(report: Report, quote: QuoteReport) -> None:
    """The price and the maximum in every format, and the reference beside them where it differs."""
    reference = quote.other.expected if quote.other else quote.expected
    beside = f"reference price ${reference}" if reference != quote.expected else ""
    line = f"${quote.expected} a job, at most ${quote.worst_case} with 1 retry"
    at_most = f"<dt>At most, with retries</dt><dd>${quote.worst_case}</dd>"
    for word, says in {
        "text": [f"Cost {line}"],
        "markdown": [f"cost: {line}"],
        "html": [f"<dt>A job</dt><dd>${quote.expected}</dd>", at_most],
    }.items():
        page = import_module(f"veo_check.report.{word}").render(report).replace("\\$", "$")
        words = " ".join(page.split())
        for said in (*says, f"at {quote.resolution}, {quote.basis} price", beside):
            assert said in words, (word, said)
    metrics = import_module("veo_check.report.prometheus").render(report).splitlines()
    for name, price in {"clip": quote.expected, "clip_reference": reference}.items():
        [metric] = [line for line in metrics if line.startswith(f"veo_check_{name}_cost_usd{{")]
        assert metric.endswith(f"}} {price}")


@pytest.mark.parametrize("scenario", NAMES)
def test_every_reader_of_a_price_names_the_same(
    scenario: str, veo: Run, root: Path, tmp_path: Path
) -> None:
    file = sent_as_asked(root, "flatkey-veo-3.1-fast", tmp_path)
    report, bundle = ran(veo, file, scenario, tmp_path)
    [route], [kept] = report.routes, bundle.routes
    book, judging, quote = load_reference(), bundle.run.judging, route.quote
    assert quote is not None
    priced = scenario not in UNREAD
    expected = OTHER.get(scenario, "0.96")
    assert (quote.expected, quote.basis) == (expected, "gateway" if priced else "reference")
    assert (quote.other.expected if quote.other else None) == ("0.96" if priced else None)

    [shown] = [price for price in route.price_by_resolution if price.asked]
    assert (shown.expected, shown.per_second) == (quote.expected, quote.per_second)
    assert_every_format_says(report, quote)

    book_of_failures = runbook(file.route, book, judging, costs(file, bundle))
    assert isinstance(book_of_failures.price, JobPrice)
    assert usd(book_of_failures.price.expected) == quote.expected

    stake = smoke_stake(file.route, PriceSources.of(kept.facts, book, judging, gateway_of))
    lines = [ARITHMETIC.search(said) for said in messages(report, "budget-covers/arithmetic")]
    assert route.fallback is not None
    [lite] = route.fallback.targets
    if not priced:
        assert (lines, lite.primary_expected) == ([], None)
        assert isinstance(stake, str)
        return
    [line] = lines
    assert line is not None
    assert line.groupdict() == {"job": expected, "basis": quote.basis, "most": quote.worst_case}
    assert isinstance(stake, CostEstimate)
    assert usd(stake.quoted) == expected
    assert lite.primary_expected == expected
    key = [*messages(report, "key-accepted/quota"), *messages(report, "key-accepted/no-quota")]
    assert all(f"one job costs ${expected}" in said for said in key)
    [beside] = messages(report, "budget-covers/fallback")
    own = (
        f"${lite.expected} a job" if lite.expected else f"no price is known ({lite.price_refused})"
    )
    assert beside == f"Fallback 'lite': {own}; not part of the maximum."


def test_what_is_billed_is_what_the_headline_says(veo: Run, root: Path, tmp_path: Path) -> None:
    file = sent_as_asked(root, "flatkey-veo-3.1-fast", tmp_path)
    [route] = veo("run", file.path, "--sandbox", "--spend", "5", "-o", "json").report["routes"]
    assert route["usage"]["billed"] == route["quote"]["expected"] == "0.96"


@pytest.mark.parametrize("example", ["google-agent-platform", "openai-litellm"])
def test_without_a_price_of_the_gateway_the_reference_is_charged(
    example: str, veo: Run, root: Path, tmp_path: Path
) -> None:
    file = sent_as_asked(root, example, tmp_path)
    report, bundle = ran(veo, file, "healthy", tmp_path)
    [route], [kept] = report.routes, bundle.routes
    prices = PriceSources.of(kept.facts, load_reference(), bundle.run.judging, gateway_of)
    stake, quote = smoke_stake(file.route, prices), route.quote
    assert quote is not None
    assert (quote.basis, quote.other) == ("reference", None)
    assert isinstance(stake, CostEstimate)
    assert usd(stake.quoted) == quote.expected
    [said] = messages(report, "budget-covers/arithmetic")
    assert f"One job costs ${quote.expected} (reference price)" in said


def test_the_golden_report_of_the_raised_price_is_the_scenarios(
    veo: Run, root: Path, tmp_path: Path
) -> None:
    file = sent_as_asked(root, "flatkey-veo-3.1-fast", tmp_path)
    report, _ = ran(veo, file, "price-raised", tmp_path)
    [route], [golden] = report.routes, PRICE_RAISED.routes
    assert route.quote is not None
    assert golden.quote is not None
    assert route.quote.other is not None
    other = golden.quote.other
    assert other is not None
    # which page the reference was read from changes with the data
    named = {"other": other.model_copy(update={"source": route.quote.other.source})}
    assert route.quote == golden.quote.model_copy(update=named)
    said = messages(report, "budget-covers/per-job")
    assert said == messages(PRICE_RAISED, "budget-covers/per-job")
    assert route.price_by_resolution[:2] == golden.price_by_resolution
