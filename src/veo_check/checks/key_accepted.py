"""key-accepted: the key works, may use the model, and has quota for one job."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from veo_check.core.clock import AsOf
from veo_check.core.facts import GatewayStatus, KeyAnswer, KeyUsage, Missing
from veo_check.core.findings import Finding, Findings, blocker, check, note, warning
from veo_check.core.gateway import Gateway
from veo_check.core.jobs import meaning_of
from veo_check.core.money import usd
from veo_check.core.route import Route
from veo_check.pricing.gateway_row import sound_unit
from veo_check.pricing.job_cost import JobCost

_SHOWN = Decimal("0.0001")


@check(item="catalog-row", since="0.1")
def key_accepted(
    route: Route,
    gateway: Gateway,
    answer: KeyAnswer,
    usage: KeyUsage | Missing,
    status: GatewayStatus | Missing,
    cost: JobCost,
    judging: AsOf,
) -> Findings:
    """The key is accepted, may use the model, and has quota left for one job.

    Why: keys expire, run out and are limited to models, and a gateway says so only when the job is
    submitted.
    Fix: put a working key into the variable that `via.key.env` names, allow the model for it, or
    top it up.
    """
    spent = isinstance(usage, KeyUsage) and not usage.unlimited and usage.available <= 0
    if answer.state != "accepted" and spent and isinstance(usage, KeyUsage):
        # gateways refuse a key with nothing left in words of their own, "Invalid token" among them
        yield from _quota(usage, status, cost)
        return
    if answer.state != "accepted":
        verb = "refused the key" if answer.state == "refused" else "knows the key, without access"
        said = f': "{answer.text}"' if answer.text else ""
        who = gateway.answers_as[0].upper() + gateway.answers_as[1:]
        named = answer.symptom not in {None, "key-refused"}
        why = f" ({meaning_of(answer.symptom).says})" if named else ""
        yield blocker(
            f"key-accepted/{answer.state}",
            f"{who} {verb}{why}: {route.base_url} answered HTTP {answer.status}{said}.",
            at="via.key",
            expected="accepted",
            actual=f"HTTP {answer.status}",
            fix=_fix(answer, gateway),
            evidence=answer.exchanges,
        )
        return
    yield note(
        "key-accepted/accepted",
        f"The key is accepted by {route.base_url}.",
        at="via.key",
        evidence=answer.exchanges,
    )
    if isinstance(usage, KeyUsage):
        yield from _limits(route, usage)
        yield from _expiry(usage, judging)
        yield from _quota(usage, status, cost)
    else:
        text = f"The key's limits and quota are not known: {usage.detail}."
        say = note if usage.code == "not-offered" else warning
        yield say("key-accepted/quota-unknown", text, at="via.key", evidence=usage.exchanges)


def _fix(answer: KeyAnswer, gateway: Gateway) -> str:
    if answer.symptom is not None:
        return meaning_of(answer.symptom).step(direct=gateway.direct)
    if answer.state == "refused":
        return "put a working key for this gateway into the variable that via.key.env names"
    return "give the key, or its project, access to this API and model"


def _limits(route: Route, usage: KeyUsage) -> Iterator[Finding]:
    label = route.via.model
    if usage.allowed_models is not None and label not in usage.allowed_models:
        yield blocker(
            "key-accepted/model-not-allowed",
            f"The key may use {len(usage.allowed_models)} models; '{label}' is none of them.",
            at="via.model",
            actual=", ".join(usage.allowed_models[:10]) or "none",
            fix=f"allow '{label}' for this key in the gateway's console",
            evidence=usage.exchanges,
        )
    if usage.denied_models is not None and label in usage.denied_models:
        yield blocker(
            "key-accepted/model-denied",
            f"The key's deny list holds '{label}'.",
            at="via.model",
            fix=f"take '{label}' off this key's deny list in the gateway's console",
            evidence=usage.exchanges,
        )


def _expiry(usage: KeyUsage, judging: AsOf) -> Iterator[Finding]:
    if usage.expires_at is None:
        return
    last = usage.expires_at.date()
    if last < judging.expiry_day:
        yield blocker(
            "key-accepted/expired",
            f"The key expires on {last}.",
            at="via.key",
            fix="make a new key",
            evidence=usage.exchanges,
        )
    elif (last - judging.expiry_day).days <= judging.within_days:
        yield warning(
            "key-accepted/expires",
            f"The key expires on {last}, in {(last - judging.expiry_day).days} days.",
            at="via.key",
            fix="make a new key before that day",
            evidence=usage.exchanges,
        )


def _quota(usage: KeyUsage, status: GatewayStatus | Missing, cost: JobCost) -> Iterator[Finding]:
    if usage.unlimited:
        yield note(
            "key-accepted/unlimited",
            "The key has no quota of its own; the account's balance decides, which a key cannot "
            "read.",
            at="via.key",
            evidence=usage.exchanges,
        )
        return
    unit = sound_unit(status.quota_per_unit if isinstance(status, GatewayStatus) else None)
    left = _dollars(Decimal(usage.available) / unit) if unit else "their value in USD is not known"
    needed = cost.held if unit else None
    if usage.available <= 0 or (needed and unit and usage.available < needed * unit):
        costs = f"; one job costs ${usd(needed)}" if needed is not None else ""
        yield blocker(
            "key-accepted/no-quota",
            f"The key has {usage.available} quota units left ({left}){costs}.",
            at="via.key",
            expected=f"${usd(needed)}" if needed is not None else "quota for one job",
            actual=left,
            fix="raise the key's quota in the gateway's console",
            evidence=usage.exchanges,
        )
    elif needed is None:
        yield note(
            "key-accepted/quota",
            f"The key has {usage.available} quota units left ({left}); what a job costs here is "
            "not known.",
            at="via.key",
            evidence=usage.exchanges,
        )
    else:
        yield note(
            "key-accepted/quota",
            f"The key has {left} left; one job costs ${usd(needed)}.",
            at="via.key",
            evidence=usage.exchanges,
        )


def _dollars(amount: Decimal) -> str:
    """Quota as money, to a hundredth of a cent; a gateway may tell any number."""
    return f"${usd(amount.quantize(_SHOWN))}" if abs(amount) < 10**15 else "over $10^15"
