"""A door to a handler instead of the network, and handlers to put behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import httpx

from fake_clock import FakeClock
from veo_check.core.secrets import AllowList, Redactor
from veo_check.http.answers import Failure, Limits, Response
from veo_check.http.client import HttpClient
from veo_check.http.keys import KeyName, Keys

KEY = KeyName("FLATKEY_KEY")
SECRET = "sk-0123456789abcdefghij"
URL = "https://router.flatkey.ai/v1/models"
Handler = Callable[[httpx.Request], httpx.Response]


def door_to(
    handler: Handler,
    clock: FakeClock,
    *,
    limits: Limits | None = None,
    offline: bool = False,
    leave: AllowList | None = None,
) -> HttpClient:
    return HttpClient(
        leave=leave or AllowList(),
        clock=clock,
        keys=Keys({"FLATKEY_KEY": SECRET, "OTHER_KEY": "other-secret-value"}, Redactor()),
        transport=httpx.MockTransport(handler),
        offline=offline,
        limits=limits,
    )


class Answers:
    """A handler that gives one answer after the other and keeps the requests."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


class Chunks(httpx.SyncByteStream):
    def __init__(self, chunks: list[bytes], between: Callable[[], None] = lambda: None) -> None:
        self.chunks, self.between, self.read = chunks, between, 0

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self.chunks:
            self.between()
            self.read += 1
            yield chunk


def answered(got: Response | Failure) -> Response:
    assert isinstance(got, Response), got
    return got


def failed(got: Response | Failure) -> Failure:
    assert isinstance(got, Failure), got
    return got
