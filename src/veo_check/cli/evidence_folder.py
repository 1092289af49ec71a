"""`run --evidence DIR`: where bundles go."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from veo_check.core.errors import UsageError

if TYPE_CHECKING:
    from veo_check.engine.options import Options
    from veo_check.engine.run import Ran, Surroundings


def check_folder(folder: Path | None) -> None:
    """Refuse what cannot be a folder of bundles before anything is asked or spent."""
    if folder is None:
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "not the name of a folder"
        raise UsageError(f"--evidence {folder}: {why}") from None


def write_evidence(folder: Path, ran: Ran, options: Options, around: Surroundings) -> None:
    """Write the run's bundle, and say on standard error where it is. Raises UsageError."""
    from veo_check.engine.keep import bundle_of
    from veo_check.evidence.bundle import write_bundle

    bundle = bundle_of(
        ran,
        options,
        around.checklist,
        around.reference,
        around.asking.door.exchanges,
        around.asking.redactor,
    )
    stamp = ran.report.started_at.replace("-", "").replace(":", "")
    try:
        place = write_bundle(folder, f"{stamp}-{ran.report.verdict}", bundle)
    except OSError as error:
        raise UsageError(f"--evidence {folder}: cannot write: {error.strerror}") from None
    sys.stderr.write(f"veo-check: evidence in {place}\n")
