"""Google's Interactions API for video, on both surfaces.

Observed by others, none of it by this project: wire-2026-11-30.md A. What nobody saw (what a
background create of Omni and its GET look like in full, the Agent Platform's error bodies) is made
after the Gemini API's, and its scenarios say so.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import replace

from veo_check.sandbox.google_models import GoogleModel, GoogleSurface
from veo_check.sandbox.media import video_of
from veo_check.sandbox.scenarios import Fault
from veo_check.sandbox.state import State
from veo_check.sandbox.wire import DROPPED, JOB_SECONDS, Job, Request, Response, Shape, as_json

#: tokens of one second of video, by resolution (google-veo.md 4.2)
TOKENS = {"360p": 1931, "720p": 5792, "1080p": 8688, "4k": 17376}
_TOP = re.findall(
    r"\w+",
    "model input background store stream previous_interaction_id response_format "
    "response_modalities generation_config safety_settings labels system_instruction tools "
    "service_tier webhook_config continuation_token environment response_mime_type "
    "cached_content agent agent_config",
)
_FORMAT = {"type", "aspect_ratio", "resolution", "duration", "delivery", "gcs_uri"}
_CONFIG = {"video_config", "seed", "max_output_tokens", "thinking_level", "thinking_summaries"}
_TASKS = {
    "text_to_video",
    "image_to_video",
    "reference_to_video",
    "edit",
    "extend",
    "upscale",
}
#: other ends than completed and failed (A6: the statuses of the SDK)
_ENDS: Mapping[Fault, str] = {
    "omni-incomplete": "incomplete",
    "omni-budget-exceeded": "budget_exceeded",
    "omni-cancelled": "cancelled",
}
_DURATION = re.compile(r"(\d{1,3})s")
_FILE = re.compile(r"/(?:v1|v1beta|v1alpha)/files/([a-z0-9]+)0")
_PATH = re.compile(
    r"/(?:v1|v1beta|v1alpha|v1beta1)/(?:projects/[^/]+/locations/(?P<location>[^/]+)/)?"
    r"interactions(?:/(?P<id>[A-Za-z0-9_-]{1,1024}))?"
)


def refusal(message: str, status: int = 400, code: str = "invalid_request") -> Response:
    """An error of this API: its `code` is a word (A8)."""
    return as_json({"error": {"message": message, "code": code}}, status)


def answer(state: State, request: Request, surface: GoogleSurface) -> Response | None:
    """Create or read an interaction, or its video's file; None: it is not about one."""
    match = _FILE.fullmatch(request.path)
    job = state.find(match[1], surface) if match and request.method == "GET" else None
    if job is not None and job.phase(state.now) == "done":
        return _file_state(state, job)
    match = _PATH.fullmatch(request.path)
    if match is None:
        return None
    if surface == "agent-platform" and match["location"] not in {None, "global"}:
        # not observed; Omni's model page names `global` alone (A1)
        return refusal("Requested entity was not found.", 404, "not_found")
    if request.method == "POST" and match["id"] is None:
        return _create(state, request, surface)
    if request.method == "GET" and match["id"]:
        return _get(state, request, surface, match["id"])
    return refusal("Requested entity was not found.", 404, "not_found")


def _create(state: State, request: Request, surface: GoogleSurface) -> Response:
    body = request.fields()
    model = str((body or {}).get("model") or "").removeprefix("models/")
    outcome = _accept(state, body, model, surface)
    if isinstance(outcome, Response):
        if not (outcome.dropped and state.has("submit-dropped-after")):
            state.note_refusal(surface, model, outcome.status)
        return outcome
    job, asked = outcome, body or {}
    job.delivery = str(_part(asked, "response_format").get("delivery") or "inline")
    if state.has("submit-dropped-after"):
        return DROPPED
    if state.has("omni-create-503"):
        return refusal("The service is currently unavailable.", 503, "unavailable")
    if asked.get("background") is True:
        return as_json(_interaction(job, "in_progress"))
    job.ends = job.started
    return replace(_finished(state, request, job, stored=False), delay=JOB_SECONDS)


