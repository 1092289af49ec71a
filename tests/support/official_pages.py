"""Pages in the form of the official ones, written by hand: as Markdown twins and as HTML."""

from __future__ import annotations

import json
from collections.abc import Sequence

Row = tuple[str, ...]

NONE = "No shutdown date announced"
NO_RETIREMENT = "No retirement date announced"

DEPRECATIONS: tuple[Row, ...] = (
    ("veo-8.0-generate-001", "September 9, 2025", "June 30, 2026", "veo-9.0-generate-preview"),
    ("veo-9.0-generate-preview", "October 15, 2025", "October 22, 2026", "gemini-omni-9-flash"),
    ("veo-9.0-lite-generate-preview", "March 31, 2026", NONE, ""),
)
OMNI: tuple[Row, ...] = (("gemini-omni-9-flash", "August 27, 2026", NONE, ""),)
TEXT_MODELS: tuple[Row, ...] = (
    ("gemini-9-flash", "August 2026", NONE, ""),
    ("embedding-gecko-001", "", "October 30, 2025", "gemini-embedding-9"),
)
VERSIONS: tuple[Row, ...] = (
    ("veo-9.0-generate-001", "November 17, 2025", "November 17, 2026 or later", ""),
    ("veo-9.0-fast-generate-001", "November 17, 2025", "Not before May 4, 2027", ""),
    ("veo-8.0-generate-001", "July 29, 2025", "June 30, 2026", "veo-9.0-generate-001"),
    ("veo-9.1-generate-001", "November 2, 2026", NO_RETIREMENT, ""),
)

_HEAD = ("Model", "Release date", "Shutdown date", "Recommended replacement")
_HEAD_VERSIONS = ("Model ID", "Release date", "Retirement date", "Replacement model")


def deprecations_md(
    veo: Sequence[Row] = DEPRECATIONS, omni: Sequence[Row] = OMNI, note: str = ""
) -> bytes:
    """The Gemini API's page of dates, as its Markdown twin."""
    parts = [
        f"Dates are the *earliest possible* ones. {note}",
        _md_table("Gemini 9 models", _HEAD, TEXT_MODELS),
        _md_table("Veo models", _HEAD, veo, divider="Preview models"),
    ]
    if omni:
        parts.append(_md_table("Gemini Omni models", _HEAD, omni))
    return "\n\n".join(parts).encode()


def deprecations_html(veo: Sequence[Row] = DEPRECATIONS, omni: Sequence[Row] = OMNI) -> bytes:
    """The same as HTML."""
    return _html([(_HEAD, TEXT_MODELS), (_HEAD, veo), *([(_HEAD, omni)] if omni else [])])


def versions_md(veo: Sequence[Row] = VERSIONS) -> bytes:
    """The Agent Platform's page of dates, as its Markdown twin."""
    return _md_table("Veo models", _HEAD_VERSIONS, veo).encode()


def versions_html(veo: Sequence[Row] = VERSIONS) -> bytes:
    """The same as HTML."""
    return _html([(_HEAD_VERSIONS, TEXT_MODELS[:1]), (_HEAD_VERSIONS, veo)])


PRICING_IDS = ("veo-9.0-generate-preview", "veo-9.0-fast-generate-preview")
PRICING_IDS_LITE = (*PRICING_IDS, "veo-9.0-lite-generate-preview")
PRICING_HEAD = ("", "Free Tier", "Paid Tier, per second in USD")
PRICING: tuple[Row, ...] = (
    ("Veo 9 Standard video with audio price (default)", "$0.40 (720p and 1080p)", "$0.60 (4k)"),
    ("Veo 9 Fast video with audio price (default)", "$0.10 (720p)", "$0.12 (1080p)", "$0.30 (4k)"),
    (
        "Veo 9 Lite video with audio price (default)",
        "$0.05 (720p)",
        "$0.08 (1080p)",
        "(4k output not supported)",
    ),
)


