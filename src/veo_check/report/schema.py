"""The JSON Schema of the report, made from its model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from veo_check.report.model import Report

#: The copy that ships in the package; `pytest tests/report --update` rewrites it.
BUNDLED = Path(__file__).with_name("report-v1.schema.json")


def report_schema() -> dict[str, Any]:
    """JSON Schema, draft 2020-12, of what `-o json` writes: every field is there, if only null."""
    schema = Report.model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | schema
