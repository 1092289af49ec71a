"""The single values of a route file: what each may look like, and the words for what it may not.

Types are strict: text is never read as a number nor a number as text. Money and percentages are
Decimal, read from text. What ends up in an address, request or link takes no control characters;
names are free, since reports escape them.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from veo_check.core.key_policy import origin_of
from veo_check.core.money import amount

_DURATION = re.compile(r"([0-9]{1,6})([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _version(value: object) -> object:
    if isinstance(value, bool | float):  # True and 1.0 equal 1, so that a Literal takes them
        raise ValueError("has to be 1")
    return value


def _duration(value: object) -> timedelta:
    if isinstance(value, timedelta):
        return value
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError('has to be a whole number and a unit, such as "90s", "10m", "2h" or "7d"')
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def _deadline(value: timedelta) -> timedelta:
    if not timedelta(seconds=1) <= value <= timedelta(days=1):
        raise ValueError("has to be between 1s and 1d")
    return value


def _proof_life(value: timedelta) -> timedelta:
    if value > timedelta(days=30):
        raise ValueError("has to be at most 30d")
    return value


def _percent(value: object) -> Decimal:
    if isinstance(value, Decimal):
        return value
    if not isinstance(value, str) or not value.strip().endswith("%"):
        raise ValueError('has to be a percentage, such as "25%"')
    return amount(value.strip()[:-1].strip()) / 100


def _day(value: object) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise ValueError(f"has to be a day of the calendar; there is no {value}") from None
    raise ValueError("has to be a day, written like 2026-12-31")


def _model_id(value: str) -> str:
    # a label is put into paths such as /v1beta/models/LABEL; it must not climb out of them
    if any(part in {"", ".", ".."} for part in value.split("/")):
        raise ValueError("must not have an empty part, '.' or '..' between slashes")
    return value


def _address(value: str) -> str:
    try:
        origin_of(value)
    except ValueError as error:
        raise ValueError(f"is not an address to send requests to: it {error}") from None
    if any(char in value for char in "?#%"):
        raise ValueError("must not hold ? or # or %, because paths are added at its end")
    return value


_INVISIBLE = r"\u0000-\u0020\u007f-\u00a0\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
_VARIABLE = r"^[A-Za-z_][A-Za-z0-9_]{0,99}$"
_CLOUD_NAME = r"^[a-z0-9-]{1,63}$"
_SURFACE = r"^[a-z0-9-]{1,40}$"
_ID = rf"^[^\s?#\\%{_INVISIBLE}]+$"
_URL = r"^https?://[!-~]+$"
_LINK = rf"^https?://[^\s<>\u0022{_INVISIBLE}]+$"
_PATH = r"^[^\u0000-\u001f\u007f]+$"
_RATIO = r"^[0-9]{1,2}:[0-9]{1,2}$"
_FINDING = r"^[a-z0-9-]+/[a-z0-9-]+$"

#: What each pattern asks for, in words: no reader mends a file by a pattern.
PATTERNS_IN_WORDS: dict[str, str] = {
    _VARIABLE: (
        "has to be the name of an environment variable, such as FLATKEY_SMOKE_KEY; "
        "never the key itself"
    ),
    _CLOUD_NAME: "may hold a-z, 0-9 and - only, 63 at most",
    _SURFACE: "has to be a surface such as agent-platform or gemini-api: a-z, 0-9 and - only",
    _ID: "must not hold spaces, invisible characters or any of ? # % \\",
    _URL: "has to be an address that begins with https:// and holds ASCII letters only, no spaces",
    _LINK: "has to be an address that begins with https:// and holds no spaces or quotes",
    _PATH: "must not hold control characters",
    _RATIO: 'has to be two numbers such as "16:9"',
    _FINDING: "has to be a finding's code as a report prints it, such as price-agrees/markup",
}

Version = Annotated[Literal[1], BeforeValidator(_version)]
Money = Annotated[
    Decimal,
    BeforeValidator(amount),
    WithJsonSchema({"type": ["string", "number"], "examples": ["2.00"]}),
]
Percent = Annotated[
    Decimal,
    BeforeValidator(_percent),
    WithJsonSchema({"type": "string", "pattern": "^[0-9.]+ *%$", "examples": ["25%"]}),
]
Duration = Annotated[
    timedelta,
    BeforeValidator(_duration),
    WithJsonSchema({"type": "string", "pattern": "^[0-9]{1,6}[smhd]$", "examples": ["10m"]}),
]
Deadline = Annotated[Duration, AfterValidator(_deadline)]
ProofLife = Annotated[Duration, AfterValidator(_proof_life)]
Day = Annotated[
    date,
    BeforeValidator(_day),
    WithJsonSchema(
        {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "examples": ["2026-12-31"]}
    ),
]
Text = Annotated[str, Field(min_length=1, max_length=500)]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Variable = Annotated[str, Field(pattern=_VARIABLE)]
CloudName = Annotated[str, Field(pattern=_CLOUD_NAME)]
SurfaceName = Annotated[str, Field(pattern=_SURFACE)]
ModelId = Annotated[
    str, Field(min_length=1, max_length=200, pattern=_ID), AfterValidator(_model_id)
]
OperationId = Annotated[str, Field(min_length=1, max_length=500, pattern=_ID)]
Url = Annotated[str, Field(max_length=500, pattern=_URL), AfterValidator(_address)]
Link = Annotated[str, Field(max_length=1000, pattern=_LINK)]
FilePath = Annotated[str, Field(min_length=1, max_length=500, pattern=_PATH)]
FindingCode = Annotated[str, Field(max_length=200, pattern=_FINDING)]
Seconds = Annotated[int, Field(ge=1, le=600)]
Count = Annotated[int, Field(ge=1, le=100)]
Ratio = Annotated[str, Field(pattern=_RATIO)]
