"""The seven questions that a team's own job log has to answer, and what is wrong with a row.

The questions are the article's. Pure: rows in, problems out. A problem names lines and fields of
the log, never a value: the log is production data.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Literal

from veo_check.core.frozen import dataclass
from veo_check.core.money import exact

Question = Literal["who", "request", "operation", "polls", "outcome", "output", "cost"]
#: `missing` not there or a placeholder; `impossible` cannot be true; `contradictory` with another
#: field or row.
Fault = Literal["missing", "impossible", "contradictory"]

QUESTIONS: Mapping[Question, str] = {
    "who": "Which application, team key, environment and workflow created the video job?",
    "request": "Which model id, aspect ratio, resolution, prompt type and input media were used?",
    "operation": "What operation id was returned?",
    "polls": "How many poll attempts ran before completion or failure?",
    "outcome": "Was the job successful, failed, cancelled, retried, or routed elsewhere?",
    "output": "How many videos were returned, and where was the output stored?",
    "cost": "Which usage record and cost record can finance reconcile later?",
}
FIELDS: Mapping[Question, tuple[str, ...]] = {
    "who": ("application", "key_id", "environment", "workflow"),
    "request": ("model", "aspect_ratio", "resolution", "prompt_type", "input_media"),
    "operation": ("operation_id",),
    "polls": ("poll_attempts",),
    "outcome": ("status", "retries", "rerouted_to"),
    "output": ("video_count", "output_uri"),
    "cost": ("usage_id", "cost", "cost_unit"),
}
STATUSES = ("succeeded", "failed", "cancelled", "retried", "rerouted")
_FINISHED = {"succeeded", "failed"}
_PLACEHOLDERS = {
    "",
    "-",
    "--",
    "?",
    "n/a",
    "na",
    "nil",
    "null",
    "none",
    "tbd",
    "todo",
    "unknown",
    "undefined",
}
_NO_MEDIA = {"none", "no", "[]"}
_UNIT = re.compile(r"[A-Za-z$€£¥][A-Za-z$€£¥ _/.-]{0,30}")
_SHAPES: Mapping[str, tuple[re.Pattern[str], str]] = {
    "aspect_ratio": (re.compile(r"[0-9]+:[0-9]+"), "is not a ratio (such as 16:9)"),
    "resolution": (re.compile(r".*[0-9].*"), "is not a resolution (such as 1080p)"),
}
_MOST = 1_000_000


@dataclass(frozen=True, slots=True)
class LogProblem:
    """One thing wrong with one field, and the lines of the log where it is so."""

    question: Question
    fault: Fault
    field: str
    what: str
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class LogSample:
    """A sample of a team's job log, read and questioned. Holds no value of it.

    `problems` lists what is wrong, by question. `succeeded` counts the rows of successful jobs.
    `unreadable` are lines that are no rows at all. `unknown_fields` are names on the left of
    `logging.fields` that no question asks for.
    """

    path: str  # as the route file names it
    rows: int
    succeeded: int
    problems: tuple[LogProblem, ...]
    unreadable: tuple[int, ...] = ()
    unknown_fields: tuple[str, ...] = ()


#: One row: our field names -> value as read (str, int, Decimal, bool, list, dict or None).
Row = Mapping[str, object]
#: One observation: question, fault, field, what is wrong.
CheckOutput = tuple[Question, Fault, str, str]


def question_of(field: str) -> Question:
    return next(question for question, fields in FIELDS.items() if field in fields)


def judge_rows(rows: Iterable[tuple[int, Row]]) -> tuple[LogProblem, ...]:
    """Everything wrong with the rows (line number and content each), by question."""
    found: dict[CheckOutput, list[int]] = {}
    held = list(rows)
    for line, row in held:
        for said in _row(row):
            found.setdefault(said, []).append(line)
    for said, lines in _between(held):
        found.setdefault(said, []).extend(lines)
    order = list(FIELDS)
    return tuple(
        LogProblem(*said, tuple(sorted(set(lines))))
        for said, lines in sorted(found.items(), key=lambda pair: order.index(pair[0][0]))
    )


def status_of(row: Row) -> str | None:
    """The row's status where it is one of the five words."""
    status = row.get("status")
    return status if isinstance(status, str) and status in STATUSES else None


