"""Model ids in a text: the known ones wherever they stand, and words that look like a Veo id."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

#: A word longer than this is no id.
LONGEST_ID = 160
#: After the first letter of an id: it may begin there. No letter or digit is before it, but for
#: "\n" in a string and %2F in a URL.
_BEGAN = rb"(?:(?<![A-Za-z0-9].)|(?<=\\[nrt].)|(?<=%[0-9A-Fa-f]{2}.))"
#: Families of video models; a file without any of these words holds no known id.
_STEMS = ("veo", "sora-", "omni-", "seedance-")
#: What follows "veo" in an id: a version, or one of the words that vendors use.
_LOOKS_LIKE_VEO = (
    rb"(?<=v)(?<![._-]v)eo(?:[-_]?[0-9]"
    rb"|-(?:exp(?:erimental)?|fast|generate|latest|lite|preview|pro|quality|standard|ultra)\b)"
    rb"[A-Za-z0-9._-]*"
)
_FILE_NAME = re.compile(
    rb"\.(?:avif|bat|cfg|conf|css|csv|gif|go|gz|html?|ini|ipynb|java|jpe?g|json[lc5]?|jsx?|kts?|"
    rb"lock|log|md|mdx|m?[jt]s|mov|mp[34]|pdf|php|png|ps1|py|rb|rs|rst|sh|sql|svg|tar|tf|toml|"
    rb"tsx?|txt|wav|webm|webp|xml|ya?ml|zip)$"
)
_IN_ADDRESS = re.compile(rb"://[^\s\"'`<>]*$")
_QUOTES = b"\"'`"


@dataclass(frozen=True, slots=True)
class Span:
    """One id: `text[start:end]`, without a prefix such as `publishers/google/models/`."""

    start: int
    end: int
    id: str


@dataclass(frozen=True, eq=False)
class IdFinder:
    """Finds the ids in `known`, and what looks like a Veo id and is not among them."""

    known: frozenset[str]

    @staticmethod
    def of(models: Iterable[str]) -> IdFinder:
        """A finder of these ids; without empty and overlong ones."""
        return IdFinder(frozenset(model for model in models if 0 < len(model) <= LONGEST_ID))

    @cached_property
    def needles(self) -> tuple[bytes, ...]:
        """Plain byte strings, one of which is in every text that holds an id."""
        found = {"veo"}
        for model in self.known:
            found.add(next((stem for stem in _STEMS if stem in model), model))
        return tuple(needle.encode() for needle in sorted(found))

    @cached_property
    def may_hold_one(self) -> Callable[[bytes], object]:
        """Whether a text is worth a closer look: quick, and never wrong about a no.

        The search for a plain string is slow where its first letter is frequent, and one search is
        faster than four. So words with a hyphen at the end are looked for by that hyphen.
        """
        hyphened = [needle for needle in self.needles if needle.endswith(b"-")]
        plain = [re.escape(needle) for needle in self.needles if not needle.endswith(b"-")]
        patterns = [re.compile(needle) for needle in plain]
        if hyphened:
            last = b"".join(sorted({re.escape(needle[-2:-1]) for needle in hyphened}))
            ends = b"|".join(b"(?<=" + re.escape(needle) + b")" for needle in hyphened)
            patterns.append(re.compile(b"-(?<=[" + last + b"]-)(?:" + ends + b")"))
        first, *others = (pattern.search for pattern in patterns)
        if len(others) == 1:
            second = others[0]
            return lambda text: first(text) or second(text)
        return lambda text: first(text) or any(search(text) for search in others)

    @cached_property
    def _pattern(self) -> re.Pattern[bytes]:
        """Begins with one class of letters: by that, the search skips nearly everything."""
        by_letter: dict[bytes, list[bytes]] = {}
        for model in sorted(self.known, key=lambda model: (-len(model), model)):
            word = model.encode()
            by_letter.setdefault(word[:1], []).append(re.escape(word[1:]))
        known = b"|".join(
            b"(?<=" + re.escape(letter) + b")(?:" + b"|".join(rests) + b")"
            for letter, rests in by_letter.items()
        )
        letters = b"".join(sorted({re.escape(letter) for letter in (*by_letter, b"v")}))
        return re.compile(
            b"[" + letters + b"]" + _BEGAN
            + rb"(?:(?P<known>" + (known or rb"(?!)") + rb")"
            # a longer word than the id is another id
            + rb"(?P<more>-[A-Za-z0-9][A-Za-z0-9._-]*)?(?![A-Za-z0-9]|\.[0-9])"
            + rb"|" + _LOOKS_LIKE_VEO + rb")",
            re.DOTALL,
        )  # fmt: skip

    def spans(self, text: bytes, settings: bool = False) -> Iterator[Span]:
        """Every id in `text`, in order. `settings`: the file holds values rather than code."""
        for match in self._pattern.finditer(text):
            start, end = match.span()
            if match["known"] is None or match["more"]:
                end = start + len(text[start:end].rstrip(b"._-"))
                if not _is_meant_as_id(text, start, end, settings):
                    continue
            yield Span(start, end, text[start:end].decode("utf-8", "replace"))


def _is_meant_as_id(text: bytes, start: int, end: int, settings: bool) -> bool:
    """Whether an unknown word is an id, and not a file, a folder, a page or a variable."""
    word = text[start:end]
    before, after = text[max(start - 1, 0) : start], text[end : end + 1]
    if len(word) > LONGEST_ID or _FILE_NAME.search(word):
        return False
    in_models = text[max(start - 7, 0) : start].endswith(b"models/")
    if after == b"/" and not in_models:
        return False
    if not in_models and _IN_ADDRESS.search(text, max(start - 300, 0), start):
        return False
    if b"-" in word or b"." in word:
        return True
    # `veo3` and `veo_3` are ids in quotes, in a path and as a setting, and variables elsewhere
    if before and before in _QUOTES and after and after in _QUOTES:
        return True
    return (before == b"/" and after != b"(") or (settings and _is_a_value(text, start, end))


def _is_a_value(text: bytes, start: int, end: int) -> bool:
    """`MODEL=veo3`, `model: veo3`, `- veo3`."""
    line = text.rfind(b"\n", 0, start) + 1
    head = text[line:start].rstrip(b" \t")
    tail = text[end : end + 2].lstrip(b" \t\r")
    ends = tail[:1] in (b"", b"\n", b"#", b",", b"]")
    return ends and head.endswith((b"=", b":", b"-", b"[", b","))
