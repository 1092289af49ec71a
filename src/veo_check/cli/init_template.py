"""A route file in the making: what is known of a route, and what only a person can say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import field, replace
from pathlib import Path

from veo_check.cli.output import wrapped
from veo_check.core.frozen import dataclass
from veo_check.core.gateway import Gateway
from veo_check.core.money import InvalidFileError, UsageError
from veo_check.core.secrets import printable
from veo_check.gateways.openai import PROVIDER_SURFACES
from veo_check.gateways.registry import GATEWAYS
from veo_check.reference.load import Reference
from veo_check.routefile.yaml_reader import Data, read_file
from veo_check.scan.ids import IdFinder

#: Stands where a value has to be and nobody knows it; no check takes it for an id or a surface.
NOT_KNOWN = "not-known"
_WIDTH = 92
#: Text that YAML reads as it stands, and as text.
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./@-]*(?::[A-Za-z0-9_./@-]+)*")
_IN_FLOW = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_SIZE = re.compile(r"[0-9]{1,4}[kp]")
_NOT_TEXT = re.compile(r"(?i)true|false|null|yes|no|on|off|y|n")
Value = str | int | bool

_FALLBACK = """\
# not known: what happens when a job fails. `fallback-rules` asks for all six decisions:
# fallback:
#   transient_error: fail_closed            # retry_once | switch | fail_closed
#   deprecated_model: block
#   unsupported_parameter: fail_closed
#   high_resolution_final: fail_closed      # require_approval | fail_closed
#   draft: fail_closed                      # switch | fail_closed
#   policy_block: fail_closed               # fail_closed | human_review
#   approved_by: video-platform@example.com
#   approved_on: YYYY-MM-DD
"""
_SEEN_BY_PEOPLE = """\
# not known: a sample of the application's job log, and what only a person can see. For
#   production `job-log-complete` and `dashboard-confirmed` ask for them:
# logging: {sample: logs/veo-jobs.jsonl}
# confirmations:
#   - {what: dashboard-record, by: a person, on: YYYY-MM-DD, expires: YYYY-MM-DD}
"""


@dataclass(slots=True)
class Draft:
    """What is known of a route. `notes` are comments: (section, what they say).

    `origin` says where the values come from, `asked` which values of `request` the application
    named. A value that is None is left out; `official` and `surface`, which every route needs,
    become `not-known`.
    """

    gateway: str
    model: str
    name: str
    origin: tuple[str, ...] = ()
    target: str = "production"
    head: dict[str, Value] = field(default_factory=dict)
    owner: dict[str, Value] = field(default_factory=dict)
    base_url: str | None = None
    endpoint: str | None = None
    group: str | None = None
    key: str | None = None
    project: str | None = None
    location: str | None = None
    official: str | None = None
    surface: str | None = None
    listing: dict[str, Value] = field(default_factory=dict)
    request: dict[str, Value] = field(default_factory=dict)
    asked: frozenset[str] = frozenset()
    budget: dict[str, Value] = field(default_factory=dict)
    notes: dict[str, list[str]] = field(default_factory=dict)
    run: str = "veo-check run route.yaml"

    @property
    def kind(self) -> Gateway:
        """What `gateway` names. Raises KeyError where it names none."""
        return GATEWAYS[self.gateway]

    def note(self, section: str, text: str) -> None:
        """Add a comment to a section."""
        self.notes.setdefault(section, []).append(text)


def route_text(draft: Draft) -> str:
    """The commented route file."""
    sections = (_head, _route, _via, _model, _request, _budget)
    known = ["".join(f"{line}\n" for line in section(draft)) for section in sections]
    return "\n".join([*known, _FALLBACK, _SEEN_BY_PEOPLE])


def _head(draft: Draft) -> Iterator[str]:
    yield from _comment(f"A veo-check route file, written by `veo-check init` {draft.origin[0]}")
    for line in draft.origin[1:]:
        yield from _comment(line)
    yield from _comment(
        'Where it says "not known", a person has to write what is true. Until then the checks that '
        "need it do not pass. Next:"
    )
    yield f"#   {printable(draft.run, 400)}"
    yield from _comment("`veo-check schema` prints the schema with which editors check this file.")
    yield "version: 1"


def _route(draft: Draft) -> Iterator[str]:
    yield "route:"
    yield f"  name: {_value(draft.name)}"
    yield f"  target: {_value(draft.target)}  # production | staging | research"
    template = {
        "application": "campaign-studio",
        "environment": "production",
        "workflow": "ad-storyboard",
    }
    yield from _lines(draft.head)
    if draft.owner:
        yield f"  owner: {{{_pairs(draft.owner)}}}"
    missing = {key: value for key, value in template.items() if key not in draft.head}
    wanted = [*missing, *(["owner"] if not {"team", "cost_center"} <= draft.owner.keys() else [])]
    if wanted:
        yield from _comment(
            f"not known: {', '.join(wanted)}; `ownership-declared` asks for it", "  "
        )
        yield from (f"  # {key}: {value}" for key, value in missing.items())
        if "owner" in wanted:
            yield '  # owner: {team: creative-tools, cost_center: CC-4412, contact: "#creative"}'


def _via(draft: Draft) -> Iterator[str]:
    yield "via:"
    yield f"  gateway: {_value(draft.gateway)}"
    yield from _notes(draft, "via.base_url")
    if draft.base_url is not None:
        yield f"  base_url: {_value(draft.base_url)}"
    yield from _notes(draft, "via.endpoint")
    yield f"  endpoint: {_value(draft.endpoint or 'videos')}"
    yield from _notes(draft, "via.model")
    yield f"  model: {_value(draft.model)}"
    yield from _notes(draft, "via.group")
    if draft.group is not None:
        yield f"  group: {_value(draft.group)}"
    places = {"project": draft.project, "location": draft.location}
    yield from _notes(draft, "via.project")
    yield from _lines({key: place for key, place in places.items() if place is not None})
    yield from _comment("The name of a variable, never the key: one for tests, small quota.", "  ")
    yield from _comment(
        "not known: whose key it is. `key-hygiene` asks for `scope: non-production` where that is "
        "so: key: {env: …, name: ci-smoke, owner: creative-tools, scope: non-production}",
        "  ",
    )
    yield from _notes(draft, "via.key")
    if draft.key is not None:
        yield f"  key: {{env: {draft.key}}}"


def _model(draft: Draft) -> Iterator[str]:
    yield "model:"
    yield from _notes(draft, "model.official")
    yield f"  official: {_value(draft.official or NOT_KNOWN)}"
    yield from _notes(draft, "model.surface")
    yield f"  surface: {_value(draft.surface or NOT_KNOWN)}"
    if draft.listing:
        yield from _comment(
            "Asks Google itself whether it offers the model, for free; wants "
            "pip install 'veo-check[google]' and a gcloud login:",
            "  ",
        )
        yield f"  # listing: {{{_pairs(draft.listing)}, key: {{adc: true}}}}"


def _request(draft: Draft) -> Iterator[str]:
    yield "request:"
    guessed = [key for key in draft.request if key not in draft.asked]
    if guessed:
        yield from _comment(
            f"not known: {', '.join(guessed)}; these are what a Veo job is when nothing is asked "
            "for. Write what your application sends: price and limits follow from it",
            "  ",
        )
    yield from _lines(draft.request)


def _budget(draft: Draft) -> Iterator[str]:
    template: dict[str, str] = {
        "per_job": '"2.00"',
        "monthly": '"300"',
        "jobs_per_month": "200",
        "retries": "1",
    }
    missing = [key for key in template if key not in draft.budget]
    if missing:
        yield from _comment(
            f"not known: {', '.join(missing)}, in USD; `budget-covers` asks for a budget"
        )
    yield from _notes(draft, "budget", indent="")
    yield "budget:" if draft.budget else "# budget:"
    yield from _lines(draft.budget)
    indent = "  # " if draft.budget else "#   "
    yield from (f"{indent}{key}: {template[key]}" for key in missing)


def _notes(draft: Draft, section: str, indent: str = "  ") -> Iterator[str]:
    for text in draft.notes.get(section, ()):
        yield from _comment(text, indent)


def _comment(text: str, indent: str = "") -> Iterator[str]:
    """Words of strangers in a comment stay in the comment: no line break, no control character."""
    yield from wrapped(
        printable(text, 2000), f"{indent}# ", f"{indent}#   ", width=_WIDTH, cut=False
    )


def _lines(values: Mapping[str, Value]) -> Iterator[str]:
    yield from (f"  {key}: {_value(value)}" for key, value in values.items())


def _pairs(values: Mapping[str, Value]) -> str:
    return ", ".join(f"{key}: {_value(value, in_flow=True)}" for key, value in values.items())


def _value(value: Value, in_flow: bool = False) -> str:
    """A value as YAML: as it stands where that is unmistakable, else in quotes."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    plain = _IN_FLOW if in_flow else _PLAIN
    if (plain.fullmatch(value) or _SIZE.fullmatch(value)) and not _NOT_TEXT.fullmatch(value):
        return value
    return '"' + "".join(map(_in_quotes, value)) + '"'


