"""Each import contract in pyproject.toml holds here, and breaks where it is violated."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import grimp
import pytest
from importlinter import api
from importlinter.application import use_cases
from importlinter.domain.contract import Contract, registry

#: contract -> a module, made if it does not exist, and what this contract does not let it import
VIOLATIONS = {
    "layers": [
        ("core.money", "veo_check.reference.rows"),
        ("reference.rows", "veo_check.http.offender"),
        ("pricing.offender", "veo_check.gateways.offender"),
        ("gateways.offender", "veo_check.evidence.offender"),
        ("evidence.offender", "veo_check.smoke.offender"),
        ("report.offender", "veo_check.routefile.offender"),
        ("refresh.offender", "veo_check.engine.offender"),
        ("engine.offender", "veo_check.cli.offender"),
        ("newcomer.offender", "veo_check.core.money"),
    ],
    "checks-judge": [
        ("checks.offender", "veo_check.http.offender"),
        ("checks.offender", "veo_check.gateways.offender"),
        ("checks.offender", "veo_check.smoke.offender"),
        ("checks.offender", "veo_check.evidence.offender"),
    ],
    "checks-pure": [
        ("checks.offender", "time"),
        ("checks.offender", "pathlib"),
        ("checks.offender", "logging"),
    ],
    "sandbox-alone": [
        ("sandbox.offender", "veo_check.pricing.offender"),
        ("sandbox.offender", "veo_check.gateways.offender"),
    ],
    "sandbox-plugged-in": [("engine.offender", "veo_check.sandbox.offender")],
    "one-door": [
        ("gateways.offender", "httpx"),
        ("cli.offender", "httpx"),
        ("sandbox.offender", "httpx"),
        ("smoke.offender", "socket"),
    ],
    "terminal": [("engine.offender", "typer"), ("routefile.offender", "rich")],
    "by-module": [("core.money", "veo_check.core")],
}


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    """Who imports whom in the package; read once, because reading is what takes its time."""
    return grimp.build_graph("veo_check", include_external_packages=True, cache_dir=None)


@pytest.fixture(scope="module")
def contracts(root: Path) -> dict[str, Contract]:
    """The contracts of pyproject.toml by id, as `lint-imports` makes them."""
    read = api.read_configuration(str(root / "pyproject.toml"))
    use_cases._register_built_in_contract_types()
    session = read["session_options"]

    def contract(options: dict[str, Any]) -> Contract:
        return registry.get_contract_class(options["type"])(options["name"], session, options)

    return {options["id"]: contract(options) for options in read["contracts_options"]}


def kept(contract: Contract, graph: grimp.ImportGraph) -> bool:
    # a check may take modules out of the graph it looks at
    return contract.check(deepcopy(graph), verbose=False).kept


def violated(graph: grimp.ImportGraph, module: str, imported: str) -> grimp.ImportGraph:
    """The graph with this import in it, and with whatever modules it takes."""
    changed = deepcopy(graph)
    importer = f"veo_check.{module}"
    for name in (importer, importer.rpartition(".")[0], imported):
        if name not in changed.modules:
            changed.add_module(name, is_squashed=not name.startswith("veo_check"))
    changed.add_import(importer=importer, imported=imported, line_number=1, line_contents="import")
    return changed


def test_every_contract_is_kept_and_broken_by_each_of_its_violations(
    graph: grimp.ImportGraph, contracts: dict[str, Contract]
) -> None:
    assert list(contracts) == list(VIOLATIONS)
    for name, contract in contracts.items():
        assert kept(contract, graph), name
        for module, imported in VIOLATIONS[name]:
            broken = not kept(contract, violated(graph, module, imported))
            assert broken, f"{name} lets {module} import {imported}"


def test_the_graph_is_that_of_this_repository(root: Path, graph: grimp.ImportGraph) -> None:
    """Every module of the source is in it, with the imports that are written there."""
    source = root / "src"
    files = {
        ".".join(path.relative_to(source).with_suffix("").parts).removesuffix(".__init__")
        for path in (source / "veo_check").rglob("*.py")
    }
    assert {name for name in graph.modules if name.split(".")[0] == "veo_check"} == files
    assert graph.direct_import_exists(importer="veo_check.__main__", imported="veo_check.cli.main")
