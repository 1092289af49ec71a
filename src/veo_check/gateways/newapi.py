"""new-api gateways, Flatkey among them: listing, key usage and status, for free.

Flatkey runs new-api with additions: its catalogue and its usage are on a console of its own, and
`/v1/available_models` answers keys that have run out. Wire format as read from the gateways'
public source in August 2026.
"""

from __future__ import annotations

import difflib
import heapq
import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

from veo_check.core.facts import (
    Catalog,
    CatalogRow,
    DisplayPrice,
    GatewayListing,
    GatewayStatus,
    KeyAnswer,
    KeyUsage,
    ListedModel,
)
from veo_check.core.gateway import Gateway
from veo_check.core.money import exact
from veo_check.core.route import Route
from veo_check.gateways.base import CatalogReads, FreeReads, GetRequest, smoke_key
from veo_check.gateways.errors import mapping, moment, number, read_error, text, texts, whole
from veo_check.http.answers import Failure, Json, Response
from veo_check.http.keys import KeyName

#: The public software, as read in August 2026 and run on 2026-11-30 (flatkey-gateway.md 7).
NEWAPI = Gateway(
    name="newapi",
    payer="newapi account",
    families=("videos", "video-generations"),
    usage="log",
    lists_endpoint_types=True,
    polls_itself=True,
    operation_opens_video=True,
    placeholder_model="veo-3.0-generate-001",
    cannot_carry={"*": frozenset({"interpolation", "reference-images", "extension"})},
    one_video_a_job=True,
    smoke_variable="NEWAPI_SMOKE_KEY",
)
FLATKEY = replace(
    NEWAPI,
    name="flatkey",
    payer="flatkey account",
    site="https://flatkey.ai",
    families=("videos", "video-generations", "generation-tasks"),
    untested_names=("veo", "video", "sora", "seedance"),
    smoke_variable="FLATKEY_SMOKE_KEY",
)


def listing_ask(base_url: str, key: KeyName) -> GetRequest:
    """`GET /v1/models`: what this key is offered."""
    return GetRequest(f"{base_url}/v1/models", key)


def exhausted_listing_ask(console_url: str, key: KeyName) -> GetRequest:
    """`GET /v1/available_models` on Flatkey's console: the same for a key without quota."""
    return GetRequest(f"{console_url}/v1/available_models", key)


def usage_ask(console_url: str, key: KeyName) -> GetRequest:
    """`GET /api/usage/token/`. Shares a limit of 20 reads in 20 minutes with the log."""
    return GetRequest(f"{console_url}/api/usage/token/", key, limited=True)


def log_ask(console_url: str, key: KeyName) -> GetRequest:
    """`GET /api/log/token`: the key's last thousand rows."""
    return GetRequest(f"{console_url}/api/log/token", key, limited=True)


def status_ask(console_url: str, on_behalf_of: KeyName | None) -> GetRequest:
    """`GET /api/status`: public."""
    return GetRequest(f"{console_url}/api/status", on_behalf_of=on_behalf_of)


def out_of_quota(answer: Response) -> bool:
    """Whether the key was refused only because its quota is used up."""
    return answer.status == 403 and "insufficient_user_quota" in read_error(answer).words()


def read_listing(answer: Response, source: str) -> GatewayListing | Failure:
    """The listing, or why there is none."""
    if answer.status != 200:
        return answer.failure(read_error(answer).message)
    body = answer.json
    if isinstance(body, Failure):
        return body
    rows = mapping(body).get("data")
    if mapping(body).get("success") is False or not isinstance(rows, list):
        return answer.unreadable(f"it holds no list of models{_reason(body)}")
    models = [_listed(answer, mapping(row)) for row in rows]
    return GatewayListing(
        tuple(model for model in models if model is not None),
        answer.shown(source, 500),
        (answer.exchange,),
    )


def _listed(answer: Response, row: dict[str, Json]) -> ListedModel | None:
    label = text(row.get("id"))
    if label is None:
        return None
    owner = text(row.get("owned_by"))
    return ListedModel(
        answer.shown(label, 200),
        tuple(answer.shown(one, 60) for one in texts(row.get("supported_endpoint_types"))),
        answer.shown(owner, 100) if owner else None,
        _shutdown(text(row.get("shutdown_date"))),
    )


