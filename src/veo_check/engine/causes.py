"""What keeps a route from being ready: each cause once, with its fix, its command and the checks
that wait for it. Most important first; the first one decides the verdict."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import ROUND_CEILING
from pathlib import Path

from veo_check.core.facts import Missing, MissingCode, ProvenLife
from veo_check.core.findings import GOOD, Finding, Status, Tier
from veo_check.core.frozen import dataclass
from veo_check.core.money import usd
from veo_check.core.results import (
    ControlledFailure,
    Delivery,
    JobResult,
    JobState,
    ProofStatus,
    UsageProof,
)
from veo_check.core.route import Route
from veo_check.core.verdict import Verdict
from veo_check.engine.judge import Result, a_job_settles, names_a_step
from veo_check.engine.options import RunOptions
from veo_check.pricing.job_cost import PriceSources
from veo_check.pricing.shape import Refusal, Shape
from veo_check.report.model import CauseKind, CauseReport, Counts, DecidedBy, OpenJob
from veo_check.report.shown import first_sentence
from veo_check.smoke.cost import CostEstimate, smoke_stake
from veo_check.smoke.steps import SmokeOutcome

#: The order of importance: what failed, then what is missing, the cheapest to supply first.
_RANK: tuple[CauseKind, ...] = (
    "failure",
    "key",
    "network",
    "host",
    "route-file",
    "options",
    "other",
    "smoke-test",
)
#: Where it is not known how a job ended.
_OPEN = frozenset({"intent", "submitted", "uncertain", "unfinished", "reopened"})
#: Open, and only a person can find out what became of it.
_DOUBTED = frozenset({"intent", "uncertain"})
_OPEN_FAILURE: Mapping[str, JobState] = {"uncertain": "uncertain", "pending": "submitted"}
#: What only a paid job or its proof tells.
_PAID = frozenset({JobResult, Delivery, UsageProof, ControlledFailure, ProvenLife, ProofStatus})
#: `host/path` at the start of a sentence about an answer: the path differs, the cause does not.
_PLACE = re.compile(r"^([\w.-]+(?::\d+)?)/\S*")
#: `(logging.sample)`: the field of the route file that would say it.
_FIELD = re.compile(r"\(([a-z_]+(?:\.[a-z_]+)+)\)")
#: The code of a fact that was not learned -> what kind of cause that is; any other is "other".
_KINDS: Mapping[MissingCode, CauseKind] = {
    "no-key": "key",
    "key-refused": "key",
    "host-refused": "key",
    "offline": "network",
    "unreachable": "host",
    "too-slow": "host",
    "rate-limited": "host",
    "server-error": "host",
    "unreadable": "host",
    "refused": "host",
    "not-configured": "route-file",
}
_FIXES: Mapping[MissingCode, str] = {
    "key-refused": "use a key that the host accepts",
    "unreachable": "check DNS and proxy; --trust-env uses the environment's proxy",
    "too-slow": "run again later; the endpoint failed, not the route",
    "rate-limited": "run again later; the endpoint failed, not the route",
    "server-error": "run again later; the endpoint failed, not the route",
    "not-run": "run again",
}


_Keyed = tuple[tuple[str, str], CauseReport]


def counts_of(statuses: Iterable[Status]) -> Counts:
    """How many checks ended how. What does not apply to the route is in none of them."""
    seen = list(statuses)
    holes = (Status.BLOCKED, Status.SKIPPED, Status.ERROR)
    return Counts(
        passed=seen.count(Status.PASS),
        warned=seen.count(Status.WARN),
        failed=seen.count(Status.FAIL),
        not_checked=sum(map(seen.count, holes)),
        waived=seen.count(Status.WAIVED),
    )


@dataclass(frozen=True, slots=True)
class RouteContext:
    """What the causes of a route are worded with; `facts` are its own, then its fallbacks'."""

    path: Path
    route: Route
    target: Tier
    options: RunOptions
    prices: PriceSources
    facts: Sequence[Mapping[type, object]]
    #: why no money might be spent on the route
    stopped: str | None
    line_of: Callable[[str], int | None]
    open_job: OpenJob | None = None

    def command(self, *more: str) -> str:
        """The run that would answer, as it is typed."""
        scenario, state = self.options.scenario, self.options.state
        words = ["veo-check", "run", str(self.path)]
        words += ["--scenario", scenario] if scenario and scenario != "healthy" else []
        words += ["--sandbox"] if scenario == "healthy" else []
        words += ["--state", str(state)] if state else []
        return shlex.join([*words, *more])

    def at(self, path: str) -> dict[str, object]:
        """The place of a dotted path in the route file, for a cause."""
        return {"at": path, "line": self.line_of(path)}


