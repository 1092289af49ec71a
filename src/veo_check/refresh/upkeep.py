"""Which rows of a reference are in force, what would confirm each, and the files they stand in."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import cast

from veo_check.core.clock import AsOf
from veo_check.reference.lifecycle import judge_lifecycle
from veo_check.reference.load import Reference
from veo_check.reference.prices import PriceRule
from veo_check.reference.rows import Capability, Document, LifecycleRow, Source
from veo_check.refresh.merge import named_sources
from veo_check.refresh.run import COST_MAP

Row = LifecycleRow | Capability | PriceRule


@dataclass(frozen=True, slots=True)
class ActiveRow:
    """One row that a verdict could be based on today. `by_hand`: why no command confirms it."""

    id: str
    source: Source
    by_hand: str | None
    command: str | None

    @property
    def how(self) -> str:
        """What a person does to confirm it."""
        if self.by_hand is not None:
            return f"by hand: {self.by_hand}"
        return self.command or "no command reads it again; take it out"


def active_rows(reference: Reference, day: date) -> tuple[ActiveRow, ...]:
    """Every row that counts on `day`: what may be too old.

    Left out is what no later reading can change: readings that a newer one of the same page
    replaced, dates of retired ids, and prices that have ended.
    """
    return tuple(
        ActiveRow(row.id, row.source, row.by_hand, _command(row))
        for row in (*_dates(reference, day), *reference.prices)
        if not isinstance(row, PriceRule) or row.live_on(day)
    )


def _dates(reference: Reference, day: date) -> Iterator[LifecycleRow | Capability]:
    for model in reference.models():
        for surface in reference.surfaces(model):
            judged = judge_lifecycle(reference, model, surface, AsOf(day, day))
            if judged.state == "retired":
                continue
            yield from judged.rows
            capability = reference.capability(model, surface)
            if capability is not None:
                yield capability


def _command(row: Row) -> str | None:
    """The one command that reads the row's fact again; None: there is none."""
    if row.source.publisher == "litellm":
        return f"veo-check refresh --cost-map {COST_MAP}"
    if row.source.publisher == "openrouter":
        return "veo-check refresh --openrouter"
    if isinstance(row, Capability) and row.surface == "agent-platform":
        return "veo-check refresh --models URL, the address of its model page"
    if row.source.publisher != "google":
        return None
    if isinstance(row, PriceRule) and row.surface == "agent-platform":
        return "veo-check refresh --knowledge"  # its page has no Markdown twin that is known
    return "veo-check refresh"


# A reference document as text that a person can read: one source, one row, one line.


#: bundled file -> the sections it holds, in their order
BUNDLE: Mapping[str, tuple[str, ...]] = {
    "capabilities.json": ("capabilities",),
    "lifecycle.json": ("lifecycle",),
    "prices.json": ("rasters", "credits", "prices"),
}


def as_text(document: Document) -> str:
    return "{\n" + ",\n".join(_section(key, value) for key, value in document.items()) + "\n}\n"


def as_bundle(document: Document) -> dict[str, str]:
    """The document as the files that the package ships, by name."""
    files = {}
    for name, sections in BUNDLE.items():
        rows = {key: document[key] for key in sections if key in document}
        named = named_sources(rows)
        sources = cast("Document", document.get("sources", {}))
        used = {key: sources[key] for key in sorted(named & sources.keys())}
        files[name] = as_text({"compiled": document.get("compiled"), "sources": used, **rows})
    return files


def _section(key: str, value: object) -> str:
    if isinstance(value, list) and value:
        return f'  "{key}": [\n{_lines(map(_line, value))}\n  ]'
    if isinstance(value, dict) and value:
        lines = (_entry(name, held, nested=key == "rasters") for name, held in value.items())
        return f'  "{key}": {{\n{_lines(lines)}\n  }}'
    return f'  "{key}": {_line(value)}'


def _entry(name: str, value: object, *, nested: bool) -> str:
    if not nested or not isinstance(value, dict):
        return f"{_line(name)}: {_line(value)}"
    rows = ",\n".join(f"      {_line(key)}: {_line(held)}" for key, held in value.items())
    return f"{_line(name)}: {{\n{rows}\n    }}"


def _lines(texts: Iterable[str]) -> str:
    return ",\n".join(f"    {text}" for text in texts)


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
