"""Facts: one thing observed each, frozen, redacted, with the ids of the exchanges that prove it.

Probes make them, checks read them. A fact that could not be learned is a `Missing`, which says
why. Every fact is about one route; the engine learns each only once per run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from veo_check.core.frozen import dataclass

MissingCode = Literal[
    "offline",  # no network was allowed
    "not-configured",  # the route file does not say how to ask
    "no-key",  # the key's variable is not set
    "key-refused",  # the other side refused the key
    "host-refused",  # section 10: this key may not go to this host
    "unreachable",  # no answer: name, connection, TLS
    "too-slow",  # no answer, or no end of it, within the time allowed
    "rate-limited",  # 429 after every polite retry
    "server-error",  # 5xx after every polite retry
    "unreadable",  # an answer that is not what it should be
    "refused",  # any other 4xx
    "not-run",  # needs something the run was not given (a paid job without --spend)
    "not-offered",  # this gateway has no such endpoint
    "crashed",  # our bug
]


@dataclass(frozen=True, slots=True)
class Missing:
    """A fact that could not be learned, and why. `detail` is a sentence for the user."""

    probe: str
    code: MissingCode
    detail: str
    exchanges: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ListedModel:
    """One row of a gateway's `/v1/models`."""

    id: str
    endpoint_types: tuple[str, ...] = ()
    owner: str | None = None
    shutdown: date | None = None  # `shutdown_date`, where the listing carries one


@dataclass(frozen=True, slots=True)
class GatewayListing:
    """The labels this key is offered. Proves the label, never that the model is alive."""

    models: tuple[ListedModel, ...]
    source: str  # the URL asked
    exchanges: tuple[str, ...] = ()

    def find(self, label: str) -> ListedModel | None:
        """The row with exactly this label."""
        return next((model for model in self.models if model.id == label), None)


#: Google's own answer about one model id.
OfficialState = Literal["offered", "no-longer-available", "not-found"]


@dataclass(frozen=True, slots=True)
class OfficialModel:
    """What Google itself answers about one id on one surface: live evidence, either way.

    `offered`: the listing has it; `methods` are its `supportedGenerationMethods` (Gemini API only,
    empty elsewhere). `no-longer-available`: the 404 of a shut-down model; `replacement` is the id
    its text names. `not-found`: the 404 of an unknown id (on the Agent Platform also of one that
    this project has no access to, or that the location does not serve); `text` holds the sentence
    as served, cut and redacted. `location`: the one that the host which answered is for; None where
    that is not known, or the surface has none.
    """

    model: str
    surface: str
    state: OfficialState
    methods: tuple[str, ...] = ()
    launch_stage: str | None = None
    replacement: str | None = None
    text: str | None = None
    location: str | None = None
    observed_at: datetime | None = None
    exchanges: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KeyAnswer:
    """How the other side took the key, from a free keyed read.

    `refused` is a finding about the key (401, or 400 `API_KEY_INVALID`); `denied` is a key that
    is known but may not (403); anything unclear is a Missing instead.
    """

    state: Literal["accepted", "refused", "denied"]
    status: int
    text: str | None = None
    exchanges: tuple[str, ...] = ()
    symptom: str | None = None  # the name of what its sentence says (`core.jobs`)


