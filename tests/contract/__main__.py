"""What `run -o json` says of every example and scenario, and what a change does to it.

    python -m tests.contract record DIR     one normalised report a case (from the top folder)
    python -m tests.contract compare A B    the cases and JSON paths that differ; exit 1 if any

Recorded with the code on one commit and compared with another's, it shows what a move, which
should change nothing, has changed. What is another value in each run is masked.
"""

from __future__ import annotations

import contextlib
import io
import json
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

EXAMPLES = Path("examples")
NEW_EACH_RUN = {"started_at", "duration_ms", "ms", "sha256"}
#: Ids that the sandbox or the journal draws at random.
RANDOM = re.compile(
    r"\b(task_|video_|req_|run_)[\w=\u2026-]{4,}|\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"
    r"|\b[0-9a-f]{8}-\d{6}-[0-9a-f]{6}\b|\b\d{14,}\w*|\b[0-9a-f]{12,}\b|/tmp/[\w/.-]+"
)


def cases() -> Iterator[tuple[str, list[str]]]:
    """A name, and the words after `veo-check run`."""
    from veo_check.sandbox.scenarios import SCENARIOS

    for example in sorted(EXAMPLES.glob("*.yaml")):
        yield f"{example.stem}-offline", [str(example), "--offline", "--as-of", "2026-11-30"]
        for scenario in SCENARIOS:
            words = [str(example), "--scenario", scenario.name]
            yield f"{example.stem}-{scenario.name}-free", words
            if scenario.paid or scenario.name == "healthy":
                yield f"{example.stem}-{scenario.name}-paid", [*words, "--spend", "20"]


def record(folder: Path) -> None:
    """One file a case. A report that is no JSON is kept as text."""
    from veo_check.cli.main import main

    folder.mkdir(parents=True, exist_ok=True)
    for name, words in cases():
        with (
            tempfile.TemporaryDirectory() as state,
            contextlib.redirect_stderr(io.StringIO()),
            contextlib.redirect_stdout(io.StringIO()) as out,
        ):
            code = main(["run", *words, "--state", state, "-o", "json"])
        try:
            report = normalised(json.loads(out.getvalue()))
        except ValueError:
            report = out.getvalue()
        text = json.dumps({"exit": code, "report": report}, indent=1, sort_keys=True)
        (folder / f"{name}.json").write_text(text + "\n")


def normalised(value: Any) -> Any:
    """A report without what differs from run to run."""
    if isinstance(value, dict):
        return {key: normalised(item) for key, item in value.items() if key not in NEW_EACH_RUN}
    if isinstance(value, list):
        return [normalised(item) for item in value]
    return RANDOM.sub("<random>", value) if isinstance(value, str) else value


def compare(before: Path, after: Path) -> int:
    """Print the differences, a line a path, and count the cases that have any."""
    changed = 0
    names = sorted({path.name for folder in (before, after) for path in folder.glob("*.json")})
    for name in names:
        if not (before / name).exists() or not (after / name).exists():
            print(f"{name}: only in {before if (before / name).exists() else after}")
            changed += 1
            continue
        old, new = (json.loads((folder / name).read_text()) for folder in (before, after))
        lines = list(differences("", old, new))
        changed += bool(lines)
        print("".join(f"{name}: {line}\n" for line in lines), end="")
    print(f"{changed} of {len(names)} reports differ")
    return int(changed > 0)


def differences(path: str, old: Any, new: Any) -> Iterator[str]:
    """Each place where two documents differ."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted({*old, *new}):
            yield from differences(f"{path}.{key}", old.get(key), new.get(key))
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (left, right) in enumerate(zip(old, new, strict=True)):
            yield from differences(f"{path}[{index}]", left, right)
    elif old != new:
        yield f"{path}: {json.dumps(old)[:160]} -> {json.dumps(new)[:160]}"


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["record", folder]:
            record(Path(folder))
        case ["compare", before, after]:
            sys.exit(compare(Path(before), Path(after)))
        case _:
            sys.exit(__doc__)
