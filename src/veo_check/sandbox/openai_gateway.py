"""An OpenAI-compatible video gateway, modelled on a LiteLLM proxy in front of Google."""

from __future__ import annotations

import base64
import hashlib
import re
from decimal import Decimal

from veo_check.sandbox.google import finished, forward
from veo_check.sandbox.google_models import find_model
from veo_check.sandbox.media import video_of
from veo_check.sandbox.state import State
from veo_check.sandbox.wire import DROPPED, Job, Request, Response, accepts, as_json, as_text

#: The deployments: label -> the provider's model
DEPLOYMENTS: dict[str, str] = {
    "veo3.1": "veo-3.1-generate-001",
    "veo3.1-fast": "veo-3.1-fast-generate-001",
    "veo3.1-lite": "veo-3.1-lite-generate-001",
    "veo-fast": "veo-3.1-fast-generate-001",
}
_PARENT = "projects/gateway-upstream/locations/us-central1"
_POLL = re.compile(r"/(?:v1/)?videos/([^/]+)")
_CONTENT = re.compile(r"/(?:v1/)?videos/([^/]+)/content")
_SIZES = {
    "1280x720": ("720p", "16:9"),
    "720x1280": ("720p", "9:16"),
    "1920x1080": ("1080p", "16:9"),
    "1080x1920": ("1080p", "9:16"),
}
_PASSED = ("resolution", "aspectRatio", "negativePrompt", "personGeneration", "durationSeconds")


def answer(state: State, request: Request) -> Response:
    path = request.path.rstrip("/")
    if path in {"/health/liveliness", "/health/readiness"}:
        return as_json({"status": "healthy"})
    key = request.bearer
    if key is None:
        return as_text("Internal Server Error", 500)
    if not accepts("openai", key) or state.has("bad-key"):
        return _error(400, "No connected db.", "no_db_connection")
    if request.method == "POST" and path in {"/v1/videos", "/videos"}:
        return _submit(state, request)
    if request.method == "GET":
        if path in {"/v1/models", "/models"}:
            return as_json({"data": [_row(label) for label in _offered(state)], "object": "list"})
        if path in {"/model/info", "/v1/model/info"}:
            return as_json({"data": [_info(label) for label in _offered(state)]})
        if match := _CONTENT.fullmatch(path):
            return _content(state, match[1])
        if match := _POLL.fullmatch(path):
            return _poll(state, match[1])
    return as_json({"detail": "Not Found"}, 404)


def _error(status: int, message: str, kind: str) -> Response:
    body = {"message": message, "type": kind, "param": None, "code": str(status)}
    return as_json({"error": body}, status)


def _offered(state: State) -> list[str]:
    if state.has("row-missing"):
        return []
    return [
        label
        for label in DEPLOYMENTS
        if not (state.has("fallback-retired") and "lite" in label)
        and not (state.has("model-not-allowed"))
    ]


def _row(label: str) -> dict[str, object]:
    return {
        "id": label,
        "object": "model",
        "created": 1_677_610_602,
        "owned_by": "openai",
        "mode": "video_generation",
    }


def _info(label: str) -> dict[str, object]:
    upstream = find_model(DEPLOYMENTS[label], "agent-platform")
    info: dict[str, object] = {"id": f"deployment-{label}", "mode": "video_generation"}
    if upstream is not None:
        info |= {
            "output_cost_per_second": float(upstream.price("720p")),
            "output_cost_per_second_1080p": float(upstream.price("1080p")),
        }
    return {
        "model_name": label,
        "litellm_params": {"model": f"vertex_ai/{DEPLOYMENTS[label]}"},
        "model_info": info,
    }


def _submit(state: State, request: Request) -> Response:
    body = request.fields() or {}
    label = str(body.get("model") or "")
    outcome = _accept(state, body, label)
    if isinstance(outcome, Response):
        if not (outcome.dropped and state.has("submit-dropped-after")):
            state.note_refusal("openai", label, outcome.status)
        return outcome
    job = outcome
    shown = _object(job, "processing")
    shown["usage"] = {
        "duration_seconds": float(job.shape.seconds),
        "video_resolution": job.shape.resolution,
    }
    # made before the job ran and stored nowhere
    return as_json(shown, 202 if state.has("submit-202") else 200).with_headers(
        x_litellm_response_cost=f"{job.usd.normalize():f}",
        x_litellm_model_id=f"deployment-{label}",
        x_litellm_model_group=label,
        x_litellm_call_id=job.operation,
    )


def _accept(state: State, body: dict[str, object], label: str) -> Job | Response:
    if label not in _offered(state):
        text = (
            f"/videos: Invalid model name passed in model={label}. "
            "Call `/v1/models` to view available models for your key."
        )
        return _error(400, text, "invalid_request_error")
    upstream = DEPLOYMENTS[label]
    if state.has("submit-402"):
        return _error(402, "Insufficient credits to create this video.", "insufficient_credits")
    if state.has("submit-422"):
        return as_json({"detail": [{"loc": ["body", "seconds"], "msg": "value is not valid"}]}, 422)
    row = state.google_model(upstream, "agent-platform")
    job = forward(
        state,
        _upstream_body(body),
        row,
        surface="openai",
        label=label,
        upstream=upstream,
        parent=_PARENT,
        key="proxy-key",
    )
    if isinstance(job, Response):
        return job if job.dropped else _passed_on(job, label)
    _book(state, job)
    return DROPPED if state.has("submit-dropped-after") else job


