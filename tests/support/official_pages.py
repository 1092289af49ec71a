"""Pages in the form of the official ones, written by hand: Markdown, and with HTML tables in it."""

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
    """The same with HTML tables inside."""
    return _html([(_HEAD, TEXT_MODELS), (_HEAD, veo), *([(_HEAD, omni)] if omni else [])])


def versions_md(veo: Sequence[Row] = VERSIONS) -> bytes:
    """The Agent Platform's page of dates, as its Markdown twin."""
    return _md_table("Veo models", _HEAD_VERSIONS, veo).encode()


def versions_html(veo: Sequence[Row] = VERSIONS) -> bytes:
    """The same with HTML tables inside."""
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
    """The same with HTML tables inside."""
    cells = [(label, "Not available", separator.join(amounts)) for label, *amounts in rows]
    ids = ", ".join(f"<code>{one}</code>" for one in PRICING_IDS_LITE)
    return (
        f"# Pricing\n\n## Veo 9\n\n<em>{ids}</em>\n\n"
        f"{_html_table(PRICING_HEAD, cells, code=False)}\n\n"
        "## Veo 8\n\n<em><code>veo-8.0-generate-001</code></em>\n\n"
        f"{_html_table(PRICING_HEAD, [('Video price', 'Not available', '$0.35')], code=False)}\n"
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
    return f"The dates of models.\n\n{body}\n".encode()


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


CLOUD_RATES: tuple[tuple[str, str, str, str], ...] = (
    ("Veo 9", "720p, 1080p", "$0.40", "$0.20"),
    ("Veo 9", "4k", "$0.60", "$0.40"),
    ("Veo 9 Fast", "720p", "$0.10", "$0.08"),
    ("Veo 9 Fast", "1080p", "$0.12", "$0.10"),
    ("Veo 9 Lite", "720p", "$0.05", "$0.03"),
)


def cloud_pricing_md(rates: Sequence[tuple[str, str, str, str]] = CLOUD_RATES) -> bytes:
    """The Veo part of the Agent Platform's pricing page: name, resolutions, with sound, silent."""
    head = ("Model", "Feature", "Output", "Resolution", "Price")
    rows: list[Row] = []
    for name, resolution, heard, silent in rates:
        sound = ("Video + Audio generation", "Video + Audio")
        rows.append((name, *sound, resolution, f"{heard} / 1 count"))
        rows.append((name, "Video generation", "Video", resolution, f"{silent} / 1 count"))
    return f"# Pricing\n\n## Veo\n\n{_md_rows(head, rows)}\n".encode()


def model_table(
    model: str = "veo-9.0-generate-001",
    lengths: str = "4, 6, or 8 seconds; reference image to video only supports 8 seconds.",
    resolutions: str = "720p, 1080p, 4K",
    retirement: str | None = "November 17, 2026 or later",
    stage: str = "GA",
) -> str:
    """One model in the shape of a table with a label at the head of each row."""
    retires = (
        "" if retirement is None else f"<li>Retirement date <sup>\u2020</sup> : {retirement}</li>"
    )
    rows = (
        ("Model ID", f"<code>{model}</code>"),
        (
            "Capabilities",
            _items(
                "Video generation<br />Text to video, image to video<br />Supported",
                "Extend videos<br />Supported",
                "Use reference images<br />Asset images<br />Supported",
                "Sound generation<br />Supported",
            ),
        ),
        (
            "Technical specifications",
            _items(
                f"Video lengths: {lengths}",
                "Maximum number of output videos per prompt: 4",
                "Supported aspect ratios: 9:16, 16:9",
                f"Supported output resolutions: {resolutions}",
                "Supported framerates: 24 FPS",
            ),
        ),
        ("Supported regions", _items("United States: <code>us-central1</code>")),
        ("Quotas", _items("<b>Requests per minute per base model</b> : 50 tokens per minute")),
        (
            "Versions",
            f"<ul><li><code>{model}</code><ul><li>Launch stage: {stage}</li>"
            f"<li>Release date: November 17, 2025</li>{retires}</ul></li></ul>",
        ),
    )
    body = "\n".join(
        f"<tr>\n<th>{label}</th>\n<td>{value}</td>\n<td></td>\n</tr>" for label, value in rows
    )
    return f"<table>\n<tbody>\n{body}\n</tbody>\n</table>"


def model_page_md(*tables: str) -> bytes:
    """A page of models, one table each."""
    parts = [
        f"## Model {place}\n\n{table}" for place, table in enumerate(tables or (model_table(),))
    ]
    return "\n\n".join(["---\nname: documents/x\n---", *parts]).encode()


def omni_page_md(model: str = "gemini-omni-9-flash-preview", longest: str = "10") -> bytes:
    """A model page in the shape of labels and values below them."""
    return f"""\
# Omni

Model ID

`{model}`

Capabilities

  - [Generate videos from text](https://docs.example/text)
    Supported
  - Generate videos from references \\
    Not supported
  - [Generate videos from an image](https://docs.example/image) \\
    Supported
  - Videos from first and last frames \\
    Supported
  - Tuning \\
    Not supported

Technical specifications

**Video** videocam

  - Maximum video length (with audio): {longest} seconds
  - Supported aspect ratios: 16:9, 9:16
  - Supported resolutions: 360p, 720p, 1080p, 4k

Supported regions

**[Model availability](https://docs.example/locations)**

  - Global: `global`

**Standard PayGo**

  - Global: `global`

Versions

`{model}`

  - Launch stage: Preview
  - Release date: August 27, 2026
""".encode()


def offers_md(*models: str) -> bytes:
    """A how-to page that lists which models support it."""
    items = "\n".join(f"  - [`{model}`](https://docs.example/{model}) preview" for model in models)
    return f"# Generate\n\n**Veo**\n\n#### Click to expand supported models\n\n{items}\n".encode()


def _items(*lines: str) -> str:
    return f"<ul>{''.join(f'<li>{line}</li>' for line in lines)}</ul>"


def openrouter_list() -> bytes:
    """OpenRouter's list of video models: units in the names of the amounts."""
    veo = {
        "duration_seconds_with_audio": "0.12",
        "duration_seconds_without_audio": "0.10",
        "duration_seconds_with_audio_720p": "0.10",
        "duration_seconds_without_audio_720p": "0.08",
        "duration_seconds_with_audio_4k": "0.30",
        "duration_seconds_without_audio_4k": "0.25",
    }
    made = ["720p", "1080p", "4K"]
    models = [
        {"id": "google/veo-9.0-fast", "supported_resolutions": made, "pricing_skus": veo},
        {
            "id": "kwaivgi/kling-v9-std",
            "supported_resolutions": ["720p"],
            "pricing_skus": {
                "duration_seconds": "0.084",
                "duration_seconds_with_audio": "0.126",
            },
        },
        {"id": "bytedance/seedance-9", "pricing_skus": {"video_tokens": "0.000007"}},
    ]
    return json.dumps({"data": models}, indent=1).encode()
