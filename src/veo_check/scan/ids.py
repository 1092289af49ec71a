"""Model ids in a text: the known ones wherever they stand, and words that look like a Veo id."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property

from veo_check.core.frozen import dataclass

#: A word longer than this is no id.
LONGEST_ID = 160
#: After the first letter of an id: it may begin there. No letter or digit is before it, but for
#: "\n" in a string and %2F in a URL.
_BEGAN = rb"(?:(?<![A-Za-z0-9].)|(?<=\\[nrt].)|(?<=%[0-9A-Fa-f]{2}.))"
#: Families of video models; a file without any of these words holds no known id.
_STEMS = (
    "veo", "sora-", "omni-", "seedance", "kling-", "vidu", "wan2.", "wan3.", "ray-", "grok",
    "happyhorse-", "inimax", "iniMax-", "2V-01",
)  # fmt: skip
#: What a text holds that holds an unknown id of these families.
_ALWAYS = ("veo", "sora-", "omni-", "seedance", "kling-")
#: What follows "veo" in an id: a version, or one of the words that vendors use.
_LOOKS_LIKE_VEO = (
    rb"(?<=v)(?<![._-]v)eo(?:[-_]?[0-9]"
    rb"|-(?:exp(?:erimental)?|fast|generate|latest|lite|preview|pro|quality|standard|ultra)\b)"
    rb"[A-Za-z0-9._-]*"
)
#: The same of the other families, by name or by a reseller's path.
_LOOKS_LIKE_OTHERS = (
    rb"(?:(?:(?<=f)al-ai|(?<=w)avespeed-ai)/[A-Za-z0-9._/-]{0,80}?(?:sora-|seedance|kling-|omni-)"
    rb"[A-Za-z0-9._/-]*"
    # vendors write a hyphen before the version
    rb"|(?:(?<![._-].)(?:(?<=s)(?:ora|eedance)-[0-9]|(?<=k)ling-(?:v|video-)?[0-9o])"
    rb"|(?<=d)(?:reamina|oubao)-seedance-[0-9]|(?<=g)emini-omni-[a-z0-9])[A-Za-z0-9._-]*)"
)
#: What resellers add to a name for the way it is called: `fal-ai/veo3.1/fast/image-to-video`.
_WAY = re.compile(
    rb"(?:/(?:fast|lite|pro|standard|quality|preview|edit|[tir]2v|(?:text|image|reference|"
    rb"first-last-frame|extend|video)-to-video|extend-video|first-last-frame-to-video))+"
    rb"(?![A-Za-z0-9_./-])"
)
_RESELLER = re.compile(rb"(?<![A-Za-z0-9._-])(?:fal-ai|wavespeed-ai|replicate)/$")
_RESOLD = (b"fal-ai/", b"wavespeed-ai/")
#: Where a call goes, by what stands right before the id.
_SURFACES = (
    ("agent-platform", re.compile(
        rb"(?:publishers/[a-z]+/models/|vertex_ai/|aiplatform\.googleapis\.com[^\s\"'`]*/)$"
    )),
    ("gemini-api", re.compile(
        rb"(?:gemini/(?:models/)?|generativelanguage\.googleapis\.com[^\s\"'`]*/)$"
    )),
)  # fmt: skip
#: The names that a LiteLLM config gives to its deployments and to groups of them.
_NAMED = re.compile(rb"model_name[\"']?\s*:\s*[\"']?([A-Za-z0-9._-]{1,160})")
_GROUPS = re.compile(
    rb"^([ \t]*)[\"']?model_group_alias[\"']?[ \t]*:[ \t]*"
    rb"(?:\{([^{}]{0,4000})\}|\r?\n((?:\1[ \t]+[^\n]{1,400}\n?){1,200}))",
    re.MULTILINE,
)
_NAME = re.compile(rb"[A-Za-z0-9._-]{1,160}")
_AS_MODEL = re.compile(rb"\bmodel[\"']?\s*:\s*[\"']?$")
_FILE_NAME = re.compile(
    rb"\.(?:avif|bat|cfg|conf|css|csv|gif|go|gz|html?|ini|ipynb|java|jpe?g|json[lc5]?|jsx?|kts?|"
    rb"lock|log|md|mdx|m?[jt]s|mov|mp[34]|pdf|php|png|ps1|py|rb|rs|rst|sh|sql|svg|tar|tf|toml|"
    rb"tsx?|txt|wav|webm|webp|xml|ya?ml|zip)$"
)
_IN_ADDRESS = re.compile(rb"://[^\s\"'`<>]*$")
_QUOTES = b"\"'`"


@dataclass(frozen=True, slots=True)
class Span:
    """One id: `text[start:end]`, without a prefix such as `publishers/google/models/`.

    `surface` is where what stands around it says that the call goes; None where nothing does.
    """

    start: int
    end: int
    id: str
    surface: str | None = None


@dataclass(frozen=True, eq=False)
class IdFinder:
    """Finds the ids in `known`, and what looks like an id of their families and is not among them.

    `priced` are names that are only priced, some of them plain words: they count as a value alone.
    """

    known: frozenset[str]
    priced: frozenset[str] = frozenset()

    @staticmethod
    def of(models: Iterable[str], priced: Iterable[str] = ()) -> IdFinder:
        """A finder of these ids; without empty and overlong ones."""
        known = frozenset(model for model in models if 0 < len(model) <= LONGEST_ID)
        # what looks like Veo is found with or without a price
        more = {name for name in priced if len(name) <= LONGEST_ID and not name.startswith("veo")}
        return IdFinder(known | more, frozenset(more - known))

    @cached_property
    def needles(self) -> tuple[bytes, ...]:
        """Plain byte strings, one of which is in every text that holds an id."""
        found = set(_ALWAYS)
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
        letters = b"".join(
            sorted(
                {
                    re.escape(letter)
                    for letter in (*by_letter, b"v", b"s", b"k", b"d", b"g", b"f", b"w")
                }
            )
        )
        return re.compile(
            b"[" + letters + b"]" + _BEGAN
            + rb"(?:(?P<known>" + (known or rb"(?!)") + rb")"
            # a longer word than the id is another id
            + rb"(?P<more>-[A-Za-z0-9][A-Za-z0-9._-]*)?(?![A-Za-z0-9]|\.[0-9])"
            + rb"|" + _LOOKS_LIKE_VEO + rb"|" + _LOOKS_LIKE_OTHERS + rb")",
            re.DOTALL,
        )  # fmt: skip

    def spans(self, text: bytes, settings: bool = False) -> Iterator[Span]:
        """Every id in `text`, in order. `settings`: the file holds values rather than code."""
        for match in self._pattern.finditer(text):
            start, end = match.span()
            known = match["known"] is not None
            only_priced = known and text[start : match.end("known")].decode() in self.priced
            if not known or match["more"]:
                end = start + len(text[start:end].rstrip(b"._-/"))
                start, end, called = _as_resellers_write(text, start, end)
                if not called and not _is_meant_as_id(text, start, end, settings):
                    continue
            elif only_priced and not _stands_alone(text, start, end, settings):
                continue
            name = text[start:end].decode("utf-8", "replace")
            yield Span(start, end, name, _surface_around(text, start))


def _is_meant_as_id(text: bytes, start: int, end: int, settings: bool) -> bool:
    """Whether an unknown word is an id, and not a file, a folder, a page or a variable."""
    word = text[start:end]
    after = text[end : end + 1]
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
    return _stands_alone(text, start, end, settings)


def _stands_alone(text: bytes, start: int, end: int, settings: bool) -> bool:
    """Whether a word is a whole value: in quotes, escaped or not, the end of a path, a setting."""
    before, after = text[max(start - 1, 0) : start], text[end : end + 1]
    closes = text[end + 1 : end + 2] if after == b"\\" else after
    if before and before in _QUOTES and closes and closes in _QUOTES:
        return True
    return (before == b"/" and after != b"(") or (settings and _is_a_value(text, start, end))


def _as_resellers_write(text: bytes, start: int, end: int) -> tuple[int, int, bool]:
    """The span with the reseller before it and the way it is called after it, if they are there."""
    if text[start:end].startswith(_RESOLD):
        return start, end, True
    way = _WAY.match(text, end)
    reseller = _RESELLER.search(text[max(start - 20, 0) : start])
    if way is None and reseller is None:
        return start, end, False
    if reseller is not None:
        start -= len(reseller[0])
    return start, way.end() if way else end, way is not None or reseller is not None


def _surface_around(text: bytes, start: int) -> str | None:
    before = text[max(start - 300, 0) : start]
    return next((name for name, pattern in _SURFACES if pattern.search(before)), None)


def aliases_in(text: bytes | bytearray) -> frozenset[str]:
    """The names that a LiteLLM config makes up for its own deployments."""
    if b"litellm_params" not in text:
        return frozenset()
    names = {match[1] for match in _NAMED.finditer(text)}
    for match in _GROUPS.finditer(text):
        names.update(_NAME.findall(match[2] or match[3]))
    return frozenset(name.decode() for name in names)


def is_alias(span: Span, text: bytes, aliases: frozenset[str]) -> bool:
    """Whether a word is a name of the config's own; what `model:` calls is no such name."""
    called = span.surface is not None or _AS_MODEL.search(text[: span.start][-40:])
    return span.id in aliases and not called


def _is_a_value(text: bytes, start: int, end: int) -> bool:
    """`MODEL=veo3`, `model: veo3`, `- veo3`."""
    line = text.rfind(b"\n", 0, start) + 1
    head = text[line:start].rstrip(b" \t")
    tail = text[end : end + 2].lstrip(b" \t\r")
    ends = tail[:1] in (b"", b"\n", b"#", b",", b"]", b"}")
    return ends and head.endswith((b"=", b":", b"-", b"[", b","))