def _row(row: Row) -> Iterator[CheckOutput]:
    for field in (*FIELDS["who"], *FIELDS["request"][:-1]):
        yield from _text(row, field)
    yield from _input_media(row)
    yield from _operation(row)
    yield from _polls(row)
    yield from _outcome(row)
    yield from _output(row)
    yield from _cost(row)


def _absent(value: object) -> bool:
    return value is None or (isinstance(value, str) and _seen(value).lower() in _PLACEHOLDERS)


def _seen(text: str) -> str:
    """The text without what nobody sees: zero-width and control characters, outer blanks."""
    return "".join(char for char in text if unicodedata.category(char) not in {"Cf", "Cc"}).strip()


def _say(field: str, fault: Fault, what: str) -> CheckOutput:
    return question_of(field), fault, field, what


def _text(row: Row, field: str) -> Iterator[CheckOutput]:
    value = row.get(field)
    if _absent(value):
        yield _say(field, "missing", "is missing")
    elif not isinstance(value, str | int) or isinstance(value, bool):
        yield _say(field, "impossible", "is not a name")
    elif field in _SHAPES and not _SHAPES[field][0].fullmatch(_seen(str(value))):
        yield _say(field, "impossible", _SHAPES[field][1])


def _input_media(row: Row) -> Iterator[CheckOutput]:
    value = row.get("input_media")
    without = value == [] or (isinstance(value, str) and value.strip().lower() in _NO_MEDIA)
    if not without and _absent(value):
        yield _say("input_media", "missing", 'is missing (write "none" where there was none)')
    elif not isinstance(value, str | list | dict):
        yield _say("input_media", "impossible", "is not a name, an address or a list of them")
    kind = row.get("prompt_type")
    if (
        without
        and isinstance(kind, str)
        and re.search(r"image|video-to|interpol|refer|exten", kind)
    ):
        yield _say("input_media", "contradictory", "is none, but the prompt type needs some")


def _operation(row: Row) -> Iterator[CheckOutput]:
    value = row.get("operation_id")
    if _absent(value):
        if status_of(row) == "succeeded":
            yield _say("operation_id", "impossible", "is missing on a job that succeeded")
        else:
            yield _say("operation_id", "missing", "is missing")
    elif not isinstance(value, str):
        yield _say("operation_id", "impossible", "is not an operation's id")


