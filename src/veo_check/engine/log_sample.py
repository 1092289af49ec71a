"""Reading a team's own job log sample: JSON lines or CSV, with its own names for the fields."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from veo_check.core.facts import Missing
from veo_check.core.job_log import FIELDS, LogSample, Row, judge_rows, status_of
from veo_check.core.reading import read_limited
from veo_check.core.route import Route

PROBE = "log-sample"
_MOST_BYTES = 16 * 1024 * 1024
_MOST_ROWS = 20_000
_MOST_LINE = 64 * 1024
_OURS = tuple(field for fields in FIELDS.values() for field in fields)


class _UnreadableError(Exception):
    """The whole file cannot be read as a log; the text says why."""


def learn_log_sample(route: Route, sample: Path | None) -> LogSample | Missing:
    """The route's log sample, questioned. `sample` is `logging.sample`, resolved and inside the
    route file's folder or its parent's."""
    if route.logging is None or sample is None:
        return Missing(
            PROBE,
            "not-configured",
            "no sample of the job log in the route file (logging.sample)",
        )
    named = route.logging.sample
    theirs = {field: route.logging.fields.get(field, field) for field in _OURS}
    unknown = tuple(sorted(route.logging.fields.keys() - set(_OURS)))
    try:
        text = read_limited(sample, _MOST_BYTES).decode("utf-8-sig")
        lines = list(_csv(text) if _is_csv(sample, text) else _jsonl(text))
    except UnicodeDecodeError:
        return _missing(named, "is not UTF-8 text")
    except OSError as error:
        return _missing(named, f"cannot be read ({error.strerror or error})")
    except ValueError:
        return _missing(named, f"is larger than {_MOST_BYTES // 2**20} MiB; cut it down")
    except _UnreadableError as error:
        return _missing(named, str(error))
    rows = [(line, _ours(row, theirs)) for line, row in lines if row is not None]
    sample_read = LogSample(
        path=named,
        rows=len(rows),
        succeeded=sum(status_of(row) == "succeeded" for _, row in rows),
        problems=judge_rows(rows),
        unreadable=tuple(line for line, row in lines if row is None),
        unknown_fields=unknown,
    )
    return _named(sample_read, theirs)


def _missing(named: str, why: str) -> Missing:
    return Missing(PROBE, "unreadable", f"the log sample {named} {why}")


def _named(sample: LogSample, theirs: Mapping[str, str]) -> LogSample:
    """The problems with the team's own names for the fields, which they will look for."""
    return replace(
        sample,
        problems=tuple(
            replace(problem, field=theirs[problem.field]) for problem in sample.problems
        ),
    )


def _is_csv(path: Path, text: str) -> bool:
    suffix = path.suffix.lower()
    if suffix in {".csv", ".tsv"}:
        return True
    return suffix not in {".jsonl", ".ndjson", ".json"} and not text.lstrip().startswith(("{", "["))


def _jsonl(text: str) -> Iterator[tuple[int, Row | None]]:
    if text.lstrip().startswith("["):
        raise _UnreadableError("is one JSON list; write one object a line")
    for count, (line, content) in enumerate(_lines(text)):
        if count >= _MOST_ROWS:
            raise _UnreadableError(f"has more than {_MOST_ROWS} rows; cut it down")
        yield line, _object(content)


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Number and text of the lines that hold anything. Only a line feed ends a JSON line."""
    for line, content in enumerate(text.split("\n"), start=1):
        if content.strip():
            yield line, content


def _object(content: str) -> Row | None:
    if len(content) > _MOST_LINE:
        return None
    try:
        row = json.loads(
            content, parse_float=Decimal, parse_constant=_refuse, object_pairs_hook=_no_repeats
        )
    except (ValueError, RecursionError, ArithmeticError):
        return None
    return row if isinstance(row, dict) else None


def _refuse(_: str) -> object:
    raise ValueError("not a number")


def _no_repeats(pairs: list[tuple[str, object]]) -> dict[str, object]:
    row = dict(pairs)
    if len(row) != len(pairs):
        raise ValueError("a field stands twice")
    return row


def _csv(text: str) -> Iterator[tuple[int, Row | None]]:
    source = io.StringIO(text, newline="")  # a line break inside quotes is part of the cell
    reader = csv.reader(source, strict=True, delimiter=_delimiter(text))
    try:
        header = next(reader, None)
    except csv.Error:
        header = None
    if not header or len(set(header)) != len(header):
        raise _UnreadableError("has no header line that names each column once")
    names = [name.strip() for name in header]
    rows = 0
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error:
            yield line, None
            return  # after a broken quote nobody knows where the next row begins
        if cells is None:
            return
        if not cells:
            continue
        rows += 1
        if rows > _MOST_ROWS:
            raise _UnreadableError(f"has more than {_MOST_ROWS} rows; cut it down")
        yield line, dict(zip(names, cells, strict=True)) if len(cells) == len(names) else None


def _delimiter(text: str) -> str:
    """What separates the header's columns most often."""
    header = text.partition("\n")[0]
    return max((",", ";", "\t"), key=header.count)


def _ours(row: Row, theirs: Mapping[str, str]) -> Row:
    return {ours: _value(row, name) for ours, name in theirs.items()}


def _value(row: Row, name: str) -> object:
    """A field by its name, or by a dotted path into nested objects."""
    if name in row:
        return row[name]
    value: object = row
    for step in name.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(step)
    return value
