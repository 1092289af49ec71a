"""Reading the team's log: both formats, their names for the fields, and anything but a log."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fake_clock import calls_in
from job_rows import GOOD
from paid_jobs import ROUTE
from veo_check.core.facts import Missing
from veo_check.core.job_log import LogProblem, LogSample
from veo_check.core.route import Logging, Route
from veo_check.engine.log_sample import learn_log_sample


def with_sample(name: str, **fields: str) -> Route:
    return ROUTE.model_copy(update={"logging": Logging(sample=name, fields=fields)})


def learn(folder: Path, content: str | bytes, name: str = "jobs.jsonl", **fields: str) -> object:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return learn_log_sample(with_sample(name, **fields), path)


def jsonl(*rows: dict[str, object]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def as_csv(*rows: dict[str, object], delimiter: str = ",") -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


COMPLETE = LogSample("jobs.jsonl", rows=5, succeeded=2, problems=())


def test_complete_samples(tmp_path: Path) -> None:
    assert learn(tmp_path, jsonl(*GOOD)) == COMPLETE
    assert learn(tmp_path, "\ufeff\n" + jsonl(*GOOD).replace("\n", "\r\n")) == COMPLETE
    for name, delimiter in (("a.csv", ","), ("a.tsv", "\t"), ("a.CSV", ";"), ("a.txt", ",")):
        read = learn(tmp_path, as_csv(*GOOD, delimiter=delimiter), name)
        assert read == LogSample(name, rows=5, succeeded=2, problems=())


def test_their_names_and_nested_names(tmp_path: Path) -> None:
    theirs = [
        {key: value for key, value in row.items() if key not in {"operation_id", "cost"}}
        | {"job": {"op": row["operation_id"]}, "cost.usd": row["cost"]}
        for row in GOOD
    ]
    fields = {"operation_id": "job.op", "cost": "cost.usd", "colour": "x"}
    read = learn(tmp_path, jsonl(*theirs), "jobs.jsonl", **fields)
    assert read == LogSample("jobs.jsonl", 5, 2, (), unknown_fields=("colour",))
    missing = learn(tmp_path, jsonl(*theirs), operation_id="job.id.op", cost="cost.usd")
    assert isinstance(missing, LogSample)
    assert [(one.question, one.field, one.lines) for one in missing.problems] == [
        ("operation", "job.id.op", (1, 5)),
        ("operation", "job.id.op", (2, 3, 4)),
    ]


def test_a_line_break_inside_a_cell_is_not_a_row(tmp_path: Path) -> None:
    rows = [row | {"workflow": "ad\nstory\u2028board"} for row in GOOD]
    read = learn(tmp_path, as_csv(*rows), "a.csv")
    assert read == LogSample("a.csv", rows=5, succeeded=2, problems=())


@pytest.mark.parametrize(
    ("name", "content", "unreadable"),
    [
        ("a.jsonl", "{]\n", (6,)),
        ("a.jsonl", "[1]\n", (6,)),
        ("a.jsonl", '"x"\n', (6,)),
        ("a.jsonl", '{"cost": NaN}\n', (6,)),
        ("a.jsonl", '{"cost": 1, "cost": 2}\n', (6,)),
        ("a.jsonl", "[" * 60_000 + "\n", (6,)),
        ("a.jsonl", '{"a": "' + "x" * 70_000 + '"}\n', (6,)),
        ("a.jsonl", '{"cost": ' + "9" * 5000 + "}\n", (6,)),
        ("a.jsonl", '{"cost": 1e999999999999999999999}\n', (6,)),
        ("a.csv", "one,two\r\n", (7,)),
        ("a.csv", '"open\r\n', (7,)),
    ],
)
def test_lines_that_are_no_rows(
    name: str, content: str, unreadable: tuple[int, ...], tmp_path: Path
) -> None:
    good = as_csv(*GOOD) if "csv" in name else jsonl(*GOOD)
    read = learn(tmp_path, good + content, name)
    assert read == LogSample(name, 5, 2, (), unreadable=unreadable)


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.jsonl", b"\xff\xfe{}", "is not UTF-8 text"),
        ("a.jsonl", b"\n [{}]", "is one JSON list"),
        ("a.csv", b"", "has no header line"),
        ("a.csv", b"a,a\n1,2\n", "has no header line that names each column once"),
        ("a.jsonl", b"{}\n" * 20_001, "has more than 20000 rows"),
        ("a.csv", b"a\n" + b"1\n" * 20_001, "has more than 20000 rows"),
        ("a.jsonl", b" " * (16 * 2**20 + 1), "is larger than 16 MiB"),
    ],
)
def test_files_that_are_no_log(name: str, content: bytes, why: str, tmp_path: Path) -> None:
    read = learn(tmp_path, content, name)
    assert isinstance(read, Missing)
    assert (read.probe, read.code) == ("log-sample", "unreadable")
    assert why in read.detail


def test_no_sample_and_no_file(tmp_path: Path) -> None:
    none = learn_log_sample(ROUTE, None)
    assert isinstance(none, Missing)
    assert none.code == "not-configured"
    gone = learn_log_sample(with_sample("gone"), tmp_path / "gone")
    assert isinstance(gone, Missing)
    assert gone.code == "unreadable"


def test_no_value_of_the_log_leaves_it(tmp_path: Path) -> None:
    secret = "customer-4711"
    rows: list[dict[str, object]] = [dict.fromkeys(row, secret) for row in GOOD]
    rows += [{"status": [secret]}, {secret: 1}]
    assert secret not in repr(learn(tmp_path, jsonl(*rows)))


def test_empty_files_hold_no_rows(tmp_path: Path) -> None:
    assert learn(tmp_path, b"\n\n") == LogSample("jobs.jsonl", 0, 0, ())
    assert learn(tmp_path, "a,b\n", "a.csv") == LogSample("a.csv", 0, 0, ())


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)
_FIELDS = st.sampled_from([*GOOD[0], "other"])


@settings(max_examples=50)
@given(st.lists(st.dictionaries(_FIELDS, _JSON, max_size=8), max_size=4), st.booleans())
def test_any_rows_have_an_answer(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, object]], whole: bool
) -> None:
    full = [dict(GOOD[0]) | row for row in rows] if whole else rows
    path = tmp_path_factory.getbasetemp() / "jobs.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in full))
    read = learn_log_sample(with_sample("jobs.jsonl"), path)
    assert isinstance(read, LogSample)
    assert read.rows + len(read.unreadable) == len(rows)
    assert all(isinstance(one, LogProblem) for one in read.problems)


def test_the_work_grows_no_faster_than_the_rows(tmp_path: Path) -> None:
    def work(many: int) -> int:
        content = jsonl(*[dict(GOOD[0]) | {"status": "?"}] * many)

        def read() -> None:
            sample = learn(tmp_path, content)
            assert isinstance(sample, LogSample)
            assert sample.rows == many

        return calls_in(read)

    assert work(300) < 2.1 * work(150)
