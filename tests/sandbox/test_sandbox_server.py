"""The sandbox on a socket: what only a real connection can show."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator

import httpx
import pytest

from sandbox_box import Box
from veo_check.sandbox.media import mp4
from veo_check.sandbox.server import HOST, SandboxServer


class Served:
    """One scenario on a port, with a client."""

    def __init__(self, scenario: str) -> None:
        self.box = Box(scenario)
        self.server = SandboxServer(self.box.world, 0)
        self.client = httpx.Client(timeout=10, trust_env=False)
        self.urls = self.server.base_urls
        self.key = {"authorization": f"Bearer {self.box.world.keys['flatkey']}"}
        self._thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self.client.close()
        self.server.shutdown()
        self.server.server_close()
        self._thread.join()

    def raw(self, request: bytes) -> bytes:
        """What a connection says to these bytes until it closes."""
        with socket.create_connection((HOST, self.server.server_port), timeout=5) as connection:
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
            answer = b""
            while chunk := connection.recv(65536):
                answer += chunk
            return answer


@pytest.fixture
def served(request: pytest.FixtureRequest) -> Iterator[Served]:
    one = Served(getattr(request, "param", "healthy"))
    yield one
    one.close()


def test_the_introduction_says_where_everything_is(served: Served) -> None:
    origin = served.server.origin
    assert served.server.introduction == {
        "simulated": True,
        "scenario": "healthy",
        "day": "2026-11-30",
        "base_urls": {
            "gemini-api": origin,
            "agent-platform": origin,
            "flatkey": origin,
            "newapi": f"{origin}/newapi",
            "openai": f"{origin}/openai",
            "openrouter": f"{origin}/openrouter",
        },
        "keys": served.box.world.keys,
        "other_keys": served.box.world.other_keys,
        "ledger": f"{origin}/sandbox/ledger",
    }
    assert origin.startswith("http://127.0.0.1:")


def test_surfaces_share_the_origin_and_each_has_a_path_of_its_own(served: Served) -> None:
    keys, origin = served.box.world.keys, served.server.origin
    google = {"x-goog-api-key": keys["gemini-api"]}
    token = {"authorization": f"Bearer {keys['agent-platform']}"}
    proxy = {"authorization": f"Bearer {keys['openai']}"}
    newapi = {"authorization": f"Bearer {keys['newapi']}"}
    publisher = "v1beta1/publishers/google/models"

    def first(url: str, headers: dict[str, str]) -> object:
        answer = served.client.get(url, headers=headers).json()
        rows = next(
            answer[name] for name in ("models", "publisherModels", "data") if name in answer
        )
        return rows[0].get("id") or rows[0]["name"]

    assert [
        first(f"{origin}/v1beta/models", google),
        first(f"{origin}/v1/models", google),
        first(f"{origin}/{publisher}", token),
        first(f"{origin}/v1/models", served.key),
        first(f"{origin}/newapi/v1/models", newapi),
        first(f"{origin}/openai/v1/models", proxy),
        first(f"{origin}/gemini-api/v1beta/models", google),
        first(f"{origin}/agent-platform/{publisher}", token),
        first(f"{origin}/flatkey/v1/models", served.key),
    ] == [
        "models/gemini-3.5-flash",
        "models/gemini-3.5-flash",
        "publishers/google/models/veo-3.1-generate-001",
        "veo3.1-fast",
        "veo3.1-fast",
        "veo3.1",
        "models/gemini-3.5-flash",
        "publishers/google/models/veo-3.1-generate-001",
        "veo3.1-fast",
    ]


def test_a_job_over_one_connection(served: Served) -> None:
    base = served.urls["flatkey"]
    body = {"model": "veo3.1-fast", "prompt": "A boat.", "duration": 4}
    task = served.client.post(f"{base}/v1/videos", json=body, headers=served.key).json()["id"]
    served.box.finish()
    assert served.client.get(f"{base}/v1/videos/{task}", headers=served.key).json()["status"] == (
        "completed"
    )
    assert served.client.get(f"{base}/v1/videos/{task}/content").content == mp4(4, 1280, 720)
    book = served.client.get(f"{base}/sandbox/ledger").json()
    assert (book["accepted"], book["spent"]) == (1, "0.48")


@pytest.mark.parametrize("served", ["article-2026-06-17"], indirect=True)
def test_google_s_files_are_on_the_socket_too(served: Served) -> None:
    base = served.urls["gemini-api"]
    headers = {"x-goog-api-key": served.box.world.keys["gemini-api"]}
    model = "veo-3.1-fast-generate-preview"
    body = {"instances": [{"prompt": "A boat."}], "parameters": {"durationSeconds": 4}}
    url = f"{base}/v1beta/models/{model}:predictLongRunning"
    name = served.client.post(url, json=body, headers=headers).json()["name"]
    served.box.finish()
    done = served.client.get(f"{base}/v1beta/{name}", headers=headers).json()
    uri = done["response"]["generateVideoResponse"]["generatedSamples"][0]["video"]["uri"]
    assert uri.startswith(f"{base}/v1beta/files/")
    assert served.client.get(uri, headers=headers).content == mp4(4, 1280, 720)
    # the way Google's SDK builds the address when the URI is not https
    odd = f"{base}/v1beta/files/{uri}:download?alt=media"
    assert served.client.get(odd, headers=headers).content == mp4(4, 1280, 720)


def test_bodies_in_chunks_and_forms(served: Served) -> None:
    url = f"{served.urls['flatkey']}/v1/videos"
    text = json.dumps({"model": "veo3.1-fast", "prompt": "A boat."}).encode()
    chunked = served.client.post(
        url,
        content=iter([text[:10], text[10:]]),
        headers={**served.key, "content-type": "application/json"},
    )
    form = served.client.post(
        url, files={"model": (None, "veo3.1"), "prompt": (None, "A boat.")}, headers=served.key
    )
    assert (chunked.json()["status"], form.json()["model"]) == ("queued", "veo3.1")


@pytest.mark.parametrize("served", ["job-dropped-after"], indirect=True)
def test_a_dropped_connection_answers_nothing(served: Served) -> None:
    body = {"model": "veo3.1-fast", "prompt": "A boat."}
    with pytest.raises(httpx.RemoteProtocolError):
        served.client.post(f"{served.urls['flatkey']}/v1/videos", json=body, headers=served.key)
    assert len(served.box.world.ledger.accepted) == 1


@pytest.mark.parametrize("served", ["huge-body"], indirect=True)
def test_a_reader_that_leaves_does_not_stop_the_server(served: Served) -> None:
    url = f"{served.urls['flatkey']}/api/pricing"
    for _ in range(2):
        with served.client.stream("GET", url) as answer:
            assert answer.headers["transfer-encoding"] == "chunked"
            assert next(answer.iter_raw())


@pytest.mark.parametrize(
    ("request_text", "status"),
    [
        (b"POST /v1/videos HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999\r\n\r\n", b"413"),
        (b"POST /v1/videos HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", b"413"),
        (b"POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", b"413"),
        (b"GET /api/status HTTP/1.0\r\n\r\n", b"200"),
        (b"HEAD /api/status HTTP/1.1\r\nHost: x\r\n\r\n", b"200"),
        (b"BREW /pot HTTP/1.1\r\nHost: x\r\n\r\n", b"501"),
        (b"GET /%00%ff?\xff HTTP/1.1\r\nHost: x\r\n\r\n", b"404"),
    ],
)
def test_requests_that_no_client_should_send(
    served: Served, request_text: bytes, status: bytes
) -> None:
    assert served.raw(request_text).split(b" ")[1] == status
    assert served.client.get(f"{served.server.origin}/api/status").status_code == 200


def test_head_has_no_body(served: Served) -> None:
    answer = served.raw(b"HEAD /api/status HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert answer.endswith(b"\r\n\r\n")


@pytest.mark.parametrize("served", ["slow"], indirect=True)
def test_a_delay_passes_on_the_world_s_clock(served: Served) -> None:
    served.client.get(f"{served.server.origin}/api/status")
    assert served.box.clock.sleeps == [120]


def test_two_servers_cannot_share_a_port(served: Served) -> None:
    with pytest.raises(OSError, match=r"in use|only one usage"):
        SandboxServer(Box("healthy").world, served.server.server_port)


def test_many_clients_at_once_get_one_job_each(served: Served) -> None:
    url = f"{served.urls['flatkey']}/v1/videos"
    body = {"model": "veo3.1-fast", "prompt": "A boat."}
    tasks: list[str] = []

    def submit() -> None:
        tasks.append(httpx.post(url, json=body, headers=served.key, trust_env=False).json()["id"])

    threads = [threading.Thread(target=submit) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    accepted = [one.operation for one in served.box.world.ledger.accepted]
    assert (len(set(accepted)), set(accepted)) == (8, set(tasks))
