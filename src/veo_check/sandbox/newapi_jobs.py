"""new-api and Flatkey, the paid half: the task routes, and what a submit goes through."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from veo_check.sandbox.google import forward
from veo_check.sandbox.media import video_of
from veo_check.sandbox.newapi_catalog import (
    GROUP_RATIO,
    QUOTA_PER_USD,
    Row,
    as_number,
    content_error,
    find_row,
    gateway_error,
    task_error,
)
from veo_check.sandbox.state import State, fresh_id
from veo_check.sandbox.wire import (
    DROPPED,
    Charge,
    Job,
    Request,
    Response,
    Token,
    accepts,
    as_json,
    token_name,
)

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


def estimate_bill(body: dict[str, object], row: Row, group: str) -> Estimate:
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
    ratio = GROUP_RATIO.get(group, Decimal(1))
    price = row.price if row.price is not None else row.ratio / 2
    quota = int(price * QUOTA_PER_USD * ratio)
    quota = int(Decimal(quota) * seconds)
    return Estimate(seconds, factor, ratio, int(quota * factor))


def again(job: Job, group: str) -> Estimate:
    """The estimate of a job that was priced before."""
    factor = _resolution_ratio(job.shape.resolution, job.upstream)
    return Estimate(job.shape.seconds, factor, GROUP_RATIO.get(group, Decimal(1)), job.quota)


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
    job.ratios = json.dumps(
        {"seconds": priced.seconds, "resolution": as_number(priced.resolution_ratio)}
    )
    other = {
        "is_task": True,
        "request_path": path,
        "model_price": as_number(row.price) if row.price is not None else -1,
        "group_ratio": as_number(priced.group_ratio),
        "seconds": priced.seconds,
        "resolution": as_number(priced.resolution_ratio),
    }
    if row.upstream != row.label:
        other |= {"is_model_mapped": True, "upstream_model_name": row.upstream}
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


def give_back(state: State, job: Job) -> None:
    """Refund a failed job: the row names the task, and no request id."""
    state.token(job.surface, job.key).used -= job.quota
    state.move("refund", job)
    other = json.loads(job.ratios) | {"task_id": job.operation, "reason": job.reason}
    text = f"异步任务执行失败 {job.operation}"
    log(state, job.key, 6, job.label, job.group, job.quota, text, other, "")


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
) -> None:
    """One row of `/api/log/token`; `other` is a JSON string inside it."""
    row: dict[str, object] = {
        "id": 0,
        "user_id": 1,
        "created_at": state.unix,
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


def _find(state: State, request: Request, task: str) -> Job | None:
    job = state.find(task, request.surface)
    if job is not None and not job.booked:  # accepted by the world of an earlier process
        row = find_row(state, request.surface, job.label) or Row(job.label, job.upstream)
        token = state.token(request.surface, job.key)
        book(state, token, row, job, again(job, token.group), "/v1/videos")
    return job


def poll(state: State, request: Request, family: str, task: str) -> Response:
    """The task as this endpoint family tells it."""
    job = _find(state, request, task)
    if job is None:
        return task_error(400, "task_not_exist", "task_not_exist")
    if state.poll_fails(job):
        return gateway_error(503, "Service Unavailable")
    if family == "/v1/videos":
        return as_json(_video_object(state, job))
    if family == "/v1/generation/tasks":
        return as_json(_generation_task(state, request, job))
    if request.surface == "newapi" or job.phase(state.now) == "queued":
        return as_json({"code": "success", "message": "", "data": _task_row(state, job)})
    return as_json({"code": "success", "message": "", "data": _live(state, request, job)})


def _video_object(state: State, job: Job) -> dict[str, object]:
    phase = job.phase(state.now)
    done = "failed" if job.failed else "completed"
    status = {"queued": "queued", "running": "in_progress", "done": done}[phase]
    if state.has("status-unknown-first") and job.polls <= 1:
        status = "unknown"
    return {
        "id": job.operation,
        "object": "video",
        "model": job.served,
        "status": status,
        "progress": {"queued": 0, "running": 50, "done": 100}[phase],
        "created_at": job.created,
        "completed_at": state.unix,
    }


def _url(request: Request, job: Job) -> str:
    return f"{request.origin}/v1/videos/{job.operation}/content"


def _live(state: State, request: Request, job: Job) -> dict[str, object]:
    phase = job.phase(state.now)
    done = "failed" if job.failed else "succeeded"
    url = ""
    if phase == "done":
        url = _url(request, job) if job.delivers else job.reason if done == "failed" else ""
    return {
        "error": None,
        "format": "mp4",
        "metadata": None,
        "status": {"queued": "queued", "running": "processing", "done": done}[phase],
        "task_id": job.operation,
        "url": url,
    }


def _task_row(state: State, job: Job) -> dict[str, object]:
    phase = job.phase(state.now)
    done = "FAILURE" if job.failed else "SUCCESS"
    status = {"queued": "NOT_START", "running": "IN_PROGRESS", "done": done}[phase]
    failed = phase == "done" and job.failed
    return {
        "id": 1,
        "created_at": job.created,
        "updated_at": state.unix,
        "task_id": job.operation,
        "platform": "41",
        "user_id": 1,
        "group": job.group,
        "channel_id": 7,
        "quota": job.quota,
        "action": "textGenerate",
        "status": status,
        "fail_reason": job.reason if failed else "",
        "result_url": "",
        "submit_time": job.created,
        "start_time": job.created if phase != "queued" else 0,
        "finish_time": state.unix if phase == "done" else 0,
        "progress": {"queued": "0%", "running": "50%", "done": "100%"}[phase],
        "properties": {
            "input": "",
            "upstream_model_name": job.served,
            "origin_model_name": job.label,
        },
        "data": None,
        "usage": None,
    }


def _generation_task(state: State, request: Request, job: Job) -> dict[str, object]:
    done = job.phase(state.now) == "done"
    failed = done and job.failed
    content: list[object] = []
    if done and job.delivers:
        content = [{"type": "video_url", "video_url": {"url": _url(request, job)}}]
    return {
        "id": job.operation,
        "model": job.served,
        "status": "processing" if not done else "failed" if failed else "succeeded",
        "content": content,
        "usage": None,
        "error": {"message": job.reason} if failed else None,
    }


def content(state: State, request: Request, task: str) -> Response:
    """The video's bytes, or why there are none."""
    job = _find(state, request, task)
    if job is None:
        return content_error(404, "Task not found")
    phase = job.phase(state.now)
    if phase != "done" or job.failed:
        status = "FAILURE" if phase == "done" else {"queued": "NOT_START"}.get(phase, "IN_PROGRESS")
        return content_error(400, f"Task is not completed yet, current status: {status}")
    if not job.delivers or state.has("content-502"):
        return content_error(502, "Failed to resolve Vertex video URL")
    body = video_of(state, job)
    if not body and not state.has("empty-file"):
        return content_error(502, "Failed to fetch video content")
    kind = "text/html" if state.has("html-file") else "video/mp4"
    return Response(200, {"content-type": kind}, body)


