"""Masking of secrets in everything that is recorded or shown.

Two nets: the exact values this run knows, in every form in which they may come back (as they are,
URL-, JSON-, base64- or hex-encoded, as LiteLLM's hash), and the shapes of keys it does not know.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import quote, quote_plus

from veo_check.core.printable import printable

MASK = "[redacted]"

#: A secret shorter than this is masked only where it stands alone, not inside other words.
_SHORT = 8

_SECRET_NAME = re.compile(
    r"(KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL)S?$|^(FLATKEY|GEMINI|OPENAI)_|^GOOGLE_API"
)

_SHAPES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?<![A-Za-z0-9])sk-[A-Za-z0-9_\-]{6,}"), MASK),
    (re.compile(r"AIza[A-Za-z0-9_\-]{10,}"), MASK),
    (re.compile(r"ya29\.[A-Za-z0-9_./+=\-]{4,}"), MASK),
    (re.compile(r"eyJ[A-Za-z0-9_\-]{6,4000}\.[A-Za-z0-9_\-]{4,4000}\.[A-Za-z0-9_\-]*"), MASK),
    (re.compile(r"(?i)\b(bearer|basic)\s+(?!\[redacted])[A-Za-z0-9._~+/=\-]{6,}"), rf"\1 {MASK}"),
    (
        re.compile(r"(?i)(x-goog-api-key|x-api-key)(\\?[\"']?\s*[:=]\s*\\?[\"']?)[^\s\"'\\,}&]+"),
        rf"\1\2{MASK}",
    ),
    (
        re.compile(
            r"(?i)([?&;](?:key|api_?key|token|access_token|sig|signature|x-goog-signature"
            r"|x-goog-credential|x-amz-signature|x-amz-credential|x-amz-security-token)=)"
            r"[^&\s\"'#\\]+"
        ),
        rf"\1{MASK}",
    ),
    # who the account is: on Flatkey's log rows and /v1/status
    (
        re.compile(r"(?i)(\\?\"(?:e-?mail|user_?name)\\?\"\s*:\s*\\?\")[^\"\\]+"),
        rf"\1{MASK}",
    ),
    # a Flatkey task id downloads the video without a key: only its end is shown
    (re.compile(r"\btask_[A-Za-z0-9]{6,}(?=[A-Za-z0-9]{4})"), "task_…"),
)


class Redactor:
    """Masks the secrets of one run. Thread-safe; secrets may be added as they become known."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, None] = {}
        self._tokens: dict[str, str] = {}
        self._pattern: re.Pattern[str] | None = None
        self._longest = 0
        for secret in secrets:
            self.learn(secret)

    @classmethod
    def of_environment(cls, environ: Mapping[str, str]) -> Redactor:
        """A redactor that knows the value of every variable whose name speaks of a secret."""
        return cls(value for name, value in environ.items() if _SECRET_NAME.search(name.upper()))

    def learn(self, secret: str) -> None:
        """Mask this value from now on, in all its forms. Blank values are ignored."""
        secret = secret.strip()
        if not secret or secret in self._known:
            return
        with self._lock:
            for form in _forms(secret):
                self._known[form] = None
            self._compile()

    def learn_capability(self, token: str) -> None:
        """Mask an id that works without a key; its last four characters stay visible."""
        if len(token) > 8 and token not in self._tokens:
            with self._lock:
                prefix = token[: token.index("_") + 1] if "_" in token[:8] else ""
                self._tokens[token] = f"{prefix}…{token[-4:]}"
                self._compile()

    def _compile(self) -> None:
        forms = sorted([*self._known, *self._tokens], key=len, reverse=True)
        self._longest = len(forms[0])
        self._pattern = re.compile("|".join(map(_as_pattern, forms)))

    def redact(self, text: str) -> str:
        """`text` with every secret masked."""
        if self._pattern is not None:
            text = self._pattern.sub(lambda match: self._tokens.get(match[0], MASK), text)
        for shape, mask in _SHAPES:
            text = shape.sub(mask, text)
        return text

    def shown(self, text: str, limit: int = 300) -> str:
        """Untrusted `text` fit to record or print: one line, masked, at most `limit` long.

        Escapes go first, so that a secret broken up by invisible characters is still found; the
        cut comes last, so that no half of a secret slips through.
        """
        window = limit * 4 + self._longest
        clean = printable(text, window)
        masked = self.redact(clean)
        if len(clean) >= window and self._longest:  # its end may be half a secret
            masked = masked[: -self._longest]
        return masked if len(masked) <= limit else masked[: limit - 1].rstrip() + "…"


def _as_pattern(form: str) -> str:
    pattern = re.escape(form)
    return rf"(?<![A-Za-z0-9]){pattern}(?![A-Za-z0-9])" if len(form) < _SHORT else pattern


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
    if secret.startswith("sk-") and len(secret) >= 3 + _SHORT:
        yield secret[3:]
    for offset, skip in ((0, 0), (1, 2), (2, 3)):
        padded = b"\0" * offset + secret.encode()
        keep = len(padded) * 8 // 6
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            yield encode(padded).decode()[skip:keep]
