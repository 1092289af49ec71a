"""One name everywhere: id = function = file = test file, and docstrings are product text."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path

import pytest

import veo_check.checks
from veo_check.checks.registry import CHECKS
from veo_check.core.findings import Check
from veo_check.gateways.registry import GATEWAYS

FOLDER = Path(veo_check.checks.__file__).parent
NOT_WAIVABLE = {
    "model-official",
    "model-lifecycle",
    "request-supported",
    "price-known",
    "price-unit",
    "job-completes",
    "media-delivered",
    "usage-recorded",
    "usage-matches-quote",
    "fallback-rules",
    "reference-fresh",
    "key-hygiene",
}
ITEMS = [
    "official-model-id",
    "lifecycle",
    "pricing-unit",
    "async-job",
    "catalog-row",
    "fallback",
    "usage-proof",
    "data-and-keys",
]
each = pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)


def test_every_file_of_the_folder_is_a_registered_check() -> None:
    files = {path.stem for path in FOLDER.glob("*.py")} - {"__init__", "registry"}
    registered = {check.id.replace("-", "_") for check in CHECKS}
    assert registered == files


def test_ids_are_unique_and_items_known() -> None:
    ids = [check.id for check in CHECKS]
    assert len(set(ids)) == len(ids)
    assert {check.item for check in CHECKS} == set(ITEMS)


@each
def test_id_is_function_is_file_is_test_file(check: Check) -> None:
    name = check.id.replace("-", "_")
    assert check.function.__name__ == name
    assert Path(inspect.getfile(check.function)) == FOLDER / f"{name}.py"
    assert (Path(__file__).parent / f"test_{name}.py").is_file()


@each
def test_docstring_is_title_why_fix(check: Check) -> None:
    text = inspect.cleandoc(check.function.__doc__ or "")
    title, why, fix = re.fullmatch(r"(.+?)\n\n(Why: .+?)\n(Fix: .+)", text, re.DOTALL).groups()  # type: ignore[union-attr]
    assert "\n" not in title
    assert title.endswith(".")
    assert [check.title, check.why, check.fix] == [
        title,
        " ".join(why.removeprefix("Why: ").split()),
        " ".join(fix.removeprefix("Fix: ").split()),
    ]
    assert len(title) <= 100
    assert check.why.endswith(".")
    assert check.fix.endswith(".")


@each
def test_needs_are_types_and_it_is_a_generator(check: Check) -> None:
    assert all(isinstance(need.type, type) for need in check.needs)
    assert inspect.isgeneratorfunction(check.function)


@each
def test_finding_codes_are_literal_and_the_checks_own(check: Check) -> None:
    tree = ast.parse(Path(inspect.getfile(check.function)).read_text())
    written = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.fullmatch(r"[a-z0-9-]+/[a-z0-9-]*", node.value)
    ]
    assert written
    assert {code.partition("/")[0] for code in written} == {check.id}


def test_what_cannot_be_waived() -> None:
    fixed = {check.id for check in CHECKS if not check.waivable}
    assert fixed == NOT_WAIVABLE & {check.id for check in CHECKS}


@pytest.mark.parametrize("surface", ["agent-platform", "gemini-api", "openai"])
def test_what_does_not_apply_is_decided_from_gateway_and_surface_alone(surface: str) -> None:
    silent = {
        check.id: sorted(name for name, kind in GATEWAYS.items() if check.not_for(kind, surface))
        for check in CHECKS
    }
    elsewhere = [name for name in sorted(GATEWAYS) if name != "google"]
    assert {check: names for check, names in silent.items() if names} == {
        "location-served": elsewhere if surface == "agent-platform" else sorted(GATEWAYS),
        "price-unit": ["google", "openai"],
        "catalog-row": ["google", "openai"],
        "catalog-group": ["google", "openai", "openrouter"],
        "availability-status": ["google", "openai", "openrouter"],
    }