def _upstream_body(body: dict[str, object]) -> dict[str, object]:
    """What LiteLLM sends to Google: a few fields pass, the rest is dropped without a word."""
    parameters: dict[str, object] = {name: body[name] for name in _PASSED if name in body}
    seconds = body.get("seconds")
    if isinstance(seconds, str) and seconds.isdecimal():
        parameters["durationSeconds"] = int(seconds)
    elif isinstance(seconds, int) and not isinstance(seconds, bool):
        parameters["durationSeconds"] = seconds
    size = _SIZES.get(str(body.get("size")))
    if size is not None:
        parameters |= {"resolution": size[0], "aspectRatio": size[1]}
    return {"instances": [{"prompt": body.get("prompt", "")}], "parameters": parameters}


def _passed_on(refusal: Response, label: str) -> Response:
    """Google's own refusal, as a string inside the gateway's sentence."""
    name = {404: "NotFoundError", 429: "RateLimitError"}.get(refusal.status, "BadRequestError")
    text = (
        f"litellm.{name}: Vertex_aiException {name} - {refusal.body.decode()}\n\n"
        f"LiteLLM: model group '{label}' failed with the error above. No fallback was attempted."
    )
    kind = "throttling_error" if refusal.status == 429 else "invalid_request_error"
    return _error(refusal.status, text, kind)


def _id(job: Job, model: str) -> str:
    inner = (
        f"litellm:custom_llm_provider:vertex_ai;model_id:{model};video_id:"
        f"{_PARENT}/publishers/google/models/{job.served}/operations/{job.operation}"
        f";deployment_id:{hashlib.sha256(job.label.encode()).hexdigest()}"
    )
    return "video_" + base64.urlsafe_b64encode(inner.encode()).decode()


def _find(state: State, video: str) -> Job | None:
    try:
        inner = base64.urlsafe_b64decode(video.removeprefix("video_") + "==").decode()
    except (ValueError, UnicodeDecodeError):
        return None
    job = state.find(inner.partition(";deployment_id:")[0].rsplit("/", 1)[-1], "openai")
    if job is not None:
        _book(state, job)
    return job


def _book(state: State, job: Job) -> None:
    """Charge the job when it was made, whatever becomes of it; once."""
    if not job.booked:
        job.booked = True
        job.usd *= Decimal("1.5") if state.has("overcharged") else Decimal(1)
        state.move("charge", job)


def _object(job: Job, status: str) -> dict[str, object]:
    return {
        "id": _id(job, job.served if status == "processing" and not job.polls else ""),
        "object": "video",
        "status": status,
        "created_at": None,
        "completed_at": None,
        "expires_at": None,
        "error": None,
        "progress": None,
        "remixed_from_video_id": None,
        "seconds": None,
        "size": None,
        "model": job.label,
    }


def _missing(state: State, video: str) -> Response | Job:
    job = _find(state, video)
    if job is None:
        return _error(404, "litellm.NotFoundError: the operation was not found", "not_found_error")
    return job


def _poll(state: State, video: str) -> Response:
    job = _missing(state, video)
    if isinstance(job, Response):
        return job
    if state.poll_fails(job):
        return _error(503, "litellm.ServiceUnavailableError: upstream", "service_unavailable")
    if state.has("poll-misconfigured"):
        if job.polls % 2:
            text = "litellm.BadRequestError: vertex_project is required for Vertex AI videos"
            return _error(400, text, "invalid_request_error")
        text = "litellm.APIConnectionError: Your default credentials were not found."
        return _error(500, text, "internal_server_error")
    if job.phase(state.now) != "done":
        return as_json(_object(job, "processing"))
    if state.has("errors-hidden") and job.ending.startswith("filtered"):
        text = "1 validation error for GenerateVideoResponse: generatedSamples Field required"
        return _error(500, text, "internal_server_error")
    if job.failed and not state.has("errors-hidden"):
        # measured with LiteLLM 1.108.7 and 1.110.2, vertex_ai/
        error = finished("", job, wrapped=False, samples=())["error"]
        return as_json(_object(job, "failed") | {"error": error})
    return as_json(_object(job, "completed"))


def _content(state: State, video: str) -> Response:
    job = _missing(state, video)
    if isinstance(job, Response):
        return _error(500, "operation unknown", "internal_server_error")
    if job.phase(state.now) != "done":
        text = "Video generation is not complete yet. Please check status first."
        return _error(500, text, "internal_server_error")
    if not job.delivers:
        text = "litellm.InternalServerError: Vertex_aiException - No video data found in completed"
        if state.has("errors-hidden"):
            text = "litellm.APIConnectionError: No response data in completed"
        return _error(500, f"{text} operation", "internal_server_error")
    if state.has("content-502"):
        return _error(403, "The file is gone", "permission_denied")
    return Response(200, {"content-type": "video/mp4"}, video_of(state, job))