def _in_quotes(char: str) -> str:
    if char in '"\\':
        return f"\\{char}"
    return char if char.isprintable() else f"\\U{ord(char):08X}"


# The video models in a LiteLLM proxy's configuration. Keys in it are neither kept nor shown.


_CLOUD_NAME = re.compile(r"[a-z0-9-]{1,63}")


@dataclass(frozen=True, slots=True)
class Deployment:
    """One entry of `model_list`: the label that clients send, and what is called for it.

    `upstream` is None where the file does not say it (a variable, or nothing); `project` and
    `location` are those of Google's cloud. `reseller` is the provider where it is none of the
    vendors whose surface is known: Azure, fal, OpenRouter.
    """

    label: str
    upstream: str | None
    surface: str | None
    project: str | None
    location: str | None
    is_video: bool
    reseller: str | None = None


def read_litellm(
    path: Path, label: str | None, reference: Reference
) -> tuple[list[Deployment], list[str]]:
    """The label's deployments, or those of the only video model there; and what the proxy does.

    Raises InvalidFileError for a file that cannot be used, UsageError for a label that is not there
    or not named where there are several.
    """
    document = read_file(path, "LiteLLM configuration")
    shown = printable(str(path), 300)
    if document.data is None:
        problems = "; ".join(str(problem) for problem in document.problems[:3])
        raise InvalidFileError(f"--from-litellm: {problems}")
    finder = IdFinder.of(reference.models(), reference.priced_models())
    data = _with_includes(document.data, path)
    deployments = list(_deployments(data, finder))
    aliases = _aliases(data)
    if label is not None and not any(deployment.label == label for deployment in deployments):
        meant = aliases.get(label)
        deployments += [replace(each, label=label) for each in deployments if each.label == meant]
    if label is None:
        labels = sorted({deployment.label for deployment in deployments if deployment.is_video})
        if len(labels) != 1:
            names = ", ".join(printable(name, 100) for name in labels) or "none"
            raise UsageError(
                f"--from-litellm {shown}: video models there: {names}; choose one with --model-name"
            )
        (label,) = labels
    chosen = [deployment for deployment in deployments if deployment.label == label]
    if not chosen:
        known = sorted({printable(deployment.label, 100) for deployment in deployments})
        names = ", ".join(known[:20]) or "none"
        raise UsageError(f"--model-name {printable(label, 100)}: not in {shown}; there: {names}")
    return chosen, list(_remarks(data, label))


