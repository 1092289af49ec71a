"""A gateway that takes a paid request and fails at any byte of its answer is never asked again."""

from __future__ import annotations

import json
import socket
import struct

import pytest

from job_world import MODEL, request
from rough_server import rough_server
from veo_check.core.clock import SystemClock
from veo_check.core.facts import Missing
from veo_check.core.secrets import AllowList, Redactor
from veo_check.gateways.base import JobEndpoint
from veo_check.gateways.probes import job_driver
from veo_check.http.answers import Limits
from veo_check.http.client import HttpClient
from veo_check.http.keys import KeyName, Keys

PARENT = f"projects/p/locations/us-central1/publishers/google/models/{MODEL}"
#: gateway, family, surface, and the answer to an accepted job
PLACES = {
    "flatkey videos": ("flatkey", "videos", {"id": "task_abcdefgh", "status": "queued"}),
    "flatkey generations": ("flatkey", "video-generations", {"task_id": "task_abcdefgh"}),
    "openai": ("openai", "videos", {"id": "video_abcdefgh", "status": "processing"}),
    "google": ("google", "predict-long-running", {"name": f"{PARENT}/operations/abcdefgh"}),
}
RETIRED = {"error": {"code": 404, "message": "is no longer available", "status": "NOT_FOUND"}}
Ending = str  # "close": an orderly end; "reset": the connection is torn down


def answer(body: object, status: str, *, length: bool) -> bytes:
    content = json.dumps(body, separators=(",", ":")).encode()
    head = f"HTTP/1.1 {status}\r\n"
    if length:
        head += f"Content-Length: {len(content)}\r\n"
    return f"{head}\r\n".encode() + content


class Cut:
    """Takes each request whole and answers it one byte further than the one before."""

    def __init__(self, whole: bytes, ending: Ending) -> None:
        self.whole, self.ending, self.at = whole, ending, 0

    def __call__(self, connection: socket.socket, _: bytes) -> None:
        connection.sendall(self.whole[: self.at])
        if self.ending == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def states(gateway: str, family: str, whole: bytes, ending: Ending) -> list[str]:
    """What a submit came to for each length of the answer; each reached the server once."""
    cut = Cut(whole, ending)
    told: list[str] = []
    keys = Keys({"SANDBOX_KEY": "sk-vcsandboxflatkey"}, Redactor())
    limits = Limits(connect=5, read=5, deadline=10)
    with (
        rough_server(cut) as server,
        HttpClient(leave=AllowList(), clock=SystemClock(), keys=keys, limits=limits) as door,
    ):
        key = KeyName("SANDBOX_KEY")
        place = JobEndpoint(
            *(gateway, family, "agent-platform", MODEL, "veo", server.url, server.url, key),
            project="p",
            location="us-central1",
        )
        driver = job_driver(place, door)
        assert not isinstance(driver, Missing)
        for cut.at in range(len(whole) + 1):
            before = len(server.requests)
            told.append(driver.submit(request("veo")).state)
            assert len(server.requests) == before + 1, f"sent again, cut at byte {cut.at}"
    return told


@pytest.mark.parametrize("ending", ["close", "reset"])
@pytest.mark.parametrize("name", PLACES)
def test_an_accepted_job(name: str, ending: Ending) -> None:
    gateway, family, body = PLACES[name]
    whole = answer(body, "200 OK", length=True)
    told = states(gateway, family, whole, ending)
    if ending == "reset":  # a reset may overtake the last bytes, but nothing else is accepted
        assert set(told[:-1]) == {"uncertain"}
        assert told[-1] in {"accepted", "uncertain"}
    else:
        assert told == ["uncertain"] * len(whole) + ["accepted"]


def test_an_answer_of_no_announced_length() -> None:
    gateway, family, body = PLACES["openai"]
    whole = answer(body, "200 OK", length=False)
    assert states(gateway, family, whole, "close") == ["uncertain"] * len(whole) + ["accepted"]


def test_half_a_refusal_refuses_nothing() -> None:
    whole = answer(RETIRED, "404 Not Found", length=True)
    told = states("flatkey", "videos", whole, "close")
    assert told == ["uncertain"] * len(whole) + ["refused"]
