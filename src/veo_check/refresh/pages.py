"""An official page as headings, texts and tables, whether it came as Markdown or as HTML.

Markdown is rendered to HTML first, so that one reader knows both. The reader is strict where a
browser is lenient: a table inside a table, a row outside one or a page cut off in the middle is
refused, because what a browser would make of it is a guess about dates and prices.
"""

from __future__ import annotations

import re
from datetime import date
from functools import cache
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from veo_check.core.frozen import dataclass

if TYPE_CHECKING:
    from markdown_it import MarkdownIt


#: The largest real page is far below 1 MB, LiteLLM's cost map above it.
LARGEST_PAGE = 8 * 1024 * 1024
#: Markdown takes its time; the real twins are below 200 kB.
_LARGEST_MARKDOWN = 1_000_000
#: Ids of the model families this project judges, as Google writes them.
VIDEO_ID = re.compile(r"(?:veo|gemini-omni)-[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?")

_HTML = re.compile(r"<(!doctype html|html|body|table)\b", re.IGNORECASE)
_BAR = re.compile(r"(?<!\\)\|")
_VIDEO = re.compile(r"veo|gemini-omni|video|per second", re.IGNORECASE)
_UPDATED = re.compile(r"Last updated ([0-9]{4}-[0-9]{2}-[0-9]{2})")
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_CELLS = frozenset({"td", "th"})
_ROW_GROUPS = frozenset({"thead", "tbody", "tfoot", "colgroup", "col"})
_UNSEEN = frozenset({"script", "style", "template", "caption"})
_BRACKETS = (("<!--", "-->"), ("<![", "]"), ("<?", ">"), ("<!", ">"))
#: Tags that do not end a word; any other separates what stands before and after it.
_INLINE = frozenset(
    {"a", "abbr", "b", "code", "em", "font", "i", "kbd", "mark", "small", "span", "strong", "sub"}
    | {"sup", "u", "var", "wbr"}
)


class UnreadablePageError(ValueError):
    """The page is not one that can be trusted; the message says why, to follow "because"."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading and its level, 1 to 6."""

    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Text:
    """Everything between two other blocks, on one line."""

    text: str


