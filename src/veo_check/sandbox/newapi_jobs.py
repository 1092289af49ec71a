"""new-api and Flatkey, the paid half: the task routes, and what a submit goes through."""

from __future__ import annotations

import json
import re
from datetime import date
from decimal import Decimal
from typing import Literal

from veo_check.sandbox.google import bad_api_key, error, forward
from veo_check.sandbox.media import video_of
from veo_check.sandbox.newapi_bill import (
    Estimate,
    again,
    book,
    dollars,
    estimate_bill,
    give_back,
    keep,
    resolution_of_size,
    served_name,
    whole,
)
from veo_check.sandbox.newapi_catalog import (
    QUOTA_PER_USD,
    Row,
    content_error,
    find_row,
    gateway_error,
    invalid_url,
    task_error,
)
from veo_check.sandbox.scenarios import Fault
from veo_check.sandbox.state import Poller, State
from veo_check.sandbox.wire import (
    DROPPED,
    Charge,
    Job,
    Request,
    Response,
    Stored,
    Token,
    accepts,
    as_json,
    token_name,
)


def _find(state: State, request: Request, task: str) -> Job | None:
    job = state.find(task, request.surface)
    if job is not None and not job.booked:  # accepted by the world of an earlier process
        row = find_row(state, request.surface, job.label) or Row(job.label, job.upstream)
        token = state.token(request.surface, job.key)
        book(state, token, row, job, again(state, job, token.group), "/v1/videos")
    return job


#: The gateway's own poller: seconds of sleep after a pass, and about so long for each task.
_SLEEP, _EACH = 15.0, 1.0
#: What a client may ask of `/content` on Flatkey, for one address.
_LOOKS, _MINUTE = 10, 60.0
_ENDED = {"SUCCESS", "FAILURE"}
_PASSING_ERROR = "Internal error encountered."
Seen = Literal["running", "done", "failed"]
_STORED: dict[Seen, Stored] = {"running": "IN_PROGRESS", "done": "SUCCESS", "failed": "FAILURE"}


