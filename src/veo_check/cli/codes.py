"""The finding codes of a check, read from its own source: their weight, sentence and fix.

A code is written once, where it is yielded; what explains it is made from that.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from veo_check.core.findings import Check
from veo_check.core.jobs import MEANINGS

Weight = Literal["blocker", "warning", "note", "varies"]
#: How people call a finding's weight.
WEIGHTS: dict[Weight, str] = {
    "blocker": "fails the check",
    "warning": "a warning",
    "note": "a note",
    "varies": "its weight depends on the case",
}
_SEVERITIES: dict[str, Weight] = {"blocker": "blocker", "warning": "warning", "note": "note"}
#: Stands for what a finding fills in.
_GAP = "\N{HORIZONTAL ELLIPSIS}"


@dataclass(frozen=True, slots=True)
class FindingCode:
    """One code. `message` and `fix` have a gap where a finding fills in a name or a number."""

    code: str
    severity: Weight
    message: str | None = None
    fix: str | None = None


@lru_cache
def codes_of(check: Check) -> tuple[FindingCode, ...]:
    """Every code that a check's source writes, in its order; one with a gap stands for several."""
    tree = ast.parse(inspect.getsource(inspect.getmodule(check.function) or check.function))
    found: dict[str, FindingCode] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
            severity = _SEVERITIES.get(node.func.id, "varies")
            said = [_text(part) for part in node.args[1:2]]
            fixes = [_text(keyword.value) for keyword in node.keywords if keyword.arg == "fix"]
            for code in _codes(node.args[0], check.id):
                made = FindingCode(code, severity, *(said or [None]), *(fixes or [None]))
                held = found.get(code)
                if held is not None and held.severity != severity:
                    made = replace(held, severity="varies")
                found[code] = made if held is None or held.severity != severity else held
    for node in ast.walk(tree):  # a code that is put together before it is yielded
        for code in _codes(node, check.id):
            found.setdefault(code, FindingCode(code, "varies"))
    return tuple(found.values())


def code_of(check: Check, word: str) -> FindingCode | None:
    """What explains `CHECK/word`; a symptom of a job is explained by its meaning."""
    code = f"{check.id}/{word}"
    known = codes_of(check)
    meaning = next((meaning for name, meaning in MEANINGS.items() if name == word), None)
    for each in known:
        if each.code == code:
            return each
    for each in known:
        pattern = re.escape(each.code).replace(re.escape(_GAP), "[a-z0-9-]+")
        if re.fullmatch(pattern, code):
            if meaning is not None:
                says = f"{meaning.says[0].upper()}{meaning.says[1:]}."
                return FindingCode(code, each.severity, says, meaning.next_step)
            return replace(each, code=code)
    return None


def _codes(node: ast.AST, check_id: str) -> Iterator[str]:
    """The codes of this check that an expression can be."""
    if isinstance(node, ast.IfExp):
        yield from _codes(node.body, check_id)
        yield from _codes(node.orelse, check_id)
        return
    text = _text(node)
    if text is not None and re.fullmatch(rf"({re.escape(check_id)}|{_GAP})/[a-z0-9{_GAP}-]+", text):
        yield text.replace(f"{_GAP}/", f"{check_id}/")


def _text(node: ast.AST) -> str | None:
    """The text of an expression, a gap for each part that is filled in; None for any other."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        parts = (_text(part) or _GAP for part in node.values)
        return re.sub(rf"(?:{_GAP})+", _GAP, "".join(parts))
    return None