def settle(state: State, job: Job) -> None:
    """What the gateway's own poller does with a job that ended: it refunds a failed one."""
    if job.failed and not state.has("not-refunded"):
        give_back(state, job)


_SUBMITS = {"/v1/videos", "/v1/video/generations", "/v1/generation/tasks"}
_POLL = re.compile(r"(/v1/videos|/v1/video/generations|/v1/generation/tasks)/([^/]+)")
_CONTENT = re.compile(r"/v1/videos/([^/]+)/content")
_FAMILIES = {"/v1/videos": "openai-video", "/v1/video/generations": "openai-video"}
#: The day Flatkey's routing began to ask for the endpoint type `openai-video`.
_TYPE_RULE_SINCE = date(2026, 8, 21)
_BUSY = "当前分组上游负载已饱和，请稍后再试"  # noqa: RUF001


def authenticate(state: State, request: Request) -> Token | Response:
    """The key's account, or the refusal."""
    key = request.bearer
    if key is None:
        return gateway_error(401, "Token not provided")
    if not accepts(request.surface, key) or state.has("bad-key"):
        return gateway_error(401, "Invalid token")
    return state.token(request.surface, token_name(request.surface, key) or "")


def answer(state: State, request: Request, path: str) -> Response | None:
    """What the task routes say, or None when `path` is not one of them."""
    flatkey = request.surface == "flatkey"
    if path.startswith("/v1/generation/tasks") and not flatkey:
        return None
    submitted = request.method == "POST" and path in _SUBMITS
    fetched = _CONTENT.fullmatch(path) if request.method == "GET" else None
    polled = _POLL.fullmatch(path) if request.method == "GET" else None
    if fetched and flatkey:  # on Flatkey the task id alone opens it
        return content(state, request, fetched[1])
    if not (submitted or fetched or polled):
        return None
    token = authenticate(state, request)
    if isinstance(token, Response):
        return token
    if fetched:
        return content(state, request, fetched[1])
    if polled:
        return poll(state, request, polled[1], polled[2])
    return _submit(state, request, path, token)


def _submit(state: State, request: Request, path: str, token: Token) -> Response:
    body = request.fields()
    label = str((body or {}).get("model") or "")
    outcome = _accept(state, request, path, token, body, label)
    if isinstance(outcome, Response):
        if not (outcome.dropped and state.has("submit-dropped-after")):
            state.note_refusal(request.surface, label, outcome.status)
        return outcome
    job = outcome
    if path == "/v1/generation/tasks":
        shown: dict[str, object] = {"id": job.operation, "model": label, "status": "processing"}
    else:
        shown = {
            "id": job.operation,
            "task_id": job.operation,
            "object": "video",
            "model": label,
            "status": "queued",
            "progress": 0,
            "created_at": job.created,
        }
    return as_json(shown).with_headers(
        x_oneapi_request_id=job.request_id, x_new_api_other_ratios=job.ratios
    )


