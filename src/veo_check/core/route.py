"""The route file, version 1, as a frozen model: what an application calls, and who owns it.

The model is the single source of the JSON Schema and of every "unknown key" suggestion. Reading
text, positions and `extends` is `veo_check.routefile`'s work. Money and percentages are Decimal.
"""

from __future__ import annotations

import re
from dataclasses import field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
)

from veo_check.core.findings import Tier
from veo_check.core.frozen import dataclass
from veo_check.core.money import amount
from veo_check.core.reading import bare_id
from veo_check.core.secrets import BILLING_KEY, KNOWLEDGE_KEY, origin_of

_DURATION = re.compile(r"([0-9]{1,6})([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _version(value: object) -> object:
    if isinstance(value, bool | float):  # True and 1.0 equal 1, so that a Literal takes them
        raise ValueError("has to be 1")
    return value


def _duration(value: object) -> timedelta:
    if isinstance(value, timedelta):
        return value
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError('has to be a whole number and a unit, such as "90s", "10m", "2h" or "7d"')
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def _deadline(value: timedelta) -> timedelta:
    if not timedelta(seconds=1) <= value <= timedelta(days=1):
        raise ValueError("has to be between 1s and 1d")
    return value


def _proof_life(value: timedelta) -> timedelta:
    if value > timedelta(days=30):
        raise ValueError("has to be at most 30d")
    return value


def _percent(value: object) -> Decimal:
    if isinstance(value, Decimal):
        return value
    if not isinstance(value, str) or not value.strip().endswith("%"):
        raise ValueError('has to be a percentage, such as "25%"')
    return amount(value.strip()[:-1].strip()) / 100


def _day(value: object) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise ValueError(f"has to be a day of the calendar; there is no {value}") from None
    raise ValueError("has to be a day, written like 2026-12-31")


def _model_id(value: str) -> str:
    # a label is put into paths such as /v1beta/models/LABEL; it must not climb out of them
    if any(part in {"", ".", ".."} for part in value.split("/")):
        raise ValueError("must not have an empty part, '.' or '..' between slashes")
    return value


def _address(value: str) -> str:
    try:
        origin_of(value)
    except ValueError as error:
        raise ValueError(f"is not an address to send requests to: it {error}") from None
    if any(char in value for char in "?#%"):
        raise ValueError("must not hold ? or # or %, because paths are added at its end")
    return value


_INVISIBLE = r"\u0000-\u0020\u007f-\u00a0\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
_VARIABLE = r"^[A-Za-z_][A-Za-z0-9_]{0,99}$"
_CLOUD_NAME = r"^[a-z0-9-]{1,63}$"
_SKU = r"^[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}$"
#: Where Google serves its own models.
GEMINI_API = "gemini-api"
AGENT_PLATFORM = "agent-platform"
#: Where the Agent Platform is called by a route that names no location.
DEFAULT_LOCATION = "us-central1"
_SURFACE = r"^[a-z0-9-]{1,40}$"
_ID = rf"^[^\s?#\\%{_INVISIBLE}]+$"
_URL = r"^https?://[!-~]+$"
_LINK = rf"^https?://[^\s<>\u0022{_INVISIBLE}]+$"
_PATH = r"^[^\u0000-\u001f\u007f]+$"
_RATIO = r"^[0-9]{1,2}:[0-9]{1,2}$"
_FINDING = r"^[a-z0-9-]+/[a-z0-9-]+$"

#: What each pattern asks for, in words: no reader mends a file by a pattern.
PATTERNS_IN_WORDS: dict[str, str] = {
    _VARIABLE: (
        "has to be the name of an environment variable, such as FLATKEY_SMOKE_KEY; "
        "never the key itself"
    ),
    _SKU: "has to be the id of a SKU as a bill shows it, such as 7DE3-56E5-CE6C",
    _CLOUD_NAME: "may hold a-z, 0-9 and - only, 63 at most",
    _SURFACE: "has to be a surface such as agent-platform or gemini-api: a-z, 0-9 and - only",
    _ID: "must not hold spaces, invisible characters or any of ? # % \\",
    _URL: "has to be an address that begins with https:// and holds ASCII letters only, no spaces",
    _LINK: "has to be an address that begins with https:// and holds no spaces or quotes",
    _PATH: "must not hold control characters",
    _RATIO: 'has to be two numbers such as "16:9"',
    _FINDING: "has to be a finding's code as a report prints it, such as price-agrees/markup",
}

Version = Annotated[Literal[1], BeforeValidator(_version)]
Money = Annotated[
    Decimal,
    BeforeValidator(amount),
    WithJsonSchema({"type": ["string", "number"], "examples": ["2.00"]}),
]
Percent = Annotated[
    Decimal,
    BeforeValidator(_percent),
    WithJsonSchema({"type": "string", "pattern": "^[0-9.]+ *%$", "examples": ["25%"]}),
]
Duration = Annotated[
    timedelta,
    BeforeValidator(_duration),
    WithJsonSchema({"type": "string", "pattern": "^[0-9]{1,6}[smhd]$", "examples": ["10m"]}),
]
Deadline = Annotated[Duration, AfterValidator(_deadline)]
ProofLife = Annotated[Duration, AfterValidator(_proof_life)]
Day = Annotated[
    date,
    BeforeValidator(_day),
    WithJsonSchema(
        {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "examples": ["2026-12-31"]}
    ),
]
Text = Annotated[str, Field(min_length=1, max_length=500)]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Variable = Annotated[str, Field(pattern=_VARIABLE)]
CloudName = Annotated[str, Field(pattern=_CLOUD_NAME)]
BillingSku = Annotated[str, Field(pattern=_SKU)]
SurfaceName = Annotated[str, Field(pattern=_SURFACE)]
ModelId = Annotated[
    str, Field(min_length=1, max_length=200, pattern=_ID), AfterValidator(_model_id)
]
OperationId = Annotated[str, Field(min_length=1, max_length=4096, pattern=_ID)]
Url = Annotated[str, Field(max_length=500, pattern=_URL), AfterValidator(_address)]
Link = Annotated[str, Field(max_length=1000, pattern=_LINK)]
FilePath = Annotated[str, Field(min_length=1, max_length=500, pattern=_PATH)]
FindingCode = Annotated[str, Field(max_length=200, pattern=_FINDING)]
Seconds = Annotated[int, Field(ge=1, le=600)]
Count = Annotated[int, Field(ge=1, le=100)]
Ratio = Annotated[str, Field(pattern=_RATIO)]


GatewayName = Literal["flatkey", "newapi", "openai", "openrouter", "google"]
EndpointFamily = Literal[
    "videos", "video-generations", "generation-tasks", "predict-long-running", "interactions"
]
Target = Literal["production", "staging", "research"]
Mode = Literal["text-to-video", "image-to-video", "interpolation", "reference-images", "extension"]
Resolution = Literal["360p", "480p", "720p", "768p", "1080p", "2k", "4k"]
Situation = Literal[
    "transient_error",
    "deprecated_model",
    "unsupported_parameter",
    "high_resolution_final",
    "draft",
    "policy_block",
]

#: Where a gateway is reached when the route file names no `base_url`.
DEFAULT_BASE_URL: dict[str, str] = {
    "flatkey": "https://router.flatkey.ai",
    "openrouter": "https://openrouter.ai",
}
#: Gateways that anybody can run: the route file has to say where.
NEEDS_BASE_URL = frozenset({"newapi", "openai"})
FLATKEY_CONSOLE_URL = "https://console.flatkey.ai"
GEMINI_API_URL = "https://generativelanguage.googleapis.com"


def google_url(surface: str, location: str | None) -> str:
    """Where Google serves `surface`: the Agent Platform by region, "global" has no prefix."""
    if surface != "agent-platform":
        return GEMINI_API_URL
    region = location or DEFAULT_LOCATION
    return f"https://{'' if region == 'global' else region + '-'}aiplatform.googleapis.com"


class Part(BaseModel):
    """Every mapping of the route file: frozen, unknown keys refused, no value converted in type.

    Rules between keys are validators of one field, which also run where another field is wrong: a
    file's problems are all told at once.
    """

    # built at first use: a run uses some of the models, and starting up should not build all
    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, str_strip_whitespace=True, defer_build=True
    )


