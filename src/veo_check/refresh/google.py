"""Google's tables: the two pages of dates, and the two pages of prices.

A table is read by the names of its columns, never by their order. Whatever does not fit, from a
garbled day to an id in the wrong column, refuses the whole page: a page that has changed its form
is for a person to look at, and until then the older readings age.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import field
from datetime import date
from decimal import Decimal

from veo_check.core.frozen import dataclass
from veo_check.core.secrets import printable
from veo_check.reference.rows import DateKind
from veo_check.refresh.pages import VIDEO_ID, Heading, Page, Table, Text, UnreadablePageError
from veo_check.refresh.readings import DateRow, PriceRow

_MONTHS = tuple(calendar.month_name)[1:]
_MONTH = f"({'|'.join(_MONTHS)})"
_DAY = re.compile(rf"{_MONTH} ([0-9]{{1,2}}), ([0-9]{{4}})")
_MONTH_ALONE = re.compile(rf"{_MONTH} ([0-9]{{4}})")
_LATER = re.compile(r"(.+?) or later|(?:Not before|No sooner than) (.+)", re.IGNORECASE)
_NOT_ANNOUNCED = re.compile(r"No (?:shutdown|retirement) date announced", re.IGNORECASE)
#: Any model's id, its footnote mark included.
_ANY_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9.@_-]*\*?")
_NAMED_ID = re.compile(r"\b(?:veo|gemini|imagen)-[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?")
_VEO_VERSION = re.compile(r"veo-([0-9]{1,4}(?:\.[0-9]{1,4})?)-")
_YEARS = range(2020, 2101)
_REPLACEMENTS = (
    "recommended replacement",
    "replacement model",
    "replacement model id",
    "recommended upgrade",
    "replacement",
)


@dataclass(frozen=True, slots=True)
class DatePage:
    """How one page names its columns, and what a bare day means there."""

    surface: str
    model: str
    shutdown: str
    bare_day: DateKind


#: The Gemini API's page says that its days are the earliest possible ones. On the Agent Platform's
#: a bare day is final, and "or later" promises nothing after it.
DEPRECATIONS = DatePage("gemini-api", "model", "shutdown date", "earliest")
VERSIONS = DatePage("agent-platform", "model id", "retirement date", "exact")


def read_dates(page: Page, form: DatePage) -> tuple[DateRow, ...]:
    """The video rows of a page of dates. Raises UnreadablePageError."""
    found: dict[str, DateRow] = {}
    for table in page.tables:
        for row in _rows(table, form):
            if found.setdefault(row.model, row) != row:
                raise UnreadablePageError(f"it has two different rows for {row.model}")
    if not any(model.startswith("veo-") for model in found):
        raise UnreadablePageError(
            f"it has no Veo table with the columns {_said(form.model)} and {_said(form.shutdown)}"
        )
    return tuple(found.values())


def _rows(table: Table, form: DatePage) -> Iterator[DateRow]:
    columns = _columns(table, form)
    if columns is None:
        stray = _video_ids(cell.text for row in table.rows for cell in row)
        if stray:
            raise UnreadablePageError(
                f"{stray[0]} stands in a table without the columns {_said(form.model)}, "
                f"'Release date' and {_said(form.shutdown)}"
            )
        return
    body = [tuple(cell.text for cell in row) for row in table.rows[1:]]
    named = columns.get("replacement")
    if not _video_ids(text for row in body for place, text in enumerate(row) if place != named):
        return
    for cells, row in zip(body, table.rows[1:], strict=True):
        if not any(cells) or (cells[0] and not any(cells[1:]) and not _ANY_ID.fullmatch(cells[0])):
            continue  # empty, or a divider such as "Preview models"
        if len(cells) != len(table.header) or any(cell.spans for cell in row):
            raise UnreadablePageError(f"the row {_shown(cells)} does not fit its header")
        yield from _row(cells, columns, form)


def _columns(table: Table, form: DatePage) -> dict[str, int] | None:
    """Where each column stands; None where one is missing or there twice."""
    wanted = {"model": (form.model,), "release": ("release date",), "shutdown": (form.shutdown,)}
    columns: dict[str, int] = {}
    for name, titles in (*wanted.items(), ("replacement", _REPLACEMENTS)):
        places = [place for place, title in enumerate(table.header) if title in titles]
        if len(places) > 1 or (not places and name != "replacement"):
            return None
        if places:
            columns[name] = places[0]
    return columns


def _row(cells: tuple[str, ...], columns: dict[str, int], form: DatePage) -> Iterator[DateRow]:
    model = cells[columns["model"]]
    others = [cells[place] for name, place in columns.items() if name in {"release", "shutdown"}]
    if not _ANY_ID.fullmatch(model) or _video_ids(others):
        raise UnreadablePageError(f"the row {_shown(cells)} has no model id in its column")
    if not VIDEO_ID.fullmatch(model):
        return
    released = read_release(model, cells[columns["release"]])
    shutdown, kind = read_shutdown(model, cells[columns["shutdown"]], form)
    if shutdown is not None and shutdown < released:
        raise UnreadablePageError(f"{model} ends on {shutdown}, before it began on {released}")
    named = columns.get("replacement")
    replacement = _replacement(model, "" if named is None else cells[named])
    yield DateRow(model, form.surface, released, shutdown, kind, *replacement)


def read_release(model: str, text: str) -> date:
    """The day; of a month alone its last day, by when it is certain."""
    day = _day(text)
    if day is None and (month := _MONTH_ALONE.fullmatch(text)) and int(month[2]) in _YEARS:
        number = _MONTHS.index(month[1]) + 1
        year = int(month[2])
        day = date(year, number, calendar.monthrange(year, number)[1])
    if day is None:
        raise UnreadablePageError(f"{model} has no readable release date: '{printable(text, 60)}'")
    return day


def read_shutdown(model: str, text: str, form: DatePage) -> tuple[date | None, DateKind]:
    if _NOT_ANNOUNCED.fullmatch(text):
        return None, "none-announced"
    later = _LATER.fullmatch(text)
    day = _day((later[1] or later[2]) if later else text)
    if day is None:
        raise UnreadablePageError(
            f"{model} has no readable {form.shutdown}: '{printable(text, 60)}'"
        )
    return day, "not-before" if later else form.bare_day


def _day(text: str) -> date | None:
    found = _DAY.fullmatch(text)
    if found is None or int(found[3]) not in _YEARS:
        return None
    try:
        return date(int(found[3]), _MONTHS.index(found[1]) + 1, int(found[2]))
    except ValueError:
        return None


def _replacement(model: str, text: str) -> tuple[str | None, str | None]:
    """(the first id named, the cell as printed where it says more than the id)."""
    if not text:
        return None, None
    said = printable(text, 500)
    if _DAY.search(said) or _NOT_ANNOUNCED.search(said):
        raise UnreadablePageError(f"{model} has a date for a replacement: '{said[:60]}'")
    named = _NAMED_ID.search(said)
    found = None if named is None else named[0]
    if found is not None and _version(found) < _version(model):
        raise UnreadablePageError(f"{model} is replaced by {found}, which is older")
    return found, None if said == found else said


def _version(model: str) -> tuple[int, ...]:
    """The version of a Veo id; of any other the highest: families are not compared."""
    found = _VEO_VERSION.match(model)
    return (10_000,) if found is None else tuple(map(int, found[1].split(".")))


def _video_ids(texts: Iterable[str]) -> list[str]:
    return [text for text in texts if VIDEO_ID.fullmatch(text)]


def _said(title: str) -> str:
    return f"'{title.capitalize()}'"


def _shown(cells: tuple[str, ...]) -> str:
    return f"'{printable(' | '.join(cells), 80)}'"


# The Veo sections of the Gemini API's pricing page: USD per second, by variant and resolution.


SURFACE = "gemini-api"
#: Dearer than any video model by far; beyond it a decimal point was lost.
DEAREST = Decimal(10)
_DEAREST_MILLION = Decimal(1000)

_VERSION = re.compile(r"\bVeo ([0-9]+(?:\.[0-9]+)?)\b")
_PAID = re.compile(r"paid tier\b.*")
_UNIT = "paid tier, per second in usd"
_TOKENS = "paid tier, per 1m tokens in usd"
_VIDEO_TOKENS = re.compile(r"\$([0-9]{1,3}(?:\.[0-9]{1,4})?) \(video\)")
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
        return any(id_.startswith("veo-") for id_ in self.ids) or bool(
            _VERSION.search(self.heading)
        )


def read_pricing(page: Page) -> tuple[PriceRow, ...]:
    """Every Veo price on the page. Raises UnreadablePageError."""
    rows: dict[tuple[str, str | None], PriceRow] = {}
    for section in _sections(page):
        if not section.tables:
            continue
        for row in _section_rows(section) if section.veo else _omni_rows(section):
            if rows.setdefault((row.model, row.resolution), row) != row:
                raise UnreadablePageError(f"it has two different prices for {row.model}")
    if not rows:
        raise UnreadablePageError("it has no video table with a price that is understood")
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
            case Text() if not section.tables:
                section.ids.update(dict.fromkeys(VIDEO_ID.findall(block.text)))
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
    rows = [
        price for row in table.rows[1:] for price in _price_row(row, paid[0], version[1], section)
    ]
    unpriced = set(_of_version(section, version[1])) - {row.model for row in rows}
    if unpriced:
        raise UnreadablePageError(f"the section {name} names {min(unpriced)} without a price")
    yield from rows


def _omni_rows(section: _Section) -> Iterator[PriceRow]:
    """What a million tokens of video cost; a section without such an amount prices no video."""
    ids = [id_ for id_ in section.ids if id_.startswith("gemini-omni-")]
    rows = [row for table in section.tables for row in table.rows]
    texts = [" | ".join(cell.text for cell in row) for row in rows if row]
    found = [text for text in texts if "(video)" in text and text.lower().startswith("output")]
    if not ids or not found:
        return
    shown = f"'{printable(found[0], 80)}'"
    per_million = any(_TOKENS in table.header for table in section.tables)
    amounts = _VIDEO_TOKENS.findall(found[0])
    if len(found) != 1 or len(amounts) != 1 or not per_million:
        raise UnreadablePageError(f"the price row {shown} is not understood")
    for id_ in ids:
        yield PriceRow(id_, SURFACE, None, _believed(amounts[0], shown), unit="million-tokens")


def _believed(money: str, shown: str) -> Decimal:
    amount = Decimal(money)
    if not 0 < amount <= _DEAREST_MILLION:
        raise UnreadablePageError(f"the amount ${money} in {shown} is not believable")
    return amount


def _price_row(
    row: tuple[Text, ...], paid: int, version: str, section: _Section
) -> Iterator[PriceRow]:
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
    return [id_ for id_ in ids if _variant(id_) == variant.lower()]


def _of_version(section: _Section, version: str) -> list[str]:
    """The section's ids of the version in its heading; its text may name others in passing."""
    prefix = f"veo-{version if '.' in version else f'{version}.0'}-"
    return [id_ for id_ in section.ids if id_.startswith(prefix)]


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


