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
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "not the name of a file"
        raise InvalidFileError(f"{path}: cannot read: {why}") from None
    if len(data) > _LARGEST:
        raise InvalidFileError(f"{path}: larger than 64 MiB; not a veo-check report")
    return parse_report(data, str(path))


def parse_report(data: bytes, shown: str) -> Report:
    """The report that these bytes are; `shown` names them in the InvalidFileError."""
    try:
        return Report.model_validate_json(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(step) for step in first["loc"]) or "the whole file"
        raise InvalidFileError(
            f"{shown}: not a veo-check report of version 1: {place}: {first['msg']}"
        ) from None
