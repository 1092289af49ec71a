"""What `price` prints: one answer or a comparison, in 80 columns for people or as JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from decimal import ROUND_CEILING, Decimal

from veo_check.cli.output import page, safe, wrapped
from veo_check.core.facts import Missing, SkuPrice
from veo_check.core.money import plain, usd
from veo_check.pricing.comparison import Compared
from veo_check.pricing.shape import Quote, Refusal, Shape
from veo_check.reference.rows import Source

_WIDTH = 80
_BAR = 24


def answer_text(
    answer: Quote | Refusal,
    asked: Shape,
    retries: int,
    jobs: int | None,
    day: date,
    sku: SkuPrice | Missing | None = None,
) -> str:
    """The price, how it comes about, and who says so; or the refusal and its code."""
    if isinstance(answer, Quote):
        return page([*_priced(answer, retries, jobs, day), *_billed(sku, answer)])
    message = answer.message if answer.message.endswith((".", "?")) else f"{answer.message}."
    lines = wrapped(f"{safe(asked.model)}: no price: {message}")
    code = f"  code         {answer.code}"
    return page([*lines, code, *_source(answer, day), *_billed(sku, answer)])


def each_text(each: Sequence[Quote], retries: int, day: date) -> str:
    """A line for each resolution, under the model and the surface that they are of."""
    lines: list[str] = []
    above = ""
    for quote in each:
        shape = quote.shape
        head = f"{shape.model} on {shape.surface}, {day}: {_words(replace(shape, resolution=None))}"
        if head != above:
            lines += [*([""] if lines else []), *wrapped(head)]
            above = head
        least = "at least " if quote.bound == "lower" else ""
        most = f"; ${usd(quote.worst_case(retries))} with {retries} retries"
        most = most.removesuffix("ies") + "y" if retries == 1 else most
        lines += wrapped(
            f"{least}${usd(quote.expected)} = {quote.text}{most}",
            f"  {shape.resolution or '-':<7}",
            " " * 9,
        )
    model = safe(each[0].shape.model)
    return page([*lines, "", f"Where one is from: veo-check price {model} --resolution WORD"])


def each_json(each: Sequence[Quote], retries: int) -> str:
    """The fields of a single answer for each resolution, and the shape that it is the price of."""
    prices = [{"shape": _shape(quote.shape), **_fields(quote, retries)} for quote in each]
    document = {"model": each[0].shape.model, "prices": prices}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def comparison_text(rows: Sequence[Compared], asked: Shape, day: date) -> str:
    """Two lines a model: the figures, then a bar, its state and how its clip differs."""
    priced = [(row, row.answer) for row in rows if isinstance(row.answer, Quote)]
    refused = [(row.shape, row.answer) for row in rows if isinstance(row.answer, Refusal)]
    most = max((quote.expected for _, quote in priced), default=Decimal(0))
    lines = [
        *wrapped(f"What a clip costs on {day}: {_words(asked)}"),
        "",
        f"{'MODEL':<35}{'SURFACE':<15}{'USD/CLIP':>9}{'USD/S':>7}{'REL':>7} UNIT",
    ]
    for row, quote in priced:
        lines += _row(row, quote, most)
    if refused:
        lines += ["", "NOT PRICED"]
    lines += [
        f"  {f'{shape.model} on {shape.surface}':<54} {refusal.code}" for shape, refusal in refused
    ]
    lines.append("")
    if any(quote.bound == "lower" for _, quote in priced):
        lines.append("> the least it can cost")
    lines += wrapped(
        "State: veo-check lifecycle MODEL. What a line is based on: veo-check price MODEL"
        " --surface SURFACE."
    )
    return page(lines)


def _priced(answer: Quote, retries: int, jobs: int | None, day: date) -> Iterator[str]:
    yield from wrapped(
        f"{answer.rule.model} on {answer.rule.surface}, {day}: {_words(answer.shape)}"
    )
    least = "at least " if answer.bound == "lower" else ""
    yield from _item("expected", f"{least}${usd(answer.expected)} = {answer.text}")
    attempts = f"{retries} {'retry' if retries == 1 else 'retries'}"
    yield from _item(
        "maximum",
        f"{least}${usd(answer.worst_case(retries))} with {attempts}, every attempt charged",
    )
    if answer.per_second is not None:
        yield from _item("per second", f"{least}${usd(answer.per_second)}")
    if jobs is not None:
        yield from _item("per month", f"{least}${usd(answer.monthly(jobs))} for {jobs:,} requests")
    yield from _item("billed by", answer.unit)
    if answer.rule.note:
        yield from _item("note", answer.rule.note)
    yield from _source(answer, day)
    yield from _whole(f"  {'rule':<13}", answer.rule.id)


def _billed(sku: SkuPrice | Missing | None, answer: Quote | Refusal) -> Iterator[str]:
    """What Google's Cloud Billing says of the SKU that was named, beside the price."""
    if sku is None:
        return
    if not isinstance(sku, SkuPrice):
        yield from _item("billing SKU", f"not read: {sku.detail}")
        return
    free = f"; the first {plain(sku.free_below)} are free" if sku.free_below else ""
    told = f"${usd(sku.amount)} per {sku.unit}{free}"
    seconds = answer.shape.seconds if isinstance(answer, Quote) else None
    if sku.per_second is None:
        told += f"; what one {sku.unit} of this SKU is, is not known, so it is not compared"
    elif seconds is not None and isinstance(answer, Quote):
        total = sku.per_second * seconds * answer.shape.count
        same = "the same" if total == answer.expected else "another price"
        told += f", one second of video: this request is ${usd(total)}, {same}"
    yield from _item("billing SKU", told)
    yield from _whole(" " * 15, sku.source)


