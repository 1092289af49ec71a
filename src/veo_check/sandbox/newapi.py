"""new-api and Flatkey, the free half: catalogues, listings, status, usage."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from veo_check.sandbox import newapi_jobs as tasks
from veo_check.sandbox.newapi_catalog import (
    GROUP_RATIO,
    QUOTA_PER_USD,
    Row,
    as_number,
    display_json,
    gateway_error,
    group_model_ratio,
    invalid_url,
    row_json,
    rows,
    website_error,
)
from veo_check.sandbox.state import State, fresh_id
from veo_check.sandbox.wire import Request, Response, Token, as_json, as_text

Handler = Callable[[State, Request], Response]

UPSTREAM_VERSION = "a42d372ccf0b5dd13ecf71203521f9d2"
_ROW_VERSION = "5a90f2b86c08bd983a9a2e6d66c255f4eaef9c4bc934386d2b6ae84ef0ff1f1f"
#: reads of the usage endpoints allowed in twenty minutes, for one address
READS, WINDOW = 20, 20 * 60


def answer(state: State, request: Request) -> Response:
    """What the gateway says to this request, with the headers it puts on everything."""
    response = _answer(state, request)
    if response.dropped:
        return response
    headers = {"x-oneapi-request-id": request_id(state), "x-new-api-version": "v1.0.0-rc.25"}
    return replace(response, headers=headers | dict(response.headers))


def request_id(state: State) -> str:
    """An id of the form the gateway logs: time, then random letters."""
    return state.clock.now().strftime("%Y%m%d%H%M%S") + fresh_id(18)


def _answer(state: State, request: Request) -> Response:
    path = request.path.rstrip("/") or "/"
    task = tasks.answer(state, request, path)
    if task is not None:
        return task
    if request.method == "GET":
        flatkey = request.surface == "flatkey"
        handler = (_FLATKEY_OPEN if flatkey else _OPEN).get(path)
        if handler is not None:
            return handler(state, request)
        if path == "/api/usage/token" and not request.path.endswith("/"):
            return Response(301, {"location": f"{request.origin}/api/usage/token/"})
        keyed = (_FLATKEY_KEYED if flatkey else _KEYED).get(path)
        if keyed is not None:
            token = tasks.authenticate(state, request)
            return token if isinstance(token, Response) else keyed(state, request, token)
        if path.startswith("/v1/models/"):
            return _one_model(state, request, path.removeprefix("/v1/models/"))
    return invalid_url(request)


def _status(state: State, request: Request) -> Response:
    data = {
        "quota_per_unit": QUOTA_PER_USD,
        "quota_display_type": "USD",
        "version": "v1.0.0-rc.25",
        "start_time": state.unix - 86_400,
        "system_name": "Flatkey" if request.surface == "flatkey" else "New API",
    }
    return as_json({"success": True, "message": "", "data": data})


def _catalogue(
    state: State, surface: str, listed: tuple[Row, ...], version: str
) -> dict[str, object]:
    data = [row_json(state, row) for row in listed]
    if data:
        data[0]["pricing_version"] = _ROW_VERSION
    body: dict[str, object] = {
        "success": True,
        "data": data,
        "vendors": [{"id": 1, "name": "Google", "description": "", "icon": "Google"}],
        "group_ratio": {group: as_number(ratio) for group, ratio in GROUP_RATIO.items()},
        "usable_group": {"default": "default", "plg": "plg"},
        "supported_endpoint": {
            "openai": {"path": "/v1/chat/completions", "method": "POST"},
            "gemini": {"path": "/v1beta/models/{model}:generateContent", "method": "POST"},
            "openai-video": {"path": "/v1/video/generations", "method": "POST"},
        },
        "auto_groups": ["default"],
        "pricing_version": version,
    }
    if surface == "flatkey" and version != UPSTREAM_VERSION:
        body["group_model_ratio"] = {
            group: {label: as_number(ratio) for label, ratio in by_label.items()}
            for group, by_label in group_model_ratio(state).items()
        }
    return body


def _old(state: State) -> bool:
    """Before 2026-07-08 Flatkey's build called its schema as upstream does."""
    return state.has("article")


def _pricing(state: State, request: Request) -> Response:
    own = request.surface == "flatkey" and not _old(state)
    version = "group-model-ratio-v1" if own else UPSTREAM_VERSION
    return as_json(_catalogue(state, request.surface, rows(state, request.surface), version))


def _website(state: State, request: Request) -> Response:
    group = request.query.get("group")
    if group not in {None, "", "plg"}:
        return website_error(400, "unsupported website pricing group")
    listed = tuple(row for row in rows(state, "flatkey") if not group or group in row.groups)
    version = "website-public-plg-v2" if group else "website-public-v2"
    body = _catalogue(state, "flatkey", listed, UPSTREAM_VERSION if _old(state) else version)
    if not _old(state):
        by_table = state.has("per-second-table")
        body["display_pricing"] = {
            row.label: display_json(row, by_table=by_table) for row in listed
        }
        for number, row in enumerate(body["data"] if isinstance(body["data"], list) else []):
            row["featured_order"] = number
    return as_json(body)