@dataclass(frozen=True, slots=True)
class SkuPrice:
    """Google's list price of one billing SKU, in USD.

    `per_second` is None where nobody knows what one `unit` of this SKU is. The first `free_below`
    units are free.
    """

    sku: str
    amount: Decimal
    unit: str
    per_second: Decimal | None
    free_below: Decimal
    source: str
    exchanges: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KeyUsage:
    """`GET /api/usage/token/` of a new-api gateway. Amounts in quota units."""

    name: str | None
    granted: int
    used: int
    available: int
    unlimited: bool
    allowed_models: tuple[str, ...] | None  # None: no allow list is switched on
    denied_models: tuple[str, ...] | None  # None: no deny list is switched on (Flatkey)
    expires_at: datetime | None = None
    exchanges: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GatewayStatus:
    """`GET /api/status` of a new-api gateway.

    `quota_per_unit` as told, possible or not; 0 where something else than a number was told, None
    where nothing was.
    """

    quota_per_unit: Decimal | None
    version: str | None
    exchanges: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CatalogRow:
    """One row of a new-api pricing catalogue, exactly as priced there (numbers are Decimal)."""

    model_name: str
    quota_type: int | None
    model_price: Decimal | None
    model_ratio: Decimal | None
    completion_ratio: Decimal | None
    enable_groups: tuple[str, ...]
    endpoint_types: tuple[str, ...]
    billing_mode: str | None = None
    billing_expr: str | None = None
    availability_status: str | None = None
    availability_reason: str | None = None
    availability_checked_at: datetime | None = None
    owner: str | None = None
    #: every price-bearing field as served, for reports and drift: name -> text
    price_fields: Mapping[str, str] = field(default_factory=dict)
    #: prices by what is counted, each with its unit in its name (OpenRouter); None: by the fields
    #: above
    skus: Mapping[str, Decimal] | None = None
    #: what the gateway itself takes, by the route file's word ("seconds", "resolution", ...)
    limits: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    #: what is wrong with this row's own fields (NaN, negative, wrong type), in words
    defects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DisplayPrice:
    """Flatkey's `display_pricing` of one label: what its site prints. Amounts in USD per unit."""

    billing_kind: str  # per_second | request | token | anything the gateway invents
    unit: str  # second | request | input | output | ...
    configured: Decimal | None
    group: Decimal | None  # after the public group's ratio
    lower_bound: bool = False  # `from: true`: the lowest tier only


@dataclass(frozen=True, slots=True)
class Catalog:
    """A gateway's public catalogue, cut down to what one label needs.

    `rows` are all rows whose name is exactly the label. `near` are similar names, best first.
    """

    source: str
    total_rows: int
    rows: tuple[CatalogRow, ...]
    near: tuple[str, ...]
    group_ratio: Mapping[str, Decimal]
    group_model_ratio: Mapping[str, Decimal]  # group -> ratio for this label
    usable_groups: tuple[str, ...]
    display: tuple[DisplayPrice, ...] = ()
    supported_endpoints: Mapping[str, str] = field(default_factory=dict)  # type -> path
    schema_version: str | None = None  # `pricing_version`: the build's schema, not a price date
    generated_at: datetime | None = None
    exchanges: tuple[str, ...] = ()

    def ratio_for(self, group: str) -> Decimal | None:
        """The ratio a job of this group pays: the group's ratio for this model replaces the
        group's own. None where the catalogue tells neither."""
        return self.group_model_ratio.get(group, self.group_ratio.get(group))


@dataclass(frozen=True, slots=True)
class ProductionKey:
    """What free reads with the optional production key told, to compare with the smoke key's."""

    same_as_smoke_key: bool
    listing: GatewayListing | None
    usage: KeyUsage | None
    exchanges: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SmokeKeyVariable:
    """The smoke key's environment variable as this process sees it; never its value."""

    name: str | None  # None: application default credentials
    is_set: bool
    from_sandbox: bool  # its value is one of the keys a veo-check sandbox prints
    #: same value as the production key's variable; None: one of the two is not readable here
    same_as_production: bool | None = None
    #: every variable of the route file whose value is a sandbox key, fallbacks' included
    sandbox_variables: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ProvenLife:
    """A finished job, or a valid proof of one: evidence that this route's model still answers.

    The engine supplies it, and a Missing where there is no such proof. `model` is the id that
    served the job, as far as it could be read; `expires` is the proof's last day.
    """

    model: str | None
    proof_id: str
    expires: date
    exchanges: tuple[str, ...] = ()
