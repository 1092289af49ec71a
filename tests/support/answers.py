"""Answers as the door hands them out, made by hand for tests of what reads them."""

from __future__ import annotations

import json
from collections.abc import Mapping

from veo_check.core.secrets import CredentialKind, Redactor
from veo_check.http.answers import Response

PLACE = "gateway.example/path"


def answer(
    body: object = None,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    exchange: str = "x1",
    credential: CredentialKind | None = "other",
) -> Response:
    """An answer from `gateway.example/path`: bytes and text as they are, the rest as JSON."""
    if isinstance(body, bytes):
        raw = body
    elif isinstance(body, str):
        raw = body.encode()
    else:
        raw = json.dumps(body, ensure_ascii=False).encode()
    return Response(status, headers or {}, raw, exchange, PLACE, Redactor(), credential)
