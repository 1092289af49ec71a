"""new-api's error envelopes: each part of the gateway has its own."""

from __future__ import annotations

from veo_check.sandbox.state import fresh_id
from veo_check.sandbox.wire import Request, Response, as_json


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
