"""What checks say: findings, holes in the evidence, the rows they stood on, and when it ends."""

from __future__ import annotations

import enum
import inspect
import types
import typing
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from functools import cached_property, partial
from typing import Literal

from veo_check.core.facts import Missing
from veo_check.core.frozen import dataclass
from veo_check.core.gateway import Gateway

TierWord = Literal["none", "research", "staging", "production"]
TargetWord = Literal["research", "staging", "production"]
_TIERS: dict[int, TierWord] = {0: "none", 1: "research", 2: "staging", 3: "production"}
_TARGETS: dict[int, TargetWord] = {1: "research", 2: "staging", 3: "production"}


class Tier(enum.IntEnum):
    """What the evidence allows a route to be used for. Comparable: a higher tier asks for more."""

    NONE = 0
    RESEARCH = 1
    STAGING = 2
    PRODUCTION = 3

    @property
    def word(self) -> TierWord:
        """The tier's name as route files, checklists and reports spell it."""
        return _TIERS[self.value]

    @property
    def target_word(self) -> TargetWord:
        """The same for a tier that can be aimed at. Raises KeyError for `none`."""
        return _TARGETS[self.value]

    @classmethod
    def of(cls, word: str) -> Tier:
        """The tier spelled `word`. Raises ValueError for any other word."""
        try:
            return cls[word.upper()]
        except KeyError:
            known = ", ".join(tier.word for tier in cls)
            raise ValueError(f"'{word}' is not a tier; known: {known}") from None


#: The tiers a route can aim at and a check can be required for.
TARGETS = (Tier.RESEARCH, Tier.STAGING, Tier.PRODUCTION)


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
    """One thing a check found out, with its code, place, evidence and fix.

    `code` is `<check id>/<word>` and stable. `at` is the dotted path in the route file it is about.
    `warn_below`: a blocker that weighs only as a warning for tiers below this one.
    """

    code: str
    severity: Severity
    message: str
    at: str | None = None
    expected: str | None = None
    actual: str | None = None
    fix: str | None = None
    evidence: tuple[str, ...] = ()
    warn_below: Tier | None = None

    def severity_at(self, tier: Tier) -> Severity:
        """How much this weighs when the route is judged for `tier`."""
        if self.severity == "blocker" and self.warn_below is not None and tier < self.warn_below:
            return "warning"
        return self.severity


@dataclass(frozen=True, slots=True)
class Blocked:
    """The check could not tell: `reason` names what is missing and how to supply it.

    `warn_below`: a hole only for tiers from this one on; below it, it weighs as a warning.
    """

    reason: str
    warn_below: Tier | None = None


@dataclass(frozen=True, slots=True)
class ReferenceUse:
    """The check stood on this reference row, last confirmed at its source on `confirmed`.

    `live` says that live evidence stands in for the row's age (a listing, a finished job).
    """

    row: str
    kind: Literal["lifecycle", "price", "capability"]
    confirmed: date
    live: bool = False


@dataclass(frozen=True, slots=True)
class ValidUntil:
    """The verdict stops being true after `day`; `model` marks the model's own shutdown date."""

    day: date
    because: str
    model: bool = False


CheckOutput = Finding | Blocked | ReferenceUse | ValidUntil
#: What a check function returns: it yields findings, and what else the verdict needs.
Findings = Iterator[CheckOutput]


def _sound(part: object) -> bool:
    """Whether a part of a check's output has what the verdict weighs, and the report prints."""
    match part:
        case Finding():
            told = (part.at, part.expected, part.actual, part.fix, *part.evidence)
            return (
                part.severity in typing.get_args(Severity)
                and all(isinstance(text, str) for text in (part.code, part.message))
                and all(text is None or isinstance(text, str) for text in told)
                and (part.warn_below is None or isinstance(part.warn_below, Tier))
            )
        case Blocked():
            return isinstance(part.reason, str) and bool(part.reason.strip())
        case ReferenceUse():
            return isinstance(part.row, str) and type(part.confirmed) is date
        case ValidUntil():
            return isinstance(part.because, str) and type(part.day) is date
    return False


