"""Hostile route files: each is refused with problems, and never with a traceback.

How the time for large ones grows is measured in `tests/benchmarks`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from route_texts import FULL, SHORT, put
from veo_check.routefile.load import RouteFile, load_route_file
from veo_check.routefile.yaml_reader import MOST_LISTED

SIZE = 256 * 1024
KEY = "sk-" + "Zq81xWvU70Kp"
#: glued to a letter or digit it is the end of a word such as task-…, not a key
WHOLE_KEY = re.compile(rf"(?<![A-Za-z0-9]){KEY}")
#: what a terminal would act on
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e]")


def many(piece: str) -> str:
    return piece * (SIZE // len(piece))


BY_HAND: dict[str, str | bytes] = {
    "open brackets": many("["),
    "open brackets below a key": "a: " + many("[")[:-10],
    "open braces": many("{"),
    "nested braces": many("{a: "),
    "dashes": many("- "),
    "question marks": many("? "),
    "indented question marks": "".join(" " * level + "? \n" for level in range(700)),
    "colons": many(": "),
    "colon lines": many(":\n"),
    "exclamation marks": many("!"),
    "anchors": many("&a "),
    "aliases": many("*a "),
    "alias bomb": "a: &a [x,x]\n" + "".join(f"b{n}: &b{n} [*a,*a]\n" for n in range(100)),
    "billion laughs": "a: &a [l]\nb: &b [*a,*a,*a]\nc: &c [*b,*b,*b]\nd: [*c,*c,*c]\n",
    "alias to itself": "a: &a [*a]\n",
    "merge bomb": "a: &a {b: 1}\nc: {<<: *a}\n<<: [*a, *a]\n",
    "many keys": "".join(f"k{number}: 1\n" for number in range(20_000)),
    "many unknown keys": SHORT + "".join(f"rout{number}: 1\n" for number in range(8_000)),
    "one key again and again": many("a: 1\n"),
    "a long key": "a" * (SIZE - 10) + ": 1",
    "a long value": "a: " + "x" * (SIZE - 10),
    "a long name": SHORT.replace("drafts", "x" * 200_000),
    "a long enum": SHORT.replace("flatkey", "x" * 200_000),
    "escapes": 'a: "' + "\\x41" * (SIZE // 4 - 10) + '"',
    "an open quote": 'a: "' + many("x\n")[:-10],
    "spaces": many(" "),
    "tabs": many("\t"),
    "empty lines": many("\n"),
    "comment signs": many("#"),
    "comments": many("# x\n"),
    "a long list": "a: [" + many("b, ")[:-20] + "]",
    "a long text": "a: |\n" + many(" x\n")[:-20],
    "documents": many("---\n"),
    "document ends": many("...\n"),
    "yaml directives": many("%YAML 1.1\n"),
    "tag directives": many("%TAG ! !a\n"),
    "nul": b"\0" * 100,
    "nul in a value": SHORT.replace("drafts", "a\0b"),
    "utf-16": SHORT.encode("utf-16"),
    "utf-32": SHORT.encode("utf-32"),
    "latin-1": SHORT.replace("drafts", "entwürfe").encode("latin-1"),
    "half a letter": SHORT.encode() + b"# \xf0\x9f\x92",
    "a surrogate": SHORT.encode() + b"# \xed\xa0\x80",
    "an escaped surrogate": SHORT.replace("drafts", '"\\ud800"') + "x: 1\n",
    "binary": bytes(range(256)) * 100,
    "too large": many("#") + "##",
    "html": "<!doctype html><html><body>not found</body></html>",
    "json with a problem": '{"version": 1, "route": {"name": "a", "target": "prod"}}',
    "an object": "!!python/object/apply:os.system ['touch /tmp/hacked']\n",
    "an object inside": SHORT + "a: !!python/object/apply:os.system ['true']\n",
    "a set": "!!set {a, b}\n",
    "a binary": SHORT.replace("drafts", "!!binary aGVsbG8="),
    "a timestamp tag": SHORT + "a: !!timestamp 2026-01-01\n",
    "terminal escapes": SHORT + '"\\e[2J\\e]0;x\\a": "\\e[31m"\n',
    "terminal escapes in an enum": SHORT.replace("flatkey", '"\\e[31mflatky\\u202e"'),
    "github commands": SHORT + '"::error::x\\n::set-output name=a::b": 1\n',
    "a number of 100,000 digits": SHORT.replace("8,", "9" * 100_000 + ","),
    "a number too large": SHORT.replace("8,", "999999999999999999,"),
    "infinity": SHORT + "budget: {per_job: .inf, monthly: 1e99999999, jobs_per_month: .nan}\n",
    "a tiny number": SHORT + "budget: {per_job: 1e-999999999}\n",
    "a negative budget": SHORT + "budget: {per_job: -0.01}\n",
    "a duration without end": SHORT + "smoke: {deadline: 999999d, proof_valid_for: 9999999999d}\n",
    "a day without end": SHORT + "fallback: {approved_on: 99999-01-01}\n",
    "deep": "".join(" " * level + "a:\n" for level in range(600)),
    "deep lists": "a: " + "[" * 500 + "]" * 500,
    "a list of nothing": SHORT + "waivers: [" + "~," * 9_000 + "]\n",
    "a list of the wrong": SHORT + "confirmations: [" + "{what: }," * 3_000 + "]\n",
    "extends a device": SHORT + "extends: /dev/zero\n",
    "extends a folder": SHORT + "extends: ..\n",
    "extends itself": SHORT + "extends: route.yaml\n",
    "extends nothing": SHORT + "extends: ''\n",
    "a sample elsewhere": SHORT + "logging: {sample: /proc/self/environ}\n",
    "an image elsewhere": SHORT + "smoke: {image: ../../../../etc/passwd}\n",
    "a long path": SHORT + f"logging: {{sample: {'a/' * 3_000}}}\n",
    "a key": SHORT.replace("drafts", KEY),
    "a key with an invisible letter": SHORT + f"{KEY[:3]}\u200b{KEY[3:]}: 1\n",
    "keys": many(KEY + " "),
    "half keys": many("sk-"),
    "tokens": many("eyJ"),
    "more tokens": many("eyJaaaaaaa."),
    "bearers": many("bearer "),
    "a foreign host": SHORT.replace("endpoint", "base_url: 'https://x@evil.example', endpoint"),
    "a host in disguise": SHORT.replace("endpoint", "base_url: 'https://a.b\\\\@c.d', endpoint"),
    "a climbing model": SHORT.replace("veo3.1-fast", "../../admin"),
    "a key for a mapping": SHORT.replace("{name: drafts}", "drafts"),
    "a mapping for a key": "? {a: b}\n: 1\n",
}  # fmt: skip


def check(path: Path, content: str | bytes) -> tuple[str, ...] | None:
    """The problems as printed, after holding them to what every answer has to be."""
    put(path.parent, content, path.name)
    found = load_route_file(path)
    if isinstance(found, RouteFile):
        return None
    printed = tuple(str(problem) for problem in found)
    assert 0 < len(printed) <= MOST_LISTED + 1
    lines = content.count(b"\n" if isinstance(content, bytes) else "\n") + 1  # type: ignore[arg-type]
    for one, line in zip(found, printed, strict=True):
        assert one.message
        assert 1 <= one.line <= lines + 1
        assert one.column >= 1
        assert len(line) < 2_000
        assert not CONTROL.search(line)
        assert not WHOLE_KEY.search(line)
    return printed


@pytest.mark.parametrize("content", BY_HAND.values(), ids=BY_HAND)
def test_by_hand(tmp_path: Path, content: str | bytes) -> None:
    assert check(tmp_path / "route.yaml", content) is not None


def test_there_are_two_hundred_of_them() -> None:
    assert len(BY_HAND) + EXAMPLES * 3 >= 200


EXAMPLES = 60
_slowly = settings(
    max_examples=EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
_SIGNS = [*"[]{}:,-?&*!|>'\"%@`#~ \n\t\\", "<<", "---", "...", ": ", "- ", "&a ", "*a ", "!!str "]
_WORDS = ["null", "true", "8", "1e9", "route", "via", "extends", "version: 1\n", KEY]
PIECES = st.sampled_from([*_SIGNS, *_WORDS, "\x1b", "\0", "\u202e", "é"])


@_slowly
@given(st.lists(PIECES, max_size=60))
def test_pieces_of_yaml(tmp_path: Path, pieces: list[str]) -> None:
    check(tmp_path / "route.yaml", "".join(pieces))


@_slowly
@given(st.binary(max_size=300))
def test_any_bytes(tmp_path: Path, content: bytes) -> None:
    check(tmp_path / "route.yaml", content)


def _edits(draw: st.DrawFn) -> Iterator[tuple[int, int, str]]:
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(FULL)))
        yield start, draw(st.integers(0, 12)), draw(st.lists(PIECES, max_size=4).map("".join))


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """The full route file with a few places cut out or written over."""
    text = FULL
    for start, length, piece in _edits(draw):
        text = text[:start] + piece + text[start + length :]
    return text


@_slowly
@given(damaged())
def test_a_damaged_route_file(tmp_path: Path, text: str) -> None:
    check(tmp_path / "route.yaml", text)


@_slowly
@given(st.lists(PIECES, max_size=40).map("".join) | damaged())
def test_a_damaged_team_file(tmp_path: Path, text: str) -> None:
    put(tmp_path, text, "team.yaml")
    check(tmp_path / "route.yaml", SHORT + "extends: team.yaml\n" + "#\n" * 200)
