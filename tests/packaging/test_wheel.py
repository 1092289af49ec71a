"""The wheel, built here, holds what the program needs, and runs where nothing else is installed."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

pytestmark = pytest.mark.wheel

EXAMPLE = "flatkey-veo-3.1-fast.yaml"


def run(
    command: list[str], environment: Mapping[str, str], folder: Path
) -> subprocess.CompletedProcess[str]:
    # -I does not reach a console script; a PYTHONPATH would, and could lend it the source tree
    clean = {name: value for name, value in environment.items() if name != "PYTHONPATH"}
    return subprocess.run(
        command, env=clean, cwd=folder, capture_output=True, text=True, check=False
    )


def pip(python: Path | str, *words: str, environment: Mapping[str, str], folder: Path) -> None:
    done = run([str(python), "-m", "pip", *words], environment, folder)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def wheel(
    root: Path, tmp_path_factory: pytest.TempPathFactory, machine_environment: Mapping[str, str]
) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    words = ("wheel", "-q", "--no-deps", "--wheel-dir", str(folder), str(root))
    pip(sys.executable, *words, environment=machine_environment, folder=folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(
    wheel: Path, tmp_path_factory: pytest.TempPathFactory, machine_environment: Mapping[str, str]
) -> Path:
    """The `bin` folder of an environment that holds the wheel and its dependencies alone."""
    folder = tmp_path_factory.mktemp("clean")
    done = run([sys.executable, "-m", "venv", str(folder)], machine_environment, folder)
    assert done.returncode == 0, done.stderr
    bin_folder = folder / ("Scripts" if sys.platform == "win32" else "bin")
    words = ("install", "-q", str(wheel))
    pip(bin_folder / "python", *words, environment=machine_environment, folder=folder)
    return bin_folder


def test_the_wheel_holds_the_package_and_its_data(wheel: Path, root: Path) -> None:
    expected = {
        f"{target}/{path.relative_to(folder).as_posix()}"
        for folder, target in (
            (root / "src" / "veo_check", "veo_check"),
            (root / "checklists", "veo_check/checklists"),
            (root / "examples", "veo_check/examples"),
        )
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and ".veo-check" not in path.parts
    }
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {name for name in names if ".dist-info/" not in name} == expected
    for needed in ("checklists/veo-access.yaml", f"examples/{EXAMPLE}", "py.typed"):
        assert f"veo_check/{needed}" in names
    assert any(re.fullmatch(r"veo_check/reference/data/\w+\.json", name) for name in names)
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)


def test_the_metadata_names_what_it_needs(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = archive.read(name).decode()
    needed = re.findall(r"^Requires-Dist: ([\w-]+)[^;\n]*$", metadata, re.MULTILINE)
    assert sorted(needed) == [
        "beautifulsoup4",
        "certifi",
        "httpcore",
        "httpx",
        "jinja2",
        "markdown-it-py",
        "markupsafe",
        "platformdirs",
        "pydantic",
        "pyyaml",
        "rich",
        "typer",
    ]
    assert "License-Expression: Apache-2.0" in metadata


@pytest.mark.parametrize(
    ("words", "code", "shows"),
    [
        (["--help"], 0, "lifecycle"),
        (["--version"], 0, "veo-check "),
        (["lifecycle", "veo-3.1-generate-preview"], 1, "veo-3.1-generate-preview"),
        (["checks"], 0, "model-lifecycle"),
        (["schema"], 0, '"properties"'),
    ],
)
def test_commands_run_from_the_wheel(
    installed: Path, home: Path, tmp_path: Path, words: list[str], code: int, shows: str
) -> None:
    done = run([str(installed / "veo-check"), *words], {"HOME": str(home)}, tmp_path)
    assert shows in done.stdout
    assert (done.returncode, done.stderr) == (code, "")


def test_an_example_runs_from_the_wheel(
    installed: Path, home: Path, root: Path, tmp_path: Path
) -> None:
    found = run(
        [str(installed / "python"), "-c", "import veo_check; print(veo_check.__path__[0])"],
        {},
        tmp_path,
    )
    package = Path(found.stdout.strip())
    assert not package.is_relative_to(root / "src")
    shutil.copytree(package / "examples", tmp_path / "examples")
    example = f"examples/{EXAMPLE}"
    command = [str(installed / "veo-check"), "run", example, "--sandbox", "--spend", "2"]
    command += ["-o", "json"]
    done = run(command, {"HOME": str(home)}, tmp_path)
    promised = re.search(r"exit code \*\*([0-9])\*\*", (root / "README.md").read_text())
    assert promised is not None
    assert done.returncode == int(promised.group(1)), done.stderr
    report = json.loads(done.stdout)
    assert (report["simulated"], report["exit_code"]) == (True, done.returncode)
