"""The report as JSON: the contract itself."""

from __future__ import annotations

from veo_check.report.model import Report


def render(report: Report) -> str:
    """The whole report, two-space indented, with a final newline."""
    return report.model_dump_json(indent=2) + "\n"