def causes_of(results: Sequence[Result], context: RouteContext) -> list[CauseReport]:
    """What keeps the target out of reach; every required check that is not good waits for one.

    A check that several causes block stands under each: it needs all of them, or any.
    """
    target = context.target
    waiting = [result for result in results if _in_the_way(result, target)]
    failed = [result for result in waiting if result.statuses[target] is Status.FAIL]
    # of two failures, the one that names a value comes before the one that names its section
    failed.sort(
        key=lambda result: (
            result.selected.required_for or target,
            "." not in (_deciding(result.outcome.findings, target).at or ""),
        )
    )
    causes: dict[tuple[str, str], CauseReport] = {}
    blocks: dict[tuple[str, str], list[str]] = {}
    failures: list[tuple[Finding, tuple[str, str]]] = []

    def block(key: tuple[str, str], cause: CauseReport, check: str) -> None:
        causes.setdefault(key, cause)
        blocks.setdefault(key, []).append(check)

    def told(text: str) -> list[_Keyed]:
        """The failures that the text quotes, or that say the same: none is said twice."""
        messages = [(finding.message.rstrip("."), key) for finding, key in failures]
        return [
            (key, causes[key])
            for message, key in messages
            if text and (message in text or text in message)
        ]

    for result in failed:
        finding = _deciding(result.outcome.findings, target)
        key = next((key for other, key in failures if _same(finding, other)), None)
        failures.append((finding, key or ("failure", result.selected.id)))
        block(failures[-1][1], _failure(result, finding, context), result.selected.id)
    missing = _after_the_job(_missing(context), results, context)
    holes = [result for result in waiting if result not in failed]
    for result in holes:
        reason = result.reason or ""
        quoted = [pair for fact, pair in missing if fact in reason]
        ran = result.statuses[target] is Status.BLOCKED
        if ran and not quoted and a_job_settles(result, target) and not names_a_step(result):
            quoted = [
                pair
                for _, pair in missing
                if pair[1].kind == "smoke-test" or pair[0] == ("failure", "job-completes")
            ][:1]
        found = told(reason)
        for pair in quoted:
            found += told(pair[1].cause) or [pair]
        for key, cause in dict(found or [_own(result, target)]).items():
            fix = cause.fix or _fix_of(result)
            block(key, cause.model_copy(update={"fix": fix}), result.selected.id)
    place = {result.selected.id: number for number, result in enumerate([*failed, *holes])}
    made = [cause.model_copy(update={"blocks": blocks[key]}) for key, cause in causes.items()]
    if context.open_job is not None:
        made = _of_open_job(made, context.open_job)
    return sorted(
        made,
        key=lambda cause: (
            _RANK.index(cause.kind),
            0 if cause.kind == "failure" else -len(cause.blocks),
            place[cause.blocks[0]],
        ),
    )


def decided_by(
    verdict: Verdict, causes: Sequence[CauseReport], results: Sequence[Result], target: Tier
) -> DecidedBy | None:
    """What the verdict is based on: the first cause. None where the route is ready."""
    if verdict is Verdict.READY:
        return None
    if not causes:
        said = f"the checklist requires no check for {target.word} or for a tier below"
        return DecidedBy(check=None, code=None, sentence=said)
    first = causes[0]
    check = first.blocks[0]
    status = next(result.statuses[target] for result in results if result.selected.id == check)
    code = first.code or f"{check}/{status.value}"
    return DecidedBy(check=check, code=code, sentence=first_sentence(first.cause))


