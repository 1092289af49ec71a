"""The report as JSON: the contract itself."""

from __future__ import annotations

import json
import re

from veo_check.report.model import Report

_UNUSUAL = re.compile("[^\n\x20-\x7e]")
#: A lone surrogate is no text: neither UTF-8 nor strict JSON readers can hold it.
_SURROGATE = re.compile("[\ud800-\udfff]")


def render(report: Report) -> str:
    """The whole report, two-space indented, with a final newline.

    Characters that do not print are escaped, so that a terminal or a CI log is safe to look at it.
    """
    return as_text(report.model_dump(mode="json")) + "\n"


def as_text(value: object) -> str:
    """JSON text of plain data; it parses to the same data, lone surrogates replaced."""
    text = json.dumps(_whole(value), indent=2, ensure_ascii=False)
    text = _UNUSUAL.sub(lambda found: _escaped(found[0]), text)
    return text.replace("##[", "#\\u0023[")


def _whole(value: object) -> object:
    if isinstance(value, str):
        return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", value)
    if isinstance(value, list):
        return [_whole(one) for one in value]
    if isinstance(value, dict):
        return {_whole(name): _whole(one) for name, one in value.items()}
    return value


def _escaped(char: str) -> str:
    if char.isprintable():
        return char
    return json.dumps(char)[1:-1] if ord(char) != 0x7F else "\\u007f"