def _accept(
    state: State, body: Mapping[str, object] | None, model: str, surface: GoogleSurface
) -> Job | Response:
    row = state.google_model(model, surface)
    if row is None or not row.interactions:
        return refusal(f"Model '{model}' not found.", 404, "not_found")  # not observed
    if state.has("submit-429"):
        return refusal("Resource has been exhausted (e.g. check quota).", 429, "rate_limited")
    if state.has("omni-invalid-argument"):
        return refusal("Request contains an invalid argument.")
    if state.has("submit-duration-type"):
        return refusal("Invalid input at 'response_format'")
    if state.has("omni-no-background"):
        return refusal("background=true is not supported for this model")
    if state.has("submit-dropped-before"):
        return DROPPED
    shape = _shape(state, body, row)
    if isinstance(shape, Response):
        return shape
    return state.start(
        surface,
        model,
        model,
        shape,
        "api-key" if surface == "gemini-api" else "access-token",
        prompt=_prompt(body or {}),
    )


def _shape(state: State, body: Mapping[str, object] | None, row: GoogleModel) -> Shape | Response:
    """What this body asks for; the validator names the first unknown key, before any work."""
    if body is None:
        return refusal("Request contains an invalid argument.")
    wanted, config = _part(body, "response_format"), _part(body, "generation_config")
    video = _part(config, "video_config")
    lenient = state.has("wrong-request-accepted") or state.has("wrong-request-rerouted")
    places = (
        ("", body, _TOP),
        ("generation_config", config, _CONFIG),
        ("generation_config.video_config", video, {"task"}),
        ("response_format", wanted, _FORMAT),
    )
    for place, part, known in places:
        for key in part:
            if key not in known and not lenient:
                return refusal(f"Unknown parameter '{key}'" + (f" at '{place}'" if place else ""))
    duration = wanted.get("duration", "10s")
    seconds = _DURATION.fullmatch(duration) if isinstance(duration, str) else None
    resolution = wanted.get("resolution", "720p")
    ratio = wanted.get("aspect_ratio", "16:9")
    if (
        seconds is None
        or int(seconds[1]) not in row.seconds
        or resolution not in row.resolutions
        or ratio not in {"16:9", "9:16"}
        or wanted.get("type", "video") != "video"
    ):
        return refusal("Invalid input at 'response_format'")
    if video.get("task", "text_to_video") not in _TASKS:
        return refusal("Invalid input at 'generation_config.video_config'")
    if wanted.get("delivery") == "uri" and body.get("store") is False:
        return refusal("store=true is required when response format has video delivery set to URI")
    in_bucket = row.surface == "agent-platform" and wanted.get("delivery") == "uri"
    if in_bucket and not wanted.get("gcs_uri"):
        return refusal("gcs_uri is required when delivery is uri")  # not observed
    if body.get("background") is True and body.get("store") is False:
        return refusal("background=true requires store=true")  # not observed
    if body.get("input") in (None, "", []):
        return refusal("Request contains an invalid argument.")
    return Shape(int(seconds[1]), str(resolution), str(ratio), True, 1)


def _part(body: Mapping[str, object], name: str) -> Mapping[str, object]:
    part = body.get(name)
    return part if isinstance(part, dict) else {}


def _prompt(body: Mapping[str, object]) -> str:
    asked = body.get("input")
    parts = asked if isinstance(asked, list) else [asked]
    return next(
        (
            str(part.get("text") if isinstance(part, dict) else part)
            for part in parts
            if isinstance(part, str) or (isinstance(part, dict) and part.get("type") == "text")
        ),
        "",
    )


def _id(job: Job) -> str:
    return f"v1_{job.operation}" if job.surface == "gemini-api" else job.operation


def _interaction(job: Job, status: str) -> dict[str, object]:
    return {
        "id": _id(job),
        "object": "interaction",
        "status": status,
        "model": job.served,
        "created": job.created,
        "updated": job.created,
        "steps": [],
    }


