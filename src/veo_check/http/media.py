"""Fetching delivered media: the one place where redirects are followed, and never with the key.

The address of a video comes out of an answer, so it is as untrusted as the answer: only https and
public addresses, or this machine where the route itself is on this machine.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urljoin, urlsplit

from veo_check.core.frozen import dataclass
from veo_check.core.secrets import is_loopback, origin_of
from veo_check.http.answers import MEBIBYTE, Failure, Response
from veo_check.http.client import HttpClient
from veo_check.http.keys import KeyName, Secret

_MAX_HOPS = 5


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file that went into the sink, whole: `size` in bytes. What it is, only its bytes tell."""

    size: int
    place: str
    exchanges: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Hop:
    url: str
    key: KeyName | None
    public_only: bool


def fetch_media(
    door: HttpClient,
    url: str,
    key: KeyName | None,
    home: str,
    sink: Callable[[bytes], None],
    *,
    limit: int = 512 * MEBIBYTE,
    deadline: float = 300.0,
) -> Fetched | Response | Failure:
    """Stream the file at `url` into `sink`; asked once, no retries.

    `home` is the route's own address: there the key goes along, and to hosts where the key's policy
    lets it go when the answer itself named them, but never on a redirect to another host. Answers
    other than 200 and 206 are returned as they are. `limit` in bytes, `deadline` in seconds. On a
    Failure the sink may have received part of the file.
    """
    if door.offline:
        return Failure("offline", door.offline_because)
    door.open()  # before the time starts to count
    end = door.clock.monotonic() + deadline
    hop = _first(door, url, key, home)
    exchanges: list[str] = []
    for _ in range(_MAX_HOPS):
        if isinstance(hop, Failure):
            return hop
        secret: Secret | Failure | None = door.secret(hop.key)
        if isinstance(secret, Failure):
            return secret
        out = door.outgoing("GET", hop.url, hop.key, secret, public_only=hop.public_only)
        got, exchange = door.send_recorded(out, end, limit, sink)
        exchanges.append(exchange)
        location = getattr(got, "headers", {}).get("location", "")
        if location and getattr(got, "status", 0) in {301, 302, 303, 307, 308}:
            hop = _next(door, hop, location, home, exchange)
            continue
        answer = door.judged(hop.url, got, exchange, secret)
        if isinstance(answer, Failure) or answer.status not in {200, 206}:
            return answer
        return Fetched(getattr(got, "size", 0), answer.place, tuple(exchanges))
    return Failure("unreadable", "the media's address leads through too many redirects", exchange)


def _first(door: HttpClient, url: str, key: KeyName | None, home: str) -> _Hop | Failure:
    """The address as the answer named it; with the key where the key may go."""
    if key is not None and door.refusal(url, key) is None:
        return _Hop(url, key, public_only=False)
    if same_origin(url, home) and door.refusal(url, None, key) is None:
        return _Hop(url, None, public_only=False)
    return _elsewhere(door, url, home, None)


def _next(door: HttpClient, hop: _Hop, location: str, home: str, exchange: str) -> _Hop | Failure:
    try:
        url = urljoin(hop.url, location)
        origin_of(url)
    except ValueError:
        return Failure(
            "unreadable", "the media's redirect leads to no address", exchange, sent=True
        )
    if same_origin(url, hop.url):
        return _Hop(url, hop.key, hop.public_only)
    return _elsewhere(door, url, home, exchange)


def _elsewhere(door: HttpClient, url: str, home: str, exchange: str | None) -> _Hop | Failure:
    """A host that nobody approved: without the key, https and public, or this machine's own."""
    try:
        origin_of(url)
    except ValueError as error:
        return Failure("host-refused", f"the media's address {error}", exchange)
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    shown = door.shown_host(url)
    if is_loopback(host):
        if is_loopback(urlsplit(home).hostname or ""):
            return _Hop(url, None, public_only=False)
        return Failure(
            "host-refused", f"media is not fetched from this machine ({shown})", exchange
        )
    if parts.scheme != "https":
        return Failure("host-refused", f"media is not fetched over plain http ({shown})", exchange)
    # the HTTP library takes a tenth of a second, and most runs fetch no video
    from veo_check.http.transport import is_literal, is_public

    if is_literal(host) and not is_public(host):
        return Failure(
            "host-refused", f"media is fetched from public addresses only, not {shown}", exchange
        )
    return _Hop(url, None, public_only=True)


def same_origin(address: str, other: str) -> bool:
    """Whether two addresses are of one scheme, host and port."""
    try:
        return origin_of(address) == origin_of(other)
    except ValueError:
        return False