class Owner(Part):
    """Who answers for the route and pays for it."""

    team: Name | None = None
    cost_center: Name | None = None
    contact: Text | None = None


class RouteHead(Part):
    """Which application, environment and workflow this route is, and what it is meant for."""

    name: Annotated[str, Field(min_length=1, max_length=5000)]
    target: Target = "production"
    application: Name | None = None
    environment: Name | None = None
    workflow: Name | None = None
    owner: Owner = Owner()
    cutover: Day | None = None


def _no_own_key(variable: str | None) -> str | None:
    if variable in {KNOWLEDGE_KEY, BILLING_KEY}:
        raise ValueError("is veo-check's own key, for Google's documentation or bills")
    return variable


class Key(Part):
    """Which environment variable holds the key (never the key), and whose key it is."""

    env: Variable | None = None
    adc: bool = Field(default=False, validate_default=True)
    name: Name | None = None
    owner: Name | None = None
    scope: Name | None = None

    _own = field_validator("env")(_no_own_key)

    @field_validator("adc")
    @classmethod
    def _one_way(cls, adc: bool, others: ValidationInfo) -> bool:
        if "env" in others.data and (others.data["env"] is None) is not adc:
            raise ValueError("name the variable with env, or say adc: true; one of the two")
        return adc


class ProductionKey(Part):
    """The production key's variable; used for free reads only."""

    env: Variable

    _own = field_validator("env")(_no_own_key)


