"""Fetching what a finished job announced, and reading it from its bytes."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from veo_check.core.facts import Missing
from veo_check.core.frozen import dataclass
from veo_check.core.jobs import (
    FetchAnswer,
    JobDriver,
    PollAnswer,
    UsageRead,
    UsageRow,
    VideoRef,
    WatchedDriver,
)
from veo_check.core.results import Delivery, MediaFacts, RefusalCharge, UsageProof
from veo_check.evidence.records import make_folders
from veo_check.smoke.cost import CostEstimate
from veo_check.smoke.journal import Entry, Unreadable
from veo_check.smoke.media import TooLargeError, inspect, receiving
from veo_check.smoke.tools import Dependencies

#: A job of one clip that announces more is inspected up to here.
_MOST_VIDEOS = 4
_TRIES = 3
_PAUSE = 5.0  # seconds; content paths answer 5xx for a moment after a job is done


@dataclass(frozen=True, slots=True)
class _One:
    facts: MediaFacts | None
    answer: FetchAnswer
    kept: str | None = None


def download(
    entry: Entry, driver: JobDriver, answer: PollAnswer, tools: Dependencies
) -> Delivery | Missing:
    """Every announced video, fetched and inspected; the file is kept only where it was asked for.

    A Missing where only a passing trouble is in the way, so that a later run fetches it. Raises
    OSError where nothing can be written here.
    """
    assert entry.operation is not None
    got = [
        _fetch(entry, driver, video, index, tools)
        for index, video in enumerate(answer.videos[:_MOST_VIDEOS])
    ]
    bad = next((fetched.answer for fetched in got if fetched.facts is None), None)
    if bad is not None and bad.passing:
        return Missing(
            "smoke-job",
            "server-error",
            f"job {entry.id} is done, and its video cannot be fetched now"
            f" ({bad.text or bad.status_code or 'no answer'}); the next run fetches it",
            bad.exchanges,
        )
    symptom, failure = (bad.symptom, bad.text) if bad else (None, None)
    if not answer.videos:
        symptom = answer.symptom or "empty-result"
    return Delivery(
        videos=tuple(fetched.facts for fetched in got if fetched.facts is not None),
        announced=len(answer.videos),
        symptom=symptom,
        failure=failure,
        kept=tuple(fetched.kept for fetched in got if fetched.kept is not None),
        exchanges=tuple(id_ for fetched in got for id_ in fetched.answer.exchanges),
    )


def look(
    entry: Entry, driver: WatchedDriver, tools: Dependencies
) -> tuple[PollAnswer, Delivery | None]:
    """Look at a job once where looking is free; the video itself where that is the answer.

    Raises OSError where nothing can be written here.
    """
    assert entry.operation is not None
    with _scratch(tools) as path:
        try:
            with receiving(path) as receiver:
                answer = driver.watch(entry.operation.id, receiver.write)
        except TooLargeError as error:
            answer = PollAnswer("done", "delivered", (VideoRef(),))
            return answer, Delivery((), 1, "too-large", str(error))
        if not answer.delivered:
            return answer, None
        facts, kept = inspect(path), _keep(path, entry, 0, tools)
    return answer, Delivery((facts,), 1, kept=(kept,) if kept else (), exchanges=answer.exchanges)


def _fetch(
    entry: Entry, driver: JobDriver, video: VideoRef, index: int, tools: Dependencies
) -> _One:
    for attempt in range(1, _TRIES + 1):
        if isinstance(driver, WatchedDriver) and (turn := driver.turn()) > 0:
            tools.clock.sleep(turn)
        with _scratch(tools) as path:
            answer = _received(entry, driver, video, index, path)
            if answer.ok:
                return _One(inspect(path), answer, _keep(path, entry, index, tools))
        if attempt == _TRIES or not _worth_another(answer):
            break
        tools.clock.sleep(_PAUSE)
    return _One(None, answer)


def _worth_another(answer: FetchAnswer) -> bool:
    """Reads are free: a server error or a broken connection may pass."""
    passing = answer.status_code is None or answer.status_code >= 500
    return passing and answer.symptom in {None, "content-unavailable"}


def _received(
    entry: Entry, driver: JobDriver, video: VideoRef, index: int, path: Path
) -> FetchAnswer:
    assert entry.operation is not None
    try:
        with receiving(path) as receiver:
            return driver.fetch(entry.operation.id, video, index, receiver.write)
    except TooLargeError as error:
        return FetchAnswer(ok=False, symptom="too-large", text=str(error))


@contextmanager
def _scratch(tools: Dependencies) -> Iterator[Path]:
    """A file of its own in the state folder, gone afterwards unless it was kept."""
    folder = tools.folder.home / "media"
    if not folder.is_dir():
        make_folders(folder, tools.disk)
    path = folder / f"{secrets.token_hex(8)}.part"
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def _keep(path: Path, entry: Entry, index: int, tools: Dependencies) -> str | None:
    """Move the file to where --keep-media wants it."""
    if tools.keep_media is None:
        return None
    tools.keep_media.mkdir(parents=True, exist_ok=True)
    target = tools.keep_media / f"{entry.id}-{index + 1}.mp4"
    target.unlink(missing_ok=True)
    shutil.move(path, target)  # the two may be on different disks
    return str(target)


#: Waits before the next look where a row is missing; a refund follows the gateway's own poller,
#: which looks every 15 s.
_FOR_A_CHARGE = (5.0, 20.0)
_FOR_A_REFUND = (16.0, 20.0)
#: The same where a gateway says that its record comes later: ten minutes in all.
_FOR_A_LATE_RECORD = (15.0, 15.0, 30.0, *(60.0,) * 9)
#: When a refusal's charge is read, in seconds after it: a gateway takes the money before it asks
#: upstream, and gives it back when that refuses.
AFTER_A_REFUSAL = (5.0, 25.0)
#: What an interruption explains, so that a later run reads it again for free.
PASSING = {"unreachable", "too-slow", "rate-limited", "server-error"}
#: How long a later run is worth waiting for; then things are taken as far as they are known.
WORTH_WAITING = timedelta(days=1)


def read_bill(
    entry: Entry, driver: JobDriver, stake: CostEstimate, tools: Dependencies
) -> UsageProof | Missing:
    """The job's usage record; a Missing where the gateway has none that a key can read."""
    operation = entry.operation
    if operation is None:
        return Missing("usage", "not-run", "the job was not accepted, so nothing is on record")
    waits = iter(_FOR_A_REFUND if entry.state == "failed" else _FOR_A_CHARGE)
    late = iter(_FOR_A_LATE_RECORD)
    while True:
        read = driver.usage(operation.id, operation.request_id, entry.intent.at)
        if isinstance(read, Missing):
            return read
        if read.pending:
            wait = next(late, None)
            if wait is None:
                why = "the gateway's record of the job is not there yet; the next run asks again"
                return Missing("usage", "server-error", why, read.exchanges)
            tools.clock.sleep(wait)
            continue
        wait = next(waits, None)
        if any(row.unit == "video token" for row in read.rows):
            return _by_tokens(entry, read, stake)
        if wait is None or not _incomplete(entry, read):
            return _from_log(entry, read, stake)
        tools.clock.sleep(wait)