def _with_includes(data: Mapping[str, Data], path: Path) -> Mapping[str, Data]:
    """The configuration with the files it includes, as the proxy reads it: lists are joined, other
    values replaced; what an included file includes is not followed. Raises InvalidFileError."""
    names = data.get("include")
    merged = dict(data)
    for name in names if isinstance(names, list) else []:
        file = path.parent / str(name)
        part = read_file(file, "LiteLLM configuration")
        if part.data is None:
            problems = "; ".join(str(problem) for problem in part.problems[:3])
            raise InvalidFileError(f"--from-litellm: include: {problems}")
        for key, value in part.data.items():
            there = merged.get(key)
            both = isinstance(there, list) and isinstance(value, list)
            merged[key] = [*there, *value] if both else value  # type: ignore[misc]
    return merged


def _aliases(data: Mapping[str, Data]) -> dict[str, str]:
    """Other names that clients may send, and the label that each stands for."""
    listed = _mapping(_mapping(data.get("router_settings")).get("model_group_alias"))
    meant = {
        alias: target if isinstance(target, str) else _mapping(target).get("model")
        for alias, target in listed.items()
    }
    return {alias: label for alias, label in meant.items() if isinstance(label, str)}


def _deployments(data: Mapping[str, Data], finder: IdFinder) -> Iterator[Deployment]:
    rows = data.get("model_list")
    for row in rows if isinstance(rows, list) else []:
        label = row.get("model_name") if isinstance(row, dict) else None
        if not isinstance(row, dict) or not isinstance(label, str) or not label.strip():
            continue
        params, info = _mapping(row.get("litellm_params")), _mapping(row.get("model_info"))
        called = params.get("model")
        upstream = surface = reseller = None
        if isinstance(called, str) and not called.startswith("os.environ/") and "*" not in called:
            provider, slash, rest = called.partition("/")
            upstream = (rest if slash else called).rpartition("models/")[2] or None
            surface = PROVIDER_SURFACES.get(provider) if slash else None
            reseller = provider if slash and surface is None else None
        yield Deployment(
            label=label,
            upstream=upstream,
            surface=surface,
            project=_cloud_name(params.get("vertex_project")),
            location=_cloud_name(params.get("vertex_location")),
            is_video=info.get("mode") == "video_generation"
            or next(finder.spans(f'"{upstream}"'.encode()), None) is not None,
            reseller=reseller,
        )


def _remarks(data: Mapping[str, Data], label: str) -> Iterator[str]:
    """What the proxy does by itself, and a route's owner should know."""
    router, settings = _mapping(data.get("router_settings")), _mapping(data.get("litellm_settings"))
    retries = [_mapping(part).get("num_retries") for part in (router, settings)]
    counts = [retry for retry in retries if isinstance(retry, int) and not isinstance(retry, bool)]
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
                names = ", ".join(printable(str(target), 100) for target in targets[:5])
                yield (
                    f"The proxy itself falls back from {label} to {names}: another model may "
                    "serve the job, and no endpoint is asked."
                )


def _mapping(value: object) -> Mapping[str, Data]:
    return value if isinstance(value, dict) else {}


def _cloud_name(value: Data) -> str | None:
    return value if isinstance(value, str) and _CLOUD_NAME.fullmatch(value) else None