class Via(Part):
    """What the application talks to, and under which label."""

    gateway: GatewayName
    base_url: Url | None = Field(default=None, validate_default=True)
    console_url: Url | None = None
    endpoint: EndpointFamily
    model: ModelId
    group: Name | None = None
    key: Key | None = None
    production_key: ProductionKey | None = None
    project: CloudName | None = None
    location: CloudName | None = None

    @field_validator("model")
    @classmethod
    def _google_knows_ids(cls, model: str, others: ValidationInfo) -> str:
        return bare_id(model) if others.data.get("gateway") == "google" else model

    @field_validator("base_url")
    @classmethod
    def _has_an_address(cls, base_url: str | None, others: ValidationInfo) -> str | None:
        if base_url is None and others.data.get("gateway") in NEEDS_BASE_URL:
            raise ValueError(f"is missing; gateway {others.data['gateway']} needs a base_url")
        return base_url


class Listing(Part):
    """How to ask Google itself, for free, whether it offers the official model."""

    project: CloudName | None = None
    location: CloudName | None = None
    key: Key


class Model(Part):
    """What must run underneath: the official id and where it is served."""

    official: ModelId
    surface: SurfaceName
    listing: Listing | None = None
    also_known_as: list[Name] = Field(default_factory=list, max_length=20)
    billing_sku: BillingSku | None = None

    @property
    def names(self) -> frozenset[str]:
        """What the model is called where a gateway says what ran, with and without a path."""
        bare = (name.rpartition("/")[2] for name in self.also_known_as)
        return frozenset({self.official, *self.also_known_as, *bare})

    @field_validator("official")
    @classmethod
    def _without_prefix(cls, official: str) -> str:
        return bare_id(official)


class Request(Part):
    """The shape of the jobs the application sends."""

    mode: Mode = "text-to-video"
    seconds: Seconds
    resolution: Resolution
    aspect_ratio: Ratio = "16:9"
    audio: bool = True
    count: Count = 1
    use: Literal["final", "draft"] = "final"


class Budget(Part):
    """What a job and a month may cost, in USD."""

    per_job: Money | None = None
    monthly: Money | None = None
    jobs_per_month: Annotated[int, Field(ge=0, le=10**9)] | None = None
    max_markup: Percent = Decimal("0.25")
    retries: Annotated[int, Field(ge=0, le=100)] = 0


class FallbackVia(Part):
    """What differs from the primary's `via`; the rest is inherited."""

    gateway: GatewayName | None = None
    base_url: Url | None = None
    console_url: Url | None = None
    endpoint: EndpointFamily | None = None
    model: ModelId
    group: Name | None = None
    key: Key | None = None
    production_key: ProductionKey | None = None
    project: CloudName | None = None
    location: CloudName | None = None


class FallbackRequest(Part):
    """What differs from the primary's `request`; the rest is inherited."""

    mode: Mode | None = None
    seconds: Seconds | None = None
    resolution: Resolution | None = None
    aspect_ratio: Ratio | None = None
    audio: bool | None = None
    count: Count | None = None


class FallbackTarget(Part):
    """A route that may take over, for which situations, and what its owner accepts."""

    name: Name
    for_: Annotated[list[Situation], Field(alias="for", min_length=1)]
    via: FallbackVia
    model: Model
    request: FallbackRequest = FallbackRequest()
    max_cost_ratio: Money = Decimal(1)
    accepts: list[Name] = []
    fallback: list[Name] = []


class Fallback(Part):
    """The decision for each of the article's situations, and who approved it."""

    transient_error: Literal["retry_once", "switch", "fail_closed"] | None = None
    deprecated_model: Literal["block"] | None = None
    unsupported_parameter: Literal["fail_closed"] | None = None
    high_resolution_final: Literal["require_approval", "fail_closed"] | None = None
    draft: Literal["switch", "fail_closed"] | None = None
    policy_block: Literal["fail_closed", "human_review"] | None = None
    approved_by: Text | None = None
    approved_on: Day | None = None
    routes: list[FallbackTarget] = []


