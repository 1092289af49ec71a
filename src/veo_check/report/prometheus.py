"""Prometheus text format, for the node exporter's textfile collector."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

from veo_check.report.model import Report, RouteReport

_VERDICTS = ("ready", "not-ready", "inconclusive")


def render(report: Report) -> str:
    """Verdict, days until retirement and until the verdict ends, and cost of a clip, by route."""
    lines: list[str] = []
    for name, help_text, samples in (
        (
            "veo_check_verdict",
            "1 for the route's verdict, 0 for the others.",
            [
                (_labels(report, route, verdict=word), str(int(route.verdict == word)))
                for route in report.routes
                for word in _VERDICTS
            ],
        ),
        (
            "veo_check_model_days_left",
            "Days until the model's announced shutdown; absent where none is announced.",
            _days(report, "model_until"),
        ),
        (
            "veo_check_valid_days_left",
            "Days until the verdict stops being true; absent where nothing limits it.",
            _days(report, "valid_until"),
        ),
        (
            "veo_check_clip_cost_usd",
            "Expected cost of one job of the route's shape, in USD.",
            [
                (_labels(report, route), route.quote.expected)
                for route in report.routes
                if route.quote and route.quote.currency == "USD"
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
        lines += _family(name, help_text, samples)
    return "".join(f"{line}\n" for line in lines)


def _family(name: str, help_text: str, samples: list[tuple[str, str]]) -> Iterator[str]:
    yield f"# HELP {name} {help_text}"
    yield f"# TYPE {name} gauge"
    for labels, value in samples:
        yield f"{name}{labels} {value}"


def _days(report: Report, field: str) -> list[tuple[str, str]]:
    today = date.fromisoformat(report.as_of)
    ends = [(route, getattr(route, field)) for route in report.routes]
    return [
        (_labels(report, route), str((date.fromisoformat(end) - today).days))
        for route, end in ends
        if end
    ]


def _labels(report: Report, route: RouteReport, **more: str) -> str:
    simulated = str(report.simulated).lower()
    values = {"route": route.name, "file": route.file, "target": route.target}
    values |= {"simulated": simulated} | more
    inside = ",".join(f'{name}="{_escape(value)}"' for name, value in values.items())
    return f"{{{inside}}}"


def _escape(text: str) -> str:
    shown = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)
    return shown[:200].replace("\\", "\\\\").replace('"', '\\"')


def _unix(stamp: str) -> str:
    moment = datetime.fromisoformat(stamp.replace("Z", "+00:00"))
    return str(int(moment.astimezone(UTC).timestamp()))
