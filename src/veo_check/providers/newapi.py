"""new-api gateways, Flatkey among them: listing, key usage and status, for free.

Flatkey runs new-api with additions: its catalogue and its usage are on a console of its own, and
`/v1/available_models` answers keys that have run out. Wire format as read from the gateways'
public source in August 2026.
"""

from __future__ import annotations

from veo_check.core.facts import GatewayListing, GatewayStatus, KeyAnswer, KeyUsage, ListedModel
from veo_check.http.answer import Answer, Failure
from veo_check.http.json_text import Json
from veo_check.http.keys import KeyName
from veo_check.providers.asks import Ask
from veo_check.providers.error_body import read_error
from veo_check.providers.reading import mapping, moment, number, text, texts, whole


def listing_ask(base_url: str, key: KeyName) -> Ask:
    """`GET /v1/models`: what this key is offered."""
    return Ask(f"{base_url}/v1/models", key)


def exhausted_listing_ask(console_url: str, key: KeyName) -> Ask:
    """`GET /v1/available_models` on Flatkey's console: the same for a key without quota."""
    return Ask(f"{console_url}/v1/available_models", key)


def usage_ask(console_url: str, key: KeyName) -> Ask:
    """`GET /api/usage/token/`. Shares a limit of 20 reads in 20 minutes with the log."""
    return Ask(f"{console_url}/api/usage/token/", key)


def status_ask(console_url: str, on_behalf_of: KeyName | None) -> Ask:
    """`GET /api/status`: public."""
    return Ask(f"{console_url}/api/status", on_behalf_of=on_behalf_of)


def out_of_quota(answer: Answer) -> bool:
    """Whether the key was refused only because its quota is used up."""
    return answer.status == 403 and "insufficient_user_quota" in read_error(answer).words()


def read_listing(answer: Answer, source: str) -> GatewayListing | Failure:
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


def _listed(answer: Answer, row: dict[str, Json]) -> ListedModel | None:
    label = text(row.get("id"))
    if label is None:
        return None
    owner = text(row.get("owned_by"))
    return ListedModel(
        answer.shown(label, 200),
        tuple(answer.shown(one, 60) for one in texts(row.get("supported_endpoint_types"))),
        answer.shown(owner, 100) if owner else None,
    )


def read_key_answer(answer: Answer) -> KeyAnswer | Failure:
    """How the gateway took the key, from its answer to the listing."""
    said = read_error(answer)
    shown = answer.shown(said.message) or None
    if answer.status == 401:
        return KeyAnswer("refused", 401, shown, (answer.exchange,))
    if answer.status == 403:
        return KeyAnswer("denied", 403, shown, (answer.exchange,))
    listing = read_listing(answer, answer.place)
    if isinstance(listing, Failure):
        return listing
    return KeyAnswer("accepted", answer.status, None, (answer.exchange,))


def read_usage(answer: Answer) -> KeyUsage | Failure:
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
    answer: Answer, data: dict[str, Json], field: str, switch: str
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


def read_status(answer: Answer) -> GatewayStatus | Failure:
    """The gateway's own constants: quota units to the USD, and its version."""
    if answer.status != 200:
        return answer.failure(read_error(answer).message)
    body = answer.json
    if isinstance(body, Failure):
        return body
    data = mapping(mapping(body).get("data"))
    if mapping(body).get("success") is False or not data:
        return answer.unreadable(f"it holds no status{_reason(body)}")
    per_unit, version = number(data.get("quota_per_unit")), text(data.get("version"))
    return GatewayStatus(
        per_unit if per_unit is not None and per_unit > 0 else None,
        answer.shown(version, 100) if version else None,
        (answer.exchange,),
    )


def _reason(body: Json) -> str:
    """The gateway's own message, for the end of a sentence."""
    message = text(mapping(body).get("message"))
    return f" ({message})" if message else ""
