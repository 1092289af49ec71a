"""The video models in a LiteLLM proxy's configuration. Keys in it are neither kept nor shown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from veo_check.core.errors import InvalidFileError, UsageError
from veo_check.core.printable import printable
from veo_check.reference.book import Reference
from veo_check.scan.ids import IdFinder
from veo_check.spec.read_file import read_file
from veo_check.spec.yaml_text import Data

#: LiteLLM's provider before the slash -> the surface that it calls.
_SURFACES = {
    "gemini": "gemini-api",
    "vertex_ai": "agent-platform",
    "vertex_ai_beta": "agent-platform",
    "openai": "openai",
}
_CLOUD_NAME = re.compile(r"[a-z0-9-]{1,63}")


@dataclass(frozen=True, slots=True)
class Deployment:
    """One entry of `model_list`: the label that clients send, and what is called for it.

    `upstream` is None where the file does not say it (a variable, or nothing); `project` and
    `location` are those of Google's cloud.
    """

    label: str
    upstream: str | None
    surface: str | None
    project: str | None
    location: str | None
    is_video: bool


@dataclass(frozen=True, slots=True)
class LiteLLM:
    """What the configuration tells about one label. `remarks` are sentences about the proxy."""

    label: str
    deployments: tuple[Deployment, ...]
    remarks: tuple[str, ...]

    @property
    def upstreams(self) -> tuple[tuple[str | None, str | None], ...]:
        """The different (id, surface) that may serve the label."""
        return tuple(dict.fromkeys((one.upstream, one.surface) for one in self.deployments))


def read_litellm(path: Path, label: str | None, reference: Reference) -> LiteLLM:
    """The label's deployments, or those of the only video model there.

    Raises InvalidFileError for a file that cannot be used, UsageError for a label that is not there
    or not named where there are several.
    """
    document = read_file(path, "LiteLLM configuration").document
    shown = printable(str(path), 300)
    if document.data is None:
        problems = "; ".join(str(problem) for problem in document.problems[:3])
        raise InvalidFileError(f"--from-litellm: {problems}")
    finder = IdFinder.of(reference.models())
    deployments = list(_deployments(document.data, finder))
    if label is None:
        labels = sorted({one.label for one in deployments if one.is_video})
        if len(labels) != 1:
            names = ", ".join(printable(one, 100) for one in labels) or "none"
            raise UsageError(
                f"--from-litellm {shown}: video models there: {names}; choose one with --model-name"
            )
        (label,) = labels
    chosen = tuple(one for one in deployments if one.label == label)
    if not chosen:
        names = ", ".join(sorted({printable(one.label, 100) for one in deployments})[:20]) or "none"
        raise UsageError(f"--model-name {printable(label, 100)}: not in {shown}; there: {names}")
    return LiteLLM(label, chosen, tuple(_remarks(document.data, label)))


def _deployments(data: Mapping[str, Data], finder: IdFinder) -> Iterator[Deployment]:
    rows = data.get("model_list")
    for row in rows if isinstance(rows, list) else []:
        label = row.get("model_name") if isinstance(row, dict) else None
        if not isinstance(row, dict) or not isinstance(label, str) or not label.strip():
            continue
        params, info = _mapping(row.get("litellm_params")), _mapping(row.get("model_info"))
        called = params.get("model")
        upstream = surface = None
        if isinstance(called, str) and not called.startswith("os.environ/") and "*" not in called:
            provider, slash, rest = called.partition("/")
            upstream = (rest if slash else called).rpartition("models/")[2] or None
            surface = _SURFACES.get(provider) if slash else None
        yield Deployment(
            label=label,
            upstream=upstream,
            surface=surface,
            project=_cloud_name(params.get("vertex_project")),
            location=_cloud_name(params.get("vertex_location")),
            is_video=info.get("mode") == "video_generation"
            or next(finder.spans(f'"{upstream}"'.encode()), None) is not None,
        )


def _remarks(data: Mapping[str, Data], label: str) -> Iterator[str]:
    """What the proxy does by itself, and a route's owner should know."""
    router, settings = _mapping(data.get("router_settings")), _mapping(data.get("litellm_settings"))
    retries = [_mapping(part).get("num_retries") for part in (router, settings)]
    counts = [one for one in retries if isinstance(one, int) and not isinstance(one, bool)]
    if any(count > 0 for count in counts):
        yield (
            f"The proxy itself repeats a failed call up to {max(counts)} times, and each may be "
            "billed. veo-check switches that off for its own job; does your application?"
        )
    elif not counts:
        yield (
            "The proxy may repeat a failed call by itself, and each may be billed: set "
            "num_retries: 0 there, and count retries here."
        )
    for part in (router, settings):
        rules = part.get("fallbacks")
        for rule in rules if isinstance(rules, list) else []:
            targets = _mapping(rule).get(label)
            if isinstance(targets, list) and targets:
                names = ", ".join(printable(str(one), 100) for one in targets[:5])
                yield (
                    f"The proxy itself falls back from {label} to {names}: another model may "
                    "serve the job, and nobody is asked."
                )


def _mapping(value: object) -> Mapping[str, Data]:
    return value if isinstance(value, dict) else {}


def _cloud_name(value: Data) -> str | None:
    return value if isinstance(value, str) and _CLOUD_NAME.fullmatch(value) else None
