"""Pages read and merged the way `refresh` does it, without a door and without a clock."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

from veo_check.reference.rows import Source
from veo_check.refresh.google import (
    DEPRECATIONS,
    VERSIONS,
    read_cloud_pricing,
    read_dates,
    read_pricing,
)
from veo_check.refresh.lists import (
    COST_MAP_DATES,
    COST_MAP_SURFACES,
    OPENROUTER_SURFACES,
    read_cost_map,
    read_openrouter,
)
from veo_check.refresh.merge import Merged, merge
from veo_check.refresh.model_page import read_models
from veo_check.refresh.pages import read_page
from veo_check.refresh.readings import Reading
from veo_check.refresh.run import PageName

Kind = PageName
EMPTY: Mapping[str, object] = {"compiled": "2026-01-01", "sources": {}, "lifecycle": []}
GEMINI, CLOUD = frozenset({"gemini-api"}), frozenset({"agent-platform"})


def reading(kind: Kind, content: bytes, day: date) -> Reading:
    """One page as a reading of `day`."""
    digest = hashlib.sha256(content).hexdigest()
    url = f"https://google.example/{kind}"
    source = Source(url, "official", "google", day, sha256=digest)
    read = Reading(f"google-{kind}-{day}-{digest[:8]}", source)
    if kind == "cost-map":
        dates, prices = read_cost_map(content, lambda *_: "earliest")
        source = Source("https://list.example/map", "third-party", "list", day, sha256=digest)
        name = f"list-{day}-{digest[:8]}"
        return Reading(name, source, dates, prices, (), COST_MAP_DATES, COST_MAP_SURFACES)
    if kind == "openrouter":
        source = replace(source, kind="gateway", publisher="openrouter")
        prices = read_openrouter(content)
        return replace(read, source=source, prices=prices, price_surfaces=OPENROUTER_SURFACES)
    page = read_page(content)
    read = replace(read, source=replace(source, page_date=page.updated))
    if kind == "deprecations":
        return replace(read, dates=read_dates(page, DEPRECATIONS), date_surfaces=GEMINI)
    if kind == "versions":
        return replace(read, dates=read_dates(page, VERSIONS), date_surfaces=CLOUD)
    if kind == "models":
        models, dates = read_models(page)
        return replace(read, models=models, dates=dates, date_surfaces=CLOUD)
    if kind == "cloud-pricing":
        return replace(read, prices=read_cloud_pricing(page), price_surfaces=CLOUD)
    return replace(read, prices=read_pricing(page), price_surfaces=GEMINI)


def put(document: Mapping[str, object], kind: Kind, content: bytes, day: date) -> Merged:
    """The document with the page as it was read on `day`."""
    return merge(document, reading(kind, content, day))


def texts(merged: Merged) -> list[str]:
    """The changes in words."""
    return [change.text for change in merged.changes]


def captured(path: Path) -> bytes:
    """A captured page as `refresh` reads it; of an HTML file the body, as tables in Markdown."""
    content = path.read_bytes()
    if path.suffix != ".html":
        return content
    return content.partition(b"<body>")[2].partition(b"</body>")[0]
