from __future__ import annotations

import socket
import ssl
import threading
from pathlib import Path
from typing import Any

import httpcore
import httpx
import pytest

from rough_server import rough_server
from veo_check.http.transport import GuardedTransport, NotPublicError, resolve


def ask(transport: httpx.BaseTransport, url: str, **extensions: object) -> tuple[int, bytes]:
    timeout = {"connect": 0.2, "read": 1.0, "write": 1.0, "pool": 1.0}
    request = httpx.Request("GET", url, extensions={"timeout": timeout, **extensions})
    with transport:
        response = transport.handle_request(request)
        return response.status_code, response.read()


def ok(connection: socket.socket, _: bytes) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")


def test_the_keys_of_sessions_are_written_for_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python's own default context honours SSLKEYLOGFILE without being asked."""
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys.log"))
    assert ssl.create_default_context().keylog_filename is not None
    (tmp_path / "keys.log").unlink()
    seen: list[ssl.SSLContext] = []
    pool = httpcore.ConnectionPool

    def watched(**options: Any) -> httpcore.ConnectionPool:
        seen.append(options["ssl_context"])
        return pool(**options)

    monkeypatch.setattr(httpcore, "ConnectionPool", watched)
    GuardedTransport().close()
    assert [context.keylog_filename for context in seen] == [None]
    assert not (tmp_path / "keys.log").exists()
    assert (seen[0].verify_mode, seen[0].check_hostname) == (ssl.CERT_REQUIRED, True)
    assert seen[0].cert_store_stats()["x509_ca"] > 50


def test_a_name_that_leads_home_is_not_public() -> None:
    """DNS decides where a name leads: the addresses that are checked are those connected to."""

    def home(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    with rough_server(ok) as server:
        url = f"http://cdn.example:{server.url.rpartition(':')[2]}/v.mp4"
        with pytest.raises(NotPublicError):
            ask(GuardedTransport(resolve=home), url, public_only=True)
        assert server.requests == []
        assert ask(GuardedTransport(resolve=home), url) == (200, b"ok")
        assert b"host: cdn.example" in server.requests[0].lower()


def test_one_private_address_among_public_ones_is_enough_to_refuse() -> None:
    transport = GuardedTransport(resolve=lambda host, port: ["8.8.8.8", "10.0.0.1"])
    with pytest.raises(NotPublicError):
        ask(transport, "https://cdn.example/v.mp4", public_only=True)


def test_the_name_is_resolved_once_for_check_and_connection() -> None:
    answers = [["127.0.0.1"], ["8.8.8.8"]]
    asked: list[str] = []

    def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return answers[len(asked) - 1]

    with rough_server(ok) as server:
        port = server.url.rpartition(":")[2]
        ask(GuardedTransport(resolve=rebinding), f"http://cdn.example:{port}/")
    assert asked == ["cdn.example"]


def test_a_resolver_that_hangs_is_not_waited_for() -> None:
    over, came_back = threading.Event(), threading.Event()

    def hanging(host: str, port: int) -> list[str]:
        over.wait(60)
        came_back.set()
        return []

    try:
        with pytest.raises(httpx.ConnectTimeout):
            ask(GuardedTransport(resolve=hanging), "https://slow.example/")
        assert not came_back.is_set()
    finally:
        over.set()
    assert came_back.wait(60)


@pytest.mark.parametrize("problem", [OSError("no such name"), UnicodeError("odd name")])
def test_an_unknown_name_cannot_be_connected_to(problem: Exception) -> None:
    def unknown(host: str, port: int) -> list[str]:
        raise problem

    with pytest.raises(httpx.ConnectError, match="cannot be resolved"):
        ask(GuardedTransport(resolve=unknown), "https://absent.example/")


def test_the_next_address_is_tried_where_the_first_is_dead() -> None:
    with rough_server(ok) as server:
        port = server.url.rpartition(":")[2]
        transport = GuardedTransport(resolve=lambda host, port: ["::1", "127.0.0.1"])
        assert ask(transport, f"http://two.example:{port}/") == (200, b"ok")


def test_the_systems_resolver_is_used_by_default() -> None:
    assert "127.0.0.1" in resolve("127.0.0.1", 80)
