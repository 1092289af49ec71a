"""The report in the formats that were asked for, each where it was asked to go."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from importlib import import_module

from veo_check.cli.streams import Output, wants_colour
from veo_check.core.errors import UsageError
from veo_check.report.model import Report

#: The formats; each is rendered by the module of that name under `veo_check.report`.
FORMATS = ("text", "json", "junit", "sarif", "markdown", "github", "html", "prometheus")


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


def _renderer(word: str) -> Callable[[Report, bool], str]:
    module = import_module(f"veo_check.report.{word}")
    if word == "text":
        render: Callable[[Report, bool], str] = module.render
        return render
    return lambda report, _colour: str(module.render(report))
