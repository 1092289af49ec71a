"""Refuses every connection beyond this machine, and writes down each that was tried.

An audit hook rather than a patched `socket` class: it sees every thread and every way to a socket,
name look-ups and sockets opened by C code included. Hooks cannot be removed, so there is one.
"""

from __future__ import annotations

import ipaddress
import socket
import sys

#: audit event -> index of the address or host among its arguments
_ADDRESSED = {
    "socket.bind": 1,
    "socket.connect": 1,
    "socket.sendmsg": 1,
    "socket.sendto": 1,
    "socket.getaddrinfo": 0,
    "socket.gethostbyaddr": 0,
    "socket.gethostbyname": 0,
    "socket.getnameinfo": 0,
}

_UNIX = getattr(socket, "AF_UNIX", object())


class SocketRefusedError(RuntimeError):
    """Raised into the code that wanted to leave. Not an OSError: clients turn those into data."""


class SocketGuard:
    """What the process did with sockets since the last `forget`."""

    def __init__(self) -> None:
        #: sockets created, whatever their family
        self.opened = 0
        #: what was refused, such as `socket.connect 192.0.2.1`
        self.refused: list[str] = []

    def install(self) -> None:
        sys.addaudithook(self._hook)

    def forget(self) -> None:
        self.opened = 0
        self.refused = []

    def _hook(self, event: str, args: tuple[object, ...]) -> None:
        if event[:7] != "socket.":
            return
        if event == "socket.__new__":
            self.opened += 1
            return
        if event not in _ADDRESSED or getattr(args[0], "family", None) == _UNIX:
            return
        if not _stays_here(host := _host(args[_ADDRESSED[event]])):
            attempt = f"{event} {host}"
            self.refused.append(attempt)
            raise SocketRefusedError(f"{attempt}: tests talk to this machine only")


def _host(address: object) -> object:
    """The host of an address tuple; a bare name, or None, as it is."""
    return address[0] if isinstance(address, tuple) and address else address


def _stays_here(host: object) -> bool:
    if host is None or host == "localhost":
        return True
    try:
        return ipaddress.ip_address(str(host)).is_loopback
    except ValueError:
        return False


guard = SocketGuard()