def pricing_md(
    rows: Sequence[Row] = PRICING,
    *,
    separator: str = " ",
    head: Row = PRICING_HEAD,
    ids: Sequence[str] = PRICING_IDS_LITE,
    older: bool = True,
) -> bytes:
    """The Gemini API's page of prices, as its Markdown twin."""
    cells = [(label, "Not available", separator.join(amounts)) for label, *amounts in rows]
    cells.append(("Used to improve our products", "Yes", "No"))
    page = "# Gemini pricing\n\n## Gemini 9 Flash\n\n*gemini-9-flash*\n\n"
    page += "| | Free Tier | Paid Tier, per 1M tokens in USD |\n|---|---|---|\n| Input | - | $1 |\n"
    page += f"\n## \U0001f3ac Veo 9\n\n*{', '.join(f'`{one}`' for one in ids)}*\n\n"
    page += _md_rows(head, cells)
    if older:
        page += "\n\n## Veo 8\n\n*`veo-8.0-generate-001`*\n\n"
        page += _md_rows(PRICING_HEAD, [("Video price", "Not available", "$0.35")])
    return page.encode()


def pricing_html(rows: Sequence[Row] = PRICING, *, separator: str = "<br>") -> bytes:
    """The same as HTML."""
    cells = [(label, "Not available", separator.join(amounts)) for label, *amounts in rows]
    ids = ", ".join(f"<code>{one}</code>" for one in PRICING_IDS_LITE)
    return (
        "<!doctype html>\n<html><body>\n<h1>Pricing</h1>\n<h2>Veo 9</h2>\n"
        f"<em>{ids}</em>\n{_html_table(PRICING_HEAD, cells, code=False)}\n"
        "<h2>Veo 8</h2>\n<em><code>veo-8.0-generate-001</code></em>\n"
        f"{_html_table(PRICING_HEAD, [('Video price', 'Not available', '$0.35')], code=False)}\n"
        "</body></html>\n"
    ).encode()


def _md_table(title: str, head: Row, rows: Sequence[Row], divider: str = "") -> str:
    coded = [(f"`{row[0]}`", *row[1:3], f"`{row[3]}`" if row[3] else "") for row in rows]
    lines = _md_rows(tuple(f"**{one}**" for one in head), coded).split("\n")
    if divider:
        lines.insert(3, f"| {divider} ||||")
    return f"## {title}\n\n" + "\n".join(lines)


def _md_rows(head: Row, rows: Sequence[Row]) -> str:
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    return "\n".join(lines + [f"| {' | '.join(row)} |" for row in rows])


def _html(tables: Sequence[tuple[Row, Sequence[Row]]]) -> bytes:
    body = "\n".join(_html_table(head, rows) for head, rows in tables)
    return f"<!doctype html>\n<html><body>\n{body}\n</body></html>\n".encode()


def _html_table(head: Row, rows: Sequence[Row], *, code: bool = True) -> str:
    lines = ["<table>", "<thead><tr>", *(f"<td><b>{one}</b></td>" for one in head), "</tr></thead>"]
    lines += ["<tbody>"]
    if code:
        lines += ["<tr>", f'<td colspan="{len(head)}">Preview models</td>', "</tr>"]
    for row in rows:
        first = f"<code>{row[0]}</code>" if code else row[0]
        lines += ["<tr>", f"<td>{first}</td>", *(f"<td>{one}</td>" for one in row[1:]), "</tr>"]
    return "\n".join([*lines, "</tbody>", "</table>"])


def cost_map() -> bytes:
    """LiteLLM's map, as it is printed: one value a line."""
    row = {"litellm_provider": "gemini", "mode": "video_generation", "max_input_tokens": 1024}
    rows = {
        "gemini/gemini-9-flash": {"litellm_provider": "gemini", "mode": "chat"},
        "gemini/veo-9.0-generate-preview": {
            **row,
            "deprecation_date": "2026-10-22",
            "output_cost_per_second": 0.4,
            "output_cost_per_second_4k": 0.6,
        },
        "gemini/veo-9.0-lite-generate-preview": {
            **row,
            "deprecation_date": "2026-12-24",
            "output_cost_per_second": 0.05,
            "output_cost_per_second_1080p": 0.08,
        },
    }
    return json.dumps(rows, indent=1).encode()
