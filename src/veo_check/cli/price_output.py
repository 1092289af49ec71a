"""What `price` prints for people, in 80 columns: one answer, or a comparison with bars."""

from __future__ import annotations

import json
import sys
import textwrap
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import ROUND_CEILING, Decimal

from veo_check.cli.output import safe
from veo_check.core.money import plain, usd
from veo_check.pricing.comparison import Compared
from veo_check.pricing.quote import promotions
from veo_check.pricing.shape import Quote, Refusal, Shape
from veo_check.reference.load import Reference
from veo_check.reference.rows import Source

_WIDTH = 80
_BAR = 24


def one_text(
    book: Reference,
    answer: Quote | Refusal,
    asked: Shape,
    retries: int,
    jobs: int | None,
    day: date,
) -> str:
    """The price, how it comes about, and who says so; or the refusal and its code."""
    if isinstance(answer, Refusal):
        lines = _wrapped(f"{safe(asked.model)}: no price: {answer.message}.", "")
        return _page([*lines, f"  code         {answer.code}", *_source(answer, day)])
    return _page(_priced(book, answer, retries, jobs, day))


def comparison_text(rows: tuple[Compared, ...], asked: Shape, day: date) -> str:
    """Two lines a model: the figures, then a bar, its state and how its clip differs."""
    priced = [row for row in rows if isinstance(row.answer, Quote)]
    refused = [row for row in rows if isinstance(row.answer, Refusal)]
    most = max((row.answer.expected for row in priced if isinstance(row.answer, Quote)), default=0)
    lines = [
        *_wrapped(f"What a clip costs on {day}: {_words(asked)}", ""),
        "",
        f"{'MODEL':<35}{'SURFACE':<15}{'USD/CLIP':>9}{'USD/S':>7}{'REL':>7} UNIT",
    ]
    for row in priced:
        lines.extend(_row(row, Decimal(most)))
    if refused:
        lines += ["", "NOT PRICED"]
    for row in refused:
        code = row.answer.code if isinstance(row.answer, Refusal) else ""
        name = f"{row.shape.model} on {row.shape.surface}"
        lines.append(f"  {name:<54} {code}")
    return _page([*lines, "", *_foot(priced)])


def _priced(
    book: Reference, answer: Quote, retries: int, jobs: int | None, day: date
) -> Iterator[str]:
    yield from _wrapped(
        f"{answer.rule.model} on {answer.rule.surface}, {day}: {_words(answer.shape)}", ""
    )
    least = "at least " if answer.bound == "lower" else ""
    yield from _item("expected", f"{least}${usd(answer.expected)} = {answer.text}")
    if answer.estimate != answer.expected:
        yield from _item("estimate", f"${usd(answer.estimate)} by the vendor's own formula")
    attempts = f"{retries} {'retry' if retries == 1 else 'retries'}"
    yield from _item(
        "worst case",
        f"{least}${usd(answer.worst_case(retries))} with {attempts}, every attempt charged",
    )
    if answer.per_second is not None:
        yield from _item("per second", f"{least}${usd(answer.per_second)}")
    if jobs is not None:
        yield from _item("per month", f"{least}${usd(answer.monthly(jobs))} for {jobs:,} requests")
    yield from _item("billed by", answer.unit)
    if answer.rule.note:
        yield from _item("note", answer.rule.note)
    for rule in promotions(book, answer.shape, day):
        yield from _item(
            "promotion", f"{rule.source.publisher} has another price until {rule.valid_to}"
        )
    yield from _source(answer, day)
    yield from _whole(f"  {'rule':<13}", answer.rule.id)


def _source(answer: Quote | Refusal, day: date) -> Iterator[str]:
    source = answer.source
    if source is None:
        return
    yield from _item(
        "source",
        f"{source.publisher}, {source.kind}, read {source.confirmed}"
        f" ({source.age_days(day)} days old)",
    )
    yield from _whole(" " * 15, source.url)
    if source.note:
        yield from _wrapped(source.note, " " * 15)
    if isinstance(answer, Quote) and answer.agreeing:
        yield from _item("agrees", ", ".join(one.publisher for one in answer.agreeing))


def _row(row: Compared, most: Decimal) -> Iterator[str]:
    answer = row.answer
    if not isinstance(answer, Quote):
        return
    name, surface = row.shape.model, row.shape.surface
    rate = "-" if answer.per_second is None else _short(answer.per_second)
    relative = "-" if row.relative is None else f"{row.relative:.2f}x"
    least = ">" if answer.bound == "lower" else ""
    clip = f"{least}{_short(answer.expected)}"
    if len(name) > 34 or len(surface) > 14:
        yield name
        name = ""
    yield f"{name:<35}{surface:<15.15}{clip:>9}{rate:>7}{relative:>7} {answer.unit}"
    length = 1
    if most:
        exact = answer.expected / most * _BAR
        length = max(1, int(exact.to_integral_value(rounding=ROUND_CEILING)))
    rest = "; ".join([row.state, *row.differs])
    yield f"  {_block() * length:<{_BAR}}  {rest}"


