"""The pricing page: every separator, the unit from the header, nothing half understood."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest

from official_pages import (
    PRICING,
    PRICING_HEAD,
    PRICING_IDS,
    PRICING_IDS_LITE,
    Row,
    pricing_html,
    pricing_md,
)
from veo_check.refresh.google import read_pricing
from veo_check.refresh.pages import UnreadablePageError, read_page

Told = dict[tuple[str, str | None], tuple[str, bool | None]]
SEPARATORS = (" ", ", ", "\n", "\r\n", "<br>", "<br />", " <br/> ", ",\n", "; ", "\u00a0", "")

STANDARD, FAST, LITE = PRICING_IDS_LITE
PRICES: Told = {
    (STANDARD, "720p"): ("0.40", True),
    (STANDARD, "1080p"): ("0.40", True),
    (STANDARD, "4k"): ("0.60", True),
    (FAST, "720p"): ("0.10", True),
    (FAST, "1080p"): ("0.12", True),
    (FAST, "4k"): ("0.30", True),
    (LITE, "720p"): ("0.05", True),
    (LITE, "1080p"): ("0.08", True),
    ("veo-8.0-generate-001", None): ("0.35", None),
}


def told(page: bytes) -> Told:
    rows = read_pricing(read_page(page))
    assert {row.surface for row in rows} == {"gemini-api"}
    return {(row.model, row.resolution): (str(row.amount), row.audio) for row in rows}


@pytest.mark.parametrize("separator", SEPARATORS, ids=ascii)
def test_the_amounts_stand_apart_in_any_way(separator: str) -> None:
    assert told(pricing_md(separator=separator)) == PRICES
    assert told(pricing_html(separator=separator)) == PRICES


@pytest.mark.parametrize("separator", SEPARATORS[:6], ids=ascii)
def test_the_real_block_gives_its_tiers(shared: Path, separator: str) -> None:
    block = (shared / "real" / "google-pricing-veo-2026-09-24.md.txt").read_text(encoding="utf-8")
    page = re.sub(r"\) (?=[$(])", lambda _: f"){separator}", block)
    assert told(page.encode()) == {
        ("veo-3.1-generate-preview", "720p"): ("0.40", True),
        ("veo-3.1-generate-preview", "1080p"): ("0.40", True),
        ("veo-3.1-generate-preview", "4k"): ("0.60", True),
        ("veo-3.1-fast-generate-preview", "720p"): ("0.10", True),
        ("veo-3.1-fast-generate-preview", "1080p"): ("0.12", True),
        ("veo-3.1-fast-generate-preview", "4k"): ("0.30", True),
        ("veo-3.1-lite-generate-preview", "720p"): ("0.05", True),
        ("veo-3.1-lite-generate-preview", "1080p"): ("0.08", True),
        ("veo-3.0-generate-001", None): ("0.40", True),
        ("veo-3.0-fast-generate-001", None): ("0.15", True),
        ("veo-2.0-generate-001", None): ("0.35", None),
    }


def test_a_section_may_be_a_part_of_a_tab() -> None:
    page = pricing_md()
    tabbed = page.replace(b"|  | Free", b"### Standard\n\n|  | Free")
    assert tabbed != page
    assert told(tabbed) == PRICES


def test_prices_of_one_model_may_stand_alone() -> None:
    assert told(pricing_md(PRICING[:1], ids=PRICING_IDS[:1], older=False)) == {
        key: value for key, value in PRICES.items() if key[0] == STANDARD
    }


def row(*amounts: str) -> tuple[Row, ...]:
    return (("Veo 9 Standard video with audio price (default)", *amounts), *PRICING[1:])


LABEL = "Veo 9 Standard video with audio price (default)"
REFUSED: dict[str, tuple[bytes, str]] = {
    "no section": (b"# Pricing\n\n## Gemini 9\n", "has no video table"),
    "no table": (pricing_md().partition(b"\n|  |")[0] + b"\n\n## Veo 9", "has no video table"),
    **{
        f"the unit {unit}": (
            pricing_md(head=("", "Free Tier", unit)),
            "is not 'per second in USD'",
        )
        for unit in (
            "Paid Tier",
            "Paid Tier, per minute in USD",
            "Paid Tier, per second in EUR",
            "Paid Tier, per 1M tokens in USD",
            "Paid Tier, per video in USD",
            "Paid Tier, per second in USD, from January 1, 2027",
        )
    },
    "the columns moved": (
        pricing_md(head=("", PRICING_HEAD[2], PRICING_HEAD[1])),
        "is not understood",
    ),
    "two paid columns": (
        pricing_md(head=("", PRICING_HEAD[2], PRICING_HEAD[2])),
        "is not 'per second in USD'",
    ),
    "a batch tier": (
        pricing_md().replace(
            b"| Used", b"\n### Batch\n\n|x|Paid Tier|\n|-|-|\n|Veo 9|$0.20|\n\n| Used"
        ),
        "not known here",
    ),
    "two tables": (
        pricing_md(older=False)
        + b"\n\nMore\n\n|x|Paid Tier, per second in USD|\n|-|-|\n|Veo 9|$0.20|",
        "is not one Veo version with one table",
    ),
    "a row of another version": (
        pricing_md([*PRICING, ("Veo 7 Standard video with audio price", "$0.20")]),
        "is not understood",
    ),
    "a row nobody knows": (
        pricing_md([*PRICING, ("Veo 9 Standard video without audio price", "$0.20")]),
        "is not understood",
    ),
    "a row of no id": (pricing_md(ids=PRICING_IDS), "belongs to no id"),
    "an amount for the free tier": (
        pricing_md().replace(b"| Not available | $0.40", b"| $0.10 | $0.40", 1),
        "is not understood",
    ),
    "no amount": (pricing_md(row("free")), "not understood"),
    "the same tier twice": (pricing_md(row("$0.40 (720p)", "$0.50 (720p and 4k)")), "twice"),
    "a price for what is not offered": (
        pricing_md(row("$0.40 (4k)", "(4k output not supported)")),
        "twice",
    ),
    "with and without resolution": (pricing_md(row("$0.40", "$0.60 (4k)")), "not understood"),
    "a cell too few": (
        pricing_md().replace(b"| Not available | $0.40", b"| $0.40", 1),
        "different numbers of cells",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_page_of_another_form_is_refused(name: str) -> None:
    page, words = REFUSED[name]
    with pytest.raises(UnreadablePageError, match=words) as raised:
        read_pricing(read_page(page))
    assert str(raised.value).isprintable()


@pytest.mark.parametrize(
    "amount",
    [
        "0.40 (720p)",
        "$.40 (720p)",
        "$0,40 (720p)",
        "$0.4 0 (720p)",
        "$0.40.1 (720p)",
        "$0.40 (720p",
        "$0.40 720p)",
        "$0.40 (720)",
        "$0.40 (HD)",
        "$0.40 (720p, silent)",
        "$0.40 ()x",
        "$0 (720p)",
        "$40 (720p)",
        "$400 (720p)",
        "$0.40 (720p) until December 31, 2026",
        "$0.40 (720p) $0.60",
        "-$0.40 (720p)",
        "€0.40 (720p)",
        "$\u0660.\u0664 (720p)",
        "from $0.40 (720p)",
        "($0.40 (720p))",
    ],
)
def test_an_amount_that_is_half_understood_refuses_the_page(amount: str) -> None:
    with pytest.raises(UnreadablePageError):
        read_pricing(read_page(pricing_md(row(amount))))


def test_an_amount_is_kept_to_the_last_digit() -> None:
    [one] = read_pricing(
        read_page(pricing_md([(LABEL, "$0.0450 (720p)")], ids=PRICING_IDS[:1], older=False))
    )
    assert (one.amount, str(one.amount)) == (Decimal("0.0450"), "0.0450")
