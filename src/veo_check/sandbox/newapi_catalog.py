"""The gateway's catalogue: which labels it has, what they stand for, and their prices."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from veo_check.sandbox.state import State, fresh_id
from veo_check.sandbox.wire import Request, Response, as_json

#: Ratio of each group. 0.15 x 0.8 is Google's 0.12 USD per second for Fast at 1080p.
GROUP_RATIO: dict[str, Decimal] = {"default": Decimal(1), "plg": Decimal("0.8")}
QUOTA_PER_USD = 500_000
#: What the gateway's code shows where nobody set a price.
UNPRICED = Decimal("37.5")

_ARTICLE_ROWS = 638
_AUDITED_ROWS = 91  # the catalogue of 2026-08-21, before the healthy world added Veo


@dataclass(frozen=True, slots=True)
class Row:
    """One catalogue row. `upstream` is the model behind the label, with the surface it is on."""

    label: str
    upstream: str = ""
    surface: Literal["gemini-api", "agent-platform"] = "agent-platform"
    price: Decimal | None = None
    ratio: Decimal = Decimal(0)
    completion_ratio: Decimal = Decimal(1)
    groups: tuple[str, ...] = ("default", "plg")
    endpoint_types: tuple[str, ...] = ("openai-video",)
    status: str | None = "available"
    owner: str = ""
    #: what is billed where the catalogue shows no price: built into the gateway's code
    hidden: Decimal | None = None

    @property
    def priced(self) -> bool:
        """Whether the gateway would bill it: a price, or a ratio that somebody set."""
        return self.price is not None or self.ratio != UNPRICED

    @property
    def video(self) -> bool:
        return bool(self.upstream)


_HEALTHY: tuple[Row, ...] = tuple(
    Row(label, upstream, price=Decimal(price))
    for label, upstream, price in (
        ("veo3.1-fast", "veo-3.1-fast-generate-001", "0.15"),
        ("veo3.1-lite", "veo-3.1-lite-generate-001", "0.1"),
        ("veo3.1", "veo-3.1-generate-001", "0.5"),
        ("veo-3.1-fast-generate-001", "veo-3.1-fast-generate-001", "0.15"),
        ("veo-3.1-lite-generate-001", "veo-3.1-lite-generate-001", "0.1"),
        ("veo-3.1-generate-001", "veo-3.1-generate-001", "0.5"),
    )
)


def _article_row(label: str, upstream: str, price: str | None, *types: str) -> Row:
    return Row(
        label,
        upstream,
        "gemini-api",
        price=None if price is None else Decimal(price),
        ratio=Decimal(0) if price else UNPRICED,
        endpoint_types=types,
        status="unknown_failure",
    )


#: The table of the article, field by field.
_ARTICLE: tuple[Row, ...] = (
    _article_row("veo-3.1-generate-preview", "veo-3.1-generate-preview", "0.4", "gemini", "openai"),
    _article_row(
        "veo-3.1-fast-generate-preview", "veo-3.1-fast-generate-preview", "0.15", "gemini", "openai"
    ),
    _article_row(
        "veo-3.1-lite-generate-preview", "veo-3.1-lite-generate-preview", None, "gemini", "openai"
    ),
    _article_row("veo3.1", "veo-3.1-generate-preview", None, "openai"),
    _article_row("veo3.1-fast", "veo-3.1-fast-generate-preview", None, "openai"),
    _article_row("veo3.1-pro", "veo-3.1-generate-preview", None, "openai"),
)

_FAMILIES = ("gpt", "claude", "gemini", "qwen", "deepseek", "glm", "kimi", "llama", "mistral")


def _filler(count: int, status: str | None) -> tuple[Row, ...]:
    """Rows of other models, so that the catalogue has its size."""
    return tuple(
        Row(
            f"{_FAMILIES[number % len(_FAMILIES)]}-{4 + number // 50}.{number % 50:02d}",
            ratio=Decimal(1 + number % 7) / 4,
            completion_ratio=Decimal(4),
            endpoint_types=("openai",),
            status=status,
        )
        for number in range(count)
    )


def rows(state: State, surface: str) -> tuple[Row, ...]:
    """Every row of the gateway's catalogue in this scenario."""
    if state.has("article"):
        veo, others = _ARTICLE, _ARTICLE_ROWS - len(_ARTICLE)
    else:
        veo, others = tuple(_spoiled(state, row) for row in _HEALTHY), _AUDITED_ROWS
    if state.has("row-missing"):
        veo = ()
    if state.has("fallback-retired"):
        veo = tuple(row for row in veo if "lite" not in row.label)
    if state.has("duplicate-row"):
        veo += tuple(replace(row, price=(row.price or Decimal(0)) * 3) for row in veo)
    if surface == "newapi":
        # no availability probe, and chat types for whatever a Gemini or Vertex channel carries,
        # unless an operator wrote another type on the model
        declared = state.has("declared-not-routed")
        types = ("openai-video",) if declared else ("gemini", "openai")
        veo = tuple(replace(row, status=None, endpoint_types=types) for row in veo)
    status = None if surface == "newapi" else "available"
    return veo + _filler(others, status)


