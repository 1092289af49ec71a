"""Twelve mixed routes: the example, and what is wrong with each."""

from __future__ import annotations

import re
from pathlib import Path
from shutil import copytree

#: The variants of the example of which twelve mixed routes are made: what is replaced in it.
TWELVE: dict[str, dict[str, str]] = {
    **{f"ready-{number}": {} for number in range(1, 5)},
    "budget": {'monthly: "6000"': 'monthly: "600"'},
    "label": {"model: veo3.1-fast  ": "model: veo3.1-fst  "},
    "seconds": {"seconds: 8\n": "seconds: 7\n"},
    "group": {"group: plg": "group: nowhere"},
    "retired": {
        "official: veo-3.1-fast-generate-001": "official: veo-3.0-fast-generate-001",
    },
    "no-log": {"logging:": "x-logging:"},
    "no-job": {},
    "invalid": {"per_job:": "per_jb:"},
}


def twelve() -> str:
    """A folder of twelve routes in the current one: the example, and what is wrong with each."""
    folder = Path("routes")
    copytree("examples/logs", "routes/logs")
    text = Path("examples/flatkey-veo-3.1-fast.yaml").read_text(encoding="utf-8")
    for name, changes in TWELVE.items():
        changed = text.replace("name: storyboard-drafts", f"name: {name}")
        for old, new in changes.items():
            assert old in changed, (name, old)
            changed = _without(changed, old) if new.startswith("x-") else changed.replace(old, new)
        (folder / f"{name}.yaml").write_text(changed, encoding="utf-8")
    return str(folder)


def _without(text: str, section: str) -> str:
    return re.sub(rf"(?ms)^{section}.*?(?=^\S|\Z)", "", text)
