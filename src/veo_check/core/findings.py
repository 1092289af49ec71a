"""What checks say: findings, holes in the evidence, the rows they stood on, and when it ends."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

from veo_check.core.tiers import Tier

Severity = Literal["blocker", "warning", "note"]


class Status(enum.StrEnum):
    """What became of one check of one route."""

    PASS = "pass"  # noqa: S105 - a status, not a password
    WARN = "warn"
    FAIL = "fail"
    WAIVED = "waived"
    NOT_APPLICABLE = "not-applicable"
    SKIPPED = "skipped"
    BLOCKED = "blocked"
    ERROR = "error"


#: The statuses that are positive evidence; everything else keeps a tier out of reach.
GOOD = frozenset({Status.PASS, Status.WARN, Status.WAIVED, Status.NOT_APPLICABLE})


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a check found out, with its code, place, evidence and mend.

    `code` is `<check id>/<word>` and stable. `at` is the dotted path in the route file it is about.
    `milder_below`: a blocker that weighs only as a warning for tiers below this one.
    """

    code: str
    severity: Severity
    message: str
    at: str | None = None
    expected: str | None = None
    actual: str | None = None
    fix: str | None = None
    evidence: tuple[str, ...] = ()
    milder_below: Tier | None = None

    def severity_at(self, tier: Tier) -> Severity:
        """How much this weighs when the route is judged for `tier`."""
        if (
            self.severity == "blocker"
            and self.milder_below is not None
            and tier < self.milder_below
        ):
            return "warning"
        return self.severity


@dataclass(frozen=True, slots=True)
class Blocked:
    """The check could not tell: `reason` names what is missing and how to supply it."""

    reason: str


@dataclass(frozen=True, slots=True)
class Uses:
    """The check stood on this reference row, last confirmed at its source on `confirmed`.

    `live` says that live evidence stands in for the row's age (a listing, a finished job).
    """

    row: str
    kind: Literal["lifecycle", "price", "capability"]
    confirmed: date
    live: bool = False


@dataclass(frozen=True, slots=True)
class Until:
    """The verdict stops being true after `day`; `model` marks the model's own shutdown date."""

    day: date
    because: str
    model: bool = False


Said = Finding | Blocked | Uses | Until
#: What a check function returns: it yields findings, and what else the verdict needs.
Findings = Iterator[Said]


@dataclass(frozen=True, slots=True)
class Outcome:
    """All that one check said, sorted."""

    findings: tuple[Finding, ...] = ()
    blocked: str | None = None
    uses: tuple[Uses, ...] = ()
    untils: tuple[Until, ...] = ()

    @classmethod
    def collect(cls, said: Iterable[Said]) -> Outcome:
        """Sort what a check yielded. Several holes are joined into one reason."""
        findings: list[Finding] = []
        reasons: dict[str, None] = {}
        uses: list[Uses] = []
        untils: list[Until] = []
        for part in said:
            if isinstance(part, Finding):
                findings.append(part)
            elif isinstance(part, Blocked):
                reasons[part.reason] = None
            elif isinstance(part, Uses):
                uses.append(part)
            elif isinstance(part, Until):
                untils.append(part)
        return cls(tuple(findings), "; ".join(reasons) or None, tuple(uses), tuple(untils))

    def status_at(self, tier: Tier) -> Status:
        """Blocker fails, a hole blocks, a warning warns, the rest passes; the worst decides."""
        weights = {finding.severity_at(tier) for finding in self.findings}
        if "blocker" in weights:
            return Status.FAIL
        if self.blocked is not None:
            return Status.BLOCKED
        return Status.WARN if "warning" in weights else Status.PASS


def blocker(
    code: str,
    message: str,
    *,
    at: str | None = None,
    expected: object = None,
    actual: object = None,
    fix: str | None = None,
    evidence: Iterable[str] = (),
    milder_below: Tier | None = None,
) -> Finding:
    """A finding that fails the check (for tiers below `milder_below` it only warns)."""
    texts = _text(expected), _text(actual)
    return Finding(code, "blocker", message, at, *texts, fix, tuple(evidence), milder_below)


def warning(
    code: str,
    message: str,
    *,
    at: str | None = None,
    expected: object = None,
    actual: object = None,
    fix: str | None = None,
    evidence: Iterable[str] = (),
) -> Finding:
    """A finding that someone should look at, but that does not fail the check."""
    return Finding(
        code, "warning", message, at, _text(expected), _text(actual), fix, tuple(evidence)
    )


def note(
    code: str,
    message: str,
    *,
    at: str | None = None,
    expected: object = None,
    actual: object = None,
    fix: str | None = None,
    evidence: Iterable[str] = (),
) -> Finding:
    """A fact worth printing that changes no status."""
    return Finding(code, "note", message, at, _text(expected), _text(actual), fix, tuple(evidence))


def _text(value: object) -> str | None:
    return None if value is None else str(value)