@dataclass(frozen=True, slots=True)
class Outcome:
    """All that one check said, sorted."""

    findings: tuple[Finding, ...] = ()
    blocked: str | None = None
    uses: tuple[ReferenceUse, ...] = ()
    untils: tuple[ValidUntil, ...] = ()
    #: the tier from which on the holes block; below it they warn
    blocked_from: Tier = Tier.NONE

    @classmethod
    def collect(cls, said: Iterable[CheckOutput]) -> Outcome:
        """Sort what a check yielded. Several holes are joined into one reason.

        Raises TypeError where a check (a plug-in is anybody's code) yields anything else, or a
        part that no verdict can weigh: silence would count as a pass.
        """
        parts = tuple(said)
        for part in parts:
            if not _sound(part):
                raise TypeError(f"it yielded {type(part).__name__} that is no finding")
        holes = [part for part in parts if isinstance(part, Blocked)]
        reasons = dict.fromkeys(hole.reason for hole in holes)
        return cls(
            tuple(part for part in parts if isinstance(part, Finding)),
            "; ".join(reasons) or None,
            tuple(part for part in parts if isinstance(part, ReferenceUse)),
            tuple(part for part in parts if isinstance(part, ValidUntil)),
            min((hole.warn_below or Tier.NONE for hole in holes), default=Tier.NONE),
        )

    def status_at(self, tier: Tier) -> Status:
        """Blocker fails, a hole blocks, a warning warns, the rest passes; the worst decides."""
        weights = {finding.severity_at(tier) for finding in self.findings}
        if "blocker" in weights:
            return Status.FAIL
        if self.blocked is not None:
            return Status.BLOCKED if tier >= self.blocked_from else Status.WARN
        return Status.WARN if "warning" in weights else Status.PASS


def _finding(
    severity: Severity,
    code: str,
    message: str,
    *,
    at: str | None = None,
    expected: object = None,
    actual: object = None,
    fix: str | None = None,
    evidence: Iterable[str] = (),
    warn_below: Tier | None = None,
) -> Finding:
    texts = _text(expected), _text(actual)
    return Finding(code, severity, message, at, *texts, fix, tuple(evidence), warn_below)


#: A finding that fails the check (for tiers below `warn_below` it only warns).
blocker = partial(_finding, "blocker")
#: A finding that someone should look at, but that does not fail the check.
warning = partial(_finding, "warning")
#: A fact worth printing that changes no status.
note = partial(_finding, "note")


def _text(value: object) -> str | None:
    return None if value is None else str(value)


CheckFunction = Callable[..., Findings]


@dataclass(frozen=True)
class Need:
    """One parameter of a check: the type it wants, and whether it can work without."""

    parameter: str
    type: type
    optional: bool


@dataclass(frozen=True)
class Check:
    """A registered check. Calling it runs the function; everything else describes it."""

    id: str
    item: str
    since: str
    function: CheckFunction
    waivable: bool
    #: why this check says nothing about routes through a gateway to a surface; None: it does
    not_for: Callable[[Gateway, str], str | None]

    def __call__(self, **values: object) -> Findings:
        return self.function(**values)

    @cached_property
    def needs(self) -> tuple[Need, ...]:
        """The check's needs, from its parameter types. `T | Missing` can do without a T."""
        hints = typing.get_type_hints(self.function)
        return tuple(
            _need(name, hints[name]) for name in inspect.signature(self.function).parameters
        )

    @cached_property
    def need_types(self) -> frozenset[type]:
        return frozenset(need.type for need in self.needs)

    @property
    def title(self) -> str:
        """The docstring's first line: what is true when the check passes."""
        return self._parts[0]

    @property
    def why(self) -> str:
        """Why the check exists, as `veo-check checks ID` prints it."""
        return self._parts[1]

    @property
    def fix(self) -> str:
        """How to fix a failure."""
        return self._parts[2]

    @cached_property
    def _parts(self) -> tuple[str, str, str]:
        text = inspect.cleandoc(self.function.__doc__ or "")
        title, _, rest = text.partition("\n\n")
        why, _, fix = rest.partition("Fix:")
        return (
            " ".join(title.split()),
            " ".join(why.removeprefix("Why:").split()),
            " ".join(fix.split()),
        )


def _need(name: str, hint: object) -> Need:
    options = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    wanted = [option for option in options if option is not Missing]
    if len(wanted) != 1 or not isinstance(wanted[0], type):
        raise TypeError(f"parameter {name}: a check needs one type, or that type | Missing")
    return Need(name, wanted[0], optional=Missing in options)


def check(
    *,
    item: str,
    since: str,
    waivable: bool = True,
    not_for: Callable[[Gateway, str], str | None] = lambda _gateway, _surface: None,
) -> Callable[[CheckFunction], Check]:
    """Register the decorated generator function as a check; its name is the id, `_` for `-`."""

    def register(function: CheckFunction) -> Check:
        name = function.__name__.replace("_", "-")
        return Check(name, item, since, function, waivable, not_for)

    return register


@dataclass(frozen=True, slots=True)
class UsedRows:
    """Every `Uses` that the other checks of one route yielded, each once."""

    rows: tuple[ReferenceUse, ...] = ()
