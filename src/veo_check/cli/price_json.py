"""The JSON of `price`: the fields of the contract, and the rows of a comparison."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from veo_check.core.money import plain, usd
from veo_check.pricing.answers import Quote, Refusal
from veo_check.pricing.comparison import Compared
from veo_check.pricing.shape import Shape
from veo_check.reference.rows import Source


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
            "source": None if answer.source is None else _source(answer.source),
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
            **_source(answer.source),
            "agreeing": [one.publisher for one in answer.agreeing],
        },
        "refused": None,
    }


def _source(source: Source) -> dict[str, object]:
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
