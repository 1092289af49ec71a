"""Ids in one text, with the inline ignore that covers each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from veo_check.scan.ids import IdFinder, Span
from veo_check.scan.inline_ignore import InlineIgnore, ignores_in
from veo_check.scan.occurrences import occurrences

#: Of a longer line, only the surroundings of an id are looked at.
_LONG_LINE = 4096
_AROUND = 512
#: From a window, ids are taken that begin up to here, so that none is cut off at its end.
_SURE = 256
Text = bytes | bytearray


@dataclass(frozen=True, slots=True)
class TextHit:
    """An id at offset `start`, in the line that begins at `line_start`."""

    start: int
    line_start: int
    id: str
    ignore: InlineIgnore | None


def hits_in(
    text: Text,
    end: int,
    finder: IdFinder,
    settings: bool = False,
    above: tuple[InlineIgnore, ...] = (),
) -> Iterator[TextHit]:
    """Every id in `text[:end]`, in order.

    `settings`: the text holds values rather than code. `above`: the marks in the line before it.
    """
    places = [place for needle in finder.needles for place in occurrences(text, end, needle)]
    done = 0
    for place in sorted(places):
        if place < done:
            continue
        line_start = text.rfind(b"\n", 0, place) + 1
        line_end = text.find(b"\n", place, end)
        line_end = end if line_end < 0 else line_end
        first, last, sure = line_start, line_end, line_end
        if line_end - line_start > _LONG_LINE:
            first, last = max(line_start, place - _AROUND), min(line_end, place + _AROUND)
            sure = line_end if last == line_end else place + _SURE
        line = bytes(text[first:last])
        spans = [span for span in finder.spans(line, settings) if done <= span.start + first < sure]
        done = sure
        if spans:
            here = ignores_in(line)
            if line_start > 0:
                before = text.rfind(b"\n", max(0, line_start - _LONG_LINE), line_start - 1) + 1
                above = ignores_in(bytes(text[before : line_start - 1]))
            for span in spans:
                if not any(mark.start <= span.start < mark.end for mark in here):
                    mark = _mark_for(span, here, above)
                    yield TextHit(first + span.start, line_start, span.id, mark)


def _mark_for(
    span: Span, here: tuple[InlineIgnore, ...], above: tuple[InlineIgnore, ...]
) -> InlineIgnore | None:
    """The mark that names this id; of several, the one that lasts longest."""
    marks = (*here, *(mark for mark in above if mark.for_next))
    naming = [mark for mark in marks if span.id in mark.ids]
    dated = [mark for mark in naming if mark.until is not None]
    return max(dated, key=lambda mark: str(mark.until), default=naming[0] if naming else None)
