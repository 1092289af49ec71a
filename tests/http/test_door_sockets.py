"""The door over real sockets, against servers that misbehave."""

from __future__ import annotations

import contextlib
import gzip
import json
import socket
import threading
import time

import pytest

from rough_server import RoughServer, rough_server
from veo_check.core.clock import SystemClock
from veo_check.core.secrets import AllowList, Redactor
from veo_check.http.answers import Failure, Limits, Response
from veo_check.http.client import HttpClient
from veo_check.http.keys import KeyName, Keys

KEY = KeyName("SANDBOX_KEY")
PATIENT = Limits(connect=5, read=5, deadline=10, tries=1, body=1_000_000)
QUICK = Limits(connect=1, read=0.3, deadline=0.6, tries=1)


def door(limits: Limits = PATIENT) -> HttpClient:
    keys = Keys({"SANDBOX_KEY": "sk-vcsandboxflatkey"}, Redactor())
    return HttpClient(leave=AllowList(), clock=SystemClock(), keys=keys, limits=limits)


def reply(connection: socket.socket, body: bytes, *headers: str, status: str = "200 OK") -> None:
    head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    connection.sendall("\r\n".join([*head, "", ""]).encode() + body)


def failed(got: Response | Failure) -> Failure:
    assert isinstance(got, Failure), got
    return got


def test_a_plain_answer_is_read() -> None:
    def behave(connection: socket.socket, _: bytes) -> None:
        reply(connection, b'{"a": 0.10}', "Content-Type: application/json")

    with rough_server(behave) as server, door() as way:
        got = way.get(f"{server.url}/v1/models", KEY)
    assert isinstance(got, Response)
    assert (got.status, json.dumps(got.json, default=str)) == (200, '{"a": "0.10"}')
    head = server.requests[0].decode().lower()
    assert head.startswith("get /v1/models http/1.1\r\n")
    assert "authorization: bearer sk-vcsandboxflatkey" in head
    assert "connection: close" in head


#: how a server begins an answer, and what it goes on with a byte at a time for as long as
#: somebody listens
SLOW = {
    "nothing": (b"", b""),
    "headers": (b"HTTP/1.1 200 OK\r\n", b"X"),
    "a body": (b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n", b" "),
}


@pytest.mark.parametrize("name", SLOW)
def test_slow_answers_end_at_the_deadline(name: str) -> None:
    head, drop = SLOW[name]
    left = threading.Event()

    def drip(connection: socket.socket, _: bytes) -> None:
        connection.settimeout(0.02)
        try:
            connection.sendall(head)
            while True:
                connection.sendall(drop)
                with contextlib.suppress(TimeoutError):
                    if connection.recv(1) == b"":
                        break
        except OSError:
            pass
        left.set()

    with rough_server(drip) as server, door(QUICK) as way:
        got = failed(way.get(f"{server.url}/x", KEY))
        # nothing but the client's own deadline ends such an answer
        assert left.wait(60)
    assert (got.code, got.sent) == ("too-slow", True)


def test_an_endless_body_is_cut_at_the_limit() -> None:
    def behave(connection: socket.socket, _: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            connection.sendall(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")

    with rough_server(behave) as server, door(PATIENT) as way:
        got = failed(way.get(f"{server.url}/x", KEY))
    assert (got.code, got.detail.rpartition("/x ")[2]) == (
        "unreadable",
        "answered with more than 1000000 bytes",
    )


def test_a_gzip_bomb_over_the_wire_is_not_unpacked() -> None:
    def behave(connection: socket.socket, _: bytes) -> None:
        reply(connection, gzip.compress(b"0" * 30_000_000), "Content-Encoding: gzip")

    with rough_server(behave) as server, door(PATIENT) as way:
        got = failed(way.get(f"{server.url}/x", KEY))
    assert got.code == "unreadable"


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 50_000,
        b"HTTP/1.1 999999 OK\r\n\r\n",
        b"\x00" * 200,
    ],
)
def test_broken_http_is_a_failure_in_words(answer: bytes) -> None:
    def behave(connection: socket.socket, _: bytes) -> None:
        connection.sendall(answer)

    with rough_server(behave) as server, door() as way:
        got = failed(way.get(f"{server.url}/x", KEY))
    assert (got.code, got.sent) == ("unreachable", True)


def test_nobody_listening_is_unreachable_and_nothing_was_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with door() as way:
        got = failed(way.post_once(f"http://127.0.0.1:{port}/x", {}, KEY))
    assert (got.code, got.sent) == ("unreachable", False)


PAID = "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n" + '{"id":"task_1234567"'


@pytest.mark.parametrize("cut", range(len(PAID)))
def test_a_paid_request_cut_off_at_any_byte_is_not_sent_again(cut: int) -> None:
    def behave(connection: socket.socket, _: bytes) -> None:
        connection.sendall(PAID[:cut].encode())

    with rough_server(behave) as server, door() as way:
        got = failed(way.post_once(f"{server.url}/v1/videos", {"prompt": "x"}, KEY))
        settle(server, 1)
    assert got.sent is True
    assert len(server.requests) == 1
    assert server.requests[0].endswith(b'\r\n\r\n{"prompt":"x"}')


def test_a_paid_request_is_waited_for_to_its_deadline() -> None:
    """Giving up at the silence that a GET is allowed would only make the outcome uncertain."""

    def behave(connection: socket.socket, _: bytes) -> None:
        time.sleep(0.3)
        reply(connection, b'{"id": "task_1"}')

    with rough_server(behave) as server, door(Limits(read=0.1, deadline=0.1)) as way:
        got = way.post_once(f"{server.url}/v1/videos", {}, KEY, deadline=10)
    assert isinstance(got, Response)
    assert len(server.requests) == 1


def settle(server: RoughServer, requests: int) -> None:
    """Until the server has counted what was on its way."""
    for _ in range(100):
        if len(server.requests) >= requests:
            return
        time.sleep(0.005)


def test_environment_proxies_are_ignored_without_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    def behave(connection: socket.socket, _: bytes) -> None:
        reply(connection, b"{}")

    with rough_server(behave) as server, rough_server(behave) as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        monkeypatch.setenv("NO_PROXY", "")
        monkeypatch.setenv("no_proxy", "")
        with door() as way:
            assert isinstance(way.get(f"{server.url}/x", KEY), Response)
        assert (len(server.requests), len(proxy.requests)) == (1, 0)
        keys = Keys({"SANDBOX_KEY": "sk-vcsandboxflatkey"}, Redactor())
        trusting = HttpClient(
            leave=AllowList(trust_env=True), clock=SystemClock(), keys=keys, limits=PATIENT
        )
        with trusting as way:
            assert isinstance(way.get(f"{server.url}/x", KEY), Response)
        assert (len(server.requests), len(proxy.requests)) == (1, 1)


def test_a_netrc_file_adds_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    def behave(connection: socket.socket, _: bytes) -> None:
        reply(connection, b"{}")

    file = tmp_path_factory.mktemp("home") / "netrc"
    file.write_text("machine 127.0.0.1 login me password hunter2\n")
    file.chmod(0o600)
    monkeypatch.setenv("NETRC", str(file))
    with rough_server(behave) as server, door() as way:
        way.get(f"{server.url}/x")
    assert b"authorization" not in server.requests[0].lower()