def _get(state: State, request: Request, surface: GoogleSurface, name: str) -> Response:
    job = state.find(name.removeprefix("v1_"), surface)
    if job is None:
        return refusal("Invalid interaction name")
    if state.poll_fails(job):
        return refusal("The service is currently unavailable.", 503, "unavailable")
    if job.phase(state.now) != "done":
        return as_json(_interaction(job, "in_progress"))
    return _finished(state, request, job, stored=True)


def _finished(state: State, request: Request, job: Job, *, stored: bool) -> Response:
    """A finished interaction; a stored one repeats what was asked."""
    asked = {"type": "user_input", "content": [{"type": "text", "text": "A paper boat."}]}
    if state.has("omni-poll-error"):
        return refusal("Unsupported file uri: blobstore:///genai-api/blobref/AAEC")
    for fault, status in _ENDS.items():
        if state.has(fault):
            return as_json(_interaction(job, status) | {"usage": _usage(state, job, 0)})
    if job.failed:
        error = {"code": "internal", "message": job.reason}
        return as_json(_interaction(job, "failed") | {"errors": [error]})
    if state.has("omni-only-user-input"):
        return as_json(_interaction(job, "completed") | {"steps": [asked] * 3})
    video, told = job.shape.seconds * TOKENS.get(job.shape.resolution, 5792), _text(state, job)
    steps: list[object] = [asked] if stored else []
    if told is not None:
        video = 0
        steps += [{"type": "model_output", "content": [{"type": "text", "text": told}]}]
    elif state.has("omni-no-output") or job.ending == "nothing":
        video = 0
    else:
        steps += [
            {"type": "thought", "signature": "c2FuZGJveA=="},
            {"type": "model_output", "content": [_video(state, request, job)]},
        ]
    body = _interaction(job, "completed") | {"steps": steps}
    if not state.has("usage-missing"):
        body["usage"] = _usage(state, job, video)
    return as_json(body)


def _text(state: State, job: Job) -> str | None:
    """What a filtered interaction says in place of a video: no status of its own was found (A8)."""
    if job.ending in {"filtered-wrapped", "filtered-unwrapped"}:
        return "I can't create that video because it may violate our policies."
    return "I cannot make this video." if state.has("omni-text-only") else None


def _video(state: State, request: Request, job: Job) -> dict[str, object]:
    part: dict[str, object] = {"type": "video", "mime_type": "video/mp4"}
    if job.delivery == "uri" and job.surface == "gemini-api" and not state.has("omni-inline"):
        origin = f"{request.origin}/v1beta/files"
        return part | {"uri": f"{origin}/{job.operation}0:download?alt=media"}
    return part | {"data": base64.b64encode(video_of(state, job)).decode()}


def _usage(state: State, job: Job, video: int) -> dict[str, object]:
    if state.has("overcharged"):
        video = video * 3 // 2
    thoughts = 2_000 if state.has("omni-thinking") else 40 if video else 0
    kind = "hologram" if state.has("omni-unknown-modality") else "video"
    by = [{"modality": kind, "tokens": video}] if video else []
    return {
        "total_tokens": video + thoughts + 15,
        "total_input_tokens": 15,
        "total_output_tokens": video,
        "total_thought_tokens": thoughts,
        "total_cached_tokens": 0,
        "total_tool_use_tokens": 0,
        "input_tokens_by_modality": [{"modality": "text", "tokens": 15}],
        "output_tokens_by_modality": by,
    }


def _file_state(state: State, job: Job) -> Response:
    """`files.get` of a finished video: PROCESSING for a moment, then ACTIVE (A7)."""
    age = state.now - (job.ends if job.ends is not None else state.now)
    word = "FAILED" if state.has("omni-file-failed") else "PROCESSING" if age < 5 else "ACTIVE"
    return as_json({"name": f"files/{job.operation}0", "mimeType": "video/mp4", "state": word})
