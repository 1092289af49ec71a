"""The report, JSON version 1: the one contract that every format is made from.

Money is text, dates are ISO text, parts that do not exist are null. Ids, codes and field names are
stable; a change is a changelog entry.
"""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from veo_check.core.findings import TargetWord, TierWord


def _day(text: str) -> str:
    date.fromisoformat(text)
    return text


def _moment(text: str) -> str:
    datetime.fromisoformat(text.replace("Z", "+00:00"))
    return text


#: A day of the calendar, YYYY-MM-DD.
DayText = Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"), AfterValidator(_day)]
#: A moment in UTC, to the second.
MomentText = Annotated[
    str,
    Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$"),
    AfterValidator(_moment),
]
#: An exact amount: decimal digits, no exponent.
AmountText = Annotated[str, Field(pattern=r"^-?[0-9]{1,60}(\.[0-9]{1,60})?$")]

StatusWord = Literal[
    "pass", "warn", "fail", "waived", "not-applicable", "skipped", "blocked", "error"
]
VerdictWord = Literal["ready", "not-ready", "inconclusive"]


class ReportPart(BaseModel):
    """Every object of the report: frozen, nothing but the documented fields."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        json_schema_serialization_defaults_required=True,
        defer_build=True,
    )


class Tool(ReportPart):
    """Which program made the report."""

    name: Literal["veo-check"] = "veo-check"
    version: str


class RuleReport(ReportPart):
    """A check of this run: what is true when it passes, why it exists, how to fix a failure."""

    id: str
    title: str
    why: str
    fix: str


class ReferenceUsed(ReportPart):
    """The reference data the verdicts are based on."""

    oldest_used: DayText | None
    digest: str
    origin: str


class FindingReport(ReportPart):
    """One finding; `at` is the dotted path in the route file, `line` where that stands."""

    code: str
    severity: Literal["blocker", "warning", "note"]
    message: str
    at: str | None = None
    line: int | None = None
    expected: str | None = None
    actual: str | None = None
    fix: str | None = None
    evidence: list[str] = []


class CheckReport(ReportPart):
    """One check of one route. `reason` is set unless the status speaks for itself."""

    id: str
    item: str
    required_for: TargetWord | None
    status: StatusWord
    reason: str | None = None
    findings: list[FindingReport] = []
    duration_ms: int


class ItemReport(ReportPart):
    """One item of the checklist, why it matters, and in `summary` what its worst check says."""

    id: str
    title: str
    why: str = ""
    status: StatusWord
    summary: str = ""


class ModelReport(ReportPart):
    """The route in one line: which label at which gateway stands for which model, and where."""

    label: str
    gateway: str
    official: str
    surface: str


class OpenJob(ReportPart):
    """A paid job whose end is not known, and the commands for it.

    `resume` continues it, `look` shows its record. `close` gives it up: set where only a person
    can find out what became of it. `at_stake` is USD at most. `said`: what was last answered
    about it, or what is known of a submit that may or may not have been accepted.
    """

    job: str
    state: str
    gateway: str
    sent_at: MomentText | None = None
    at_stake: AmountText | None = None
    resume: str
    look: str
    close: str | None = None
    said: str | None = None


class BudgetReport(ReportPart):
    """What the route file allows, in USD."""

    per_job: AmountText | None = None
    monthly: AmountText | None = None
    jobs_per_month: int | None = None


#: What kind of thing a cause is; "smoke-test" is the only one that costs money.
CauseKind = Literal[
    "failure", "key", "network", "host", "route-file", "options", "other", "smoke-test"
]


class CauseReport(ReportPart):
    """Why checks that the target requires are not good, once for all of them.

    `blocks` are the checks that wait for it, for a failure the failed check first. `command` is
    what to type, where one command is the fix. `code` is the finding's, where a check failed.
    """

    kind: CauseKind
    cause: str
    fix: str | None = None
    command: str | None = None
    blocks: list[str] = []
    code: str | None = None
    at: str | None = None
    line: int | None = None


class DecidedBy(ReportPart):
    """The first cause in one sentence. `check` is null where no check at all is required."""

    check: str | None
    code: str | None
    sentence: str


class Counts(ReportPart):
    """How many of a route's checks ended how; `not_checked` holds what is blocked, skipped or
    crashed, and what does not apply to the route is counted nowhere."""

    passed: int
    warned: int
    failed: int
    not_checked: int
    waived: int


class ExchangeReport(ReportPart):
    """One request and its answer, redacted."""

    id: str
    method: str
    url: str
    request_excerpt: str | None = None
    status: int | None
    ms: int
    body_excerpt: str | None = None


class OtherPrice(ReportPart):
    """The price beside what the gateway charges, in the quote's currency."""

    basis: Literal["reference"] = "reference"
    expected: AmountText
    source: str


class QuoteReport(ReportPart):
    """What the payer is charged for a job of the route's shape. Amounts in `currency`.

    `basis` is "gateway" where the gateway's own price is known, else "reference".
    """

    currency: Literal["USD"] = "USD"
    variant: str | None
    seconds: int
    resolution: str
    audio: bool
    count: int
    retries: int
    unit: str
    per_second: AmountText | None
    expected: AmountText
    worst_case: AmountText
    monthly: AmountText | None
    bound: Literal["exact", "lower"]
    source: str
    source_date: DayText
    basis: Literal["gateway", "reference"]
    other: OtherPrice | None = None


