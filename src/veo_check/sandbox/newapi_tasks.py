"""new-api and Flatkey, the paid half: the task routes, and what a submit goes through."""

from __future__ import annotations

import re
from datetime import date

from veo_check.sandbox import newapi_bill as bill
from veo_check.sandbox import newapi_results as results
from veo_check.sandbox.accounts import Token, accepts, token_name
from veo_check.sandbox.catalog import Row, find_row
from veo_check.sandbox.google_answers import publisher_not_found, submit_trouble
from veo_check.sandbox.google_models import find_model
from veo_check.sandbox.google_rules import accepted_shape, outside_limits, prompt_of
from veo_check.sandbox.jobs import Job
from veo_check.sandbox.newapi_errors import gateway_error, task_error
from veo_check.sandbox.state import State
from veo_check.sandbox.wire import DROPPED, Request, Response, as_json

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
    if request.method == "POST" and path in _SUBMITS:
        token = authenticate(state, request)
        return token if isinstance(token, Response) else _submit(state, request, path, token)
    if request.method != "GET":
        return None
    if match := _CONTENT.fullmatch(path):
        if not flatkey:  # on Flatkey the task id alone opens it
            token = authenticate(state, request)
            if isinstance(token, Response):
                return token
        return results.content(state, request, match[1])
    if match := _POLL.fullmatch(path):
        token = authenticate(state, request)
        if isinstance(token, Response):
            return token
        return results.poll(state, request, match[1], match[2])
    return None


# --- submit -----------------------------------------------------------------------------------


def _submit(state: State, request: Request, path: str, token: Token) -> Response:
    body = request.fields()
    label = str((body or {}).get("model") or "")
    outcome = _accept(state, request, path, token, body, label)
    if isinstance(outcome, Response):
        if not (outcome.dropped and state.has("submit-dropped-after")):
            state.note_refusal(request.surface, label, outcome.status)
        return outcome
    job = outcome
    ratios = job.ratios
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
        x_oneapi_request_id=job.request_id, x_new_api_other_ratios=ratios
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
    estimate = bill.estimate(body, row, token.group)
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


def _purse(state: State, token: Token, estimate: bill.Estimate) -> Response | None:
    if state.has("submit-pre-consume"):
        return task_error(
            403,
            "insufficient_user_quota",
            f"Failed to pre-deduct quota, user remaining quota: {bill.dollars(12_000)}, "
            f"required pre-deduct quota: {bill.dollars(estimate.quota)}",
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
        seconds = bill.whole(body.get("duration"))
    if seconds is not None:
        parameters["durationSeconds"] = seconds
    size = bill.resolution_of_size(body.get("size"))
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
    estimate: bill.Estimate,
) -> Job | Response:
    parent = "projects/flatkey-upstream/locations/us-central1"
    model = state.google_model(row.upstream, row.surface)
    refusal = submit_trouble(state, row.upstream, parent, gemini=False)
    if model is None:
        known = find_model(row.upstream, row.surface)
        refusal = publisher_not_found(parent, known.id if known else row.upstream)
    if refusal is None and state.has("submit-dropped-before"):
        return DROPPED
    rerouting = state.has("wrong-request-rerouted")
    if refusal is None and model is not None:
        shape = accepted_shape(body, model, rerouting or state.has("wrong-request-accepted"))
        if not isinstance(shape, Response):
            job = state.start(
                request.surface,
                row.label,
                row.upstream,
                shape,
                token.name,
                quota=estimate.quota,
                prompt=prompt_of(body),
                rerouted=rerouting and outside_limits(body, model),
            )
            bill.book(state, token, row, job, estimate, request.path)
            return DROPPED if state.has("submit-dropped-after") else job
        refusal = shape
    if refusal is None:
        return DROPPED
    if refusal.status == 429:
        return task_error(429, "fail_to_fetch_task", _BUSY)
    return task_error(refusal.status, "fail_to_fetch_task", refusal.body.decode())