def _whole(value: object) -> int | None:
    """A whole number from 0 to a million, also as text (CSV knows nothing else)."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        value = value.strip()
        value = int(value) if value.isascii() and value.isdecimal() and len(value) <= 7 else None
    if isinstance(value, Decimal) and value == value.to_integral_value():
        value = int(value) if abs(value) <= _MOST else None
    return value if isinstance(value, int) and 0 <= value <= _MOST else None


def _count(row: Row, field: str) -> Iterator[CheckOutput]:
    value = row.get(field)
    if _absent(value):
        yield _say(field, "missing", "is missing")
    elif _whole(value) is None:
        yield _say(field, "impossible", "is not a number of times (0, 1, 2 …)")


def _polls(row: Row) -> Iterator[CheckOutput]:
    yield from _count(row, "poll_attempts")
    if _whole(row.get("poll_attempts")) == 0 and status_of(row) in _FINISHED:
        yield _say("poll_attempts", "impossible", "is 0 on a finished job")


def _outcome(row: Row) -> Iterator[CheckOutput]:
    value = row.get("status")
    if _absent(value) and value != "unknown":
        yield _say("status", "missing", "is missing")
    elif status_of(row) is None:
        yield _say("status", "impossible", f"is none of {', '.join(STATUSES)}")
    yield from _count(row, "retries")
    if status_of(row) == "retried" and _whole(row.get("retries")) == 0:
        yield _say("retries", "contradictory", "is 0 on a job that was retried")
    if status_of(row) == "rerouted":
        yield from _text(row, "rerouted_to")
        if not _absent(row.get("model")) and row.get("rerouted_to") == row.get("model"):
            yield _say("rerouted_to", "contradictory", "is the job's own model")
    elif status_of(row) is not None and not _absent(row.get("rerouted_to")):
        yield _say("rerouted_to", "contradictory", "is set on a job that was not rerouted")


def _output(row: Row) -> Iterator[CheckOutput]:
    yield from _count(row, "video_count")
    videos, status = _whole(row.get("video_count")), status_of(row)
    where = row.get("output_uri")
    nowhere = all(map(_absent, where)) if isinstance(where, list) else _absent(where)
    if status == "succeeded":
        if videos == 0:
            yield _say("video_count", "contradictory", "is 0 on a job that succeeded")
        if nowhere:
            yield _say("output_uri", "missing", "is missing on a job that succeeded")
        elif not isinstance(where, str | list):
            yield _say("output_uri", "impossible", "is not an address or a list of them")
    if status in {"failed", "cancelled"} and videos:
        yield _say("video_count", "contradictory", f"is above 0 on a job that {_ended(status)}")
    if isinstance(where, list) and videos is not None and where and len(where) != videos:
        yield _say("output_uri", "contradictory", "lists another number than video_count")


def _ended(status: str | None) -> str:
    return "failed" if status == "failed" else "was cancelled"


def _cost(row: Row) -> Iterator[CheckOutput]:
    yield from _text(row, "usage_id")
    cost, unit = row.get("cost"), row.get("cost_unit")
    if _absent(cost):
        yield _say("cost", "missing", "is missing")
    else:
        amount = _amount(cost)
        if amount is None:
            yield _say("cost", "impossible", "is not a number")
        elif amount < 0:
            yield _say("cost", "impossible", "is negative")
    if _absent(unit):
        if _absent(cost):
            yield _say("cost_unit", "missing", "is missing")
        else:
            yield _say("cost_unit", "impossible", "is missing beside a cost: a number of what?")
    elif not isinstance(unit, str) or not _UNIT.fullmatch(unit.strip()):
        yield _say("cost_unit", "impossible", "is not a unit (such as USD or quota)")


def _amount(value: object) -> Decimal | None:
    try:
        return exact(value)
    except ValueError:
        return None


def _between(rows: list[tuple[int, Row]]) -> Iterator[tuple[CheckOutput, list[int]]]:
    """What two rows say against each other."""
    charged = [(line, row) for line, row in rows if (_amount(row.get("cost")) or 0) > 0]
    for lines, values in _grouped(charged, "operation_id", "usage_id"):
        if len(values) > 1:
            what = "differs between rows of one operation that both have a cost"
            yield _say("usage_id", "contradictory", what), lines
    for key, against, what in (
        ("usage_id", "cost", "differs between rows of one usage record"),
        ("usage_id", "cost_unit", "differs between rows of one usage record"),
        ("usage_id", "operation_id", "differs between rows of one usage record"),
        ("operation_id", "model", "differs between rows of one operation"),
        ("operation_id", "status", "is both succeeded and failed for one operation"),
    ):
        for lines, values in _grouped(rows, key, against):
            if against == "status" and not values >= _FINISHED:
                continue
            if len(values) > 1:
                yield _say(against, "contradictory", what), lines


def _grouped(
    rows: list[tuple[int, Row]], key: str, against: str
) -> Iterator[tuple[list[int], set[object]]]:
    """The lines that share a key, and the values they have for another field."""
    groups: dict[str, tuple[list[int], set[object]]] = {}
    for line, row in rows:
        held, value = row.get(key), row.get(against)
        if _absent(held) or _absent(value) or not isinstance(held, str | int):
            continue
        if against == "cost":
            value = _amount(value)
        elif not isinstance(value, str | int | Decimal):
            continue
        lines, values = groups.setdefault(str(held), ([], set()))
        lines.append(line)
        values.add(value)
    yield from groups.values()
