"""The Agent Platform's model pages: what a model accepts, where it runs, and its dates.

They come in two shapes: a table with a label at the head of each row, or labels and values as
paragraphs and lists. Both become the same labels with lines below them. A line that is there and
cannot be read refuses the page; a line that is not there leaves what was known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date

from veo_check.core.secrets import printable
from veo_check.refresh.google import CLOUD_SURFACE, VERSIONS, read_release, read_shutdown
from veo_check.refresh.pages import (
    BULLET,
    VIDEO_ID,
    Heading,
    Page,
    Table,
    Text,
    UnreadablePageError,
)
from veo_check.refresh.readings import DateRow, ModelFacts

_LABELS = frozenset(
    {"Model ID", "Modalities", "Token limits", "Capabilities", "Tools", "Consumption options"}
    | {"Technical specifications", "Prompt languages", "Supported regions", "Quotas", "Versions"}
    | {"Security controls"}
)
#: A capability as the pages name it -> the modes that it stands for.
_MODES: Mapping[str, tuple[str, ...]] = {
    "Generate videos from text": ("text-to-video",),
    "Generate videos from an image": ("image-to-video",),
    "Videos from first and last frames": ("interpolation",),
    "Generate videos from references": ("reference-images",),
    "Use reference images": ("reference-images",),
    "Extend videos": ("extension",),
}
#: What "Video generation" lists below it.
_KINDS = (
    ("text to video", "text-to-video"),
    ("image to video", "image-to-video"),
    ("from first and last frame", "interpolation"),
)
_ORDER = ("text-to-video", "image-to-video", "interpolation", "reference-images", "extension")
#: The end of one capability: on a line of its own, or behind its name.
_ENDS = re.compile(r"(?:(.*) )?(Supported|Not supported)")
_VERSION_LINES = ("Launch stage", "Release date", "Retirement date")
_LENGTHS = re.compile(r"((?:[0-9]{1,2}, )*(?:or )?[0-9]{1,2}) seconds\.?(?:; (.*))?")
_ONE_LENGTH = re.compile(r"reference image to video only supports ([0-9]{1,2}) seconds\.?")
_RESOLUTIONS = re.compile(r"[0-9]{3,4}p|[0-9]k")
_RATIO = re.compile(r"[0-9]{1,2}:[0-9]{1,2}")
_REGION = re.compile(r"global|[a-z]+-[a-z]+[0-9]{1,2}")
_STAGE = re.compile(r"[A-Z][A-Za-z ]{1,30}")


def read_models(page: Page) -> tuple[tuple[ModelFacts, ...], tuple[DateRow, ...]]:
    """What the page's models accept, and their dates; ids that it offers in a list have no date.

    Raises UnreadablePageError.
    """
    found: dict[str, ModelFacts] = {}
    dates: dict[str, DateRow] = {}
    for labels in _models(page):
        model = _id(labels)
        if model is None:
            continue
        if model in found:
            raise UnreadablePageError(f"it describes {model} twice")
        found[model], dates[model] = _facts(model, labels), _dates(model, labels)
    for model in _offered(page):
        row = DateRow(model, CLOUD_SURFACE, None, None, "none-announced")
        dates.setdefault(model, row)
    if not dates:
        raise UnreadablePageError("it describes no video model and lists none as supported")
    return tuple(found.values()), tuple(dates.values())


Labels = dict[str, list[str]]


def _models(page: Page) -> Iterator[Labels]:
    """Label -> lines, one mapping a model, in either shape; bullets stay among capabilities."""
    for labels in _labelled(page):
        for label, lines in labels.items():
            if label != "Capabilities":
                lines[:] = [line.removeprefix(BULLET) for line in lines]
        yield labels


def _labelled(page: Page) -> Iterator[Labels]:
    labels: Labels = {}
    lines: list[str] | None = None
    for block in page.blocks:
        if isinstance(block, Table):
            if any(row and row[0].text == "Model ID" for row in block.rows):
                yield _of_table(block)
        elif isinstance(block, Heading):
            if labels and block.level <= 2:
                yield labels
                labels, lines = {}, None
        elif block.text in _LABELS:
            if block.text == "Model ID" and labels:
                yield labels
                labels = {}
            if block.text in labels:
                raise UnreadablePageError(f"it has the label '{block.text}' twice for one model")
            if labels or block.text == "Model ID":
                lines = labels.setdefault(block.text, [])
        elif lines is not None:
            lines.extend(block.lines)
    if labels:
        yield labels


def _of_table(table: Table) -> Labels:
    labels: Labels = {}
    for label, *cells in (row for row in table.rows if row):
        if label.text not in _LABELS:
            continue
        if label.text in labels:
            raise UnreadablePageError(f"a table has the label '{label.text}' twice")
        if label.spans or any(cell.spans for cell in cells):
            raise UnreadablePageError(f"the row '{label.text}' does not fit its table")
        labels[label.text] = [line for cell in cells for line in cell.lines]
    return labels


def _id(labels: Labels) -> str | None:
    lines = labels.get("Model ID", [])
    stray = [line for line in lines if VIDEO_ID.search(line)]
    if stray and (len(lines) != 1 or not VIDEO_ID.fullmatch(lines[0])):
        raise UnreadablePageError(f"'Model ID' is not one id: '{printable(' '.join(lines), 80)}'")
    return lines[0] if stray else None


def _facts(model: str, labels: Labels) -> ModelFacts:
    specs = labels.get("Technical specifications", [])
    cells: dict[str, object] = {}
    modes, audio = _capabilities(model, labels.get("Capabilities", []))
    if modes:
        cells["modes"] = modes
    if audio is False:
        cells["audio"] = "never"
    lengths, full = _lengths(model, _after(specs, "Video lengths"))
    if lengths:
        cells["seconds"] = lengths
        cells["full_length_only"] = full
    for name, title, pattern in (
        ("resolutions", "Supported output resolutions", _RESOLUTIONS),
        ("resolutions", "Supported resolutions", _RESOLUTIONS),
        ("aspect_ratios", "Supported aspect ratios", _RATIO),
    ):
        words = [word.strip().lower() for word in (_after(specs, title) or "").split(",")]
        if words == [""]:
            continue
        if not all(map(pattern.fullmatch, words)) or len(set(words)) != len(words):
            raise _unread(model, title, ", ".join(words))
        cells[name] = words
    for name, title, unit in (
        ("max_count", "Maximum number of output videos per prompt", ""),
        ("frame_rate", "Supported framerates", " FPS"),
    ):
        value = _after(specs, title)
        if value is not None:
            cells[name] = _number(model, title, value.removesuffix(unit))
    regions = _regions(model, labels.get("Supported regions", []))
    if regions:
        cells["regions"] = regions
    quota = next((line for line in labels.get("Quotas", []) if "per minute" in line), None)
    if quota is not None:
        words = quota.rpartition(":")[2].split()
        cells["requests_per_minute"] = _number(model, "Quotas", words[0] if words else "")
    stage = _after(labels.get("Versions", []), "Launch stage")
    if stage is not None:
        if not _STAGE.fullmatch(stage):
            raise _unread(model, "Launch stage", stage)
        cells["launch_stage"] = stage
    longest = _after(specs, "Maximum video length (with audio)")
    most = None
    if longest is not None:
        most = _number(model, "Maximum video length", longest.removesuffix(" seconds"))
    return ModelFacts(model, CLOUD_SURFACE, cells, most)


def _capabilities(model: str, lines: list[str]) -> tuple[list[str], bool | None]:
    """The modes that are supported, and whether sound is; None: not said."""
    modes: set[str] = set()
    audio: bool | None = None
    items: list[list[str]] = []
    for line in lines:
        if line.startswith(BULLET):
            items.append([])
        if not items:
            raise _unread(model, "Capabilities", line)
        items[-1].append(line.removeprefix(BULLET))
    for item in items:
        end = _ENDS.fullmatch(item.pop())
        if end is None or not (item or end[1]):
            raise _unread(model, "Capabilities", " ".join(item))
        item += [end[1]] if end[1] else []
        if any("upported" in line for line in item):  # the end of another, whose name was lost
            raise _unread(model, "Capabilities", " ".join(item))
        name, says = item[0].removesuffix(" preview Preview feature"), end[2] == "Supported"
        if name == "Sound generation":
            audio = says
        if says and name == "Video generation":
            text = " ".join(item[1:]).lower()
            modes.update(mode for words, mode in _KINDS if words in text)
        elif says:
            modes.update(_MODES.get(name, ()))
    return [mode for mode in _ORDER if mode in modes], audio


def _lengths(model: str, value: str | None) -> tuple[list[int], list[str]]:
    if value is None:
        return [], []
    found = _LENGTHS.fullmatch(value)
    if found is None:
        raise _unread(model, "Video lengths", value)
    lengths = [int(word) for word in re.findall("[0-9]+", found[1])]
    if not all(1 <= seconds <= 60 for seconds in lengths) or lengths != sorted(set(lengths)):
        raise _unread(model, "Video lengths", value)
    if not found[2]:
        return lengths, []
    only = _ONE_LENGTH.fullmatch(found[2])
    if only is None or int(only[1]) != max(lengths):
        raise _unread(model, "Video lengths", value)
    return lengths, ["reference-images"]


def _regions(model: str, lines: list[str]) -> list[str]:
    """The codes behind "Area: code, code"; the same area may stand under several headings."""
    regions: dict[str, None] = {}
    for line in lines:
        area, colon, codes = line.partition(":")
        if not colon:
            continue
        words = [word.strip() for word in codes.split(",")]
        if not area.strip() or not all(map(_REGION.fullmatch, words)):
            raise _unread(model, "Supported regions", line)
        regions.update(dict.fromkeys(words))
    return list(regions)


def _dates(model: str, labels: Labels) -> DateRow:
    lines = labels.get("Versions", [])
    ids = [line for line in lines if VIDEO_ID.fullmatch(line)]
    if ids != [model]:
        raise _unread(model, "Versions", ", ".join(ids) or "no id")
    strange = [line for line in lines if line != model and not line.startswith(_VERSION_LINES)]
    if strange:
        raise _unread(model, "Versions", strange[0])
    release, ends = _after(lines, "Release date"), _after(lines, "Retirement date")
    if ends is None and (_after(lines, "Launch stage") != "Preview" or release is None):
        # a preview has none; of any other the line was lost, and that is not "none announced"
        raise _unread(model, "Retirement date", "")
    released = None if release is None else read_release(model, release)
    shutdown: date | None = None
    kind = "none-announced"
    if ends is not None:
        shutdown, kind = read_shutdown(model, ends, VERSIONS)
    if released and shutdown and shutdown < released:
        raise UnreadablePageError(f"{model} ends on {shutdown}, before it began on {released}")
    return DateRow(model, CLOUD_SURFACE, released, shutdown, kind)  # type: ignore[arg-type]


def _offered(page: Page) -> Iterator[str]:
    """The ids in the lists below a heading that speaks of supported models."""
    listing = False
    for block in page.blocks:
        if isinstance(block, Heading):
            listing = block.text.lower().endswith("supported models")
        elif listing and isinstance(block, Text):
            for line in block.lines:
                word = line.removeprefix(BULLET).split(" ", 1)[0]
                if VIDEO_ID.fullmatch(word):
                    yield word


def _after(lines: list[str], title: str) -> str | None:
    """What stands behind "title:" in one of the lines, a footnote mark left out."""
    pattern = re.compile(rf"{re.escape(title)}[^\w:]*: ?(.*)")
    found = [match[1].strip() for line in lines if (match := pattern.fullmatch(line))]
    if len(found) > 1 and len(set(found)) > 1:
        raise UnreadablePageError(f"it says two things of '{title}'")
    return found[0] if found else None


def _number(model: str, title: str, text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 0 < int(text[:6]) <= 100_000):
        raise _unread(model, title, text)
    return int(text)


def _unread(model: str, title: str, text: str) -> UnreadablePageError:
    return UnreadablePageError(f"{model} has no readable '{title}': '{printable(text, 80)}'")