def _foot(rows: Iterable[Compared]) -> Iterator[str]:
    if any(row.answer.bound == "lower" for row in rows if isinstance(row.answer, Quote)):
        yield "> the least it can cost"
    yield from _wrapped(
        "State: veo-check lifecycle MODEL. What a line stands on: veo-check price MODEL"
        " --surface SURFACE.",
        "",
    )


def _words(shape: Shape) -> str:
    parts = [
        None if shape.seconds is None else f"{plain(shape.seconds)} s",
        shape.resolution,
        shape.aspect_ratio,
        None if shape.audio is None else ("audio" if shape.audio else "silent"),
        f"{shape.count} clip{'s' if shape.count > 1 else ''}",
        None if shape.tier == "standard" else f"tier {shape.tier}",
    ]
    if shape.input_video_seconds:
        parts.append(f"{plain(shape.input_video_seconds)} s of input video")
    if shape.input_images:
        parts.append(f"{shape.input_images} input images")
    return ", ".join(part for part in parts if part is not None)


def _short(number: Decimal) -> str:
    """At most four decimals; the exact figure is one `price MODEL` away."""
    rounded = number.quantize(Decimal("0.0001"))
    return usd(rounded if rounded else number)


def _block() -> str:
    try:
        "\u2588".encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return "#"
    return "\u2588"


def _whole(first: str, word: str) -> list[str]:
    """A word that is never cut (an address, an id): in its column, or on a line of its own."""
    if len(first) + len(word) <= _WIDTH:
        return [f"{first}{word}"]
    return [*([first] if first.strip() else []), f"  {word}" if len(word) < _WIDTH - 2 else word]


def _item(label: str, text: str) -> list[str]:
    return _wrapped(text, f"  {label:<13}", " " * 15)


def _wrapped(text: str, first: str, rest: str | None = None) -> list[str]:
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=first,
        subsequent_indent=first if rest is None else rest,
        break_on_hyphens=False,
    )


def _page(lines: Iterable[str]) -> str:
    return "\n".join(line.rstrip() for line in lines) + "\n"


# The JSON of `price`: the fields of the contract, and the rows of a comparison.


def one_json(answer: Quote | Refusal, retries: int) -> str:
    """One answer; a refusal has every amount null and its code under `refused`."""
    return json.dumps(_fields(answer, retries), indent=2, ensure_ascii=False) + "\n"


def comparison_json(rows: Iterable[Compared], asked: Shape, retries: int, day: date) -> str:
    """Every row with the fields of a single answer, and what sets it apart."""
    document = {
        "as_of": day.isoformat(),
        "shape": _shape(asked),
        "rows": [
            {
                "model": row.shape.model,
                "surface": row.shape.surface,
                "state": row.state,
                **_fields(row.answer, retries),
                "relative": None if row.relative is None else _ratio(row.relative),
                "differs": list(row.differs),
                "shape": _shape(row.shape),
            }
            for row in rows
        ],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _fields(answer: Quote | Refusal, retries: int) -> dict[str, object]:
    if isinstance(answer, Refusal):
        return {
            "currency": None,
            "expected": None,
            "worst_case": None,
            "per_second": None,
            "unit": None,
            "bound": None,
            "rule": None,
            "source": None if answer.source is None else _source_json(answer.source),
            "refused": answer.code,
        }
    rate = answer.per_second
    return {
        "currency": answer.currency,
        "expected": usd(answer.expected),
        "worst_case": usd(answer.worst_case(retries)),
        "per_second": None if rate is None else usd(rate),
        "unit": answer.unit,
        "bound": answer.bound,
        "rule": f"{answer.rule.id}: {answer.text}",
        "source": {
            **_source_json(answer.source),
            "agreeing": [one.publisher for one in answer.agreeing],
        },
        "refused": None,
    }


def _source_json(source: Source) -> dict[str, object]:
    return {
        "url": source.url,
        "kind": source.kind,
        "publisher": source.publisher,
        "confirmed": source.confirmed.isoformat(),
        "page_date": None if source.page_date is None else source.page_date.isoformat(),
        "note": source.note,
    }


def _shape(shape: Shape) -> dict[str, object]:
    return {
        "seconds": None if shape.seconds is None else plain(shape.seconds),
        "resolution": shape.resolution,
        "aspect_ratio": shape.aspect_ratio,
        "audio": shape.audio,
        "count": shape.count,
    }


def _ratio(number: Decimal) -> str:
    return plain(number.quantize(Decimal("0.0001")))
