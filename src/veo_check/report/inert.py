"""Every text of a report made fit to show, in one place, before a format escapes it its own way.

Names come from route files, gateways and models, and a saved report may hold anything at all.
"""

from __future__ import annotations

import operator
import re
from functools import lru_cache
from typing import TypeVar

from veo_check.core.printable import printable
from veo_check.report.model import Report, ReportPart

PartT = TypeVar("PartT", bound=ReportPart)

#: The longest text of a field, in characters; the rest of the fields have _LONG.
_LIMITS = {"name": 200, "file": 4096, "id": 200, "item": 200, "url": 1000}
_LONG = 4000
#: A line that GitHub would take for a command. The older form, `##[error]`, counts anywhere in it.
_COMMAND = re.compile(r"^(\s*):(?=:)")


def shown(report: Report) -> Report:
    """The same report without control, escape, bidi and invisible characters; long texts cut."""
    return _part(report)


def not_a_command(text: str) -> str:
    """One line of output that no CI server takes for a command."""
    return _COMMAND.sub(r"\1: ", text) if "::" in text else text


def _part(part: PartT) -> PartT:
    """The part itself where nothing in it needs a change; a changed one is validated anew."""
    changed: dict[str, object] = {}
    for field, value in vars(part).items():
        if value is not None and (kept := _walk(value, field)) is not value:
            changed[field] = kept
    return type(part).model_validate(vars(part) | changed) if changed else part


def _walk(value: object, field: str) -> object:
    """What is fit to show of `value`; the very same object where that is all of it."""
    if isinstance(value, str):
        kept = _text(value, _LIMITS.get(field, _LONG))
        return value if kept == value else kept
    if isinstance(value, ReportPart):
        return _part(value)
    if isinstance(value, list):
        items = [_walk(one, field) for one in value]
        return value if all(map(operator.is_, items, value)) else items
    if isinstance(value, dict):
        return {str(_walk(name, "name")): _walk(one, str(name)) for name, one in value.items()}
    return value


# The routes of one run mostly say the same.
@lru_cache(maxsize=4096)
def _text(text: str, limit: int) -> str:
    kept = printable(text, limit).replace("##[", "## [")
    return kept or (text and "(nothing printable)")
