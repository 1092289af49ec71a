"""Money is Decimal from end to end: no float in the folders that money passes through."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

FOLDERS = ("pricing", "reference")


def floats_in(source: str) -> list[int]:
    """The lines with a float literal, the name `float`, or `math`."""
    lines = []
    for node in ast.walk(ast.parse(source)):
        literal = isinstance(node, ast.Constant) and isinstance(node.value, float | complex)
        name = isinstance(node, ast.Name) and node.id in {"float", "math"}
        if literal or name:
            lines.append(node.lineno)  # type: ignore[attr-defined]
    return sorted(lines)


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("x = 0.5", [1]),
        ("x = 1\ny = float('1')", [2]),
        ("import math\nx = math.floor(2)", [2]),
        ("x = Decimal('0.5') * 2", []),
    ],
)
def test_the_rule_sees_floats(source: str, lines: list[int]) -> None:
    assert floats_in(source) == lines


def test_no_float_in_the_money_path(root: Path) -> None:
    found = {
        f"{path.relative_to(root)}:{line}"
        for folder in FOLDERS
        for path in (root / "src" / "veo_check" / folder).rglob("*.py")
        for line in floats_in(path.read_text())
    }
    # likeness of words and ages in days are not money
    allowed = {
        one for one in found if "difflib" in _line(root, one) or "cutoff=" in _line(root, one)
    }
    assert found - allowed == set()


def _line(root: Path, place: str) -> str:
    path, _, line = place.rpartition(":")
    return (root / path).read_text().splitlines()[int(line) - 1]


def test_no_amount_in_the_data_is_a_float(root: Path) -> None:
    def refuse(text: str) -> object:
        raise AssertionError(f"{text} is a float")

    for path in (root / "src" / "veo_check" / "reference" / "data").glob("*.json"):
        json.loads(path.read_text(), parse_float=refuse)