# The Veo rows of the Agent Platform's pricing page: a variant, what comes out, a resolution and USD
# for "1 count", which is one second of video. The columns are known by what stands in them.


CLOUD_SURFACE = "agent-platform"
_CLOUD_MODEL = re.compile(r"Veo ([0-9](?:\.[0-9])?)(?: (Fast|Lite))?")
_CLOUD_OUTPUT = {"Video + Audio": True, "Video": False}
_CLOUD_AMOUNT = re.compile(r"\$([0-9]{1,2}\.[0-9]{1,4}) / 1 (?:count|second)")


def read_cloud_pricing(page: Page) -> tuple[PriceRow, ...]:
    """Every Veo price on the page. Raises UnreadablePageError."""
    rows: dict[tuple[str, str | None, bool | None], PriceRow] = {}
    for table in page.tables:
        columns: set[tuple[int, ...]] = set()
        for cells in table.rows[1:]:
            texts = [cell.text for cell in cells]
            if not any(text.startswith("Veo ") for text in texts):
                continue
            shown = f"'{printable(' | '.join(texts), 80)}'"
            if len(cells) != len(table.header) or any(cell.spans for cell in cells):
                raise UnreadablePageError(f"the price row {shown} does not fit its header")
            places = _cloud_columns(texts, shown)
            columns.add(places)
            for row in _cloud_row([texts[place] for place in places], shown):
                if rows.setdefault((row.model, row.resolution, row.audio), row) != row:
                    raise UnreadablePageError(f"it has two different prices for {row.model}")
        if len(columns) > 1:
            raise UnreadablePageError("the cells of its Veo table stand in different columns")
    if not rows:
        raise UnreadablePageError("it has no Veo table with a price for '1 count'")
    return tuple(rows.values())


