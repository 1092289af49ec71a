"""new-api and Flatkey, the money: what a job costs, when it is taken, and what comes back."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from decimal import Decimal

from veo_check.sandbox.newapi_catalog import QUOTA_PER_USD, Row, as_number, group_ratio
from veo_check.sandbox.state import State, fresh_id
from veo_check.sandbox.wire import Charge, Job, Request, Token

_DEFAULT_SECONDS = 8
_SIZE = re.compile(r"(\d{2,5})x(\d{2,5})")


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a submit will be charged before it is sent. `quota` in units of 1/500,000 USD."""

    seconds: int
    resolution_ratio: Decimal
    group_ratio: Decimal
    quota: int


def whole(value: object) -> int | None:
    """An int, or a string of digits, as the gateway reads `duration` and `seconds`."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return int(value)
    return int(value) if isinstance(value, str) and value.strip().isdecimal() else None


def resolution_of_size(size: object) -> tuple[str, str] | None:
    """Resolution and aspect ratio of `WxH`, by the gateway's thresholds."""
    match = _SIZE.fullmatch(size) if isinstance(size, str) else None
    if match is None:
        return None
    width, height = int(match[1]), int(match[2])
    longer = max(width, height)
    resolution = "4k" if longer >= 3840 else "1080p" if longer >= 1920 else "720p"
    return resolution, "9:16" if height > width else "16:9"


def _resolution_ratio(resolution: object, upstream: str) -> Decimal:
    if resolution != "4k" or "3.1" not in upstream:
        return Decimal(1)
    return Decimal("2.333333") if "3.1-fast-generate" in upstream else Decimal("1.5")


def estimate_bill(state: State, body: dict[str, object], row: Row, group: str) -> Estimate:
    """Price x 500,000 x group ratio, then x seconds, then x resolution ratio, cut after each.

    Billed seconds: `metadata.durationSeconds`, else `duration`, else `seconds`, else 8.
    """
    metadata = body.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    seconds = next(
        (
            found
            for found in (
                whole(metadata.get("durationSeconds")),
                whole(body.get("duration")),
                whole(body.get("seconds")),
            )
            if found
        ),
        _DEFAULT_SECONDS,
    )
    size = resolution_of_size(body.get("size"))
    resolution = metadata.get("resolution", size[0] if size else "720p")
    factor = _resolution_ratio(resolution, row.upstream)
    ratio = group_ratio(state, group, row.label)
    price = next(price for price in (row.price, row.hidden, row.ratio / 2) if price is not None)
    quota = int(price * QUOTA_PER_USD * ratio)
    quota = int(Decimal(quota) * seconds)
    return Estimate(seconds, factor, ratio, int(quota * factor))


def again(state: State, job: Job, group: str) -> Estimate:
    """The estimate of a job that was priced before."""
    factor = _resolution_ratio(job.shape.resolution, job.upstream)
    return Estimate(job.shape.seconds, factor, group_ratio(state, group, job.label), job.quota)


def dollars(quota: int) -> str:
    return f"＄{Decimal(quota) / QUOTA_PER_USD:.6f}"  # noqa: RUF001 - its own sign


def book(state: State, token: Token, row: Row, job: Job, priced: Estimate, path: str) -> None:
    """Charge the job, before it runs, and write its usage row."""
    quota = priced.quota * 3 // 2 if state.has("overcharged") else priced.quota
    job.quota, job.group, job.usd = quota, token.group, Decimal(quota) / QUOTA_PER_USD
    job.booked = True
    # the same in every process that knows the job
    digest = hashlib.sha256(job.operation.encode()).hexdigest()
    job.request_id = f"{state.day:%Y%m%d}120000{digest[:18]}"
    ratios = {"seconds": priced.seconds, "resolution": as_number(priced.resolution_ratio)}
    if state.has("per-second-table"):
        ratios = {"video_billing_units": priced.seconds}
    job.ratios = json.dumps(ratios)
    other = {
        "is_task": True,
        "request_path": path,
        "model_price": as_number(row.price) if row.price is not None else -1,
        "group_ratio": as_number(priced.group_ratio),
        "seconds": priced.seconds,
        "resolution": as_number(priced.resolution_ratio),
    }
    if row.upstream != row.label:
        other |= {"is_model_mapped": True, "upstream_model_name": served_name(state, row.upstream)}
    text = f"操作 textGenerate, 计算参数：seconds: {priced.seconds:.2f}, "  # noqa: RUF001
    text += f"resolution: {priced.resolution_ratio:.2f}"
    for _ in range(2 if state.has("charged-twice") else 1):
        token.used += quota
        state.move("charge", job)
        if not state.has("usage-missing"):
            log(state, token.name, 2, job.label, job.group, quota, text, other, job.request_id)


def keep(state: State, token: Token, row: Row, priced: Estimate, request: Request) -> str:
    """Charge a request that is refused; the id that its usage row and the answer carry."""
    name = f"{state.day:%Y%m%d}120000{fresh_id(18)}"
    token.used += priced.quota
    usd = Decimal(priced.quota) / QUOTA_PER_USD
    state.ledger.charges.append(
        Charge(state.now, "charge", request.surface, "", token.name, priced.quota, usd)
    )
    other: dict[str, object] = {"is_task": True, "request_path": request.path}
    log(state, token.name, 2, row.label, token.group, priced.quota, "", other, name)
    return name


def give_back(state: State, job: Job, reason: str, at: float) -> None:
    """Refund a failed job: the row names the task and why. Only upstream's has a request id."""
    state.token(job.surface, job.key).used -= job.quota
    state.move("refund", job, at)
    other = json.loads(job.ratios) | {"task_id": job.operation, "reason": reason}
    text = f"异步任务执行失败 {job.operation}"
    own = f"{state.day:%Y%m%d}120000{fresh_id(18)}" if job.surface == "newapi" else ""
    log(state, job.key, 6, job.label, job.group, job.quota, text, other, own, at)


def log(
    state: State,
    key: str,
    kind: int,
    label: str,
    group: str,
    quota: int,
    content: str,
    other: dict[str, object],
    request_id: str,
    at: float | None = None,
) -> None:
    """One row of `/api/log/token`; `other` is a JSON string inside it. `at`: earlier than now."""
    row: dict[str, object] = {
        "id": 0,
        "user_id": 1,
        "created_at": state.unix - (0 if at is None else int(state.now - at)),
        "type": kind,
        "content": content,
        "username": "sandbox",
        "token_name": key,
        "model_name": label,
        "quota": quota,
        "prompt_tokens": 0,
        "completion_tokens": 0,
        "use_time": 0,
        "is_stream": False,
        "channel": 7,
        "channel_name": "",
        "token_id": 1,
        "group": group,
        "ip": "",
        "other": json.dumps(other, ensure_ascii=False),
    }
    if request_id:
        row["request_id"] = request_id
    state.usage_log.append((key, row))


def served_name(state: State, model: str) -> str:
    """The model as the gateway knows it, which behind another gateway is that one's own word."""
    return "video-pool-7" if state.has("served-alias") else model
