"""Reading a report that was saved with `-o json`: untrusted like any other input."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from veo_check.core.errors import InvalidFileError
from veo_check.report.model import Report

_LARGEST = 64 * 1024 * 1024


def read_report(path: Path) -> Report:
    """The report in `path`. Raises InvalidFileError when it is not one of version 1."""
    try:
        if path.stat().st_size > _LARGEST:
            raise InvalidFileError(f"{path}: larger than 64 MiB; not a veo-check report")
        data = path.read_bytes()
    except OSError as error:
        raise InvalidFileError(f"{path}: cannot read: {error.strerror}") from None
    try:
        return Report.model_validate_json(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(step) for step in first["loc"]) or "the whole file"
        raise InvalidFileError(
            f"{path}: not a veo-check report of version 1: {place}: {first['msg']}"
        ) from None
