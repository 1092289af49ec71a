"""Which host may receive which key (spec section 10). Pure: decided before a connection opens.

A route file arrives in a pull request, so it alone never decides where a key goes.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

#: Marks the keys that `veo-check sandbox` prints; they may go to loopback without leave.
SANDBOX_KEY_MARK = "vcsandbox"

_GOOGLE = re.compile(r"(generativelanguage|aiplatform|[a-z0-9-]+-aiplatform)\.googleapis\.com")

#: Variable prefix -> the hosts it may go to without leave.
_OWN_HOSTS: dict[str, re.Pattern[str]] = {
    "FLATKEY_": re.compile(r"(router\.|console\.)?flatkey\.ai"),
    "GEMINI_": _GOOGLE,
    "GOOGLE_": _GOOGLE,
    "OPENAI_": re.compile(r"api\.openai\.com"),
}


@dataclass(frozen=True, slots=True)
class Leave:
    """What the person running the command allows, from options and the user's configuration.

    `keys`: pairs of (variable, origin) from `--allow-host ENV=ORIGIN`. `http_hosts`: hosts that may
    be spoken to without TLS. `trust_env`: use the environment's proxies and CA settings.
    """

    keys: frozenset[tuple[str, str]] = frozenset()
    http_hosts: frozenset[str] = frozenset()
    trust_env: bool = False


@lru_cache(maxsize=1024)  # a run asks for a handful of addresses, each many times
def origin_of(url: str) -> str:
    """`scheme://host[:port]` in lower case, default ports left out. Raises ValueError."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must be an http:// or https:// address with a host")
    if parts.username is not None or parts.password is not None:
        raise ValueError("must not hold a user name or password")
    host = parts.hostname.lower()
    if any(ord(char) <= 32 or ord(char) > 126 for char in host) or "\\" in url:
        raise ValueError("holds characters that a host name cannot have")
    shown = f"[{host}]" if ":" in host else host
    port = parts.port  # raises ValueError when out of range
    default = {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{shown}" + (f":{port}" if port not in {None, default} else "")


def is_loopback(host: str) -> bool:
    """Whether `host` names this machine and nothing else."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def is_google(url: str) -> bool:
    """Whether `url` is one of the hosts where Google itself serves its video models."""
    parts = urlsplit(url)
    return parts.scheme == "https" and _GOOGLE.fullmatch((parts.hostname or "").lower()) is not None


def refusal_of_host(url: str, leave: Leave) -> str | None:
    """Why `url` may not be spoken to at all, or None. Plain http is for loopback or by leave."""
    try:
        origin_of(url)
    except ValueError as error:
        return f"the address {error}"
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    if parts.scheme == "https" or is_loopback(host) or host in leave.http_hosts:
        return None
    return f"{host} is asked over plain http; use https, or allow it with --allow-http {host}"


def refusal_of_key(
    variable: str | None, url: str, leave: Leave, *, sandbox_key: bool = False
) -> str | None:
    """Why the key in `variable` may not be sent to `url`, or None when it may.

    `variable` None means application default credentials: an access token for Google only.
    `sandbox_key`: the variable's value is one that a sandbox printed.
    """
    refused = refusal_of_host(url, leave)
    if refused:
        return refused
    origin, name = origin_of(url), variable or "GOOGLE_APPLICATION_DEFAULT_CREDENTIALS"
    host = (urlsplit(url).hostname or "").lower()
    if (name, origin) in leave.keys:
        return None
    if sandbox_key and is_loopback(host):
        return None
    if urlsplit(url).scheme == "https":
        for prefix, hosts in _OWN_HOSTS.items():
            if name.upper().startswith(prefix) and hosts.fullmatch(host):
                return None
    return (
        f"{name} may not be sent to {origin} because only the route file asks for it; "
        f"if you trust that host, add --allow-host {name}={origin}"
    )


def refusal_without_key(
    variable: str | None,
    url: str,
    leave: Leave,
    *,
    sandbox_key: bool = False,
    keyless: bool = False,
) -> str | None:
    """Why `url` may not even be asked without a key, or None when it may.

    A route file alone opens no connection to a host of its choosing. Fine are loopback, the known
    hosts of Google and the gateways, hosts the person running the command allowed for any key or
    for http, and where the route's own key (`variable`) might go. `keyless`: the route has none.
    """
    refused = refusal_of_host(url, leave)
    if refused:
        return refused
    origin, host = origin_of(url), (urlsplit(url).hostname or "").lower()
    known = any(hosts.fullmatch(host) for hosts in _OWN_HOSTS.values())
    allowed = host in leave.http_hosts or any(origin == given for _, given in leave.keys)
    if is_loopback(host) or allowed or (known and urlsplit(url).scheme == "https"):
        return None
    if not keyless:
        return refusal_of_key(variable, url, leave, sandbox_key=sandbox_key)
    return (
        f"{origin} is asked only because the route file names it; give the route a key variable "
        f"and, if you trust that host, add --allow-host VARIABLE={origin}"
    )
