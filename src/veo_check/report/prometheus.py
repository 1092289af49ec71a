"""Prometheus text format, for the node exporter's textfile collector."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import get_args

from veo_check.report.model import Report, RouteReport, StatusWord, VerdictWord
from veo_check.report.shown import shown

Sample = tuple[str, str]
_VERDICTS: tuple[str, ...] = get_args(VerdictWord)
_STATUSES: tuple[str, ...] = get_args(StatusWord)


def render(report: Report) -> str:
    """Verdict, required checks by status, days left, cost of a clip by route; the run's own code.

    A required check that is blocked, skipped or crashed is counted as such, whatever the verdict.
    """
    report = shown(report)
    named = [(_Labels(report, route, number), route) for number, route in _numbered(report)]
    lines: list[str] = []
    for name, help_text, samples in (
        (
            "veo_check_verdict",
            "1 for the route's verdict, 0 for the others.",
            [
                (labels(verdict=word), str(int(route.verdict == word)))
                for labels, route in named
                for word in _VERDICTS
            ],
        ),
        (
            "veo_check_required_checks",
            "Checks that some tier requires, by status.",
            [sample for labels, route in named for sample in _counted(labels, route)],
        ),
        (
            "veo_check_model_days_left",
            "Days until the model's announced shutdown; absent where none is announced.",
            [(labels(), _days(report, route.model_until)) for labels, route in named],
        ),
        (
            "veo_check_valid_days_left",
            "Days until the verdict stops being true; absent where nothing limits it.",
            [(labels(), _days(report, route.valid_until)) for labels, route in named],
        ),
        (
            "veo_check_clip_cost_usd",
            "What is charged for one job of the route's shape, in USD; the reference price where "
            "the gateway's is not known.",
            [(labels(), route.quote.expected) for labels, route in named if route.quote],
        ),
        (
            "veo_check_clip_reference_cost_usd",
            "Reference price of one job of the route's shape, in USD.",
            [
                (labels(), price.expected)
                for labels, route in named
                for price in (route.quote, route.quote.other if route.quote else None)
                if price and price.basis == "reference"
            ],
        ),
        (
            "veo_check_invalid_files",
            "Route files that could not be judged.",
            [("", str(len({one.file for one in report.invalid})))],
        ),
        (
            "veo_check_exit_code",
            "Exit code of the run.",
            [("", str(report.exit_code))],
        ),
        (
            "veo_check_run_timestamp_seconds",
            "When the run started, Unix time.",
            [("", _unix(report.started_at))],
        ),
    ):
        lines += _family(name, help_text, [one for one in samples if one[1]])
    return "".join(f"{line}\n" for line in lines)


class _Labels:
    """The labels of one route, as the text between and with the braces."""

    def __init__(self, report: Report, route: RouteReport, number: int) -> None:
        self._own = {
            "route": route.name,
            "file": route.file,
            "target": route.target,
            "simulated": str(report.simulated).lower(),
            "hypothetical": str(report.hypothetical).lower(),
        }
        if number > 1:
            self._own["number"] = str(number)

    def __call__(self, **more: str) -> str:
        values = self._own | more
        inside = ",".join(f'{name}="{_escape(value)}"' for name, value in values.items())
        return f"{{{inside}}}"


def _numbered(report: Report) -> Iterator[tuple[int, RouteReport]]:
    """Routes with 1; more than 1 for each that no label would tell from an earlier one.

    The same series twice is an error, and the collector would drop the whole file.
    """
    seen: Counter[tuple[str, str, str]] = Counter()
    for route in report.routes:
        same = (route.name, route.file, route.target)
        seen[same] += 1
        yield seen[same], route


def _counted(labels: _Labels, route: RouteReport) -> Iterator[Sample]:
    required = [check.status for check in route.checks if check.required_for is not None]
    for status in _STATUSES:
        yield labels(status=status), str(sum(one == status for one in required))


def _family(name: str, help_text: str, samples: list[Sample]) -> Iterator[str]:
    yield f"# HELP {name} {help_text}"
    yield f"# TYPE {name} gauge"
    for labels, value in samples:
        yield f"{name}{labels} {value}"


def _days(report: Report, end: str | None) -> str:
    """Days from the day judged to `end`; no text where there is no end."""
    if end is None:
        return ""
    return str((date.fromisoformat(end) - date.fromisoformat(report.as_of)).days)


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _unix(stamp: str) -> str:
    moment = datetime.fromisoformat(stamp.replace("Z", "+00:00"))
    return str(int(moment.astimezone(UTC).timestamp()))
