"""Each import contract in pyproject.toml holds here, and breaks where it is violated."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

#: contract -> a module, made if it does not exist, and the import that this contract refuses there
VIOLATIONS = {
    "layers": [
        ("core/money.py", "import veo_check.reference.rows"),
        ("reference/rows.py", "import veo_check.http.offender"),
        ("pricing/offender.py", "import veo_check.gateways.offender"),
        ("gateways/offender.py", "import veo_check.evidence.offender"),
        ("evidence/offender.py", "import veo_check.smoke.offender"),
        ("report/offender.py", "import veo_check.routefile.offender"),
        ("refresh/offender.py", "import veo_check.engine.offender"),
        ("engine/offender.py", "import veo_check.cli.offender"),
        ("newcomer/offender.py", "import veo_check.core.money"),
    ],
    "checks-judge": [
        ("checks/offender.py", "import veo_check.http.offender"),
        ("checks/offender.py", "import veo_check.gateways.offender"),
        ("checks/offender.py", "import veo_check.smoke.offender"),
        ("checks/offender.py", "import veo_check.evidence.offender"),
    ],
    "checks-pure": [
        ("checks/offender.py", "import time"),
        ("checks/offender.py", "from pathlib import Path"),
        ("checks/offender.py", "import logging"),
    ],
    "sandbox-alone": [
        ("sandbox/offender.py", "import veo_check.pricing.offender"),
        ("sandbox/offender.py", "import veo_check.gateways.offender"),
    ],
    "sandbox-plugged-in": [("engine/offender.py", "import veo_check.sandbox.offender")],
    "one-door": [
        ("gateways/offender.py", "import httpx"),
        ("cli/offender.py", "import httpx"),
        ("sandbox/offender.py", "import httpx"),
        ("smoke/offender.py", "import socket"),
    ],
    "terminal": [
        ("engine/offender.py", "import typer"),
        ("routefile/offender.py", "from rich.console import Console"),
    ],
    "by-module": [("core/money.py", "from veo_check.core import __doc__ as text")],
}


def lint(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    # the console script's own function; run in `folder`, whose package comes first on the path
    return subprocess.run(
        [
            sys.executable,
            "-c",
            "from importlinter.cli import lint_imports_command as run; run()",
            *("--no-cache", "--no-logo", "--config", str(folder / "pyproject.toml")),
            *options,
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copy(tmp_path: Path, root: Path) -> Path:
    """A folder with a copy of the package and of the contracts."""
    shutil.copytree(
        root / "src" / "veo_check",
        tmp_path / "veo_check",
        ignore=lambda folder, names: [name for name in names if not _counts(Path(folder) / name)],
    )
    shutil.copy(root / "pyproject.toml", tmp_path)
    return tmp_path


def _counts(path: Path) -> bool:
    return path.suffix == ".py" or (path.is_dir() and path.name != "__pycache__")


def violate(package: Path, module: str, line: str) -> None:
    """Put the import into the module; make whatever it names importable."""
    imported = line.split()[1].removeprefix("veo_check.").replace(".", "/") + ".py"
    for name in (module, imported) if "veo_check" in line else (module,):
        path = package / name
        if path.with_suffix("").is_dir():
            continue
        path.parent.mkdir(exist_ok=True)
        (path.parent / "__init__.py").touch()
        path.touch()
    with (package / module).open("a") as file:
        file.write(f"\n{line}\n")


def test_every_contract_is_kept(copy: Path) -> None:
    done = lint(copy)
    assert " 0 broken." in done.stdout, done.stdout
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("contract", "module", "line"),
    [(contract, *case) for contract, cases in VIOLATIONS.items() for case in cases],
)
def test_a_violated_contract_breaks(copy: Path, contract: str, module: str, line: str) -> None:
    violate(copy / "veo_check", module, line)
    done = lint(copy, "--contract", contract)
    assert "0 kept, 1 broken." in done.stdout, done.stdout + done.stderr
    # the violation, not something that was there before
    assert _dotted(module) in done.stdout
    assert done.returncode == 1


def _dotted(module: str) -> str:
    return "newcomer" if module.startswith("newcomer/") else module[:-3].replace("/", ".")


def test_every_contract_has_a_violation(root: Path) -> None:
    config = tomllib.loads((root / "pyproject.toml").read_text())
    contracts = [contract["id"] for contract in config["tool"]["importlinter"]["contracts"]]
    assert contracts == list(VIOLATIONS)