def run_poller(state: State, surface: str) -> None:
    """What the gateway's own poller has done by now. It refunds what it sees failing first."""
    poller = state.pollers.setdefault(surface, Poller(state.now))
    while poller.at <= state.now:
        if poller.queue:
            job = state.jobs[poller.queue.pop(0)]
            if job.stored not in _ENDED:
                _write(state, job, poller.at)
            poller.at += _EACH if poller.queue else _EACH + _SLEEP
            continue
        pending = [
            job for job in state.jobs.values() if job.surface == surface and _pending(state, job)
        ]
        poller.queue = [job.operation for job in pending if job.started <= poller.at]
        if not pending:
            poller.at += _SLEEP * (1 + (state.now - poller.at) // _SLEEP)
        elif not poller.queue:
            poller.at += _SLEEP


def _pending(state: State, job: Job) -> bool:
    return job.booked and job.stored not in _ENDED


def _write(state: State, job: Job, at: float) -> None:
    """The poller asks Google about one task and writes down what it is told."""
    seen, reason = _at_google(state, job, at)
    job.stored = _STORED[seen]
    if seen == "failed" and not state.has("not-refunded"):
        give_back(state, job, reason, at)


def _at_google(state: State, job: Job, at: float) -> tuple[Seen, str]:
    """What Google tells the gateway. Any error in its answer counts as the job's failure."""
    job.asked += 1
    if state.has("upstream-error-passing") and job.asked == 1:
        return "failed", _PASSING_ERROR
    if job.phase(at) != "done":
        return "running", ""
    return ("failed", job.reason) if job.failed else ("done", "")


def poll(state: State, request: Request, family: str, task: str) -> Response:
    """The task as this endpoint family tells it.

    Looking changes it: the gateway asks Google, also about a task that it holds for failed, and
    writes an end itself, without the refund that its own poller would have given.
    """
    job = _find(state, request, task)
    if job is None:
        return task_error(400, "task_not_exist", "task_not_exist")
    if state.has("poll-not-allowed"):
        return gateway_error(403, f"This token has no access to model {job.label}")
    if state.poll_fails(job):
        return gateway_error(503, "Service Unavailable")
    seen, _ = _at_google(state, job, state.now)
    if seen != "running":
        job.stored = _STORED[seen]
    if family == "/v1/videos":
        return as_json(_video_object(state, job, seen))
    if family == "/v1/generation/tasks":
        return as_json(_generation_task(state, request, job, seen))
    return as_json({"code": "success", "message": "", "data": _live(state, request, job, seen)})


def _video_object(state: State, job: Job, seen: Seen) -> dict[str, object]:
    queued = job.phase(state.now) == "queued"
    status = {"running": "queued" if queued else "in_progress", "done": "completed"}.get(seen)
    if state.has("status-unknown-first") and job.polls <= 1:
        status = "unknown"
    return {
        "id": job.operation,
        "object": "video",
        "model": served_name(state, job.served),
        "status": status or "failed",
        "progress": 100 if seen != "running" else 0 if queued else 50,
        "created_at": job.created,
        "completed_at": state.unix,
    }


def _url(state: State, request: Request, job: Job) -> str:
    """By the gateway's own ServerAddress, which a fresh install leaves at this machine's."""
    if state.has("content-missing"):
        return f"{request.origin}/files/{job.operation}.mp4"
    origin = "http://localhost:3000" if state.has("address-elsewhere") else request.origin
    return f"{origin}/v1/videos/{job.operation}/content"


def _live(state: State, request: Request, job: Job, seen: Seen) -> dict[str, object]:
    queued = job.phase(state.now) == "queued"
    words = {"running": "queued" if queued else "processing", "done": "succeeded"}
    return {
        "error": None,
        "format": "mp4",
        "metadata": None,
        "status": words.get(seen, "failed"),
        "task_id": job.operation,
        "url": _url(state, request, job) if seen == "done" and job.delivers else "",
    }


def _generation_task(state: State, request: Request, job: Job, seen: Seen) -> dict[str, object]:
    """Without a model; what is not so is left out."""
    words = {"running": "processing", "done": "succeeded"}
    told: dict[str, object] = {"id": job.operation, "status": words.get(seen, "failed")}
    if seen == "done" and job.delivers:
        url = {"url": _url(state, request, job)}
        told["content"] = [{"type": "video_url", "video_url": url}]
    if seen == "failed":
        told["error"] = {"message": "task failed", "code": ""}
    return told


def content(state: State, request: Request, task: str) -> Response:
    """The video's bytes, or why there are none: from the database alone, nobody is asked."""
    if request.surface == "flatkey" and over(state, state.content_reads, _LOOKS, _MINUTE):
        return Response(429)
    job = _find(state, request, task)
    if job is None:
        return content_error(404, "Task not found")
    if state.poll_fails(job):
        return gateway_error(503, "Service Unavailable")
    if job.stored != "SUCCESS":
        first = state.has("status-unknown-first") and job.polls <= 1
        status = "UNKNOWN" if first else job.stored
        return content_error(400, f"Task is not completed yet, current status: {status}")
    return _bytes(state, job)


def _bytes(state: State, job: Job) -> Response:
    if not job.delivers or state.has("content-502"):
        return content_error(502, "Failed to resolve Vertex video URL")
    body = video_of(state, job)
    if not body and not state.has("empty-file"):
        return content_error(502, "Failed to fetch video content")
    kind = "text/html" if state.has("html-file") else "video/mp4"
    return Response(200, {"content-type": kind}, body)


def over(state: State, reads: list[float], most: int, window: float) -> bool:
    """Whether one more read is too many within `window` seconds; if not, it is counted."""
    reads[:] = [at for at in reads if state.now - at < window]
    if len(reads) >= most:
        return True
    reads.append(state.now)
    return False


_SUBMITS = {"/v1/videos", "/v1/video/generations", "/v1/generation/tasks"}
_POLL = re.compile(r"(/v1/videos|/v1/video/generations|/v1/generation/tasks)/([^/]+)")
_CONTENT = re.compile(r"/v1/videos/([^/]+)/content")
_FILE = re.compile(r"/files/([^/]+)\.mp4")
_FAMILIES = {"/v1/videos": "openai-video", "/v1/video/generations": "openai-video"}
#: The day Flatkey's routing began to ask for the endpoint type `openai-video`.
_TYPE_RULE_SINCE = date(2026, 8, 21)
_BUSY = "当前分组上游负载已饱和，请稍后再试"  # noqa: RUF001


def authenticate(state: State, request: Request) -> Token | Response:
    """The key's account, or the refusal."""
    key = request.bearer
    if key is None:
        return gateway_error(401, "Token not provided")
    usage = request.path.startswith("/api/")
    if not accepts(request.surface, key) or state.has("bad-key"):
        if usage:
            return as_json({"success": False, "message": "Invalid token"}, 401)
        return gateway_error(401, "Invalid token")
    token = state.token(request.surface, token_name(request.surface, key) or "")
    if token.available <= 0 and not token.unlimited and not usage:
        # upstream takes a key with nothing left for none at all
        if request.surface == "newapi":
            return gateway_error(401, "Invalid token")
        return gateway_error(403, "This token has insufficient quota", "insufficient_user_quota")
    return token


def is_content(request: Request) -> bool:
    """Whether this is a video's own path, where HEAD is not GET without a body."""
    return _CONTENT.fullmatch(request.path) is not None


def answer(state: State, request: Request, path: str) -> Response | None:
    """What the task routes say, or None when `path` is not one of them."""
    flatkey = request.surface == "flatkey"
    if path.startswith("/v1/generation/tasks") and not flatkey:
        return None
    submitted = request.method == "POST" and path in _SUBMITS
    fetched = _CONTENT.fullmatch(path)
    polled = _POLL.fullmatch(path) if request.method == "GET" else None
    if state.has("content-missing") and (fetched or _FILE.fullmatch(path)):
        held = _FILE.fullmatch(path)
        job = _find(state, request, held[1]) if held else None
        return _bytes(state, job) if job else invalid_url(request)
    if fetched and request.method == "HEAD":
        return Response(404)
    if fetched and flatkey and request.method == "GET":  # there the task id alone opens it
        return content(state, request, fetched[1])
    if not (submitted or (fetched and request.method == "GET") or polled):
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
    shown: dict[str, object] = {
        "id": job.operation,
        "task_id": job.operation,
        "object": "video",
        "model": label,
        "status": "queued",
        "progress": 0,
        "created_at": job.created,
    }
    if state.has("submit-202"):
        url = f"{request.origin}{path}/{job.operation}"
        shown = {"id": job.operation, "polling_url": url, "status": "pending"}
    return as_json(shown, 202 if state.has("submit-202") else 200).with_headers(
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
    if not row.priced and row.hidden is None:
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
    estimate = estimate_bill(state, body, row, token.group)
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
        return gateway_error(400, "Model name not specified, model name cannot be empty")
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
            403,
            "pre_consume_token_quota_failed",
            f"token quota is not enough, token remain quota: {dollars(token.available)}, "
            f"need quota: {dollars(estimate.quota)}",
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


def _before_google(state: State, token: Token, estimate: Estimate) -> Response | None:
    """What ends a submit between the charge and Google's answer, in its scenario."""
    refused = next(
        (refusal for fault, refusal in UPSTREAM_REFUSALS.items() if state.has(fault)), None
    )
    if refused is not None:
        return task_error(refused.status, "fail_to_fetch_task", refused.body.decode())
    if state.has("channel-busy"):
        return task_error(500, "get_channel_failed", "no available channel for retry")
    if state.has("upstream-500"):  # refunded at once; the multipliers come all the same
        body = error(500, "INTERNAL", "Internal error encountered.").body.decode()
        ratios = json.dumps({"seconds": estimate.seconds, "resolution": 1})
        answer = task_error(500, "fail_to_fetch_task", body)
        return answer.with_headers(x_new_api_other_ratios=ratios)
    if state.has("killed-at-submit"):  # what was taken stays taken, and nothing is written down
        token.used += estimate.quota
        usd = Decimal(estimate.quota) / QUOTA_PER_USD
        charge = Charge(state.now, "charge", "newapi", "", token.name, estimate.quota, usd)
        state.ledger.charges.append(charge)
        return DROPPED
    return None


#: How Google refuses the key of the gateway's own channel.
UPSTREAM_REFUSALS: dict[Fault, Response] = {
    "gateway-key-denied": error(403, "PERMISSION_DENIED", "The caller does not have permission"),
    "gateway-key-invalid": bad_api_key(),
    "gateway-key-precondition": error(
        400,
        "FAILED_PRECONDITION",
        "User location is not supported for the API use without a billing account linked.",
    ),
    "submit-402": error(402, "PAYMENT_REQUIRED", "Insufficient credits."),
    "submit-422": error(422, "INVALID_ARGUMENT", "Unprocessable entity."),
}


def _upstream(
    state: State,
    request: Request,
    token: Token,
    row: Row,
    body: dict[str, object],
    estimate: Estimate,
) -> Job | Response:
    early = _before_google(state, token, estimate)
    if early is not None:
        return early
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
