"""Which host may receive which key (spec section 10). Pure: decided before a connection opens.

A route file arrives in a pull request, so it alone never decides where a key goes.
"""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import html
import ipaddress
import json
import operator
import re
import threading
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from typing import Any, Literal, TypeVar, cast
from urllib.parse import quote, quote_plus, unquote, urlsplit

from veo_check.core.frozen import dataclass

#: What a request carried, by the forms of Google's credentials: its API keys begin AQ. since the
#: middle of 2026; those that begin AIza are refused since September. Anything else is a token, or a
#: gateway's own key.
CredentialKind = Literal["api-key", "old-api-key", "other"]

#: Marks the keys that `veo-check sandbox` prints; they may go to loopback without leave.
SANDBOX_KEY_MARK = "vcsandbox"

_GOOGLE = re.compile(r"(generativelanguage|aiplatform|[a-z0-9-]+-aiplatform)\.googleapis\.com")

#: Keys of this tool's own for Google's documentation and its bills: they go nowhere else, whatever
#: is allowed, and no route file names them.
KNOWLEDGE_KEY, BILLING_KEY = "VEO_CHECK_KNOWLEDGE_KEY", "VEO_CHECK_BILLING_KEY"

#: Variable prefix -> the hosts it may go to without leave.
_OWN_HOSTS: dict[str, re.Pattern[str]] = {
    "FLATKEY_": re.compile(r"(router\.|console\.)?flatkey\.ai"),
    "GEMINI_": _GOOGLE,
    "GOOGLE_": _GOOGLE,
    "OPENAI_": re.compile(r"api\.openai\.com"),
    "OPENROUTER_": re.compile(r"openrouter\.ai"),
    KNOWLEDGE_KEY: re.compile(r"developerknowledge\.googleapis\.com"),
    BILLING_KEY: re.compile(r"cloudbilling\.googleapis\.com"),
}


@dataclass(frozen=True, slots=True)
class AllowList:
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


def refusal_of_host(url: str, leave: AllowList) -> str | None:
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
    variable: str | None, url: str, leave: AllowList, *, sandbox_key: bool = False
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
    if (name, origin) in leave.keys and name not in {KNOWLEDGE_KEY, BILLING_KEY}:
        return None
    if sandbox_key and is_loopback(host):
        return None
    if urlsplit(url).scheme == "https":
        for prefix, hosts in _OWN_HOSTS.items():
            if name.upper().startswith(prefix) and hosts.fullmatch(host):
                return None
    if name in {KNOWLEDGE_KEY, BILLING_KEY}:
        return f"{name} goes to Google's own host for it alone, not to {origin}"
    return (
        f"{name} may not be sent to {origin} because only the route file asks for it; "
        f"if you trust that host, add --allow-host {name}={origin}"
    )