def _shutdown(day: str | None) -> date | None:
    """OpenAI's `shutdown_date`, a day or a moment; what cannot be read is not there."""
    try:
        return date.fromisoformat((day or "")[:10])
    except ValueError:
        return None


def read_key_answer(answer: Response) -> KeyAnswer | Failure:
    """How the gateway took the key, from its answer to the listing."""
    said = read_error(answer)
    shown = answer.shown(said.message) or None
    if answer.status == 401:
        return KeyAnswer("refused", 401, shown, (answer.exchange,))
    if answer.status == 403:
        spent = "no-quota" if out_of_quota(answer) else None
        return KeyAnswer("denied", 403, shown, (answer.exchange,), spent)
    listing = read_listing(answer, answer.place)
    if isinstance(listing, Failure):
        return listing
    return KeyAnswer("accepted", answer.status, None, (answer.exchange,))


def read_usage(answer: Response) -> KeyUsage | Failure:
    """The key's quota and its limits, or why they are not known."""
    if answer.status != 200:
        return answer.failure(read_error(answer).message)
    body = answer.json
    if isinstance(body, Failure):
        return body
    data = mapping(mapping(body).get("data"))
    granted, used = whole(data.get("total_granted")), whole(data.get("total_used"))
    available = whole(data.get("total_available"))
    unlimited = data.get("unlimited_quota")
    if granted is None or used is None or available is None or not isinstance(unlimited, bool):
        return answer.unreadable(f"it holds no token usage{_reason(body)}")
    name = text(data.get("name"))
    return KeyUsage(
        name=answer.shown(name, 100) if name else None,
        granted=granted,
        used=used,
        available=available,
        unlimited=unlimited,
        allowed_models=_limits(answer, data, "model_limits", "model_limits_enabled"),
        denied_models=_limits(answer, data, "model_blacklist", "model_blacklist_enabled"),
        expires_at=moment(data.get("expires_at")),
        exchanges=(answer.exchange,),
    )


def _limits(
    answer: Response, data: dict[str, Json], field: str, switch: str
) -> tuple[str, ...] | None:
    """A model list of the key: an object of names, an array, or names with commas between."""
    if data.get(switch) is not True:
        return None
    value = data.get(field)
    if isinstance(value, dict):
        names = [name for name, on in value.items() if on is not False]
    elif isinstance(value, str):
        names = [name.strip() for name in value.split(",") if name.strip()]
    else:
        names = list(texts(value))
    return tuple(answer.shown(name, 200) for name in names)


def read_status(answer: Response) -> GatewayStatus | Failure:
    """The gateway's own constants: quota units to the USD, and its version."""
    if answer.status != 200:
        return answer.failure(read_error(answer).message)
    body = answer.json
    if isinstance(body, Failure):
        return body
    data = mapping(mapping(body).get("data"))
    if mapping(body).get("success") is False or not data:
        return answer.unreadable(f"it holds no status{_reason(body)}")
    told, version = data.get("quota_per_unit"), text(data.get("version"))
    return GatewayStatus(
        None if told is None else number(told) or Decimal(0),
        answer.shown(version, 100) if version else None,
        (answer.exchange,),
    )


def _reason(body: Json) -> str:
    """The gateway's own message, for the end of a sentence."""
    message = text(mapping(body).get("message"))
    return f" ({message})" if message else ""


# The pricing catalogue of a new-api gateway, cut down to one label.


#: Flatkey's group for everybody who has no contract; it has a catalogue of its own
PUBLIC_GROUP = "plg"
_LIKELY = 5000
_CANDIDATES = 200
_NEAR = 5


def catalog_asks(
    console_url: str, group: str | None, on_behalf_of: KeyName | None, *, flatkey: bool
) -> tuple[GetRequest, ...]:
    """The catalogue's addresses, to be asked in turn until one exists. Public: no key is sent."""
    paths = ["/api/pricing"]
    if flatkey:
        website = "/api/website/pricing"
        paths.insert(0, f"{website}?group={group}" if group == PUBLIC_GROUP else website)
    return tuple(GetRequest(f"{console_url}{path}", on_behalf_of=on_behalf_of) for path in paths)