def used_before(driver: JobDriver) -> int | None:
    """The key's total before a job, in quota units, where the gateway tells."""
    read = driver.used()
    return None if isinstance(read, Missing) else read.used


def charge_of_refusal(entry: Entry, driver: JobDriver, tools: Dependencies) -> RefusalCharge | None:
    """Whether a refused request costs anything, as its row or the key's total says in the end.

    None: that cannot be read now, and a later run is worth waiting for.
    """
    ended = entry.ended
    assert ended is not None
    age = (tools.now() - ended.at).total_seconds()
    charged: RefusalCharge = "unknown"
    unread = False
    for after in [at for at in AFTER_A_REFUSAL if at > age] or [age]:
        wait = after - (tools.now() - ended.at).total_seconds()
        if wait > 0:
            tools.clock.sleep(wait)
        request = ended.request_id
        read = driver.used()
        if request and not (isinstance(read, UsageRead) and _charge_in(read, entry, tools) == "no"):
            read = driver.usage(None, request, entry.intent.at)
        unread = isinstance(read, Missing)
        if isinstance(read, UsageRead):
            charged = _charge_in(read, entry, tools)
        elif read.code not in PASSING:
            return "unknown"  # nobody can read it with this key
    return None if unread and tools.now() - ended.at < WORTH_WAITING else charged


def cost_nothing(entry: Entry, usage: UsageProof | Missing, tools: Dependencies) -> bool:
    """Whether the gateway's own record says that a job that vanished was not charged in the end.

    No row is no record either while the key's total grew.
    """
    if isinstance(usage, Missing):
        return False
    if usage.charges == 0:
        return usage.used == 0 and _alone(entry, tools)
    return usage.billed is not None and usage.refunded >= usage.billed


