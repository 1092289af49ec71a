"""Errors with a sentence for the user and the documented exit code.

Anything else that escapes is an internal error: one line, exit 4 (see `veo_check.cli.main`).
"""

from __future__ import annotations

import enum


class ExitCode(enum.IntEnum):
    """The exit codes of every command, whatever the output format."""

    OK = 0
    FAILED = 1
    USAGE = 2
    INCONCLUSIVE = 3
    INTERNAL = 4
    INTERRUPTED = 130


class VeoCheckError(Exception):
    """A problem the user can act on: says what, where, and what to do."""

    exit_code: ExitCode = ExitCode.USAGE


class UsageError(VeoCheckError):
    """The command line asks for something that cannot be done as written."""


class InvalidFileError(VeoCheckError):
    """A file the user named (checklist, reference, report, configuration) cannot be used."""