def _spoiled(state: State, row: Row) -> Row:
    if state.has("unpriced-row"):
        return replace(row, price=None, ratio=UNPRICED)
    if state.has("hidden-price"):
        return replace(row, price=None, ratio=UNPRICED, hidden=row.price)
    if state.has("priced-by-ratio"):  # half of it is the price of a second
        return replace(row, price=None, ratio=(row.price or Decimal(0)) * 2)
    if state.has("price-raised"):
        return replace(row, price=(row.price or Decimal(0)) * 3)
    if state.has("fallback-dearer") and "lite" in row.label:
        return replace(row, price=Decimal("0.3"))
    if state.has("group-disabled"):
        return replace(row, groups=("enterprise",))
    if state.has("status-absent"):
        return replace(row, status=None)
    if state.has("chat-only-types"):
        return replace(row, endpoint_types=("gemini", "openai"))
    return row


def find_row(state: State, surface: str, label: str) -> Row | None:
    return next((row for row in rows(state, surface) if row.label == label), None)


def as_number(value: Decimal) -> float | int:
    """A JSON number; the catalogue's own are Go floats."""
    return int(value) if value == value.to_integral_value() else float(value)


def row_json(state: State, row: Row) -> dict[str, object]:
    """The row as `/api/pricing` prints it."""
    body: dict[str, object] = {
        "model_name": row.label,
        "quota_type": 0 if row.price is None else 1,
        "model_ratio": as_number(row.ratio),
        "model_price": as_number(row.price or Decimal(0)),
        "owner_by": row.owner,
        "completion_ratio": as_number(row.completion_ratio),
        "enable_groups": list(row.groups),
        "supported_endpoint_types": list(row.endpoint_types),
    }
    if row.video:
        body["vendor_id"] = 1
    if row.status is not None:
        noon = state.unix - state.unix % 86_400
        checked = noon + 4 * 3600 + 60
        body |= {"availability_status": row.status, "availability_checked_at": checked}
        if row.status != "available":
            body |= {
                "availability_reason": "检测失败,原因未知",
                "availability_detected_at": checked,
            }
    return body


def group_ratio(state: State, group: str, label: str) -> Decimal:
    """What the price is multiplied by: a ratio of the group for one model replaces the group's."""
    own = group_model_ratio(state).get(group, {})
    return own.get(label, GROUP_RATIO.get(group, Decimal(1)))


def group_model_ratio(state: State) -> dict[str, dict[str, Decimal]]:
    """Ratios by group and model; only Flatkey's build has them."""
    if not state.has("group-model-ratio"):
        return {}
    return {"plg": {row.label: Decimal("1.2") for row in _HEALTHY}}


def display_json(row: Row, *, by_table: bool = False) -> dict[str, object]:
    """The price as the gateway's own site prints it: a per-second number labelled per request,
    but for what is in its table of prices per second."""
    plg = GROUP_RATIO["plg"]
    if row.price is not None and by_table:
        return {"billing_kind": "per_second", "prices": {"second": _display(row.price, plg)}}
    if row.price is not None:
        prices = {"request": _display(row.price, plg)}
        return {"billing_kind": "request", "prices": prices}
    base = row.ratio * 2
    return {
        "billing_kind": "token",
        "prices": {
            "input": _display(base, plg),
            "output": _display(base * row.completion_ratio, plg),
        },
    }


def _display(configured: Decimal, plg: Decimal) -> dict[str, object]:
    return {
        "configured": f"{configured.normalize():f}",
        "plg": f"{(configured * plg).normalize():f}",
        "from": False,
    }


def gateway_error(status: int, message: str, code: str = "") -> Response:
    """Authentication and routing: an `error` object with the request's id in its text."""
    text = f"{message} (request id: {fresh_id(20)})"
    return as_json({"error": {"message": text, "type": "new_api_error", "code": code}}, status)


def task_error(status: int, code: str, message: str) -> Response:
    """The task controller, submit and poll: no `error` object."""
    return as_json({"code": code, "message": message, "data": None}, status)


def content_error(status: int, message: str) -> Response:
    """The content proxy: no code."""
    kind = "invalid_request_error" if status < 500 else "server_error"
    return as_json({"error": {"message": message, "type": kind}}, status)


def website_error(status: int, message: str) -> Response:
    """The catalogue endpoints."""
    return as_json({"success": False, "message": message}, status)


def invalid_url(request: Request) -> Response:
    """An unknown path."""
    message = f"Invalid URL ({request.method} {request.path})"
    return as_json(
        {
            "error": {
                "message": message,
                "type": "invalid_request_error",
                "param": "",
                "code": "",
            }
        },
        404,
    )
