"""Which words of a text are ids, and which only look like one."""

from __future__ import annotations

import re
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veo_check.reference.load import load_reference
from veo_check.scan.ids import LONGEST_ID, IdFinder, aliases_in, is_alias

KNOWN = load_reference().models()
PRICED = load_reference().priced_models()
finder = IdFinder.of(KNOWN, PRICED)


def ids(text: str, settings: bool = False) -> list[tuple[int, str]]:
    """(offset, id) of everything found."""
    return [(span.start, span.id) for span in finder.spans(text.encode(), settings)]


#: what stands around an id in files that people write
AROUND = [
    '"{}"', "'{}'", "`{}`", "{}", "MODEL={}", "model: {}", "model: {}  # now", "<{}>", "({})",
    "models/{}", "publishers/google/models/{}:predictLongRunning", "gemini/{}", "vertex_ai/{}",
    "https://example.com/v1/models/{}/operations", "models%2F{}", r'"\n{}"', "x={};", "prod-{}",
    "{}.", "{},", "{}, and", "{}_total", "{}.mp4", "{}-",
]  # fmt: skip


def test_a_known_id_is_found_wherever_it_stands() -> None:
    for model, around in product(KNOWN, AROUND):
        text = around.format(model)
        assert ids(text) == [(around.index("{"), model)], text


@pytest.mark.parametrize("model", KNOWN)
def test_a_longer_word_is_another_id(model: str) -> None:
    assert ids(f'"{model}-eu"') == [(1, f"{model}-eu")]
    assert ids(f'"x{model}"') == []


def test_the_longest_known_id_wins() -> None:
    assert ids("sora-2 sora-2-pro sora-2-pro-2025-10-06") == [
        (0, "sora-2"),
        (7, "sora-2-pro"),
        (18, "sora-2-pro-2025-10-06"),
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('"veo-9.9-ultra"', "veo-9.9-ultra"),
        ("veo-4.0-generate-001.", "veo-4.0-generate-001"),
        ("vertex_ai/veo-4.0-generate-001", "veo-4.0-generate-001"),
        ("https://x.example/v1/models/veo-4.0-generate-001", "veo-4.0-generate-001"),
        ("label: veo3.1-fast", "veo3.1-fast"),
        ("'veo3'", "veo3"),
        ('"veo_3"', "veo_3"),
        ("google/veo3", "veo3"),
        ("veo-latest", "veo-latest"),
        ("veo-experimental", "veo-experimental"),
        ("veo-preview-0815", "veo-preview-0815"),
        (r'"{\"model\": \"veo3_fast\"}"', "veo3_fast"),
        (r"'{\'model\': \'veo_3_1_i2v_s_fast\'}'", "veo_3_1_i2v_s_fast"),
        ('"fal-ai/veo3.1"', "fal-ai/veo3.1"),
        ('"fal-ai/veo3.1/fast"', "fal-ai/veo3.1/fast"),
        ("https://fal.run/fal-ai/veo3/fast/image-to-video", "fal-ai/veo3/fast/image-to-video"),
        ('"veo3/text-to-video"', "veo3/text-to-video"),
        ("sora-20", "sora-20"),
        ('"sora-2.5"', "sora-2.5"),
        ('"seedance-2.0"', "seedance-2.0"),
        ('"dreamina-seedance-9-0-270101"', "dreamina-seedance-9-0-270101"),
        ('"gemini-omni-7-flash"', "gemini-omni-7-flash"),
        ('"kling-v9"', "kling-v9"),
        ('"kling-v3"', "kling-v3"),
        ("'MiniMax-H3'", "MiniMax-H3"),
        ('"wan2.7-i2v"', "wan2.7-i2v"),
        ('"gen4.5"', "gen4.5"),
        ('"MiniMax-H3-Max"', "MiniMax-H3-Max"),
    ],
)
def test_what_looks_like_veo_is_found(text: str, found: str) -> None:
    assert [one for _, one in ids(text)] == [found]


@pytest.mark.parametrize(
    "text",
    [
        "veo3 = client()",
        "veo_3(x)",
        "run(veo3)",
        "veo-check",
        "video-3",
        "Veo 3.1",
        "veo-3.1.mp4",
        "examples/flatkey-veo-3.1-fast.yaml",
        "./veo-3.1/client",
        "https://x.example/blog/veo-3.1-is-here",
        "my-veo-3.9",
        "kling",
        "sora-next",
        "the aleph of it",
        "ray-2 of the sun",
        "my-sora-2.5",
        "examples/sora-2.5.mp4",
        "from lib/veo3/client",
        "veo-3" + "a" * LONGEST_ID,
    ],
)
def test_other_words_are_left_alone(text: str) -> None:
    assert ids(text) == []


@pytest.mark.parametrize(
    "line",
    [
        "MODEL=veo3",
        "model: veo3",
        "- veo3",
        "[veo3, x]",
        "m: veo3 # x",
        "veo: {model: veo3}",
        "{a: 1, model: veo3, b: 2}",
    ],
)
def test_a_bare_word_is_an_id_only_among_settings(line: str) -> None:
    assert [one for _, one in ids(line, settings=True)] == ["veo3"]
    assert ids(line) == []


