"""Which of the many readings of one model count: the newest of each page, and what left a page."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from veo_check.core.frozen import dataclass
from veo_check.reference.rows import DateKind, LifecycleRow, Source

#: Kinds of day after which a model is gone.
FIRM: frozenset[DateKind] = frozenset({"exact", "earliest"})


@dataclass(frozen=True, slots=True)
class Readings:
    """The readings of one model on one surface that count on one day.

    `rows` are the newest readings, one a page, the official first. `gone` are readings of kind
    `absent` that leave the model unknown: its page listed it once and does no more. `dropped` are
    those that change nothing, because the day for which the page announced the end had come.
    """

    rows: tuple[LifecycleRow, ...]
    gone: tuple[LifecycleRow, ...] = ()
    dropped: tuple[LifecycleRow, ...] = ()


def counting(known: Iterable[LifecycleRow], day: date) -> Readings:
    """What counts of these rows of one model on `day`.

    A page that lists a model no more does not announce that it goes on: its older reading stops
    counting. Only a firm date that has passed stays: pages drop what was shut down. A page's word
    about today is not one about earlier days, so an absence counts from the day it was seen.
    """
    pages: dict[tuple[str, str], list[LifecycleRow]] = {}
    for row in known:
        if row.kind != "absent" or row.source.confirmed <= day:
            pages.setdefault(page_of(row.source), []).append(row)
    rows: list[LifecycleRow] = []
    gone: list[LifecycleRow] = []
    dropped: list[LifecycleRow] = []
    for page in pages.values():
        *_, newest = sorted(page, key=_order)
        listed = [row for row in sorted(page, key=_order) if row.kind != "absent"]
        if newest.kind != "absent":
            rows.append(newest)
        elif listed and is_over(listed[-1], day):
            rows.append(listed[-1])
            dropped.append(newest)
        else:
            gone.append(newest)
    return Readings(_sorted(rows), _sorted(_decisive(gone, rows)), _sorted(dropped))


def page_of(source: Source) -> tuple[str, str]:
    """One page of one publisher, however it was fetched: as HTML, as Markdown, in a language."""
    address = source.url.partition("#")[0].partition("?")[0].rstrip("/").lower()
    for ending in (".txt", ".md", ".html"):
        address = address.removesuffix(ending)
    return source.publisher, address


def read_on(source: Source) -> tuple[date, date]:
    """What orders two readings of one page: the day it was read, then the page's own day."""
    return source.confirmed, source.page_date or date.min


def _order(row: LifecycleRow) -> tuple[date, date]:
    """Of equally new rows the last in the file counts: sorting keeps their order."""
    return read_on(row.source)


def is_over(row: LifecycleRow, day: date) -> bool:
    """Whether a firm day that the row prints has come."""
    return row.kind in FIRM and row.shutdown is not None and row.shutdown <= day


def _decisive(gone: list[LifecycleRow], rows: list[LifecycleRow]) -> list[LifecycleRow]:
    """The absences that leave the model unknown.

    A third party that stops listing a model takes back its own reading and no more. An official
    page that does is outweighed only by an official page that lists the model and was read later.
    """
    last = max((row.source.confirmed for row in rows if row.source.official), default=date.min)
    official = [row for row in gone if row.source.official and row.source.confirmed >= last]
    return official if official or rows else gone


def _sorted(rows: Iterable[LifecycleRow]) -> tuple[LifecycleRow, ...]:
    return tuple(
        sorted(
            rows,
            key=lambda row: (not row.source.official, -row.source.confirmed.toordinal(), row.id),
        )
    )