def _charge_in(read: UsageRead, entry: Entry, tools: Dependencies) -> RefusalCharge:
    """Rows that carry the request's own id decide; without one, the key's total."""
    request = entry.ended.request_id if entry.ended else None
    own = [row for row in read.rows if request is not None and row.row_id == request]
    charges = [row for row in own if row.kind == "charge" and row.quota != 0]
    refunds = [row for row in read.rows if row.kind == "refund"]
    if charges:
        taken, back = (
            None if any(row.quota is None for row in part) else sum(row.quota or 0 for row in part)
            for part in (charges, refunds)
        )
        if taken is None or back is None:
            return "no" if len(refunds) >= len(charges) else "yes"
        return "no" if back >= taken else "yes"
    before = entry.intent.used_before
    if before is None or read.used is None or read.used < before or not _alone(entry, tools):
        return "unknown"
    return "yes" if read.used > before else "no"


def _alone(entry: Entry, tools: Dependencies) -> bool:
    """Whether no other paid step of the same key was open since its total was read before this
    one: only then is the total's growth this one's charge, or its standing still the proof of
    none."""
    for other in tools.journal.everything():
        if isinstance(other, Unreadable):
            if not other.given_up:
                return False
        elif other.id == entry.id or _account(other) != _account(entry):
            continue
        elif other.closed_at is None or other.closed_at > entry.intent.at:
            return False
    return True


def _account(entry: Entry) -> tuple[str | None, str | None]:
    via = entry.intent.binding.via
    return via.get("console_url"), via.get("key.env")


def _incomplete(entry: Entry, read: UsageRead) -> bool:
    charges = [row for row in read.rows if row.kind == "charge"]
    if entry.state == "failed":
        return bool(charges) and not any(row.kind == "refund" for row in read.rows)
    return not charges


def _from_log(entry: Entry, read: UsageRead, stake: CostEstimate) -> UsageProof:
    unit = read.quota_per_unit or stake.quota_per_unit
    charges = [row for row in read.rows if row.kind == "charge"]
    refunds = [row for row in read.rows if row.kind == "refund"]
    told = next((refund for refund in refunds if refund.reason), None)
    first = charges[0] if charges else None
    before = entry.intent.used_before
    used = (
        None
        if read.used is None or before is None or not unit
        else (Decimal(read.used - before) / unit)
    )
    amounts = [_usd(charge, unit) for charge in charges]
    known = [amount for amount in amounts if amount is not None]
    return UsageProof(
        source="usage-log",
        charges=len(charges),
        quoted=stake.quoted,
        tolerance=stake.tolerance,
        billed=sum(known, Decimal(0)) if known and len(known) == len(amounts) else None,
        refunded=sum((_usd(refund, unit) or Decimal(0) for refund in refunds), Decimal(0)),
        used=used,
        row_id=first.row_id if first else None,
        model=first.model if first else None,
        served_model=first.served_model if first else None,
        key=first.key if first else None,
        group=first.group if first else None,
        provider=first.provider if first else None,
        surface=first.surface if first else None,
        route=first.route if first else None,
        status=first.status if first else None,
        unit=first.unit if first else None,
        quantity=first.quantity if first else None,
        quota_per_unit=unit,
        reason=told.reason if told else None,
        symptom=told.symptom if told else None,
        exchanges=read.exchanges,
    )


def _by_tokens(entry: Entry, read: UsageRead, stake: CostEstimate) -> UsageProof | Missing:
    """The tokens that the job told, at the price that was quoted before it was sent.

    No price of the other tokens is published for every model; that of video is the highest known.
    """
    row, exchanges = read.rows[0], read.exchanges
    if not stake.tokens or row.quantity is None:
        why = "the price is not one per token, so the job's tokens cannot be priced"
        return Missing("usage", "unreadable", why, exchanges)
    rate = stake.quoted / stake.tokens
    other = rate * row.other_tokens
    return UsageProof(
        source="answer",
        charges=1,
        quoted=stake.quoted,
        tolerance=stake.tolerance,
        billed=rate * row.quantity + other,
        other=other,
        seconds=row.quantity * entry.intent.binding.shape.seconds / stake.tokens,
        row_id=row.row_id,
        model=row.model,
        served_model=row.served_model,
        status=row.status,
        unit=row.unit,
        quantity=row.quantity,
        exchanges=exchanges,
    )


def _usd(row: UsageRow, quota_per_unit: Decimal | None) -> Decimal | None:
    if row.amount is not None:
        return row.amount
    if row.quota is None or not quota_per_unit:
        return None
    return Decimal(row.quota) / quota_per_unit
