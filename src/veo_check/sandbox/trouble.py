"""Free reads that go wrong in every scenario-given way, whatever surface was asked."""

from __future__ import annotations

import gzip
import itertools
from collections.abc import Iterator
from dataclasses import replace

from veo_check.sandbox.delivery import HTML_PAGE
from veo_check.sandbox.google_answers import exhausted
from veo_check.sandbox.state import State
from veo_check.sandbox.wire import Request, Response, as_text

SLOW_SECONDS = 120.0
#: Longer than any client should read, and an end all the same: nobody must be able to hang on it.
_HUGE_BYTES = 512 * 1024 * 1024
_BLOCK = 64 * 1024
ELSEWHERE = "https://elsewhere.example"
_JOB_WORDS = ("/operations/", "/files/", "/videos/", "/video/generations/", "/generation/tasks/")


def of_free_read(state: State, request: Request) -> Response | None:
    """The scenario's answer to a free read, or None where it has none of its own."""
    if request.method != "GET" or any(word in request.path for word in _JOB_WORDS):
        return None
    if state.has("html-200"):
        return as_text(HTML_PAGE.decode(), 200, "text/html; charset=utf-8")
    if state.has("garbage-json"):
        return as_text(
            '{"success":true,"data":[{"model_name":"veo3.1-fast","model_price":NaN,',
            200,
            "application/json; charset=utf-8",
        )
    if state.has("rate-limited"):
        return _rate_limited(request)
    if state.has("redirect-elsewhere"):
        return Response(302, {"location": f"{ELSEWHERE}{request.path}"})
    if state.has("huge-body"):
        return _bomb() if "/models" in request.path else _endless()
    return None


def delayed(state: State, request: Request, response: Response) -> Response:
    """The answer, late where the scenario is slow."""
    if (
        state.has("slow")
        and request.method == "GET"
        and not any(word in request.path for word in _JOB_WORDS)
    ):
        return replace(response, delay=SLOW_SECONDS)
    return response


def _rate_limited(request: Request) -> Response:
    google = request.surface in {"gemini-api", "agent-platform"}
    refused = exhausted() if google else Response(429)
    return refused.with_headers(retry_after="2")


def _endless() -> Response:
    def chunks() -> Iterator[bytes]:
        yield b'{"success":true,"data":['
        block = (b'{"model_name":"filler","quota_type":1,"model_price":1},' * 1200)[:_BLOCK]
        yield from itertools.repeat(block, _HUGE_BYTES // _BLOCK)

    return Response(200, {"content-type": "application/json"}, chunks=chunks)


def _bomb() -> Response:
    """A gigabyte of blanks inside a few kilobytes of gzip, gzipped member by member."""
    member = gzip.compress(b" " * (16 * 1024 * 1024), compresslevel=9, mtime=0)

    def chunks() -> Iterator[bytes]:
        yield from itertools.repeat(member, 64)

    headers = {"content-type": "application/json", "content-encoding": "gzip"}
    return Response(200, headers, chunks=chunks)
