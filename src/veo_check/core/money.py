"""Money and other exact numbers: `Decimal`, parsed from text or integers, never from floats."""

from __future__ import annotations

import enum
import re
from decimal import Decimal, InvalidOperation

_PLAIN = re.compile(r"[+-]?[0-9]{1,30}(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,2})?")


def exact(value: object) -> Decimal:
    """`value` as a finite Decimal.

    Takes str, int and Decimal. Raises ValueError for floats (already inexact), booleans, NaN,
    infinities, and text that is not a plain number.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise ValueError(f"{type(value).__name__} is not an exact number; write it in quotes")
    if isinstance(value, str) and not _PLAIN.fullmatch(value.strip()):
        raise ValueError(f"'{value[:40]}' is not a number")
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise ValueError("not a number") from None
    if not number.is_finite():
        raise ValueError("not a finite number")
    return number


def amount(value: object) -> Decimal:
    """`value` as an amount of money or a rate: exact and not negative. Raises ValueError."""
    number = exact(value)
    if number < 0:
        raise ValueError("must not be negative")
    return number


def plain(number: Decimal, places: int = 0) -> str:
    """Decimal text without exponent and trailing zeros, but with at least `places` decimals.

    >>> plain(Decimal("0.9600"), 2), plain(Decimal("1E+1"), 2), plain(Decimal("1.21632"), 2)
    ('0.96', '10.00', '1.21632')
    """
    text = f"{number:f}"
    whole, _, fraction = text.partition(".")
    fraction = fraction.rstrip("0").ljust(places, "0")
    return f"{whole}.{fraction}" if fraction else whole


def usd(number: Decimal) -> str:
    """An amount of USD for a report: at least cents, never rounded."""
    return plain(number, 2)


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