@dataclass(frozen=True, slots=True)
class Cell:
    """One table cell on one line; `spans` more than one column or row."""

    text: str
    spans: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells, the first row being the header."""

    rows: tuple[tuple[Cell, ...], ...]

    @property
    def header(self) -> tuple[str, ...]:
        """The texts of the first row, in lower case."""
        return tuple(cell.text.lower() for cell in self.rows[0]) if self.rows else ()


Block = Heading | Text | Table


@dataclass(frozen=True, slots=True)
class Page:
    """The blocks of a page in their order, and the day that it says it was last updated."""

    blocks: tuple[Block, ...]
    updated: date | None = None

    @property
    def tables(self) -> tuple[Table, ...]:
        return tuple(block for block in self.blocks if isinstance(block, Table))


def read_page(content: bytes) -> Page:
    """The page in these bytes. Raises UnreadablePageError."""
    text = decoded(content)
    markdown = _HTML.search(text) is None
    blocks = _Reader().read(_as_html(text) if markdown else text)
    if markdown and any(_looks_like_a_row(block) for block in blocks):
        raise UnreadablePageError("a row stands outside its table")
    return Page(blocks, _updated(blocks))


def decoded(content: bytes) -> str:
    """Bytes as text. Raises UnreadablePageError."""
    if len(content) > LARGEST_PAGE:
        raise UnreadablePageError(f"it is larger than {LARGEST_PAGE // 1024**2} MB")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnreadablePageError("it is not UTF-8 text") from None
    if not text.strip():
        raise UnreadablePageError("it is empty")
    if "\0" in text:
        raise UnreadablePageError("it holds NUL characters, so it is no text page")
    return text


def _updated(blocks: tuple[Block, ...]) -> date | None:
    days = [
        found[1]
        for block in blocks
        if isinstance(block, Text)
        for found in _UPDATED.finditer(block.text)
    ]
    try:
        return max(map(date.fromisoformat, days), default=None)
    except ValueError:
        return None


def _looks_like_a_row(block: Block) -> bool:
    return isinstance(block, Text) and "|" in block.text and VIDEO_ID.search(block.text) is not None


def _as_html(markdown: str) -> str:
    if len(markdown) > _LARGEST_MARKDOWN:
        raise UnreadablePageError(f"it is larger than {_LARGEST_MARKDOWN // 1000} kB")
    lines = _without_other_tables(_whole_rows(markdown))
    try:
        return str(_renderer().render("\n".join(lines)))
    except RecursionError:
        raise UnreadablePageError("it is nested too deeply") from None


@cache
def _renderer() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark").enable("table")


def _whole_rows(markdown: str) -> list[str]:
    """The lines, a table row that a line break cut in two on one line again.

    Copies of the pricing page have line breaks between the amounts of one cell: such a line
    begins with a bar and does not end with one, and the next begins without.
    """
    lines: list[str] = []
    open_row = False
    for line in markdown.splitlines():
        bare = line.strip()
        if open_row and bare and not bare.startswith("|"):
            lines[-1] += f" {bare}"
        else:
            lines.append(line)
            open_row = bare.startswith("|")
        open_row = open_row and bool(bare) and not bare.endswith("|")
    return lines


def _without_other_tables(lines: list[str]) -> list[str]:
    """The lines without the tables that hold no word of a video model: most of a page is those.

    Markdown drops a cell too many and adds one too few without a word, and a row cut off in the
    middle of an amount is one all the same. A table that matters has rows with equally many bars.
    """
    kept: list[str] = []
    table: list[str] = []
    for line in [*lines, ""]:
        if line.strip().startswith("|"):
            table.append(line)
            continue
        if _VIDEO.search("\n".join(table)):
            if len({len(_BAR.findall(row)) for row in table}) > 1:
                raise UnreadablePageError("the rows of a table have different numbers of cells")
            kept += table
        table = []
        kept.append(line)
    return kept


def _refuse_open_end(text: str) -> None:
    """A tag or comment that never ends: html.parser looks for its end again and again, from every
    place where one could begin, and takes minutes for what says nothing."""
    opened = text.rfind("<") > text.rfind(">")
    if opened or any(text.rfind(begin) > text.rfind(end) for begin, end in _BRACKETS):
        raise UnreadablePageError("it ends in the middle of a tag")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._blocks: list[Block] = []
        self._words: list[str] = []  # of the open cell, heading or text
        self._heading: int | None = None
        self._rows: list[tuple[Cell, ...]] | None = None  # of the open table
        self._row: list[Cell] | None = None
        self._cell: bool | None = None  # whether the open cell spans others
        self._unseen = 0
        self._document = 0  # open <html> tags

    def read(self, text: str) -> tuple[Block, ...]:
        _refuse_open_end(text)
        try:
            self.feed(text)
            self.close()
        except AssertionError:  # html.parser, on some malformed declarations
            raise UnreadablePageError("it is not well-formed HTML") from None
        if self._rows is not None or self._document > 0:
            raise UnreadablePageError("it ends in the middle")
        self._end_text()
        return tuple(self._blocks)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNSEEN:
            self._unseen += 1
        elif tag == "html":
            self._document += 1
        elif tag == "table":
            self._start_table()
        elif tag == "tr":
            self._start_row()
        elif tag in _CELLS:
            self._start_cell(dict(attrs))
        elif tag in _HEADINGS and self._rows is None:
            self._end_text()
            self._heading = _HEADINGS[tag]
        elif tag not in _INLINE and tag not in _ROW_GROUPS:
            self._words.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        elif tag == "html":
            self._document -= 1
        elif tag == "table":
            self._end_table()
        elif tag == "tr":
            self._end_row()
        elif tag in _CELLS:
            self._end_cell()
        elif tag in _HEADINGS and self._heading is not None:
            self._blocks.append(Heading(self._heading, self._said()))
            self._heading = None
        elif tag not in _INLINE and tag not in _ROW_GROUPS:
            self._words.append(" ")

    def handle_data(self, data: str) -> None:
        if self._unseen:
            return
        if self._rows is not None and self._cell is None and data.strip():
            raise UnreadablePageError("a table holds text outside its cells")
        self._words.append(data)

    def _start_table(self) -> None:
        if self._rows is not None:
            raise UnreadablePageError("a table stands inside another")
        self._end_text()
        self._rows = []

    def _start_row(self) -> None:
        if self._rows is None or self._cell is not None:
            raise UnreadablePageError("a row stands outside its table")
        self._end_row()
        self._row = []

    def _start_cell(self, attributes: dict[str, str | None]) -> None:
        if self._cell is not None:
            raise UnreadablePageError("a cell stands inside another")
        if self._row is None:
            raise UnreadablePageError("a cell stands outside its row")
        self._words.clear()
        self._cell = any(attributes.get(name, "1") != "1" for name in ("colspan", "rowspan"))

    def _end_cell(self) -> None:
        if self._cell is not None and self._row is not None:
            self._row.append(Cell(self._said(), self._cell))
        self._cell = None

    def _end_row(self) -> None:
        self._end_cell()
        if self._row is not None and self._rows is not None:
            self._rows.append(tuple(self._row))
        self._row = None

    def _end_table(self) -> None:
        if self._rows is None:
            raise UnreadablePageError("a table ends that never began")
        self._end_row()
        self._blocks.append(Table(tuple(self._rows)))
        self._rows = None

    def _end_text(self) -> None:
        if self._heading is not None:  # never closed
            self._blocks.append(Heading(self._heading, self._said()))
            self._heading = None
        elif said := self._said():
            self._blocks.append(Text(said))

    def _said(self) -> str:
        said = " ".join("".join(self._words).split())
        self._words.clear()
        return said