def open_job(smoke: SmokeOutcome | None, context: RouteContext) -> OpenJob | None:
    """The paid job of which it is not known how it ended, and so what it costs."""
    if smoke is None:
        return None
    job, failure = smoke.job, smoke.controlled_failure
    if isinstance(job, JobResult) and job.state in _OPEN:
        name, state, said = job.job, job.state, job.failure
    elif isinstance(failure, ControlledFailure) and failure.outcome in _OPEN_FAILURE:
        name, state, said = failure.job, _OPEN_FAILURE[failure.outcome], failure.text
    else:
        return None
    folder = context.options.state or context.path.parent / ".veo-check"
    spend, sent = context.options.spend, getattr(job, "submitted_at", None)
    stake = smoke_stake(context.route, context.prices)

    def job_command(verb: str) -> str:
        return shlex.join(["veo-check", "job", verb, name, "--state", str(folder)])

    return OpenJob(
        job=name,
        state=state,
        gateway=context.route.via.gateway,
        sent_at=sent.strftime("%Y-%m-%dT%H:%M:%SZ") if sent else None,
        at_stake=usd(smoke.spent) if smoke.spent else _at_stake(stake),
        resume=context.command("--spend", "1" if spend is None else f"{spend:f}"),
        look=job_command("show"),
        close=job_command("abandon") if state in _DOUBTED else None,
        said=said,
    )


def _at_stake(stake: CostEstimate | str) -> str | None:
    return None if isinstance(stake, str) else usd(stake.at_stake)


def _of_open_job(causes: list[CauseReport], job: OpenJob) -> list[CauseReport]:
    """The causes with every one that waits for the open job as one."""
    waits = [
        cause
        for cause in causes
        if cause.kind == "smoke-test" or (cause.kind == "other" and job.job in cause.cause)
    ]
    blocks = dict.fromkeys(check for cause in waits for check in cause.blocks)
    if not blocks:
        return causes
    if job.close is not None:
        what = f"it is not known whether job {job.job} was accepted"
        fix = "look for it in the gateway's usage log; then close it and run again with --spend"
        command = job.close
    else:
        what = f"job {job.job} has not ended"
        fix, command = "run again; it continues this job and sends nothing new", job.resume
    one = CauseReport(kind="smoke-test", cause=what, fix=fix, command=command, blocks=list(blocks))
    return [*(cause for cause in causes if cause not in waits), one]


def _in_the_way(result: Result, target: Tier) -> bool:
    tier = result.selected.required_for
    return tier is not None and tier <= target and result.statuses[target] not in GOOD


def _deciding(findings: Sequence[Finding], target: Tier) -> Finding:
    """The finding that fails its check: a blocker, or with --strict a warning."""
    order = ("blocker", "warning", "note")
    return min(findings, key=lambda finding: order.index(finding.severity_at(target)))


def _after_the_job(
    missing: list[tuple[str, _Keyed]], results: Sequence[Result], context: RouteContext
) -> list[tuple[str, _Keyed]]:
    """What a paid job left open waits for what the job came to, not for another run of the same."""
    paid = next((result for result in results if result.selected.id == "job-completes"), None)
    if paid is None or paid.statuses[Tier.PRODUCTION] in GOOD:
        return missing
    bad = [finding for finding in paid.outcome.findings if finding.severity != "note"]
    if not bad:
        return missing
    ended = _failure(paid, _deciding(bad, Tier.PRODUCTION), context)
    failed = paid.statuses[Tier.PRODUCTION] is Status.FAIL
    told: list[tuple[str, _Keyed]] = []
    for fact, (key, cause) in missing:
        if cause.kind != "smoke-test":
            told.append((fact, (key, cause)))
        elif failed:
            told.append((fact, (("failure", paid.selected.id), ended)))
        else:
            words = {"cause": ended.cause, "fix": ended.fix}
            told.append((fact, (key, cause.model_copy(update=words))))
    return told


def _same(finding: Finding, other: Finding) -> bool:
    """Whether two checks fail for one reason: the same word said of the same field."""
    words = {named.code.partition("/")[2] for named in (finding, other)}
    return finding.at is not None and finding.at == other.at and len(words) == 1


def _failure(result: Result, finding: Finding, context: RouteContext) -> CauseReport:
    return CauseReport(
        kind="failure",
        code=finding.code,
        cause=finding.message,
        fix=finding.fix or _fix_of(result),
        at=finding.at,
        line=context.line_of(finding.at) if finding.at else None,
    )


