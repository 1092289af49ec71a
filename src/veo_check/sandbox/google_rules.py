"""What Google accepts: the request body of `predictLongRunning` against the model's limits."""

from __future__ import annotations

from collections.abc import Mapping

from veo_check.sandbox.google_answers import COMBINATION, DURATION_TYPE, invalid
from veo_check.sandbox.google_models import GoogleModel
from veo_check.sandbox.jobs import Shape
from veo_check.sandbox.wire import Response

_AGENT_PLATFORM_ONLY = (
    "generateAudio",
    "fps",
    "pubsubTopic",
    "storageUri",
    "compressionQuality",
    "resizeMode",
)


def shape_of(
    body: Mapping[str, object] | None, model: GoogleModel, lenient: bool = False
) -> Shape | Response:
    """The job this body asks for, or Google's refusal. `lenient` accepts any clip length.

    Source of limits and texts: the project's notes on Google's Veo guide and public error logs.
    """
    if body is None:
        return invalid("Invalid JSON payload received. Expected an object.")
    instances = body.get("instances")
    first = instances[0] if isinstance(instances, list) and instances else None
    if not isinstance(first, dict):
        return invalid("`instances` must hold one object.")
    parameters = body.get("parameters") or {}
    if not isinstance(parameters, dict):
        return invalid("`parameters` must be an object.")
    refusal = _instance(first) or _fields(parameters, model)
    if refusal is not None:
        return refusal
    seconds = _seconds(parameters, model, lenient)
    count = _count(parameters, model)
    if isinstance(seconds, Response):
        return seconds
    if isinstance(count, Response):
        return count
    resolution = parameters.get("resolution", "720p")
    aspect = parameters.get("aspectRatio", "16:9")
    full_only = resolution in {"1080p", "4k"} or bool(first.get("referenceImages"))
    if (
        resolution not in model.resolutions
        or aspect not in {"16:9", "9:16"}
        or (full_only and seconds != max(model.seconds) and not lenient)
        or (first.get("referenceImages") and ("lite" in model.id or aspect == "9:16"))
    ):
        return invalid(COMBINATION)
    audio = parameters.get("generateAudio", True) is not False
    return Shape(seconds, str(resolution), str(aspect), audio, count)


def accepted_shape(
    body: Mapping[str, object] | None, model: GoogleModel, lenient: bool = False
) -> Shape | Response:
    """The job that a submit becomes: the Agent Platform looks at the clip length only later."""
    shape = shape_of(body, model, lenient)
    if isinstance(shape, Response) and model.surface == "agent-platform":
        later = shape_of(body, model, lenient=True)
        if isinstance(later, Shape) and later.seconds not in model.seconds:
            return later
    return shape


def prompt_of(body: Mapping[str, object] | None) -> str:
    """The prompt, for the ledger."""
    instances = (body or {}).get("instances")
    first = instances[0] if isinstance(instances, list) and instances else {}
    return str(first.get("prompt", "")) if isinstance(first, dict) else ""


def outside_limits(body: Mapping[str, object] | None, model: GoogleModel) -> bool:
    """Whether Google would refuse this body."""
    return isinstance(shape_of(body, model), Response)


def _instance(instance: Mapping[str, object]) -> Response | None:
    if not isinstance(instance.get("prompt", ""), str):
        return invalid("`prompt` must be a string.")
    if not instance.get("prompt") and not instance.get("image") and not instance.get("video"):
        return invalid("The prompt is empty. Please provide a prompt or an image.")
    for name in ("image", "lastFrame"):
        image = instance.get(name)
        if isinstance(image, dict) and "inlineData" in image:
            return invalid("`inlineData` isn't supported by this model.")
    return None


def _fields(parameters: Mapping[str, object], model: GoogleModel) -> Response | None:
    if model.surface == "gemini-api":
        for name in _AGENT_PLATFORM_ONLY:
            if name in parameters:
                return invalid(f"`{name}` isn't supported by this model.")
    if model.id.startswith("veo-2") and "resolution" in parameters:
        return invalid("`resolution` isn't supported by this model.")
    person = parameters.get("personGeneration", "allow_all")
    if person not in {"allow_all", "allow_adult", "dont_allow"} or (
        model.surface == "gemini-api" and person == "dont_allow" and "veo-2" not in model.id
    ):
        return invalid(COMBINATION)
    return None


def _seconds(parameters: Mapping[str, object], model: GoogleModel, lenient: bool) -> int | Response:
    seconds = parameters.get("durationSeconds", max(model.seconds))
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return invalid(DURATION_TYPE)
    if seconds not in model.seconds and not (lenient and 0 < seconds <= 60):
        low, high = min(model.seconds), max(model.seconds)
        return invalid(
            "The number value for `durationSeconds` is out of bound. "
            f"Please provide a value between {low} and {high}, inclusive."
        )
    return int(seconds)


def _count(parameters: Mapping[str, object], model: GoogleModel) -> int | Response:
    count = parameters.get("sampleCount", 1)
    if isinstance(count, bool) or not isinstance(count, int):
        return invalid(
            "The value type for `sampleCount` needs to be a number. "
            "Please adjust your request accordingly."
        )
    if not 1 <= count <= model.max_count:
        return invalid(
            "The number value for `sampleCount` is out of bound. "
            f"Please provide a value between 1 and {model.max_count}, inclusive."
        )
    return count