def read_catalog(answer: Response, label: str, source: str) -> Catalog | Failure:
    """What the catalogue says about `label`, or why it cannot be read."""
    if answer.status != 200:
        return answer.failure(read_error(answer).message)
    body = answer.json
    if isinstance(body, Failure):
        return body
    envelope = mapping(body)
    rows = envelope.get("data")
    if envelope.get("success") is False or not isinstance(rows, list):
        said = text(envelope.get("message"))
        return answer.unreadable("it holds no price rows" + (f" ({said})" if said else ""))
    if rows and not any(text(mapping(row).get("model_name")) for row in rows):
        return answer.unreadable("it holds things that are not price rows")
    own = [row for row in rows if isinstance(row, dict) and row.get("model_name") == label]
    by_group, by_model = answer.redactor.masked(_ratios(envelope, label))
    return Catalog(
        source=answer.shown(source, 500),
        total_rows=len(rows),
        rows=tuple(_row(answer, label, row) for row in own),
        near=() if own else tuple(answer.shown(name, 200) for name in near_names(label, rows)),
        group_ratio=by_group,
        group_model_ratio=by_model,
        usable_groups=tuple(
            answer.shown(one, 100) for one in mapping(envelope.get("usable_group"))
        ),
        display=_display(answer, mapping(envelope.get("display_pricing")).get(label)),
        supported_endpoints={
            answer.shown(kind, 60): answer.shown(path, 200)
            for kind, entry in mapping(envelope.get("supported_endpoint")).items()
            if (path := text(mapping(entry).get("path")))
        },
        schema_version=_shown(answer, envelope.get("pricing_version"), 100),
        generated_at=moment(envelope.get("generated_at")),
        exchanges=(answer.exchange,),
    )


def _row(answer: Response, label: str, row: dict[str, Json]) -> CatalogRow:
    defects: list[str] = []

    def price(name: str) -> Decimal | None:
        return _price(name, row.get(name), defects)

    def names(name: str) -> tuple[str, ...]:
        value = row.get(name)
        found = texts(value)
        if value is not None and (not isinstance(value, list) or len(found) != len(value)):
            defects.append(f"{name} is not a list of names")
        return tuple(answer.shown(one, 100) for one in found)

    quota_type = whole(row.get("quota_type"))
    if quota_type not in {0, 1}:
        defects.append("quota_type is neither 0 (by ratio) nor 1 (by price)")
        quota_type = None
    return CatalogRow(
        model_name=label,
        quota_type=quota_type,
        model_price=price("model_price"),
        model_ratio=price("model_ratio"),
        completion_ratio=price("completion_ratio"),
        enable_groups=names("enable_groups"),
        endpoint_types=names("supported_endpoint_types"),
        billing_mode=_shown(answer, row.get("billing_mode"), 100),
        billing_expr=_shown(answer, row.get("billing_expr"), 2000),
        availability_status=_shown(answer, row.get("availability_status"), 100),
        availability_reason=_shown(answer, row.get("availability_reason"), 300),
        availability_checked_at=moment(row.get("availability_checked_at")),
        owner=_shown(answer, row.get("owner_by"), 100),
        price_fields={
            answer.shown(name, 60): _as_served(answer, value)
            for name, value in row.items()
            if "price" in name or "ratio" in name or name.startswith(("billing", "quota"))
        },
        defects=tuple(defects),
    )


def _price(name: str, value: Json, defects: list[str]) -> Decimal | None:
    """A price or ratio; None where there is none, and where the value is no price."""
    if value is None:
        return None
    amount = number(value)
    if amount is None:
        kind = {str: "text", bool: "a truth value", dict: "an object", list: "a list"}
        defects.append(f"{name} is {kind.get(type(value), 'out of range')}, not a number")
        return None
    if amount < 0:
        defects.append(f"{name} is negative")
        return None
    return amount


