"""The Veo sections of the Gemini API's pricing page: USD per second, by variant and resolution.

A section is a heading such as "Veo 3.1", a line that names its ids, and one table. Rows map to ids
by the words Standard, Fast and Lite. The unit stands in the header cell; without "per second in
USD" there the amounts are not prices anybody may use. Separators between the amounts of a cell
differ from copy to copy (space, comma, line break), so amounts are found by their form, and a cell
in which anything else is left over is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from veo_check.core.printable import printable
from veo_check.reference.refresh_page import (
    VIDEO_ID,
    Cell,
    Heading,
    Page,
    Table,
    Text,
    UnreadablePageError,
)
from veo_check.reference.refresh_rows import PriceRow

SURFACE = "gemini-api"
#: Dearer than any video model by far; beyond it a decimal point was lost.
DEAREST = Decimal(10)

_VERSION = re.compile(r"\bVeo ([0-9]+(?:\.[0-9]+)?)\b")
_PAID = re.compile(r"paid tier\b.*")
_UNIT = "paid tier, per second in usd"
_LABEL = re.compile(
    r"(?:Veo (?P<version>[0-9]+(?:\.[0-9]+)?) )?(?:(?P<variant>Standard|Fast|Lite) )?"
    r"video(?P<audio> with audio)? price(?: \(default\))?",
    re.IGNORECASE,
)
_RESOLUTION = r"(?:[0-9]{3,4}p|[0-9]k)"
_TIER = re.compile(r"\$([0-9]{1,2}(?:\.[0-9]{1,4})?)(?![\d.])(?:\s*\(([^()]*)\))?")
_UNSUPPORTED = re.compile(rf"\(\s*({_RESOLUTION}) output not supported\s*\)", re.IGNORECASE)
_RESOLUTIONS = re.compile(rf"{_RESOLUTION}(?:(?:, | and |, and | & ){_RESOLUTION})*", re.IGNORECASE)


@dataclass(slots=True)
class _Section:
    heading: str = ""
    level: int = 7
    part: str = ""  # the heading below it that was met last
    ids: dict[str, None] = field(default_factory=dict)  # in order, once each
    tables: list[Table] = field(default_factory=list)

    @property
    def veo(self) -> bool:
        return any(one.startswith("veo-") for one in self.ids) or bool(
            _VERSION.search(self.heading)
        )


def read_pricing(page: Page) -> tuple[PriceRow, ...]:
    """Every Veo price on the page. Raises UnreadablePageError."""
    rows: dict[tuple[str, str | None], PriceRow] = {}
    for section in _sections(page):
        if not section.veo or not section.tables:
            continue
        for row in _section_rows(section):
            if rows.setdefault((row.model, row.resolution), row) != row:
                raise UnreadablePageError(f"it has two different prices for {row.model}")
    if not rows:
        raise UnreadablePageError("it has no Veo table with a price per second")
    for model in {row.model for row in rows.values()}:
        if (model, None) in rows and sum(key[0] == model for key in rows) > 1:
            raise UnreadablePageError(f"it prices {model} both by resolution and without")
    return tuple(rows.values())


def _sections(page: Page) -> Iterator[_Section]:
    """A section lasts until a heading of its own level or above, and never beyond a second-level
    one: all models stand below the page's title."""
    section = _Section()
    for block in page.blocks:
        match block:
            case Heading(level, text) if level <= max(section.level, 2) or _VERSION.search(text):
                yield section
                section = _Section(text, level)
            case Heading(_, text):
                section.part = text
            case Text(text) if not section.tables:
                section.ids.update(dict.fromkeys(VIDEO_ID.findall(text)))
            case Table() if section.part.lower() in {"", "standard"} or not section.veo:
                section.tables.append(block)
            case Table():
                raise UnreadablePageError(
                    f"'{printable(section.heading, 60)}' has prices for "
                    f"'{printable(section.part, 60)}', which are not known here"
                )
            case _:
                pass
    yield section