class ResolutionPrice(ReportPart):
    """What the route's shape would cost at one of the model's resolutions, by the quote's basis.

    Exactly one of `expected` and `refused` is set; `refused` is a code such as `unpriced`.
    """

    resolution: str
    asked: bool  # it is the resolution that the route asks for
    currency: str = "USD"
    expected: AmountText | None = None
    per_second: AmountText | None = None
    bound: Literal["exact", "lower"] | None = None
    refused: str | None = None


class CatalogReport(ReportPart):
    """The gateway's row for the label, as served."""

    label: str
    endpoint_types: list[str]
    group: str | None
    group_ratio: str | None
    price_label: str | None
    price_fields: dict[str, str]
    status: str | None
    checked_at: str | None


class JobReport(ReportPart):
    """The paid smoke job, and what was delivered."""

    operation_id: str | None
    request_id: str | None
    served_model: str | None
    status_history: list[str]
    polls: int
    retries: int
    failure: str | None
    video_count: int | None
    seconds: str | None
    resolution: str | None
    frame_rate: str | None
    audio: bool | None
    sha256: str | None
    output_location: str | None


class UsageReport(ReportPart):
    """The gateway's own record of the job."""

    row_id: str | None
    model: str | None
    key: str | None
    group: str | None
    status: str | None
    unit: str | None
    quantity: str | None
    #: of finished video, where what was counted says so
    seconds: str | None
    quoted: str
    billed: str | None
    owner: str | None


class ProofReport(ReportPart):
    """The stored proof that a free run relied on, or that this run made."""

    id: str
    age_days: int
    expires: DayText


class WaiverReport(ReportPart):
    """A waiver in the route file and what it covered."""

    finding: str
    reason: str
    owner: str
    expires: DayText
    state: Literal["used", "unused", "expired", "refused"]


class ConfirmationReport(ReportPart):
    """What a person says to have seen."""

    what: str
    by: str
    on: DayText
    expires: DayText
    link: str | None = None
    operation: str | None = None


class FallbackTargetReport(ReportPart):
    """A fallback route: what it costs, what changes, and which of its checks are bad.

    Amounts are USD for one job. `bad_checks` maps a check's id to its status; null where the run
    did not judge the target.
    """

    name: str
    situations: list[str]
    gateway: str
    model: str
    surface: str
    expected: AmountText | None = None
    primary_expected: AmountText | None = None
    unit: str | None = None
    price_refused: str | None = None
    #: the smoke job of its own that proves it, and until when; null: not proven
    proof: str | None = None
    proven_until: DayText | None = None
    changes: list[str] = []
    bad_checks: dict[str, StatusWord] | None = None


class FailureReport(ReportPart):
    """One way in which a job fails: what to do, who is billed, and what the incident costs in USD,
    at least and at most; null where no price is known."""

    failure: str
    decision: str
    billed: str
    cost_low: AmountText | None = None
    cost_high: AmountText | None = None
    viewer: str


class FallbackReport(ReportPart):
    """What the route file decides for each situation; a decision that is not made is null."""

    decisions: dict[str, str | None]
    approved_by: str | None = None
    approved_on: DayText | None = None
    targets: list[FallbackTargetReport] = []
    failures: list[FailureReport] = []


class RouteReport(ReportPart):
    """Everything about one route. `next` has the most important cause first; `decided_by` is null
    where the verdict is ready. `items` holds the item of every check."""

    name: str
    file: str
    target: TargetWord
    tier: TierWord
    verdict: VerdictWord
    model: ModelReport | None = None
    open_job: OpenJob | None = None
    decided_by: DecidedBy | None = None
    next: list[CauseReport] = []
    counts: Counts
    valid_until: DayText | None = None
    valid_because: str | None = None
    model_until: DayText | None = None
    not_before: list[str] = []
    quote: QuoteReport | None = None
    budget: BudgetReport | None = None
    price_by_resolution: list[ResolutionPrice] = []
    catalog: CatalogReport | None = None
    job: JobReport | None = None
    usage: UsageReport | None = None
    spent: AmountText = "0.00"
    proof: ProofReport | None = None
    fallback: FallbackReport | None = None
    items: list[ItemReport]
    checks: list[CheckReport]
    exchanges: list[ExchangeReport]
    waivers: list[WaiverReport] = []
    confirmations: list[ConfirmationReport] = []

    @model_validator(mode="after")
    def _every_check_is_shown(self) -> RouteReport:
        """Formats print items and their checks: a check of no item would be left out."""
        lost = {check.item for check in self.checks} - {item.id for item in self.items}
        if lost:
            raise ValueError(f"no item holds the checks of {', '.join(sorted(lost))}")
        return self


class ProblemReport(ReportPart):
    """What is wrong in a route file that could not be judged."""

    file: str
    line: int
    column: int
    path: str
    message: str


class Report(ReportPart):
    """One run: its routes, the worst verdict and the exit code."""

    schema_version: Literal["1"] = "1"
    tool: Tool
    started_at: MomentText
    as_of: DayText
    hypothetical: bool
    simulated: bool
    scenario: str | None = None
    interrupted: bool = False
    mode: Literal["offline", "free", "paid"]
    exit_code: int
    verdict: VerdictWord
    reference: ReferenceUsed
    rules: list[RuleReport] = []
    routes: list[RouteReport]
    invalid: list[ProblemReport] = Field(default=[])


# The JSON Schema of the report, made from its model.


#: The copy that ships in the package; `pytest tests/report --update` rewrites it.
BUNDLED = Path(__file__).with_name("report-v1.schema.json")


def report_schema() -> dict[str, Any]:
    """JSON Schema, draft 2020-12, of what `-o json` writes: every field is there, if only null."""
    schema = Report.model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | schema