def _website_v2(state: State, request: Request) -> Response:
    if _old(state):
        return invalid_url(request)
    if request.query.get("group") != "plg":
        return website_error(400, "unsupported website pricing group")
    models = [
        {"model_name": row.label, **display_json(row), "featured_order": number}
        for number, row in enumerate(rows(state, "flatkey"))
        if "plg" in row.groups
    ]
    body = {
        "success": True,
        "schema_version": "v2",
        "group": "plg",
        "generated_at": state.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
        "models": models,
    }
    return as_json(body).with_headers(cache_control="public, max-age=30")


def _listed(state: State, surface: str, token: Token) -> list[dict[str, object]]:
    seen: dict[str, dict[str, object]] = {}
    for row in rows(state, surface):
        allowed = not token.allowed or row.label in token.allowed
        if row.priced and allowed and token.group in row.groups:
            entry: dict[str, object] = {
                "id": row.label,
                "object": "model",
                "created": 1_626_777_600,
                "owned_by": "vertex-ai" if row.video else "openai",
                "supported_endpoint_types": list(row.endpoint_types),
            }
            if surface == "flatkey":
                entry["type"] = "video" if row.video else "chat"
            seen[row.label] = entry
    return list(seen.values())


def _models(state: State, request: Request, token: Token) -> Response:
    data = _listed(state, request.surface, token)
    return as_json({"success": True, "object": "list", "data": data})


def _one_model(state: State, request: Request, label: str) -> Response:
    token = tasks.authenticate(state, request)
    if isinstance(token, Response):
        return token
    for entry in _listed(state, request.surface, token):
        if entry["id"] == label:
            return as_json(entry)
    return gateway_error(404, f"The model '{label}' does not exist", "model_not_found")


def _limited(state: State) -> Response | None:
    others = state.has("usage-limited") and bool(state.ledger.submits)
    if others or tasks.over(state, state.limited_reads, READS, WINDOW):
        return Response(429, {"retry-after": "1200"})
    return None


def _usage(state: State, request: Request, token: Token) -> Response:
    limited = _limited(state)
    if limited is not None:
        return limited
    data: dict[str, object] = {
        "object": "token_usage",
        "name": token.name,
        "total_granted": token.granted,
        "total_used": token.used,
        "total_available": token.available,
        "unlimited_quota": token.unlimited,
        "model_limits": dict.fromkeys(token.allowed, True),
        "model_limits_enabled": bool(token.allowed),
        "expires_at": 0,
    }
    if request.surface == "flatkey":
        data |= {"model_blacklist": {}, "model_blacklist_enabled": False}
    return as_json({"code": True, "message": "ok", "data": data})


def _log(state: State, request: Request, token: Token) -> Response:
    limited = _limited(state)
    if limited is not None:
        return limited
    mine = [row for name, row in state.usage_log if name == token.name]
    data = [{**row, "id": number} for number, row in enumerate(reversed(mine[-1000:]), start=1)]
    return as_json({"success": True, "message": "", "data": data})


def _credits(state: State, request: Request, token: Token) -> Response:
    # the account's, not the key's: an empty wallet behind a key with quota shows here alone
    remaining = 0 if state.has("submit-pre-consume") else token.available / QUOTA_PER_USD
    return as_json({"remaining": remaining, "used": token.used / QUOTA_PER_USD})


def _account(state: State, request: Request, token: Token) -> Response:
    unit = QUOTA_PER_USD
    return as_json(
        {
            "status": "ok",
            "remaining": token.available / unit,
            "used": token.used / unit,
            "username": "sandbox",
            "email": "sandbox@example.com",
        }
    )


def _subscription(state: State, request: Request, token: Token) -> Response:
    limit = token.granted / QUOTA_PER_USD
    body = {
        "object": "billing_subscription",
        "has_payment_method": True,
        "soft_limit_usd": limit,
        "hard_limit_usd": limit,
        "system_hard_limit_usd": limit,
        "access_until": 0,
    }
    return as_json(body)


def _total_usage(state: State, request: Request, token: Token) -> Response:
    return as_json({"object": "list", "total_usage": token.used * 100 / QUOTA_PER_USD})


def _home(state: State, request: Request) -> Response:
    return as_text("<!DOCTYPE html><title>Flatkey</title>", 200, "text/html; charset=utf-8")


_OPEN: dict[str, Handler] = {"/api/status": _status, "/api/pricing": _pricing, "/": _home}
_FLATKEY_OPEN = _OPEN | {
    "/api/website/pricing": _website,
    "/api/website/pricing/v2": _website_v2,
}
_KEYED: dict[str, Callable[[State, Request, Token], Response]] = {
    "/v1/models": _models,
    "/api/usage/token": _usage,
    "/api/log/token": _log,
    "/v1/dashboard/billing/subscription": _subscription,
    "/v1/dashboard/billing/usage": _total_usage,
}
_FLATKEY_KEYED = _KEYED | {
    "/v1/available_models": _models,
    "/v1/credits": _credits,
    "/v1/status": _account,
}