def _section_rows(section: _Section) -> Iterator[PriceRow]:
    name = f"'{printable(section.heading, 60)}'"
    version = _VERSION.search(section.heading)
    if version is None or len(section.tables) != 1:
        raise UnreadablePageError(f"the section {name} is not one Veo version with one table")
    table = section.tables[0]
    paid = [place for place, title in enumerate(table.header) if _PAID.match(title)]
    if len(paid) != 1 or table.header[paid[0]] != _UNIT:
        unit = printable(" | ".join(table.header), 80)
        raise UnreadablePageError(f"the table of {name} is not 'per second in USD': '{unit}'")
    if any(len(row) != len(table.header) for row in table.rows):
        raise UnreadablePageError(f"the rows of {name} do not fit their header")
    rows = [one for row in table.rows[1:] for one in _row(row, paid[0], version[1], section)]
    unpriced = set(_of_version(section, version[1])) - {row.model for row in rows}
    if unpriced:
        raise UnreadablePageError(f"the section {name} names {min(unpriced)} without a price")
    yield from rows


def _row(row: tuple[Cell, ...], paid: int, version: str, section: _Section) -> Iterator[PriceRow]:
    texts = [cell.text for cell in row]
    label = _LABEL.fullmatch(texts[0]) if texts else None
    if label is None and not any("$" in text or VIDEO_ID.search(text) for text in texts):
        return  # such as "Used to improve our products"
    shown = f"'{printable(' | '.join(texts), 80)}'"
    others = [text for place, text in enumerate(texts) if place != paid]
    if (
        label is None
        or any(cell.spans for cell in row)
        or any("$" in text for text in others)
        or label["version"] not in {None, version}
    ):
        raise UnreadablePageError(f"the price row {shown} is not understood")
    models = _models(section, version, label["variant"])
    if not models:
        raise UnreadablePageError(f"the price row {shown} belongs to no id of its section")
    audio = True if label["audio"] else None
    for resolution, amount in _tiers(texts[paid], shown).items():
        for model in models:
            yield PriceRow(model, SURFACE, resolution, amount, audio)


def _models(section: _Section, version: str, variant: str | None) -> list[str]:
    """The section's ids of this version and variant; a row without a variant needs a single id."""
    ids = _of_version(section, version)
    if variant is None:
        return ids if len(ids) == 1 else []
    return [one for one in ids if _variant(one) == variant.lower()]


def _of_version(section: _Section, version: str) -> list[str]:
    """The section's ids of the version in its heading; its text may name others in passing."""
    prefix = f"veo-{version if '.' in version else f'{version}.0'}-"
    return [one for one in section.ids if one.startswith(prefix)]


def _variant(model: str) -> str:
    return next((word for word in ("fast", "lite") if f"-{word}-" in model), "standard")


def _tiers(text: str, shown: str) -> dict[str | None, Decimal]:
    """Resolution -> amount; the key None where one amount stands without a resolution."""
    not_offered = {found.lower() for found in _UNSUPPORTED.findall(text)}
    left = _UNSUPPORTED.sub(" ", text)
    tiers: dict[str | None, Decimal] = {}
    for money, named in _TIER.findall(left):
        amount = Decimal(money)
        if not 0 < amount <= DEAREST:
            raise UnreadablePageError(f"the amount ${money} in {shown} is not believable")
        if named and not _RESOLUTIONS.fullmatch(named.strip()):
            raise UnreadablePageError(f"'({printable(named, 40)})' in {shown} is no resolution")
        resolutions = re.findall(_RESOLUTION, named.lower()) or [None]
        for resolution in resolutions:
            if resolution in tiers or resolution in not_offered:
                raise UnreadablePageError(f"{shown} prices {resolution or 'all'} twice")
            tiers[resolution] = amount
    if not tiers or _TIER.sub(" ", left).strip(" ,;") or (None in tiers and len(tiers) > 1):
        raise UnreadablePageError(f"the amounts in {shown} are not understood")
    return tiers
