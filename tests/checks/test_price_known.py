from __future__ import annotations

from datetime import date
from itertools import product
from typing import Any

import pytest

from check_world import (
    MODEL,
    a_book,
    a_cost,
    a_life,
    a_price,
    a_route,
    a_source,
    codes,
    heard,
    judging,
    only,
)
from veo_check.checks.price_known import price_known
from veo_check.core.clock import AsOf
from veo_check.core.findings import Outcome, ReferenceUse, Status, Tier
from veo_check.reference.load import Reference, load_reference


def run(
    *prices: dict[str, object],
    book: Reference | None = None,
    changes: dict[str, Any] | None = None,
    when: AsOf | None = None,
    **more: Any,
) -> Outcome:
    route, book = a_route(changes), book or a_book(prices=list(prices), **more)
    return heard(
        price_known,
        reference=book,
        judging=when or judging(),
        cost=a_cost(route, book, when=when),
    )


def row(source: str) -> str:
    return f"price:agent-platform:{MODEL}:{source}"


def test_an_official_price_passes() -> None:
    outcome = run(a_price("0.12"), a_price("0.15", "litellm"))
    assert codes(outcome) == ["note official", "note rates"]
    said, rates = outcome.findings
    assert said.message == (
        "$0.96 for this request: $0.12 per second x 8 s. Published by Google, confirmed 2026-11-10."
    )
    assert said.evidence == (f"ref:{row('google')}",)
    assert rates.message == f"The rates of {MODEL}: $0.12 per second at 720p, 1080p and 4k."
    assert outcome.uses == (ReferenceUse(row("google"), "price", date(2026, 11, 10)),)


def test_two_publishers_that_agree_pass_with_a_warning() -> None:
    outcome = run(a_price("0.12", "comfy"), a_price("0.12", "litellm"), a_price("0.15", "portkey"))
    assert codes(outcome) == ["warning third-parties", "note rates"]
    assert "LiteLLM and Comfy agree on $0.96" in outcome.findings[0].message
    assert [use.row for use in outcome.uses] == [row("litellm"), row("comfy")]


def test_they_may_both_cite_the_vendor_but_not_be_one_publisher() -> None:
    twice = {"again": a_source("litellm", "third-party", "2026-10-01")}
    outcome = run(
        a_price("0.12", "litellm", suffix=":a", match={"resolution": "1080p"}),
        a_price("0.12", "again", suffix=":b"),
        sources=twice,
    )
    assert outcome.findings == ()
    assert outcome.blocked == (
        "ambiguous: no official price on file, and only one source prices it: LiteLLM $0.96"
    )


def test_one_alone_is_blocked() -> None:
    outcome = run(a_price("0.12", "litellm"))
    assert outcome.findings == ()
    assert outcome.uses == ()
    assert outcome.blocked == (
        "ambiguous: no official price on file, and only one source prices it: LiteLLM $0.96"
    )


def test_two_that_disagree_are_blocked() -> None:
    outcome = run(a_price("0.12", "litellm"), a_price("0.15", "comfy"))
    assert outcome.blocked == (
        "ambiguous: no official price on file, and no two sources agree: LiteLLM $0.96; Comfy $1.20"
    )


def test_two_camps_of_one_size_are_blocked() -> None:
    sources = {"other": a_source("other", "third-party", "2026-10-01")}
    outcome = run(
        a_price("0.12", "litellm"),
        a_price("0.12", "comfy"),
        a_price("0.15", "portkey"),
        a_price("0.15", "other"),
        sources=sources,
    )
    assert outcome.blocked is not None
    assert outcome.blocked.startswith("ambiguous: the sources disagree: ")


def test_the_vendors_refusal_is_a_finding() -> None:
    official = a_price("0.12", allowed={"seconds": [4, 6]})
    outcome = run(official, a_price("0.12", "litellm"), a_price("0.12", "comfy"))
    assert codes(outcome) == ["blocker unsupported-combination"]
    assert only(outcome).at == "request"
    assert outcome.blocked is None


def test_a_third_partys_refusal_is_a_hole() -> None:
    outcome = run(a_price("0.12", "litellm", allowed={"seconds": [4, 6]}))
    assert outcome.findings == ()
    assert outcome.blocked is not None
    assert outcome.blocked.startswith("unsupported-combination: ")


def test_a_dead_model_has_no_price() -> None:
    outcome = run(a_price("0.12"), lifecycle=[a_life(shutdown="2026-10-22")])
    assert codes(outcome) == ["blocker retired"]
    assert only(outcome).at == "model.official"
    outcome = run(a_price("0.12", valid_to="2026-10-22", ends="retired"))
    assert codes(outcome) == ["blocker retired"]


@pytest.mark.parametrize(
    ("prices", "code"),
    [
        ([], "unpriced"),
        ([a_price("0.12", surface="gemini-api")], "unpriced"),
        ([a_price("0.12", currency="CNY")], "unknown-currency"),
    ],
)
def test_holes_in_the_data_are_blocked(prices: list[dict[str, object]], code: str) -> None:
    outcome = run(*prices)
    assert outcome.findings == ()
    assert outcome.blocked is not None
    assert outcome.blocked.startswith(f"{code}: ")


def test_a_lower_bound_is_said() -> None:
    outcome = run(a_price("0.12", bound="lower"), capabilities=[])
    assert codes(outcome) == ["note official", "warning lower-bound"]


def test_bundled_prices_of_the_examples_route() -> None:
    outcome = run(book=load_reference())
    assert codes(outcome) == ["note official", "note rates"]
    assert outcome.findings[0].message.startswith("$0.96 for this request: ")
    assert outcome.findings[1].message == (
        f"The rates of {MODEL}: $0.10 per second at 720p, $0.12 per second at 1080p."
    )


@pytest.mark.parametrize("audio", [True, False])
@pytest.mark.parametrize(
    ("model", "resolution"),
    [
        *product(["veo-3.1-generate-001", "veo-3.1-fast-generate-001"], ["720p", "1080p", "4k"]),
        *product(["veo-3.1-lite-generate-001"], ["720p", "1080p"]),
    ],
)
def test_every_veo_of_the_agent_platform_is_priced_by_googles_page(
    model: str, resolution: str, audio: bool
) -> None:
    changes = {
        "model.official": model,
        "request.resolution": resolution,
        "request.audio": audio,
    }
    outcome = run(book=load_reference(), changes=changes)
    assert outcome.status_at(Tier.PRODUCTION) is Status.PASS
    assert "Published by Google, confirmed 2026-10-08" in outcome.findings[0].message


def test_the_articles_prices_in_june() -> None:
    changes = {
        "model.official": "veo-3.1-generate-preview",
        "model.surface": "gemini-api",
        "request.resolution": "4k",
    }
    june = judging(date(2026, 6, 17))
    outcome = run(book=load_reference(), changes=changes, when=june)
    assert codes(outcome) == ["note official", "note rates"]
    assert outcome.findings[0].message.startswith("$4.80 for this request: ")
    assert outcome.findings[1].message == (
        "The rates of veo-3.1-generate-preview: $0.40 per second at 720p and "
        "1080p, $0.60 per second at 4k."
    )
    assert codes(run(book=load_reference(), changes=changes)) == ["blocker retired"]