def _cloud_columns(texts: list[str], shown: str) -> tuple[int, ...]:
    """Where model, output, resolution and price stand: each in one place alone."""
    tests: tuple[Callable[[str], object], ...] = (
        _CLOUD_MODEL.fullmatch,
        _CLOUD_OUTPUT.get,
        _RESOLUTIONS.fullmatch,
        _amount_of,
    )
    places: list[int] = []
    for name, test in zip(("model", "output", "resolution", "price"), tests, strict=True):
        found = [place for place, text in enumerate(texts) if test(text) is not None]
        if len(found) != 1:
            raise UnreadablePageError(f"the price row {shown} has no single {name}")
        places += found
    return tuple(places)


def _amount_of(text: str) -> str | None:
    found = _CLOUD_AMOUNT.fullmatch(text)
    return None if found is None else found[1]


def _cloud_row(texts: list[str], shown: str) -> Iterator[PriceRow]:
    name, output, resolutions, price = texts
    named, amount = _CLOUD_MODEL.fullmatch(name), Decimal(_amount_of(price) or 0)
    if named is None or not 0 < amount <= DEAREST:
        raise UnreadablePageError(f"the price row {shown} is not believable")
    version = named[1] if "." in named[1] else f"{named[1]}.0"
    variant = f"-{named[2].lower()}" if named[2] else ""
    model = f"veo-{version}{variant}-generate-001"
    for resolution in re.findall(_RESOLUTION, resolutions.lower()):
        yield PriceRow(model, CLOUD_SURFACE, resolution, amount, _CLOUD_OUTPUT[output])
