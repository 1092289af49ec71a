"""The suite's own walls, shown to stand: see tests/conftest.py and tests/support."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from platformdirs import user_config_path, user_data_path

from fake_clock import NOON, FakeClock
from socket_guard import SocketGuard, SocketRefusedError


def connect(address: tuple[str, int]) -> None:
    with socket.socket(socket.AF_INET6 if ":" in address[0] else socket.AF_INET) as client:
        client.settimeout(0.01)
        client.connect(address)


def bind_everywhere() -> None:
    with socket.socket() as server:
        server.bind(("0.0.0.0", 0))


def send_datagram() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as client:
        client.sendto(b"?", ("192.0.2.1", 53))


@pytest.mark.parametrize(
    ("leave", "attempt"),
    [
        (lambda: connect(("192.0.2.1", 443)), "socket.connect 192.0.2.1"),
        (lambda: connect(("2001:db8::1", 443)), "socket.connect 2001:db8::1"),
        (bind_everywhere, "socket.bind 0.0.0.0"),
        (send_datagram, "socket.sendto 192.0.2.1"),
        (lambda: socket.getaddrinfo("example.com", 443), "socket.getaddrinfo example.com"),
        (lambda: socket.gethostbyname("example.com"), "socket.gethostbyname example.com"),
    ],
)
def test_every_way_off_this_machine_is_refused(
    leave: Callable[[], None], attempt: str, sockets: SocketGuard
) -> None:
    with pytest.raises(SocketRefusedError, match="this machine only"):
        leave()
    assert sockets.refused == [attempt]
    sockets.forget()


def test_a_thread_cannot_leave_either(sockets: SocketGuard) -> None:
    caught: list[BaseException] = []

    def leave() -> None:
        try:
            connect(("192.0.2.1", 443))
        except SocketRefusedError as refused:
            caught.append(refused)

    thread = threading.Thread(target=leave)
    thread.start()
    thread.join()
    assert len(caught) == 1
    assert sockets.refused == ["socket.connect 192.0.2.1"]
    sockets.forget()


def test_a_swallowed_refusal_still_fails_the_test(tmp_path: Path, root: Path) -> None:
    test = tmp_path / "test_swallows.py"
    test.write_text(
        "import contextlib, socket\n"
        "def test_swallows() -> None:\n"
        "    with contextlib.suppress(Exception):\n"
        "        socket.gethostbyname('example.com')\n"
    )
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--rootdir", str(root)]
    command += ["--confcutdir", str(root), "-p", "conftest", str(test)]
    done = subprocess.run(
        command,
        cwd=root,
        env={**os.environ, "PYTHONPATH": f"{root / 'tests'}{os.pathsep}{root / 'tests/support'}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "left this machine: socket.gethostbyname example.com" in done.stdout
    assert done.returncode == 1


def test_this_machine_may_be_reached(sockets: SocketGuard) -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        connect(server.getsockname())
    assert (sockets.opened, sockets.refused) == (2, [])


def test_a_unix_socket_stays_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sockets: SocketGuard
) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        server.bind("here")
        server.listen()
        client.connect("here")
    assert sockets.refused == []


def test_the_home_folder_is_the_tests_own(home: Path) -> None:
    assert Path.home() == home
    assert not home.exists()
    assert user_config_path("veo-check").is_relative_to(home)
    assert user_data_path("veo-check").is_relative_to(home)


def test_no_secret_and_no_ci_setting_leaks_in(root: Path) -> None:
    script = (
        "import os, sys; sys.path[:0] = ['tests', 'tests/support']; import conftest;"
        "conftest.pytest_configure(None);"
        "print(sorted(name for name in os.environ if name.endswith('_KEY') or name == 'CI'))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=root,
        env={**os.environ, "CI": "true", "FLATKEY_SMOKE_KEY": "x", "GOOGLE_API_KEY": "x"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "[]\n"
    assert os.environ["COLUMNS"] == "100"
    assert "NO_COLOR" in os.environ


def test_the_clock_moves_only_when_told(clock: FakeClock) -> None:
    before = clock.now()
    clock.sleep(10)
    clock.pass_time(2.5)
    assert before == NOON
    assert clock.monotonic() == 12.5
    assert (clock.now() - before).total_seconds() == 12.5
    assert clock.sleeps == [10]