def _accept(
    state: State,
    request: Request,
    path: str,
    token: Token,
    body: dict[str, object] | None,
    label: str,
) -> Job | Response:
    row = find_row(state, request.surface, label)
    refusal = _routing(state, request, path, token, label, row)
    if refusal is not None or row is None:
        return refusal or gateway_error(503, "No available channel", "model_not_found")
    if body is None or not isinstance(body.get("prompt"), str) or not body["prompt"]:
        return task_error(400, "invalid_request", "prompt is required")
    if not row.priced:
        return task_error(
            400,
            "model_price_error",
            f"Model {label} has not been priced by the administrator yet. "
            "Please contact the site administrator to enable this model.",
        )
    if state.has("submit-price-not-configured"):
        return task_error(
            400,
            "video_price_not_configured",
            f"video price is not configured for model {label} with this request",
        )
    estimate = estimate_bill(body, row, token.group)
    refusal = _purse(state, token, estimate)
    if refusal is not None:
        return refusal
    upstream_body = upstream_request(body)
    if upstream_body is None:
        return task_error(
            500,
            "build_request_failed",
            "json: cannot unmarshal string into Go struct field .durationSeconds of type int",
        )
    return _upstream(state, request, token, row, upstream_body, estimate)


def _routing(
    state: State, request: Request, path: str, token: Token, label: str, row: Row | None
) -> Response | None:
    if not label:
        return task_error(400, "invalid_request", "model is required")
    if token.allowed and label not in token.allowed:
        return gateway_error(403, f"This token has no access to model {label}")
    channel = row is not None and row.video and token.group in row.groups
    wanted = _FAMILIES.get(path)
    ruled = request.surface == "flatkey" and state.day >= _TYPE_RULE_SINCE
    if row is not None and wanted and ruled and wanted not in row.endpoint_types:
        channel = False
    if state.has("declared-not-routed") and wanted:
        channel = False
    if not channel or state.has("submit-model-not-found"):
        return gateway_error(
            503,
            f"No available channel for model {label} under group {token.group} (distributor)",
            "model_not_found",
        )
    return None


def _purse(state: State, token: Token, estimate: Estimate) -> Response | None:
    if state.has("submit-pre-consume"):
        return task_error(
            403,
            "insufficient_user_quota",
            f"Failed to pre-deduct quota, user remaining quota: {dollars(12_000)}, "
            f"required pre-deduct quota: {dollars(estimate.quota)}",
        )
    if not token.unlimited and token.available < estimate.quota:
        return task_error(
            403, "pre_consume_token_quota_failed", "This token has insufficient quota"
        )
    return None


def upstream_request(body: dict[str, object]) -> dict[str, object] | None:
    """The body Google gets, or None where the gateway cannot build one.

    Only `metadata`, `duration` and `size` reach Google; top-level `resolution`, `ratio`, `aspect`,
    `quality` and `seconds` do not.
    """
    metadata = body.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    parameters: dict[str, object] = {"sampleCount": 1}
    seconds = metadata.get("durationSeconds")
    if seconds is not None and (isinstance(seconds, bool) or not isinstance(seconds, int | float)):
        return None
    if seconds is None:
        seconds = whole(body.get("duration"))
    if seconds is not None:
        parameters["durationSeconds"] = seconds
    size = resolution_of_size(body.get("size"))
    if size is not None:
        parameters |= {"resolution": size[0], "aspectRatio": size[1]}
    for name in (
        "aspectRatio",
        "resolution",
        "negativePrompt",
        "personGeneration",
        "storageUri",
        "compressionQuality",
        "resizeMode",
        "seed",
        "generateAudio",
    ):
        if name in metadata:
            parameters[name] = metadata[name]
    instance: dict[str, object] = {"prompt": body["prompt"]}
    image = body.get("image")
    if isinstance(image, str) and image:
        instance["image"] = {"bytesBase64Encoded": image[-100:], "mimeType": "image/png"}
    return {"instances": [instance], "parameters": parameters}


def _upstream(
    state: State,
    request: Request,
    token: Token,
    row: Row,
    body: dict[str, object],
    estimate: Estimate,
) -> Job | Response:
    model = state.google_model(row.upstream, row.surface)
    outcome: Job | Response = Response(429)
    if model is None or not state.has("refusal-charged"):
        outcome = forward(
            state,
            body,
            model,
            surface=request.surface,
            label=row.label,
            upstream=row.upstream,
            parent="projects/flatkey-upstream/locations/us-central1",
            key=token.name,
            quota=estimate.quota,
            # a gateway that looks at the clip length itself refuses before Google sees it
            at_submit=state.has("wrong-request-charged"),
        )
    if isinstance(outcome, Job):
        book(state, token, row, outcome, estimate, request.path)
        return DROPPED if state.has("submit-dropped-after") else outcome
    if outcome.dropped:
        return DROPPED
    said = _BUSY if outcome.status == 429 else outcome.body.decode()
    answer = task_error(outcome.status, "fail_to_fetch_task", said)
    if state.has("refusal-charged") or state.has("wrong-request-charged"):
        charged = keep(state, token, row, estimate, request)
        return answer.with_headers(x_oneapi_request_id=charged)
    return answer
