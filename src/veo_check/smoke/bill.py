"""What a job cost, from the gateway's own record, read within the record's rate limit.

new-api shares one limit of 20 reads in 20 minutes between log and totals, so each is read once
before and a few times after: more often only where something that should be there is not.
"""

from __future__ import annotations

from decimal import Decimal

from veo_check.core.facts import Missing
from veo_check.core.jobs import JobDriver, UsageRead, UsageRow
from veo_check.core.paid_facts import UsageProof
from veo_check.smoke.entry import Entry
from veo_check.smoke.stakes import Stake
from veo_check.smoke.tools import Tools

#: Waits before the next look where a row is missing; a refund follows the gateway's own poller,
#: which looks every 15 s.
_FOR_A_CHARGE = (5.0, 20.0)
_FOR_A_REFUND = (16.0, 20.0)


def read_bill(entry: Entry, driver: JobDriver, stake: Stake, tools: Tools) -> UsageProof | Missing:
    """The job's usage record; a Missing where the gateway has none that a key can read."""
    operation = entry.operation
    if operation is None:
        return Missing("usage", "not-run", "the job was not accepted, so nothing is on record")
    waits = iter(_FOR_A_REFUND if entry.state == "failed" else _FOR_A_CHARGE)
    while True:
        read = driver.usage(operation.id, operation.request_id, entry.intent.at)
        if isinstance(read, Missing):
            break
        wait = next(waits, None)
        if wait is None or not _incomplete(entry, read):
            return _from_log(entry, read, stake)
        tools.clock.sleep(wait)
    if operation.cost is not None:
        return UsageProof(
            source="cost-header",
            charges=1,
            quoted=stake.quoted,
            tolerance=stake.tolerance,
            billed=operation.cost,
            row_id=operation.request_id,
            model=entry.intent.binding.via.get("model"),
            served_model=operation.served_model,
            unit="USD",
        )
    return read


def used_before(driver: JobDriver) -> int | None:
    """The key's total before a job, in quota units, where the gateway tells."""
    read = driver.used()
    return None if isinstance(read, Missing) else read.used


def was_charged(entry: Entry, request_id: str | None, driver: JobDriver) -> bool | None:
    """Whether a request that was not accepted cost anything; None where that cannot be told.

    Its own rows decide; without any, a total that did not grow says no.
    """
    read = driver.usage(None, request_id, entry.intent.at) if request_id else driver.used()
    if isinstance(read, Missing):
        return None
    charges = [one for one in read.rows if one.kind == "charge"]
    if charges:
        return len(charges) > sum(one.kind == "refund" for one in read.rows)
    before = entry.intent.used_before
    return False if before is not None and read.used == before else None


def _incomplete(entry: Entry, read: UsageRead) -> bool:
    charges = [one for one in read.rows if one.kind == "charge"]
    if entry.state == "failed":
        return bool(charges) and not any(one.kind == "refund" for one in read.rows)
    return not charges


def _from_log(entry: Entry, read: UsageRead, stake: Stake) -> UsageProof:
    unit = read.quota_per_unit or stake.quota_per_unit
    charges = [one for one in read.rows if one.kind == "charge"]
    refunds = [one for one in read.rows if one.kind == "refund"]
    told = next((refund for refund in refunds if refund.reason), None)
    first = charges[0] if charges else None
    before = entry.intent.used_before
    used = (
        None
        if read.used is None or before is None or not unit
        else (Decimal(read.used - before) / unit)
    )
    amounts = [_usd(one, unit) for one in charges]
    known = [one for one in amounts if one is not None]
    quotas = [one.quota for one in charges if one.quota is not None]
    return UsageProof(
        source="usage-log",
        charges=len(charges),
        quoted=stake.quoted,
        tolerance=stake.tolerance,
        billed=sum(known, Decimal(0)) if known and len(known) == len(amounts) else None,
        refunded=sum((_usd(one, unit) or Decimal(0) for one in refunds), Decimal(0)),
        used=used,
        row_id=first.row_id if first else None,
        model=first.model if first else None,
        served_model=first.served_model if first else None,
        key=first.key if first else None,
        group=first.group if first else None,
        route=first.route if first else None,
        status=first.status if first else None,
        unit=first.unit if first else None,
        quantity=first.quantity if first else None,
        billed_quota=sum(quotas) if quotas else None,
        quota_per_unit=unit,
        reason=told.reason if told else None,
        symptom=told.symptom if told else None,
        exchanges=read.exchanges,
    )


def _usd(row: UsageRow, quota_per_unit: Decimal | None) -> Decimal | None:
    if row.amount is not None:
        return row.amount
    if row.quota is None or not quota_per_unit:
        return None
    return Decimal(row.quota) / quota_per_unit