@pytest.mark.parametrize("model", PRICED)
def test_every_model_with_a_price_is_found(model: str) -> None:
    assert [found for _, found in ids(f'MODEL = "{model}"')] == [model]


@pytest.mark.parametrize(
    ("text", "surface"),
    [
        ("vertex_ai/{}", "agent-platform"),
        ("publishers/google/models/{}:predictLongRunning", "agent-platform"),
        ("https://us-central1-aiplatform.googleapis.com/v1/x/models/{}", "agent-platform"),
        ("gemini/{}", "gemini-api"),
        ("https://generativelanguage.googleapis.com/v1beta/models/{}:x", "gemini-api"),
        ('model="{}"', None),
        ("models/{}", None),
    ],
)
def test_what_stands_before_an_id_says_where_the_call_goes(text: str, surface: str | None) -> None:
    (span,) = finder.spans(text.format("veo-3.1-generate-001").encode())
    assert (span.id, span.surface) == ("veo-3.1-generate-001", surface)


@pytest.mark.parametrize(
    "name",
    [
        "fal-ai/kling-video/v2.5-turbo/pro/text-to-video",
        "fal-ai/sora-2/text-to-video",
        "fal-ai/bytedance/seedance/v1/pro/image-to-video",
        "fal-ai/veo3.1/first-last-frame-to-video",
        "fal-ai/veo3/fast",
        "wavespeed-ai/kling-v2.1-t2v",
    ],
)
@pytest.mark.parametrize("text", ['run("{}")', "model: {}\n", '{{"model": "{}"}}', "MODEL={}\n"])
def test_a_resellers_path_is_found_whole(name: str, text: str) -> None:
    found = [span.id for span in finder.spans(text.format(name).encode(), settings=True)]
    assert found == [name]


CONFIG = b"""\
model_list:
  - model_name: veo-3.1-generate-preview
    litellm_params:
      model: veo-3.1-generate-preview
  - {model_name: "veo-31", litellm_params: {model: vertex_ai/veo-3.0-generate-001}}
router_settings:
  fallbacks: [{"veo-31": ["veo-3.1-generate-preview"]}]
  model_group_alias: {"veo3": "veo-31", 'sora-3': veo-31}
  other: veo-3.2-x
"""
BLOCK = CONFIG.replace(
    b"""{"veo3": "veo-31", 'sora-3': veo-31}""",
    b"""
    veo3: veo-31
    "sora-3": veo-31""",
)


@pytest.mark.parametrize("text", [CONFIG, BLOCK], ids=["flow", "block"])
def test_names_of_a_litellm_config_are_no_ids_and_what_they_stand_for_is(text: bytes) -> None:
    aliases = aliases_in(text)
    assert aliases == {"veo-3.1-generate-preview", "veo-31", "veo3", "sora-3"}
    found = [
        span.id for span in finder.spans(text, settings=True) if not is_alias(span, text, aliases)
    ]
    assert found == ["veo-3.1-generate-preview", "veo-3.0-generate-001", "veo-3.2-x"]
    assert aliases_in(text.replace(b"litellm_params", b"x")) == frozenset()


def test_a_reference_may_name_anything() -> None:
    odd = IdFinder.of(["", "a.*+[x]", "wan2.5", "x" * (LONGEST_ID + 1), "modèle-1"])
    text = "a.*+[x] abbbb wan2.5 wan205 modèle-1".encode()
    assert [span.id for span in odd.spans(text)] == ["a.*+[x]", "wan2.5", "modèle-1"]
    assert {b"a.*+[x]", "modèle-1".encode(), b"veo", b"wan2."} <= {*odd.needles}
    assert [span.id for span in IdFinder.of([]).spans(b"sora-2 veo-3")] == ["sora-2", "veo-3"]


@given(st.text(alphabet="vso -.2\n", max_size=30).map(lambda text: text.replace("s", "sora-2")))
def test_the_quick_look_is_never_wrong_about_a_no(text: str) -> None:
    content = text.encode()
    needed = any(needle in content for needle in finder.needles)
    assert bool(finder.may_hold_one(content)) is needed
    assert needed or not list(finder.spans(content))


@given(st.lists(st.sampled_from([*KNOWN, "x", "-", " ", '"', "/", "\n", "veo", "é"]), max_size=8))
def test_what_grep_finds_is_found(words: list[str]) -> None:
    """On every line that holds a known id as a word, something is found, and within that line."""
    for line in "".join(words).split("\n"):
        spans = list(finder.spans(line.encode()))
        alone = re.findall(rf"(?<![\w-])(?:{'|'.join(map(re.escape, KNOWN))})(?![\w.-])", line)
        assert len(spans) >= len(alone)
        assert [span.id for span in spans] == [
            line.encode()[span.start : span.end].decode() for span in spans
        ]
