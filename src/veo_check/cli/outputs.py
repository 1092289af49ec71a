"""`-o FORMAT[:FILE]`: which formats of the report go where."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from veo_check.core.errors import UsageError
from veo_check.report.model import Report

#: The formats; each is rendered by the module of that name under `veo_check.report`.
FORMATS = ("text", "json", "junit", "sarif", "markdown", "github", "html", "prometheus")


@dataclass(frozen=True, slots=True)
class Output:
    """One wanted format, and the file it goes to; None is standard output."""

    format: str
    file: Path | None


def parse_outputs(wishes: tuple[str, ...]) -> tuple[Output, ...]:
    """Read every `-o`. Raises UsageError for an unknown format, or two reports on stdout."""
    outputs = tuple(_parse(wish) for wish in wishes)
    if sum(output.file is None for output in outputs) > 1:
        raise UsageError(
            "two reports cannot share standard output; give all but one a file: -o json:FILE"
        )
    return outputs


def _parse(wish: str) -> Output:
    word, colon, file = wish.partition(":")
    if word not in FORMATS:
        import difflib

        near = difflib.get_close_matches(word, FORMATS, 1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise UsageError(f"-o {wish}: no format '{word}'{hint} (known: {', '.join(FORMATS)})")
    if colon and not file:
        raise UsageError(f"-o {wish}: no file after the colon")
    return Output(word, Path(file) if file else None)


def check_writable(outputs: tuple[Output, ...]) -> None:
    """Refuse a file that cannot be written before anything is asked or spent."""
    for output in outputs:
        if output.file is None:
            continue
        if not output.file.parent.is_dir():
            raise UsageError(f"-o {output.format}: {output.file.parent} is not a folder")
        if output.file.is_dir():
            raise UsageError(f"-o {output.format}: {output.file} is a folder; name a file")
        if not os.access(output.file if output.file.exists() else output.file.parent, os.W_OK):
            raise UsageError(f"-o {output.format}: {output.file} may not be written")


def write_outputs(report: Report, outputs: tuple[Output, ...]) -> None:
    """Render and write each output: files first, then standard output.

    A file that cannot be written keeps no other output from being written: the run may have cost
    money. Raises UsageError at the end.
    """
    unwritten: list[str] = []
    for output in sorted(outputs, key=lambda one: one.file is None):
        colour = output.file is None and wants_colour()
        text = _renderer(output.format)(report, colour)
        if output.file is None:
            sys.stdout.write(text)
            continue
        try:
            output.file.write_text(text, encoding="utf-8")
        except OSError as error:
            unwritten.append(f"{output.file}: cannot write: {error.strerror}")
    if unwritten:
        raise UsageError("; ".join(unwritten))


def wants_colour() -> bool:
    """Colour where a person looks at a terminal and did not ask for none."""
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ and os.getenv("TERM") != "dumb"


def _renderer(word: str) -> Callable[[Report, bool], str]:
    module = import_module(f"veo_check.report.{word}")
    if word == "text":
        render: Callable[[Report, bool], str] = module.render
        return render
    return lambda report, _colour: str(module.render(report))
