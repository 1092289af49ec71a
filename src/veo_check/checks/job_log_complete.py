"""job-log-complete: the team's own log answers the seven questions."""

from __future__ import annotations

from veo_check.core.findings import Finding, Findings, blocker, check, note, warning
from veo_check.core.job_log import FIELDS, QUESTIONS, LogProblem, LogSample, Question

_SHOWN = 5
_AT = "logging.sample"


@check(item="async-job", since="0.1")
def job_log_complete(sample: LogSample) -> Findings:
    """The team's job log answers the seven questions.

    Why: a video job is many calls over minutes; without one row that ties caller, request,
    operation, polls, outcome, output and cost together, a bill or a lost clip stays unexplained.
    Fix: log the named fields for every job; where yours have other names, map them under
    `logging.fields`.
    """
    if sample.unreadable:
        yield blocker(
            "job-log-complete/unreadable",
            f"Some rows of the job log cannot be read: {_lines(sample.unreadable)} of "
            f"{sample.path}.",
            at=_AT,
            fix="write one JSON object a line without repeated fields, or CSV with as many cells a "
            "row as the header has",
        )
    if sample.rows == 0:
        yield blocker(
            "job-log-complete/no-rows",
            f"The job log {sample.path} holds no job.",
            at=_AT,
            fix="put some rows of finished jobs into the sample",
        )
        return
    if sample.succeeded == 0:
        yield blocker(
            "job-log-complete/no-success",
            f"None of the {sample.rows} rows of {sample.path} is a job that succeeded, so where "
            "outputs are stored is not known.",
            at=_AT,
            fix="put at least one successful job into the sample",
        )
    for problem in sample.problems:
        yield _finding(problem, sample)
    for field in sample.unknown_fields:
        yield warning(
            "job-log-complete/unknown-field",
            f"logging.fields maps '{field}', which none of the seven questions asks for.",
            at=f"logging.fields.{field}",
            fix=f"the names are {', '.join(name for names in FIELDS.values() for name in names)}",
        )
    answered = [
        question
        for question in QUESTIONS
        if question not in {held.question for held in sample.problems}
    ]
    if not sample.unreadable:
        yield note(
            "job-log-complete/answered",
            f"{len(answered)} of the seven questions are answered by all {sample.rows} rows of "
            f"{sample.path}.",
            at=_AT,
        )


def _finding(problem: LogProblem, sample: LogSample) -> Finding:
    return blocker(
        f"job-log-complete/{problem.question}",
        f"{_number(problem.question)} cannot be answered: {problem.field} {problem.what} "
        f"({problem.fault}; {_lines(problem.lines)} of {sample.path}). "
        f"The question: {QUESTIONS[problem.question]}",
        at=_AT,
        fix=f"log {problem.field} for every job, or map your own name for it under logging.fields",
    )


def _number(question: Question) -> str:
    return f"Question {list(QUESTIONS).index(question) + 1}"


def _lines(lines: tuple[int, ...]) -> str:
    shown = ", ".join(map(str, lines[:_SHOWN]))
    more = f" and {len(lines) - _SHOWN} more" if len(lines) > _SHOWN else ""
    return f"line {shown}" if len(lines) == 1 else f"lines {shown}{more}"
