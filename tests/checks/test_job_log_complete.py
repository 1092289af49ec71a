"""Forty broken logs: each names the question that cannot be answered, the field and the lines."""

from __future__ import annotations

from decimal import Decimal

import pytest

from job_rows import GOOD, row
from veo_check.checks.job_log_complete import job_log_complete
from veo_check.core.findings import Outcome, Status, Tier
from veo_check.core.job_log import QUESTIONS, LogSample, judge_rows

GONE = object()


def judged(*rows: dict[str, object], unreadable: tuple[int, ...] = ()) -> Outcome:
    numbered = list(enumerate(rows, start=1))
    succeeded = sum(one.get("status") == "succeeded" for one in rows)
    sample = LogSample("log.jsonl", len(rows), succeeded, judge_rows(numbered), unreadable)
    return Outcome.collect(job_log_complete(sample=sample))


def test_a_complete_log_passes() -> None:
    outcome = judged(*GOOD)
    assert outcome.status_at(Tier.PRODUCTION) is Status.PASS
    assert [one.code for one in outcome.findings] == ["job-log-complete/answered"]


@pytest.mark.parametrize(
    ("question", "field", "fault", "changed"),
    [
        ("who", "application", "missing", {"application": GONE}),
        ("who", "application", "missing", {"application": " "}),
        ("who", "key_id", "missing", {"key_id": None}),
        ("who", "key_id", "impossible", {"key_id": ["a"]}),
        ("who", "environment", "missing", {"environment": "unknown"}),
        ("who", "workflow", "missing", {"workflow": "N/A"}),
        ("who", "workflow", "impossible", {"workflow": True}),
        ("request", "model", "missing", {"model": GONE}),
        ("request", "aspect_ratio", "missing", {"aspect_ratio": "-"}),
        ("request", "resolution", "missing", {"resolution": ""}),
        ("request", "prompt_type", "missing", {"prompt_type": GONE}),
        ("request", "input_media", "missing", {"input_media": GONE}),
        ("request", "input_media", "missing", {"input_media": ""}),
        ("request", "input_media", "impossible", {"input_media": 3}),
        ("request", "input_media", "contradictory", {"prompt_type": "image-to-video"}),
        (
            "request",
            "input_media",
            "contradictory",
            {"prompt_type": "reference-images", "input_media": []},
        ),
        ("operation", "operation_id", "impossible", {"operation_id": GONE}),
        ("operation", "operation_id", "impossible", {"operation_id": 17}),
        (
            "operation",
            "operation_id",
            "missing",
            {"operation_id": "", "status": "failed", "video_count": 0},
        ),
        ("polls", "poll_attempts", "missing", {"poll_attempts": GONE}),
        ("polls", "poll_attempts", "impossible", {"poll_attempts": 0}),
        ("polls", "poll_attempts", "impossible", {"poll_attempts": -1}),
        ("polls", "poll_attempts", "impossible", {"poll_attempts": Decimal("2.5")}),
        ("polls", "poll_attempts", "impossible", {"poll_attempts": "many"}),
        ("polls", "poll_attempts", "impossible", {"poll_attempts": True}),
        ("outcome", "status", "missing", {"status": GONE}),
        ("outcome", "status", "impossible", {"status": "done"}),
        ("outcome", "status", "impossible", {"status": "Succeeded"}),
        ("outcome", "retries", "missing", {"retries": None}),
        ("outcome", "retries", "impossible", {"retries": "-1"}),
        ("outcome", "retries", "contradictory", {"status": "retried"}),
        ("outcome", "rerouted_to", "missing", {"status": "rerouted"}),
        ("output", "video_count", "missing", {"video_count": GONE}),
        ("output", "video_count", "contradictory", {"video_count": 0}),
        ("output", "video_count", "contradictory", {"status": "failed"}),
        ("output", "output_uri", "missing", {"output_uri": GONE}),
        ("output", "output_uri", "missing", {"output_uri": []}),
        ("output", "output_uri", "impossible", {"output_uri": 4}),
        ("output", "output_uri", "contradictory", {"output_uri": ["a", "b"]}),
        ("cost", "usage_id", "missing", {"usage_id": GONE}),
        ("cost", "cost", "missing", {"cost": None}),
        ("cost", "cost", "impossible", {"cost": "-0.96"}),
        ("cost", "cost", "impossible", {"cost": "$0.96"}),
        ("cost", "cost", "impossible", {"cost": Decimal("Infinity")}),
        ("cost", "cost_unit", "impossible", {"cost_unit": GONE}),
        ("cost", "cost_unit", "impossible", {"cost_unit": "1"}),
        ("cost", "cost_unit", "missing", {"cost_unit": GONE, "cost": GONE}),
        ("cost", "cost", "contradictory", {"usage_id": "req-1", "cost": "0.95"}),
        ("cost", "cost_unit", "contradictory", {"usage_id": "req-1", "cost_unit": "EUR"}),
        (
            "outcome",
            "status",
            "contradictory",
            {"operation_id": "op-1", "status": "failed", "video_count": 0},
        ),
        ("request", "model", "contradictory", {"operation_id": "op-1", "model": "sora-2"}),
        ("who", "application", "missing", {"application": "\u200b"}),
        ("who", "workflow", "missing", {"workflow": "todo"}),
        ("who", "workflow", "missing", {"workflow": "\u2060none\ufeff "}),
        ("request", "aspect_ratio", "impossible", {"aspect_ratio": "wide"}),
        ("request", "resolution", "impossible", {"resolution": "high"}),
        ("output", "output_uri", "missing", {"output_uri": "todo"}),
        ("output", "output_uri", "missing", {"output_uri": ["n/a"]}),
        ("outcome", "rerouted_to", "contradictory", {"rerouted_to": "veo3.1-lite"}),
        (
            "outcome",
            "rerouted_to",
            "contradictory",
            {"status": "rerouted", "rerouted_to": "veo3.1-fast"},
        ),
        ("cost", "usage_id", "contradictory", {"operation_id": "op-1"}),
    ],
)
def test_a_broken_row_names_its_question(
    question: str, field: str, fault: str, changed: dict[str, object]
) -> None:
    broken = {name: value for name, value in row(9, **changed).items() if value is not GONE}
    outcome = judged(GOOD[0], broken)
    assert outcome.status_at(Tier.PRODUCTION) is Status.FAIL
    number = list(QUESTIONS).index(question) + 1  # type: ignore[arg-type]
    lines = "lines 1, 2" if fault == "contradictory" and broken.get("usage_id") == "req-1" else ""
    if broken.get("operation_id") == "op-1":
        lines = "lines 1, 2"
    said = [
        one.message
        for one in outcome.findings
        if one.code == f"job-log-complete/{question}"
        and one.message.startswith(f"Question {number} cannot be answered: {field} ")
        and f"({fault}; {lines or 'line 2'} of log.jsonl)" in one.message
    ]
    assert len(said) == 1, [one.message for one in outcome.findings]


