"""Only the gateways themselves say their names; checks and engine ask the Gateway object."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

NAMES = {"flatkey", "newapi", "openai", "openrouter", "litellm"}
#: The literal and its default addresses; and publishers of price lists.
ELSEWHERE = {
    "cli/refresh.py",
    "core/route.py",
    "reference/rows.py",
    "refresh/lists.py",
    "refresh/run.py",
    "refresh/upkeep.py",
}


def constants(root: Path) -> Iterator[tuple[str, str]]:
    package = root / "src/veo_check"
    for path in sorted(package.rglob("*.py")):
        name = path.relative_to(package).as_posix()
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and node.value in NAMES:
                yield name, str(node.value)


def test_names_of_gateways_stand_in_gateways_and_the_sandbox_only(root: Path) -> None:
    found = {
        (name, word)
        for name, word in constants(root)
        if not name.startswith(("gateways/", "sandbox/")) and name not in ELSEWHERE
    }
    assert found == set()


def test_no_check_and_no_engine_module_looks_at_a_gateways_name(root: Path) -> None:
    """Neither `via.gateway` compared, nor looked up in a table of its own."""
    looked_at = []
    for folder in ("checks", "engine"):
        for path in sorted((root / "src/veo_check" / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                inside = (
                    [node.left, *node.comparators]
                    if isinstance(node, ast.Compare)
                    else [node.slice]
                    if isinstance(node, ast.Subscript)
                    else []
                )
                looked_at += [
                    f"{path.name}:{part.lineno}"
                    for part in inside
                    for name in ast.walk(part)
                    if isinstance(name, ast.Attribute)
                    and (name.attr == "gateway" or ast.unparse(name) == "gateway.name")
                ]
    assert looked_at == []
