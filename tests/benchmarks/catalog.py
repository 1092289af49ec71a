"""One label's row out of a whole gateway catalogue, against reading the same text as JSON."""

from __future__ import annotations

import json

from tests.benchmarks.stopwatch import Row, compare
from veo_check.core.secrets import Redactor
from veo_check.gateways.newapi import read_catalog
from veo_check.http.answers import Response

LABEL = "veo3.1-fast"


def measure(rows: int, rounds: int) -> list[Row]:
    """Time a catalogue of `rows` rows, of which one is the label's."""
    body = catalog(rows)

    def normalise() -> None:
        # a new answer each time: an answer parses its body only once
        answer = Response(200, {}, body, "x1", "gateway.example/api/pricing", Redactor())
        found = read_catalog(answer, LABEL, "https://gateway.example/api/pricing")
        if len(getattr(found, "rows", ())) != 1:
            raise RuntimeError(f"not one row: {found}")

    base = f"json.loads, {rows} rows"
    return compare(
        base, {base: lambda: json.loads(body), f"find a row among {rows}": normalise}, rounds
    )


def catalog(rows: int) -> bytes:
    """A catalogue in new-api's form; the label's row is in the middle."""
    names = [f"vendor-{number % 40}/model-{number}" for number in range(rows)]
    names[rows // 2] = LABEL
    return json.dumps(
        {
            "success": True,
            "pricing_version": "a42d372ccf0b5dd13ecf71203521f9d2",
            "group_ratio": {"default": 1, "plg": 0.9, "vip": 0.75},
            "usable_group": {"default": "Default", "plg": "Self-service"},
            "data": [
                {
                    "model_name": name,
                    "description": "A model that makes something out of something else.",
                    "vendor_id": number % 40,
                    "quota_type": number % 2,
                    "model_ratio": 0.075 + number % 50,
                    "model_price": 0.12,
                    "owner_by": "",
                    "completion_ratio": 4,
                    "enable_groups": ["default", "plg"],
                    "supported_endpoint_types": ["openai-video", "gemini"],
                    "availability_status": "available",
                }
                for number, name in enumerate(names)
            ],
        }
    ).encode()