def test_only_the_broken_question_is_named() -> None:
    outcome = judged(*GOOD[:4], row(9, poll_attempts=0))
    assert [(one.code, one.severity) for one in outcome.findings] == [
        ("job-log-complete/polls", "blocker"),
        ("job-log-complete/answered", "note"),
    ]
    assert "6 of the seven questions" in outcome.findings[1].message


def test_many_lines_are_counted() -> None:
    outcome = judged(*[row(number, cost_unit="") for number in range(1, 10)])
    assert "lines 1, 2, 3, 4, 5 and 4 more" in outcome.findings[0].message


@pytest.mark.parametrize(
    ("rows", "code"), [((), "no-rows"), ((GOOD[1],), "no-success"), ((GOOD[2],), "no-success")]
)
def test_a_log_without_evidence_fails(rows: tuple[dict[str, object], ...], code: str) -> None:
    outcome = judged(*rows)
    assert f"job-log-complete/{code}" in [one.code for one in outcome.findings]
    assert outcome.status_at(Tier.PRODUCTION) is Status.FAIL


def test_unreadable_lines_fail() -> None:
    outcome = judged(*GOOD, unreadable=(7,))
    assert [one.code for one in outcome.findings] == ["job-log-complete/unreadable"]
    assert (
        outcome.findings[0].message
        == "Some rows of the job log cannot be read: line 7 of log.jsonl."
    )


def test_no_value_is_quoted() -> None:
    secret = "customer-4711"
    rows: list[dict[str, object]] = [dict.fromkeys(row(1), secret)]
    rows.append({**row(2), "status": secret, "cost": secret})
    assert all(
        secret not in f"{one.message} {one.expected} {one.actual} {one.fix}"
        for one in judged(*rows).findings
    )
