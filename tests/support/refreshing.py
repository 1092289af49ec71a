"""Pages read and merged the way `refresh` does it, without a door and without a clock."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date
from typing import Literal

from veo_check.reference.rows import Source
from veo_check.refresh.cost_map import SURFACES, read_cost_map
from veo_check.refresh.google import DEPRECATIONS, VERSIONS, read_dates, read_pricing
from veo_check.refresh.merge import Merged, Reading, merge
from veo_check.refresh.pages import read_page

Kind = Literal["deprecations", "versions", "pricing", "cost-map"]
EMPTY: Mapping[str, object] = {"compiled": "2026-01-01", "sources": {}, "lifecycle": []}


def reading(kind: Kind, content: bytes, day: date) -> Reading:
    """One page as a reading of `day`."""
    digest = hashlib.sha256(content).hexdigest()
    if kind == "cost-map":
        return _cost_map(content, day, digest)
    page = read_page(content)
    source = Source(
        url=f"https://google.example/{kind}",
        kind="official",
        publisher="google",
        confirmed=day,
        page_date=page.updated,
        sha256=digest,
    )
    name = f"google-{kind}-{day}-{digest[:8]}"
    if kind == "deprecations":
        rows = read_dates(page, DEPRECATIONS)
        return Reading(name, source, dates=rows, date_surfaces=frozenset({"gemini-api"}))
    if kind == "versions":
        rows = read_dates(page, VERSIONS)
        return Reading(name, source, dates=rows, date_surfaces=frozenset({"agent-platform"}))
    return Reading(
        name, source, prices=read_pricing(page), price_surfaces=frozenset({"gemini-api"})
    )


def _cost_map(content: bytes, day: date, digest: str) -> Reading:
    dates, prices = read_cost_map(content, lambda *_: "earliest")
    source = Source("https://list.example/map", "third-party", "list", day, sha256=digest)
    return Reading(f"list-{day}-{digest[:8]}", source, dates, prices, SURFACES, SURFACES)


def put(document: Mapping[str, object], kind: Kind, content: bytes, day: date) -> Merged:
    """The document with the page as it was read on `day`."""
    return merge(document, reading(kind, content, day))


def texts(merged: Merged) -> list[str]:
    """The changes in words."""
    return [change.text for change in merged.changes]