def _source(answer: Quote | Refusal, day: date) -> Iterator[str]:
    source = answer.source
    if source is None:
        return
    yield from _item(
        "source",
        f"{source.by}, {source.kind}, read {source.confirmed} ({source.age_days(day)} days old)",
    )
    yield from _whole(" " * 15, source.url)
    if source.note:
        yield from wrapped(source.note, " " * 15)
    if isinstance(answer, Quote) and answer.agreeing:
        yield from _item("agrees", ", ".join(_agreeing(answer)))


def _row(row: Compared, quote: Quote, most: Decimal) -> Iterator[str]:
    name, surface = row.shape.model, row.shape.surface
    rate = "-" if quote.per_second is None else _short(quote.per_second)
    relative = "-" if row.relative is None else f"{row.relative:.2f}x"
    clip = f"{'>' if quote.bound == 'lower' else ''}{_short(quote.expected)}"
    if len(name) > 34 or len(surface) > 14:
        yield name
        name = ""
    yield f"{name:<35}{surface:<15.15}{clip:>9}{rate:>7}{relative:>7} {quote.unit}"
    exact = quote.expected / most * _BAR if most else Decimal(1)
    bar = _block() * max(1, int(exact.to_integral_value(rounding=ROUND_CEILING)))
    yield f"  {bar:<{_BAR}}  {'; '.join([row.state, *row.differs])}"


def _words(shape: Shape) -> str:
    parts = [
        None if shape.seconds is None else f"{plain(shape.seconds)} s",
        shape.resolution,
        shape.aspect_ratio,
        None if shape.audio is None else ("audio" if shape.audio else "silent"),
        f"{shape.count} clip{'s' if shape.count > 1 else ''}",
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
    return wrapped(text, f"  {label:<13}", " " * 15)


# The JSON of `price`: the fields of the contract, and the rows of a comparison.


def answer_json(
    answer: Quote | Refusal, retries: int, sku: SkuPrice | Missing | None = None
) -> str:
    """One answer; a refusal has every amount null and its code under `refused`."""
    fields = _fields(answer, retries)
    if sku is not None:
        fields["billing_sku"] = _sku_fields(sku)
    return json.dumps(fields, indent=2, ensure_ascii=False) + "\n"


def _sku_fields(sku: SkuPrice | Missing) -> dict[str, object]:
    if not isinstance(sku, SkuPrice):
        return {"unread": sku.detail}
    rate = sku.per_second
    return {
        "id": sku.sku,
        "amount": usd(sku.amount),
        "unit": sku.unit,
        "per_second": None if rate is None else usd(rate),
        "free_below": plain(sku.free_below),
        "source": sku.source,
    }


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
                "relative": None
                if row.relative is None
                else plain(row.relative.quantize(Decimal("0.0001"))),
                "differs": list(row.differs),
                "shape": _shape(row.shape),
            }
            for row in rows
        ],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _fields(answer: Quote | Refusal, retries: int) -> dict[str, object]:
    source = None if answer.source is None else _source_json(answer.source)
    if isinstance(answer, Refusal):
        unpriced = ("currency", "expected", "worst_case", "per_second", "unit", "bound", "rule")
        return {**dict.fromkeys(unpriced), "source": source, "refused": answer.code}
    rate = answer.per_second
    return {
        "currency": answer.currency,
        "expected": usd(answer.expected),
        "worst_case": usd(answer.worst_case(retries)),
        "per_second": None if rate is None else usd(rate),
        "unit": answer.unit,
        "bound": answer.bound,
        "rule": f"{answer.rule.id}: {answer.text}",
        "source": {**(source or {}), "agreeing": _agreeing(answer)},
        "refused": None,
    }


def _agreeing(quote: Quote) -> list[str]:
    return [source.publisher for source in quote.agreeing]


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