class Logging(Part):
    """Where a sample of the team's own job log is, and how its fields are called."""

    sample: FilePath
    fields: dict[Name, Name] = {}


class Confirmation(Part):
    """What only a person could see."""

    what: Literal["dashboard-record", "usage-record"]
    by: Text
    on: Day
    link: Link | None = None
    operation: OperationId | None = Field(default=None, validate_default=True)
    billed: Money | None = None
    expires: Day

    @field_validator("operation")
    @classmethod
    def _names_its_job(cls, operation: str | None, others: ValidationInfo) -> str | None:
        if operation is None and others.data.get("what") == "usage-record":
            raise ValueError("is missing; a usage-record names the job that it is about")
        return operation


ControlledFailureKind = Literal["unsupported-parameter", "retired-model", "unknown-key", "none"]


@dataclass(frozen=True, slots=True)
class InputFile:
    """A local file that a smoke job sends along: an image, or the video that it extends.

    `name` is its key under `smoke`; `seconds` the length of a video.
    """

    name: str
    content: bytes = field(repr=False)
    media_type: str
    sha256: str
    seconds: Decimal | None = None


class Smoke(Part):
    """The one paid job that proves the route; the rest of its shape is the request's."""

    seconds: Seconds = 4
    resolution: Resolution = "720p"
    prompt: Annotated[str, Field(min_length=1, max_length=4000)] = (
        "A paper boat drifting across a still pond at dawn."
    )
    deadline: Deadline = timedelta(minutes=10)
    proof_valid_for: ProofLife = timedelta(days=7)
    #: None: `Route.controlled_failure` chooses by gateway
    controlled_failure: ControlledFailureKind | None = None
    #: local files that the mode needs
    image: FilePath | None = None
    last_image: FilePath | None = None
    references: Annotated[list[FilePath], Field(max_length=3)] = []
    video: FilePath | None = None
    #: those files, once they were read; never part of a route file's text
    _inputs: tuple[InputFile, ...] = PrivateAttr(default=())

    @property
    def inputs(self) -> tuple[InputFile, ...]:
        """What the smoke job sends along: read by the engine, empty until then."""
        return self._inputs

    def with_inputs(self, inputs: tuple[InputFile, ...]) -> Smoke:
        """The same smoke job with its files."""
        changed = self.model_copy()
        changed._inputs = inputs
        return changed


class Waiver(Part):
    """One finding of a failed check that the owner accepts until a day."""

    finding: FindingCode
    reason: Text
    owner: Text
    expires: Day


class Route(Part):
    """A whole route file."""

    version: Version
    route: RouteHead
    via: Via
    model: Model
    request: Request
    budget: Budget = Budget()
    fallback: Fallback | None = None
    logging: Logging | None = None
    confirmations: list[Confirmation] = []
    smoke: Smoke = Smoke()
    waivers: list[Waiver] = []

    @property
    def name(self) -> str:
        """The route's name, unique in a state folder."""
        return self.route.name

    @property
    def target(self) -> Tier:
        """The tier this route is meant for."""
        return Tier.of(self.route.target)

    @property
    def base_url(self) -> str:
        """Where requests go, without a trailing slash."""
        given = self.via.base_url or DEFAULT_BASE_URL.get(self.via.gateway)
        if given is None:
            given = google_url(self.model.surface, self.via.location)
        return given.rstrip("/")

    @property
    def console_url(self) -> str:
        """Where the catalogue and the usage are, without a trailing slash."""
        if self.via.console_url is not None:
            return self.via.console_url.rstrip("/")
        own = self.via.gateway == "flatkey" and re.match(
            r"https://(router\.|console\.)?flatkey\.ai(/|$)", self.base_url + "/"
        )
        return FLATKEY_CONSOLE_URL if own else self.base_url


def fallback_route(primary: Route, target: FallbackTarget) -> Route:
    """The route that runs when `target` takes over: the primary's, with what the target changes.

    Waivers and confirmations are the primary's own and do not carry over; nor does the cutover.
    """
    via: dict[str, Any] = primary.via.model_dump()
    changed = target.via.model_dump(exclude_none=True)
    if changed.get("gateway", via["gateway"]) != via["gateway"]:
        via = {"endpoint": via["endpoint"]}
    request = primary.request.model_dump() | target.request.model_dump(exclude_none=True)
    head = primary.route.model_copy(
        update={"name": f"{primary.name} > {target.name}", "cutover": None}
    )
    return Route(
        version=1,
        route=head,
        via=Via(**(via | changed)),
        model=target.model,
        request=Request(**request),
        budget=primary.budget,
        smoke=primary.smoke,
    )
