"""A baseline: the ids that a team knows about, so that only what is new or worse is reported.

An entry names file, id and state, never a line, since lines move. It covers as many places as it
counted; an id whose state has changed since is reported again, because models die while code sits
still.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from veo_check.core.errors import InvalidFileError
from veo_check.scan.judged import Hit

_LARGEST = 64 * 1024 * 1024
#: (file, id, state) -> how many places.
Baseline = Counter[tuple[str, str, str]]


def baseline_of(hits: Iterable[Hit]) -> Baseline:
    """The entries for every id that is not simply alive."""
    return Counter(_key(hit) for hit in hits if hit.exit_code != 0)


def baseline_text(baseline: Baseline) -> str:
    """The file's content: one entry a line, in order, so that a diff is readable."""
    rows = [
        json.dumps({"file": file, "id": model, "state": state, "count": count})
        for (file, model, state), count in sorted(baseline.items())
    ]
    inside = ",\n    ".join(rows)
    return '{\n  "version": 1,\n  "hits": [' + (f"\n    {inside}\n  " if rows else "") + "]\n}\n"


def read_baseline(path: Path) -> Baseline:
    """The baseline in a file. Raises InvalidFileError."""
    try:
        with path.open("rb") as opened:
            content = opened.read(_LARGEST + 1)
    except (OSError, ValueError) as error:
        said = error.strerror if isinstance(error, OSError) else str(error)
        raise InvalidFileError(f"--baseline {path}: cannot be read: {said}") from None
    if len(content) > _LARGEST:
        raise InvalidFileError(f"--baseline {path}: larger than {_LARGEST >> 20} MB")
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        raise InvalidFileError(f"--baseline {path}: is not JSON; write it anew") from None
    rows = document.get("hits") if isinstance(document, dict) else None
    if not isinstance(rows, list) or document.get("version") != 1:
        raise InvalidFileError(f"--baseline {path}: is no baseline of version 1; write it anew")
    found: Baseline = Counter()
    for number, row in enumerate(rows):
        key = [row.get(name) for name in ("file", "id", "state")] if isinstance(row, dict) else []
        count = row.get("count") if isinstance(row, dict) else None
        if (
            not key
            or not all(isinstance(part, str) for part in key)
            or not isinstance(count, int)
            or isinstance(count, bool)
            or count < 1
        ):
            raise InvalidFileError(
                f"--baseline {path}: hits[{number}] needs file, id, state and a count from 1"
            )
        found[str(key[0]), str(key[1]), str(key[2])] += count
    return found


def beyond(hits: Iterable[Hit], baseline: Baseline) -> tuple[tuple[Hit, ...], int, Baseline]:
    """The hits that the baseline does not cover, how many it covers, and what of it is unused."""
    left = Counter(baseline)
    kept = []
    covered = 0
    for hit in hits:
        if left[_key(hit)] > 0:
            left[_key(hit)] -= 1
            covered += 1
        else:
            kept.append(hit)
    return tuple(kept), covered, +left


def _key(hit: Hit) -> tuple[str, str, str]:
    return hit.found.file, hit.found.id, hit.state
