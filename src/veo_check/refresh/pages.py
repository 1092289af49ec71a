"""An official page as headings, texts and tables: Markdown, with HTML tables inside it.

Markdown is rendered to HTML, so that one reader knows both kinds of table. The reader is strict
where a browser is lenient: a table inside a table, a row outside one or a page cut off in the
middle is refused, because what a browser would make of it is a guess about dates and prices.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bs4.element import PageElement, Tag
    from markdown_it import MarkdownIt


#: The largest real page is far below 1 MB, LiteLLM's cost map above it.
LARGEST_PAGE = 8 * 1024 * 1024
#: Markdown takes its time; the real twins are below 200 kB.
_LARGEST_MARKDOWN = 1_000_000
#: Ids of the model families this project judges, as Google writes them.
VIDEO_ID = re.compile(r"(?:veo|gemini-omni)-[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?")

_WHOLE_HTML = re.compile(r"<(!doctype html|html|body)\b", re.IGNORECASE)
_TABLE = re.compile(r"(<table\b.*?</table\s*>)", re.IGNORECASE | re.DOTALL)
_TABLE_TAG = re.compile(r"</?table\b", re.IGNORECASE)
_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
_BAR = re.compile(r"(?<!\\)\|")
_VIDEO = re.compile(r"veo|omni|video|per second", re.IGNORECASE)
_UPDATED = re.compile(r"Last updated ([0-9]{4}-[0-9]{2}-[0-9]{2})")
_HEADING = re.compile(r"h([1-6])")
_CELLS = ["td", "th"]
_STRUCTURE = ["h1", "h2", "h3", "h4", "h5", "h6", "table", "tr", *_CELLS]
_UNSEEN = frozenset({"script", "style", "template", "caption", "colgroup"})
#: Before the first line of a list's item: where one ends, the next begins.
BULLET = "\u2022 "
#: Tags that begin a line of their own.
_LINES = frozenset({"br", "p", "ul", "ol", "div", "blockquote", "pre", "td", "th", "tr"})
_BRACKETS = (("<!--", "-->"), ("<![", "]"), ("<?", ">"), ("<!", ">"))


class UnreadablePageError(ValueError):
    """The page is not one that can be trusted; the message says why, to follow "because"."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading and its level, 1 to 6."""

    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph, or the items of a list, line by line. Also a table's cell."""

    lines: tuple[str, ...]
    spans: bool = False  # a cell over more than one column or row

    @property
    def text(self) -> str:
        return " ".join(self.lines)


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells, the first row being the header."""

    rows: tuple[tuple[Text, ...], ...]

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
    from bs4 import BeautifulSoup
    from bs4.exceptions import ParserRejectedMarkup

    text = _FRONT_MATTER.sub("", decoded(content).replace("\r\n", "\n"))
    if _WHOLE_HTML.search(text):
        raise UnreadablePageError(
            "it is a whole HTML page; give its Markdown twin, with .md.txt after its address"
        )
    html = _as_html(text)
    _refuse_open_end(html)
    try:
        blocks = tuple(_blocks(BeautifulSoup(html, "html.parser")))
    except (ParserRejectedMarkup, AssertionError):
        raise UnreadablePageError("it is not well-formed HTML") from None
    except RecursionError:
        raise UnreadablePageError("it is nested too deeply") from None
    if any(_looks_like_a_row(block) for block in blocks):
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


def _as_html(text: str) -> str:
    """Everything but the HTML tables rendered from Markdown, which would break them up."""
    if len(text) > _LARGEST_MARKDOWN:
        raise UnreadablePageError(f"it is larger than {_LARGEST_MARKDOWN // 1000} kB")
    parts = _TABLE.split(text)
    if any(len(_TABLE_TAG.findall(table)) != 2 for table in parts[1::2]):
        raise UnreadablePageError("a table stands inside another")
    if any(_TABLE_TAG.search(markdown) for markdown in parts[::2]):
        raise UnreadablePageError("it ends in the middle of a table, or a table ends unbegun")
    try:
        for place in range(0, len(parts), 2):
            lines = _without_other_tables(_whole_rows(parts[place]))
            parts[place] = str(_renderer().render("\n".join(lines)))
    except RecursionError:
        raise UnreadablePageError("it is nested too deeply") from None
    return "\n".join(parts)


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
    """A tag or comment that never ends: the parser looks for its end again and again, from every
    place where one could begin, and takes minutes for what says nothing."""
    opened = text.rfind("<") > text.rfind(">")
    if opened or any(text.rfind(begin) > text.rfind(end) for begin, end in _BRACKETS):
        raise UnreadablePageError("it ends in the middle of a tag")


def _blocks(node: Tag) -> Iterator[Block]:
    from bs4.element import Tag

    for child in node.children:
        name = child.name if isinstance(child, Tag) else ""
        heading = _HEADING.fullmatch(name or "")
        if name == "table" and isinstance(child, Tag):
            yield _table(child)
        elif name in {"tr", *_CELLS}:
            raise UnreadablePageError("a row stands outside its table")
        elif heading:
            yield Heading(int(heading[1]), " ".join(_lines(child)))
        elif isinstance(child, Tag) and child.find(_STRUCTURE):
            yield from _blocks(child)
        elif lines := _lines(child):
            yield Text(lines)


def _table(table: Tag) -> Table:
    rows = table.find_all("tr")
    cells = table.find_all(_CELLS)
    if any(row.find_parent(["tr", *_CELLS]) for row in rows):
        raise UnreadablePageError("a row stands inside another")
    if any(cell.parent is None or cell.parent.name != "tr" for cell in cells):
        raise UnreadablePageError("a cell stands outside its row")
    for text in table.find_all(string=True):
        if str(text).strip() and text.find_parent([*_CELLS, *_UNSEEN]) is None:
            raise UnreadablePageError("a table holds text outside its cells")
    return Table(tuple(tuple(map(_cell, row.find_all(_CELLS))) for row in rows))


def _cell(cell: Tag) -> Text:
    spans = any(cell.get(name, "1") != "1" for name in ("colspan", "rowspan"))
    return Text(_lines(cell), spans)


def _lines(node: PageElement) -> tuple[str, ...]:
    said = (" ".join(line.split()) for line in _said(node).split("\n"))
    return tuple(line for line in said if line and line != BULLET.strip())


def _said(node: PageElement) -> str:
    """The text of a node; only what begins a line of its own is a line break."""
    from bs4.element import PreformattedString, Tag

    if not isinstance(node, Tag):
        # comments, declarations and the like are no text
        return "" if isinstance(node, PreformattedString) else str(node).replace("\n", " ")
    if node.name in _UNSEEN:
        return ""
    inner = "".join(map(_said, node.children))
    if node.name == "li":
        return f"\n{BULLET}{inner}\n"
    return f"\n{inner}\n" if node.name in _LINES else inner
