"""OpenRouter's video API, as a probe log of 2026-10-02 and its SDK describe it
(wire-2026-11-30.md B). What a job costs and who served it stand in a record that comes later."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

from veo_check.sandbox.google_models import find_model
from veo_check.sandbox.media import video_of
from veo_check.sandbox.scenarios import Fault
from veo_check.sandbox.state import State, fresh_id
from veo_check.sandbox.wire import DROPPED, Job, Request, Response, Shape, accepts, as_json

#: label -> what serves it, its resolutions, and its prices by sku (B5)
MODELS: dict[str, tuple[str, tuple[str, ...], dict[str, str]]] = {
    "google/veo-3.1": (
        "veo-3.1-generate-001",
        ("720p", "1080p", "4K"),
        {
            "duration_seconds_with_audio": "0.40",
            "duration_seconds_without_audio": "0.20",
            "duration_seconds_with_audio_4k": "0.60",
            "duration_seconds_without_audio_4k": "0.40",
        },
    ),
    "google/veo-3.1-fast": (
        "veo-3.1-fast-generate-001",
        ("720p", "1080p", "4K"),
        {
            "duration_seconds_with_audio": "0.12",
            "duration_seconds_with_audio_720p": "0.10",
            "duration_seconds_with_audio_4k": "0.30",
            "duration_seconds_without_audio": "0.10",
            "duration_seconds_without_audio_720p": "0.08",
            "duration_seconds_without_audio_4k": "0.25",
        },
    ),
    "google/veo-3.1-lite": (
        "veo-3.1-lite-generate-001",
        ("720p", "1080p"),
        {
            "duration_seconds_with_audio": "0.08",
            "duration_seconds_with_audio_720p": "0.05",
            "duration_seconds_without_audio": "0.05",
            "duration_seconds_without_audio_720p": "0.03",
        },
    ),
}
#: seconds after its end until a job's generation record is there (seen: one to eight minutes)
RECORD_AFTER = 75.0
_SECONDS = (4, 6, 8)
_JOB = re.compile(r"/api/v1/videos/([^/]+)")
_CONTENT = re.compile(r"/api/v1/videos/([^/]+)/content")
_LATE = (
    "Unsupported output video duration 4 seconds, supported durations are [8] for feature "
    "reference_to_video."
)


def answer(state: State, request: Request) -> Response:
    path, get = request.path.rstrip("/"), request.method == "GET"
    if get and path == "/api/v1/videos/models":  # no key is looked at
        rows = [] if state.has("row-missing") else [_row(state, label) for label in MODELS]
        if state.has("duplicate-row"):
            rows += rows
        return as_json({"data": rows})
    key = request.bearer
    if key is None:
        return _error(401, "No cookie auth credentials found")
    if not accepts("openrouter", key) or state.has("bad-key"):
        return _error(401, "User not found.")
    if get and path == "/api/v1/key":
        return _key(state)
    if get and path == "/api/v1/generation":
        return _generation(state, request.query.get("id", ""))
    if request.method == "POST" and path == "/api/v1/videos":
        return _submit(state, request)
    if get and (match := _CONTENT.fullmatch(path)):
        return _content(state, match[1], request.query.get("index", "0"))
    if get and (match := _JOB.fullmatch(path)):
        return _poll(state, request, match[1])
    return _error(404, "Not Found")


def _error(status: int, message: str, metadata: Mapping[str, object] | None = None) -> Response:
    error: dict[str, object] = {"code": status, "message": message}
    if metadata is not None:
        error["metadata"] = dict(metadata)
    return as_json({"error": error, "user_id": "user_2sandboxpersonal"}, status)


def _row(state: State, label: str) -> dict[str, object]:
    upstream, resolutions, skus = MODELS[label]
    raised = {sku: str(Decimal(amount) * 3) for sku, amount in skus.items()}
    return {
        "id": label,
        "canonical_slug": f"{label}-20251015",
        "name": f"Google: {upstream}",
        "created": 1_760_486_400,
        "description": "A video model.",
        "hugging_face_id": None,
        "supported_resolutions": list(resolutions),
        "supported_aspect_ratios": ["16:9", "9:16"],
        "supported_sizes": None,
        "supported_durations": list(_SECONDS),
        "supported_frame_images": ["first_frame", "last_frame"],
        "generate_audio": True,
        "seed": True,
        "upscale_factor": None,
        "creativity": None,
        "allowed_passthrough_parameters": ["personGeneration", "negativePrompt"],
        "pricing_skus": {}
        if state.has("unpriced-row")
        else raised
        if state.has("price-raised")
        else skus,
    }


def _key(state: State) -> Response:
    left = 0.001 if state.has("no-quota") else 40.5
    return as_json(
        {
            "data": {
                "label": "ci-smoke",
                "limit": 50,
                "limit_remaining": left,
                "limit_reset": None,
                "usage": 50 - left,
                "usage_daily": 0.5,
                "usage_weekly": 2.5,
                "usage_monthly": 9.5,
                "byok_usage": 0,
                "is_free_tier": False,
                "is_management_key": False,
                "expires_at": None,
                "budgets": [],
                "effective_budget": None,
                "creator_user_id": "user_2sandboxpersonal",
                "workspace_id": "ws_sandbox",
            }
        }
    )


_UPSTREAM = {
    "raw": "Resource has been exhausted (e.g. check quota).",
    "provider_name": "Google",
    "limit_source": "upstream_provider_shared_pool",
    "retry_after_seconds": 30,
}
#: fault -> the refusal of every submit
_REFUSALS: dict[Fault, tuple[int, str, dict[str, object] | None]] = {
    "submit-402": (402, "Insufficient credits", {"limit_source": "openrouter_credits"}),
    "openrouter-key-limit": (
        402,
        "This key has reached its limit",
        {"limit_source": "openrouter_key_limit"},
    ),
    "openrouter-in-flight": (
        402,
        "Too much is in flight",
        {
            "limit_source": "openrouter_in_flight_budget",
            "reason": "in_flight_budget_exhausted",
        },
    ),
    "openrouter-budget-spent": (403, "Key budget exceeded", {"limit_source": "openrouter_budget"}),
    "submit-429": (429, "Rate limit exceeded", {"error_type": "rate_limit_exceeded"}),
    "openrouter-upstream-429": (429, "Provider returned error", _UPSTREAM),
    "openrouter-previous-job": (
        400,
        "google/veo-3.1-fast-20251015 does not support previous_job_id",
        None,
    ),
    "openrouter-resolution": (
        400,
        "Resolution 720p is not supported for this model. Supported resolutions: 1080p",
        {"failed_routing_step": "Validate Video Parameters"},
    ),
}


def _submit(state: State, request: Request) -> Response:
    body = request.fields() or {}
    label = str(body.get("model") or "")
    outcome = _accept(state, body, label)
    if isinstance(outcome, Response):
        if not (outcome.dropped and state.has("submit-dropped-after")):
            state.note_refusal("openrouter", label, outcome.status)
        return outcome
    if state.has("submit-dropped-after"):
        return DROPPED
    url = f"{request.origin}/api/v1/videos/{outcome.operation}"
    return as_json({"id": outcome.operation, "polling_url": url, "status": "pending"}, 202)


def _accept(state: State, body: dict[str, object], label: str) -> Job | Response:
    if state.has("openrouter-zod"):
        error = {"name": "ZodError", "message": '[{"code":"invalid_type","path":["duration"]}]'}
        return as_json({"success": False, "error": error}, 400)
    for fault, (status, message, metadata) in _REFUSALS.items():
        if state.has(fault):
            return _error(status, message, metadata)
    if label not in MODELS:
        return _error(404, f"No endpoints found for {label}.")
    if state.has("submit-dropped-before"):
        return DROPPED
    upstream, resolutions, _ = MODELS[label]
    seconds, resolution = body.get("duration", 8), str(body.get("resolution", "720p"))
    lenient = state.has("wrong-request-accepted") or state.has("wrong-request-rerouted")
    if seconds not in _SECONDS and not lenient:
        funnel = {"routing_funnel": [], "failed_routing_step": "Validate Video Parameters"}
        known = ", ".join(f"{length}s" for length in _SECONDS)
        text = f"Duration {seconds}s is not supported for this model. Supported durations: {known}"
        return _error(400, text, funnel)
    if resolution not in resolutions:
        text = f"Resolution {resolution} is not supported for this model. Supported resolutions: "
        return _error(400, text + ", ".join(resolutions))
    length = seconds if isinstance(seconds, int) else 8
    shape = Shape(
        length,
        resolution.lower(),
        str(body.get("aspect_ratio", "16:9")),
        body.get("generate_audio", True) is not False,
    )
    return state.start(
        "openrouter",
        label,
        upstream,
        shape,
        "proxy-key",
        prompt=str(body.get("prompt", "")),
        rerouted=state.has("wrong-request-rerouted") and seconds not in _SECONDS,
    )


def _delivers(state: State, job: Job) -> bool:
    ends_empty = state.has("openrouter-late-refusal") or state.has("openrouter-expired")
    return job.delivers and not ends_empty


def _price(state: State, job: Job) -> Decimal:
    if not _delivers(state, job):
        return Decimal(0)
    row = find_model(job.upstream, "agent-platform")
    price = row.price(job.shape.resolution) if row else Decimal(0)
    factor = Decimal("1.5") if state.has("overcharged") else Decimal(1)
    return price * job.shape.seconds * factor


def _poll(state: State, request: Request, name: str) -> Response:
    job = state.find(name, "openrouter")
    if job is None:
        return _error(404, f"Job {name} not found")
    if state.poll_fails(job):
        return _error(503, "Service unavailable")
    url = f"{request.origin}/api/v1/videos/{name}"
    body: dict[str, object] = {"id": name, "polling_url": url, "generation_id": name}
    if job.phase(state.now) != "done":
        return as_json(body | {"status": "pending"})
    if state.has("openrouter-expired"):
        return as_json(body | {"status": "expired"})
    if not _delivers(state, job):
        said = _LATE if state.has("openrouter-late-refusal") else job.reason
        return as_json(body | {"status": "failed", "error": said})
    cost = None if state.has("usage-missing") else float(_price(state, job))
    return as_json(
        body
        | {
            "status": "completed",
            "unsigned_urls": [f"{url}/content?index=0"],
            "urls": [f"{request.origin}/signed/{fresh_id(40)}"],
            "expires_at": state.unix + 3600,
            "usage": {"cost": cost, "is_byok": False},
        }
    )


def _content(state: State, name: str, index: str) -> Response:
    job = state.find(name, "openrouter")
    if job is None:
        return _error(404, f"Job {name} not found")
    if job.phase(state.now) != "done" or not _delivers(state, job):
        return _error(409, "The video is not ready")
    if index != "0" or state.has("openrouter-index"):
        return _error(400, f"Video index {index} out of range (1 videos available)")
    if state.has("content-502"):
        return _error(410, "The video is gone")
    return Response(200, {"content-type": "video/mp4"}, video_of(state, job))


def _generation(state: State, name: str) -> Response:
    job = state.find(name, "openrouter")
    ended = job is not None and job.ends is not None and state.now >= job.ends + RECORD_AFTER
    if job is None or not ended or state.has("openrouter-record-late"):
        return _error(404, f"Generation {name} not found")
    cost = float(_price(state, job))
    served = next((label for label, row in MODELS.items() if row[0] == job.served), job.label)
    provider = "Google AI Studio" if state.has("openrouter-other-provider") else "Google"
    data: dict[str, object] = {
        "id": name,
        "model": f"{served}-20251015",
        "provider_name": provider,
        "api_type": "video",
        "total_cost": None if state.has("usage-missing") else cost,
        "usage": cost,
        "upstream_inference_cost": None,
        "upstream_id": None,
        "is_byok": False,
        "num_media_completion": 1,
        "generation_time": 25_000,
        "latency": 2_000,
        "cancelled": False,
        "created_at": "2026-11-30T12:00:00Z",
        "request_id": fresh_id(20),
        "provider_responses": [{"status": 200, "endpoint_id": "e", "provider_name": provider}],
    }
    return as_json({"data": data})