def _own(result: Result, target: Tier) -> _Keyed:
    """A hole that no fact explains: the check's own words, and what they say to do."""
    reason = result.reason or result.statuses[target].value
    if result.statuses[target] is Status.SKIPPED:
        fix = "run again without the option or the checklist that left it out"
        cause = CauseReport(kind="options", cause=reason, fix=fix)
    else:
        what, _, fix = reason.partition("; ")
        if not fix or fix.split()[0].lower() == what.split()[0].lower():
            what, fix = reason, _fix_of(result) or ""  # several holes, or no advice
        cause = CauseReport(kind="other", cause=what, fix=fix or None)
    return ("own", cause.cause), cause


def _fix_of(result: Result) -> str | None:
    return result.selected.check.fix if result.selected.check is not None else None


def _missing(context: RouteContext) -> list[tuple[str, _Keyed]]:
    """Each fact that was not learned, as the sentence that checks quote, with its cause.

    Facts of one cause have one key: all that a host did not answer, all that one key opens.
    """
    found: dict[str, _Keyed] = {}
    for facts in context.facts:
        for of, fact in facts.items():
            if isinstance(fact, Missing) and fact.detail and fact.detail not in found:
                paid = of in _PAID and fact.code == "not-run"
                cause = _smoke(fact, context) if paid else _of_missing(fact, context)
                found[fact.detail] = ((cause.kind, cause.cause), cause)
    return list(found.items())


def _of_missing(fact: Missing, context: RouteContext) -> CauseReport:
    kind = _KINDS.get(fact.code, "other")
    if kind == "host" and not _PLACE.match(fact.detail):
        kind = "other"  # a file of the team's own
    what, _, fix = fact.detail.partition("; ")
    more: dict[str, object] = {}
    if kind == "host":
        what, fix = _PLACE.sub(r"\1", fact.detail), _FIXES.get(fact.code, "run again")
    elif kind == "network":
        option = "--offline" if "--offline" in what else "--as-of"
        fix, more["command"] = f"run again without {option}", context.command()
    elif fact.code == "no-key":
        more |= _of_key(what, context)
    elif kind == "route-file" and (field := _FIELD.search(what)):
        fix = fix or f"add {field[1]} to the route file"
        more |= context.at(field[1])
    return CauseReport.model_validate(
        {"kind": kind, "cause": what, "fix": fix or _FIXES.get(fact.code), **more}
    )


def _of_key(what: str, context: RouteContext) -> dict[str, object]:
    """The command that sets a missing key, and where the route file names its variable."""
    route = context.route
    listing = route.model.listing
    for path, key in (
        ("via.key.env", route.via.key),
        ("via.production_key.env", route.via.production_key),
        ("model.listing.key.env", listing.key if listing else None),
    ):
        if key is not None and key.env is not None and key.env in what.split():
            return {"command": f"export {key.env}=...", **context.at(path)}
    return {}


def _smoke(fact: Missing, context: RouteContext) -> CauseReport:
    """No paid job, or one that has not told everything yet: what it would cost to know."""
    cause = CauseReport(kind="smoke-test", cause=fact.detail)
    if fact.detail == context.stopped:
        cause = cause.model_copy(update={"cause": f"no smoke job was sent: {fact.detail}"})
    cost = context.prices.cost(context.route, Shape.of_smoke(context.route))
    price = cost.shown
    if isinstance(context.facts[0].get(JobResult), JobResult):
        fix, most = "run again; it continues the same job and sends nothing new", "1"
    elif isinstance(price, Refusal):
        return cause.model_copy(update={"fix": f"the job has no price: {price.message}"})
    else:
        stake = smoke_stake(context.route, context.prices)
        amount = price.expected if isinstance(stake, str) else stake.at_stake
        after = "fix the causes above, then " if context.stopped else ""
        fix = f"{after}pay for one smoke job, about ${usd(price.expected)}"
        most = str(max(amount.to_integral_value(ROUND_CEILING), 1))
    return cause.model_copy(update={"fix": fix, "command": context.command("--spend", most)})
