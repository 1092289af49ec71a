"""Every model that an example, a checklist or the README names is one that the reference knows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from veo_check.cli.session import with_fallbacks
from veo_check.reference.load import load_reference
from veo_check.routefile.load import RouteFile, load_route_file

#: An id as vendors write them: no gateway's label such as `veo3.1-fast` or OpenRouter's
#: `google/veo-3.1-lite`, and no file's name.
_ID = re.compile(r"(?<!google/)\b(?:veo|sora|gemini-omni)-[0-9][a-z0-9.-]*[a-z0-9]\b")
_FILE = re.compile(r"[\w./-]+\.(?:ya?ml|json|jsonl|html|mp4)\b")
#: Named on purpose, to show what is said of an id that does not exist.
_INVENTED = {"veo-9-nonsense-001"}


def _files(root: Path) -> list[Path]:
    folders = [*(root / "examples").rglob("*"), *(root / "checklists").rglob("*")]
    files = [path for path in folders if path.suffix in {".yaml", ".yml", ".jsonl", ".csv", ".md"}]
    return [*sorted(files), root / "README.md", root / "CHANGELOG.md"]


def _named(root: Path) -> Iterator[tuple[str, str]]:
    for path in _files(root):
        for model in sorted(set(_ID.findall(_FILE.sub("", path.read_text(encoding="utf-8"))))):
            yield str(path.relative_to(root)), model


def test_every_id_in_examples_checklists_and_readme_is_known(root: Path) -> None:
    named = list(_named(root))
    assert {path.partition("/")[0] for path, _ in named} >= {"examples"}
    known = {*load_reference().models(), *_INVENTED}
    assert [(path, model) for path, model in named if model not in known] == []


def test_every_model_of_an_example_is_known_on_its_surface(root: Path) -> None:
    reference = load_reference()
    seen = []
    for path in sorted((root / "examples").glob("*.yaml")):
        loaded = load_route_file(path)
        if not isinstance(loaded, RouteFile):
            pytest.fail(f"{path.name}: {loaded}")
        for route in with_fallbacks(loaded.route):
            seen.append(route.model.official)
            assert reference.lifecycle(route.model.official, route.model.surface), path.name
            assert reference.capability(route.model.official, route.model.surface), path.name
    assert len(seen) >= 4
