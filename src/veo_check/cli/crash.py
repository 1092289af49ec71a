"""Where a crash's traceback goes: a private file, redacted, never the terminal."""

from __future__ import annotations

import os
import tempfile
import traceback


def write_traceback(error: BaseException) -> str:
    """Write the redacted traceback of `error` and return the file's path."""
    return write_text("".join(traceback.format_exception(error)))


def write_text(text: str) -> str:
    """Write a redacted crash text to a new file only this user can read; return its path."""
    from veo_check.core.redaction import Redactor

    handle, path = tempfile.mkstemp(prefix="veo-check-crash-", suffix=".txt")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(Redactor.of_environment(os.environ).redact(text))
    return path