def refusal_without_key(
    variable: str | None,
    url: str,
    leave: AllowList,
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


# CSI and two-character escapes, and OSC/DCS/APC/PM/SOS strings up to their end (or the text's).
_ESCAPES = re.compile(
    "\x1b[\\]PX^_][^\x07\x1b\x9c]*(?:\x07|\x1b\\\\|\x9c)?|[\x1b\x9b]\\[?[0-9;?<=>!]*[ -/]*[@-~]?"
)
_SPACES = re.compile(r"\s+")


def printable(text: str, limit: int = 300) -> str:
    """`text` on one line, at most `limit` characters, safe for a terminal and a log.

    Escape sequences, control, format (bidi, zero width), private and unassigned characters and
    lone surrogates are dropped; runs of white space become one space; a cut shows as "…".
    """
    if _is_fit(text, limit):
        return text
    window = text[: limit * 8 + 64]
    if not (window.isascii() and window.isprintable()):
        window = _SPACES.sub(" ", _ESCAPES.sub("", window))
        window = "".join(char for char in window if unicodedata.category(char)[0] != "C")
    window = _SPACES.sub(" ", window).strip()
    if len(window) > limit or len(text) > limit * 8 + 64:
        return window[: max(limit - 1, 0)].rstrip() + "…"
    return window


def _is_fit(text: str, limit: int) -> bool:
    """Whether there is nothing to do, as for nearly every text of a report of a thousand routes."""
    return (
        len(text) <= limit
        and text.isascii()
        and text.isprintable()
        and "  " not in text
        and text == text.strip()
    )


MASK = "[redacted]"

#: A secret shorter than this is masked only where it stands alone, not inside other words.
_SHORT = 8
#: Escapes inside escapes that are undone: a body in a message in a report is three.
_ROUNDS = 5
#: Texts that were found clean are remembered: the routes of a run say the same things.
_REMEMBERED, _REMEMBERED_LENGTH = 50_000, 2_000

_SECRET_NAME = re.compile(
    r"(KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL)S?$|^(FLATKEY|GEMINI|OPENAI|OPENROUTER)_|^GOOGLE_API"
)
#: What such a variable may hold and what the reports themselves consist of.
_OUR_WORDS = re.compile(
    r"production|staging|research|inconclusive|not-ready|offline|blocked|flatkey|newapi|litellm"
    r"|openrouter|gemini-api|agent-platform|vertex-ai"
)

_QUERY = (
    r"key|api_?key|token|access_token|sig|signature|x-goog-signature|x-goog-credential"
    r"|x-amz-signature|x-amz-credential|x-amz-security-token"
)
#: (what is in every match, in small letters; the shape; what is put in its place)
_SHAPES: tuple[tuple[tuple[str, ...], re.Pattern[str], str], ...] = (
    (("sk-",), re.compile(r"(?<![A-Za-z0-9])sk-[A-Za-z0-9_\-]{6,}"), MASK),
    (("aiza",), re.compile(r"AIza[A-Za-z0-9_\-]{10,}|(?i:aiza[a-z0-9_\-]{30,})"), MASK),
    (
        ("aq.",),
        re.compile(r"(?<![A-Za-z0-9])AQ\.[A-Za-z0-9_\-]{10,}|(?i:aq\.[a-z0-9_\-]{24,})"),
        MASK,
    ),
    (("ya29.",), re.compile(r"ya29\.[A-Za-z0-9_./+=\-]{4,}"), MASK),
    (
        ("eyj",),
        re.compile(r"eyJ[A-Za-z0-9_\-]{6,4000}\.[A-Za-z0-9_\-]{4,4000}\.[A-Za-z0-9_\-]*"),
        MASK,
    ),
    # in a sentence of ours "basic" and "bearer" are words: what follows is a key if it has a digit
    (
        ("bearer", "basic"),
        re.compile(
            r"(?i)(\bauthorization\W{1,6}(?:bearer|basic)\s+|\b(?:bearer|basic)\s+(?=\S*[0-9]))"
            r"(?!\[redacted])[A-Za-z0-9._~+/=\-]{6,}"
        ),
        rf"\1{MASK}",
    ),
    (
        ("api-key",),
        re.compile(r"(?i)(x-goog-api-key|x-api-key)(\\?[\"']?\s*[:=]\s*\\?[\"']?)[^\s\"'\\,}&]+"),
        rf"\1\2{MASK}",
    ),
    (
        ("key=", "token=", "sig=", "signature=", "credential="),
        re.compile(rf"(?i)([?&;](?:{_QUERY})=)[^&\s\"'#\\]+"),
        rf"\1{MASK}",
    ),
    # who the account is: on Flatkey's log rows and /v1/status
    (
        ("mail", "name"),
        re.compile(r"(?i)(\\?\"(?:e-?mail|user_?name)\\?\"\s*:\s*\\?\")[^\"\\]+"),
        rf"\1{MASK}",
    ),
    (
        ("user_id",),
        re.compile(r"(?i)(\\?\"(?:creator_)?user_id\\?\"\s*:\s*\\?\")[^\"\\]+"),
        rf"\1{MASK}",
    ),
    # OpenRouter's signed addresses open a video for anybody until they expire
    (("urls",), re.compile(r"(?i)(\\?\"urls\\?\"\s*:\s*\[)[^\]]+"), rf"\1{MASK}"),
    # a Flatkey task id downloads the video without a key: only its end is shown
    (
        ("task_",),
        re.compile(r"\btask_(?=[A-Za-z]*[0-9])[A-Za-z0-9]{6,}(?=[A-Za-z0-9]{4})"),
        "task_…",
    ),
)

_ENCODED = re.compile(r"\\[\"/\\ux]|%[0-9A-Fa-fu]|&[#A-Za-z]")
_ESCAPE = re.compile(r"(?:\\u|%u)([0-9A-Fa-f]{4})|\\x([0-9A-Fa-f]{2})|\\([\"/\\])")
#: Letters that show nothing although they are letters.
_BLANKS = frozenset("\u115f\u1160\u2800\u3164\uffa0")

T = TypeVar("T")


#: Types of which no value holds a text.
_NO_TEXT = frozenset({type(None), bool, int, float, Decimal, date, datetime})


class Redactor:
    """Masks the secrets of one run. Thread-safe; secrets may be added as they become known."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, None] = {}
        self._tokens: dict[str, str] = {}
        #: every form in small letters: looking for these first is what keeps clean texts cheap
        self._low: tuple[str, ...] = ()
        self._pattern: re.Pattern[str] | None = None
        self._longest = 0
        self._clean: set[str] = set()
        for secret in secrets:
            self.learn(secret)

    @classmethod
    def of_environment(cls, environ: Mapping[str, str]) -> Redactor:
        """A redactor that knows the value of every variable whose name speaks of a secret."""
        redactor = cls()
        for name, value in environ.items():
            if _SECRET_NAME.search(name.upper()) and not _is_public(value.strip()):
                redactor.learn(value)
        return redactor

    def learn(self, secret: str) -> None:
        """Mask this value from now on, in all its forms. Blank values are ignored."""
        secret = secret.strip()
        if not secret or secret in self._known:
            return
        with self._lock:
            self._known |= dict.fromkeys(_forms(secret))
            self._changed()

    def learn_capability(self, token: str) -> None:
        """Mask an id that works without a key, in all its forms; where it stands as it is, its last
        four characters stay visible."""
        if len(token) > 8 and token not in self._tokens:
            with self._lock:
                prefix = token[: token.index("_") + 1] if "_" in token[:8] else ""
                self._tokens |= dict.fromkeys(_forms(token), MASK)
                self._tokens[token] = f"{prefix}…{token[-4:]}"
                self._changed()

    def _changed(self) -> None:
        forms = [*self._known, *self._tokens]
        self._longest = max(map(len, forms))
        self._low = tuple({form.lower(): None for form in forms})
        self._pattern = None
        self._clean = set()  # a new one: another thread may still add to the old one

    def _compiled(self) -> re.Pattern[str]:
        pattern = self._pattern
        if pattern is None:
            with self._lock:
                forms = sorted([*self._known, *self._tokens], key=len, reverse=True)
                pattern = self._pattern = re.compile("|".join(map(_as_pattern, forms)))
        return pattern

    def knows(self, text: str) -> bool:
        """Whether a secret of this run is in `text`, in any form: such a text is kept nowhere."""
        return any(
            form.lower() in low
            for low in (text.lower(), normalised(text).lower())
            for form in tuple(self._known)
            if len(form) >= _SHORT
        )

    def redact(self, text: str) -> str:
        """`text` with every secret masked."""
        clean = self._clean
        if text in clean:
            return text
        known = self._without_known(text)
        found = _without_shapes(known)
        if not known.isascii() or _ENCODED.search(known):
            copy = normalised(known)
            # a key that an escape hides, or cuts in two, is there only once the escape is undone
            if copy != known and (
                self._without_known(copy) != copy
                or normalised(_without_shapes(copy)) != normalised(found)
            ):
                return MASK
        if found == text and len(text) <= _REMEMBERED_LENGTH:
            if len(clean) >= _REMEMBERED:
                clean.clear()
            clean.add(text)
        return found

    def redact_lines(self, text: str) -> str:
        """`text` with every secret masked; what a line hides costs no other line."""
        if "\n" not in text or self.redact(text) == text:
            return self.redact(text)
        return "\n".join(map(self.redact, text.split("\n")))

    def masked(self, value: T) -> T:
        """`value` with every text in it masked, and every key of its mappings; what has nothing to
        mask stays the object that it is."""
        return cast("T", self._walk(value))

    def _walk(self, value: Any) -> Any:
        kind = type(value)
        if kind in _NO_TEXT:
            return value
        if isinstance(value, str):
            return value if isinstance(value, Enum) else self.redact(value)
        if isinstance(value, Mapping):
            pairs = {self._walk(key): self._walk(held) for key, held in value.items()}
            return value if pairs == value else pairs
        if isinstance(value, list | tuple | set | frozenset):
            items = [self._walk(held) for held in value]
            return value if all(map(operator.is_, items, value)) else type(value)(items)
        fields = getattr(kind, "__dataclass_fields__", None)
        names = fields or getattr(kind, "model_fields", None)
        if not names or isinstance(value, type):
            return value
        changed = {}
        for name in names:
            held = getattr(value, name)
            new = self._walk(held)
            if new is not held:
                changed[name] = new
        if not changed:
            return value
        return dataclasses.replace(value, **changed) if fields else value.model_copy(update=changed)

    def _without_known(self, text: str) -> str:
        low = text.lower()
        if not any(form in low for form in self._low):
            return text
        return self._compiled().sub(lambda match: self._tokens.get(match[0], MASK), text)

    def shown(self, text: str, limit: int = 300) -> str:
        """Untrusted `text` fit to record or print: one line, masked, at most `limit` long.

        Terminal escapes go first, so that a secret broken up by invisible characters is still
        found; the cut comes last, so that no half of a secret slips through.
        """
        spare = self._longest * 8  # its longest escaped form
        window = limit * 4 + spare
        clean = printable(text, window)
        masked = self.redact(clean)
        if spare and (len(clean) >= window or len(text) > window * 8):
            masked = masked[:-spare]  # its end may be half a secret
        return masked if len(masked) <= limit else masked[: limit - 1].rstrip() + "…"

    def enough(self, limit: int) -> int:
        """How many bytes of a body `shown` looks at, at most, and one more: it sees the cut."""
        return (limit * 4 + self._longest * 8) * 32 + 4


def normalised(text: str) -> str:
    """`text` as whoever decodes it reads it: escapes of JSON, addresses and HTML undone, nested
    ones too; no invisible marks, no letters that only look different."""
    for _ in range(_ROUNDS):
        before = text
        if "\\" in text or "%u" in text:
            text = _ESCAPE.sub(_unescaped, text)
        if "%" in text:
            text = unquote(text)
        if "&" in text:
            text = html.unescape(text)
        if not text.isascii():
            text = unicodedata.normalize("NFKC", text)
        # letter by letter of the few that a text is made of: a report has millions
        unseen = [ord(char) for char in set(text) if _is_invisible(char)]
        text = text.translate(dict.fromkeys(unseen)) if unseen else text
        if text == before:
            break
    return text


def _without_shapes(text: str) -> str:
    low = text.lower()
    for hints, shape, mask in _SHAPES:
        if any(hint in low for hint in hints):
            text = shape.sub(mask, text)
    return text


def _unescaped(match: re.Match[str]) -> str:
    code = match[1] or match[2]
    return chr(int(code, 16)) if code else match[3]


def _is_invisible(char: str) -> bool:
    if char in "\t\n\r":
        return False
    return unicodedata.category(char) in {"Cf", "Cc", "Co", "Cn", "Mn", "Me"} or char in _BLANKS


def _is_public(value: str) -> bool:
    """An address without a secret in it, or a word of the reports: FLATKEY_BASE_URL, for one."""
    if _OUR_WORDS.fullmatch(value.lower()):
        return True
    if not value.startswith(("http://", "https://")):
        return False
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return not (parts.username or parts.password or parts.query or parts.fragment)


def _as_pattern(form: str) -> str:
    pattern = re.escape(form)
    if len(form) < _SHORT:
        return rf"(?<![A-Za-z0-9]){pattern}(?![A-Za-z0-9])"
    return f"(?i:{pattern})"  # hosts come back in small letters, hexadecimal in capitals


def _forms(secret: str) -> Iterator[str]:
    """The value and how it may come back. Short values only as they are."""
    yield secret
    if len(secret) < _SHORT:
        return
    yield quote(secret, safe="")
    yield quote_plus(secret)
    yield json.dumps(secret)[1:-1]
    yield hashlib.sha256(secret.encode()).hexdigest()
    yield secret.encode().hex()
    yield normalised(secret)
    if secret.startswith("sk-") and len(secret) >= 3 + _SHORT:
        yield secret[3:]
    for offset, skip in ((0, 0), (1, 2), (2, 3)):
        padded = b"\0" * offset + secret.encode()
        keep = len(padded) * 8 // 6
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            form = encode(padded).decode()[skip:keep]
            yield form
            yield quote(form, safe="")
