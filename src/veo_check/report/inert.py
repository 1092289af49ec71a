"""Every text of a report made fit to show, in one place, before a format escapes it its own way.

Names come from route files, gateways and models, and a saved report may hold anything at all.
"""

from __future__ import annotations

import re

from veo_check.core.printable import printable
from veo_check.report.model import Report

#: The longest text of a field, in characters; the rest of the fields have _LONG.
_LIMITS = {"name": 200, "file": 4096, "id": 200, "item": 200, "url": 1000}
_LONG = 4000
#: A line that GitHub would take for a command. The older form, `##[error]`, counts anywhere in it.
_COMMAND = re.compile(r"^(\s*):(?=:)")


def shown(report: Report) -> Report:
    """The same report without control, escape, bidi and invisible characters; long texts cut."""
    return Report.model_validate(_walk(report.model_dump(), ""))


def not_a_command(text: str) -> str:
    """One line of output that no CI server takes for a command."""
    return _COMMAND.sub(r"\1: ", text)


def _walk(value: object, field: str) -> object:
    if isinstance(value, str):
        kept = printable(value, _LIMITS.get(field, _LONG)).replace("##[", "## [")
        return kept or (value and "(nothing printable)")
    if isinstance(value, list):
        return [_walk(one, field) for one in value]
    if isinstance(value, dict):
        return {str(_walk(name, "name")): _walk(one, str(name)) for name, one in value.items()}
    return value
