"""What `refresh` prints: page by page, what changed, in words; or the same as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from veo_check.engine.refresh import PageResult, Refreshed


def as_text(done: Refreshed, read_on: date, written: tuple[Path, ...]) -> str:
    """One block a page, then where the result is."""
    lines: list[str] = []
    for page in done.pages:
        lines += [*_page(page, read_on), ""]
    if written:
        lines += [f"Written: {path}" for path in written]
    else:
        lines.append("Nothing was written.")
    return "\n".join(lines) + "\n"


def as_json(done: Refreshed, read_on: date, written: tuple[Path, ...]) -> str:
    """The same for programs."""
    document = {
        "read_on": read_on.isoformat(),
        "written": [str(path) for path in written],
        "pages": [
            {
                "page": page.page,
                "read_from": page.place,
                "state": page.state,
                "detail": page.detail,
                "sha256": page.sha256,
                "changes": [
                    {
                        "kind": change.kind,
                        "model": change.model,
                        "surface": change.surface,
                        "text": change.text,
                    }
                    for change in page.changes
                ],
            }
            for page in done.pages
        ],
    }
    return json.dumps(document, indent=2) + "\n"


def _page(page: PageResult, read_on: date) -> Iterator[str]:
    yield f"{page.page}: {page.place}"
    match page.state:
        case "unreadable":
            yield f"  could not be read: {page.detail}; nothing changed"
        case "older" | "known":
            yield f"  nothing changed: {page.detail}"
        case "read":
            yield f"  read on {read_on}, sha256 {page.sha256}"
            if not page.changes:
                yield "  says what was known; every row is confirmed anew"
            for change in page.changes:
                yield f"  {change.text}"