def _as_served(answer: Response, value: Json) -> str:
    if isinstance(value, str):
        return answer.shown(value, 500)
    if isinstance(value, Decimal) or (isinstance(value, int) and not isinstance(value, bool)):
        return str(value)[:60]
    return answer.shown(json.dumps(value, default=str, ensure_ascii=False), 500)


def _ratios(envelope: dict[str, Json], label: str) -> tuple[dict[str, Decimal], dict[str, Decimal]]:
    """Ratios by group, and by group for this label.

    The second replaces the first, so a group whose own entry for the label is no ratio gets none
    at all: falling back to the group's general ratio would price the job by the wrong one.
    """
    by_group = {
        group: ratio
        for group, value in mapping(envelope.get("group_ratio")).items()
        if (ratio := number(value)) is not None and ratio >= 0
    }
    by_model: dict[str, Decimal] = {}
    for group, models in mapping(envelope.get("group_model_ratio")).items():
        if isinstance(models, dict) and label not in models:
            continue
        ratio = number(mapping(models).get(label))
        if ratio is None or ratio < 0:
            by_group.pop(group, None)
        else:
            by_model[group] = ratio
    return by_group, by_model


def _display(answer: Response, entry: Json) -> tuple[DisplayPrice, ...]:
    """What the site prints for the label: amounts are strings in USD."""
    kind = text(mapping(entry).get("billing_kind"))
    if kind is None:
        return ()
    return tuple(
        DisplayPrice(
            billing_kind=answer.shown(kind, 60),
            unit=answer.shown(unit, 60),
            configured=_usd(mapping(price).get("configured")),
            group=_usd(mapping(price).get(PUBLIC_GROUP)),
            lower_bound=mapping(price).get("from") is True,
        )
        for unit, price in mapping(mapping(entry).get("prices")).items()
    )


def _usd(value: Json) -> Decimal | None:
    if isinstance(value, str):
        try:
            value = exact(value)
        except ValueError:
            return None
    amount = number(value)
    return amount if amount is not None and amount >= 0 else None


def _shown(answer: Response, value: Json, limit: int) -> str | None:
    found = text(value)
    return answer.shown(found, limit) if found else None


def near_names(label: str, rows: list[Json]) -> list[str]:
    """Similar names, best first. Full comparison is for the few that begin or end alike."""
    wanted = label.casefold()
    start, end = wanted[:3], wanted[-5:]
    likely: set[str] = set()
    for row in rows:
        name = row.get("model_name") if isinstance(row, dict) else None
        if isinstance(name, str) and (name[:3].casefold() == start or end in name.casefold()):
            likely.add(name)
            if len(likely) == _LIKELY:
                break
    closest = heapq.nlargest(
        _CANDIDATES, sorted(likely), key=lambda name: _begins_alike(wanted, name.casefold())
    )
    folded = {name.casefold(): name for name in sorted(closest)}
    return [folded[match_] for match_ in difflib.get_close_matches(wanted, folded, _NEAR, 0.6)]


def _begins_alike(one: str, other: str) -> int:
    """How many characters both begin with."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))


def _catalog_asks(route: Route) -> tuple[GetRequest, ...]:
    flatkey = route.via.gateway == FLATKEY.name
    key = smoke_key(route)
    return catalog_asks(route.console_url, route.via.group, key, flatkey=flatkey)


def _exhausted(route: Route, key: KeyName, answer: Response) -> GetRequest | None:
    """A Flatkey key that has run out is offered its models on the console."""
    if route.via.gateway == FLATKEY.name and out_of_quota(answer):
        return exhausted_listing_ask(route.console_url, key)
    return None


READS = FreeReads(
    listing=lambda route, key: listing_ask(route.base_url, key),
    read_listing=read_listing,
    key=lambda route, key: listing_ask(route.base_url, key),
    read_key=read_key_answer,
    again=_exhausted,
    prices=CatalogReads(
        catalog=_catalog_asks,
        read_catalog=read_catalog,
        usage=lambda route, key: usage_ask(route.console_url, key),
        read_usage=read_usage,
        status=lambda route: status_ask(route.console_url, smoke_key(route)),
        read_status=read_status,
    ),
)
