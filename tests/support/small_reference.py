"""A reference of a few hand-made rows, through the same parser that reads files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from veo_check.reference.load import Reference, parse_reference

MODEL, SURFACE = "veo-9.0-generate-001", "agent-platform"


def row(
    shutdown: str | None = None,
    kind: str | None = None,
    *,
    publisher: str = "google",
    page: str = "dates",
    confirmed: str = "2026-11-20",
    source_kind: str = "official",
    released: str | None = None,
    replacement: str | None = None,
    model: str = MODEL,
    surface: str = SURFACE,
) -> dict[str, object]:
    """One reading: `exact` where it has a day, `none-announced` where it has none."""
    return {
        "model": model,
        "surface": surface,
        "released": released,
        "shutdown": shutdown,
        "kind": kind or ("none-announced" if shutdown is None else "exact"),
        "replacement": replacement,
        "source": {
            "url": f"https://{publisher}.example/{page}",
            "kind": source_kind,
            "publisher": publisher,
            "confirmed": confirmed,
        },
    }


def document(
    *rows: Mapping[str, object], capabilities: Sequence[Mapping[str, object]] = ()
) -> dict[str, object]:
    """A whole reference document with these rows, each with a source of its own."""
    sources = {f"source-{place}": one["source"] for place, one in enumerate(rows)}
    listed = [
        {
            **{key: value for key, value in one.items() if value is not None},
            "id": f"row-{place}",
            "source": f"source-{place}",
        }
        for place, one in enumerate(rows)
    ]
    return {
        "compiled": "2026-11-22",
        "sources": sources,
        "lifecycle": listed,
        "capabilities": list(capabilities),
    }


def book(*rows: Mapping[str, object]) -> Reference:
    """The reference of `document(*rows)`."""
    return parse_reference(document(*rows), "test")
