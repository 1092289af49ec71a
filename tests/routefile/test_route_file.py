"""Route files: every key of the format, every problem at once, the place of every value."""

from __future__ import annotations

import hashlib
import os
import re
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from route_texts import FULL, SHORT, loaded, problems, put
from veo_check.core.findings import Tier
from veo_check.core.route import Route
from veo_check.routefile.schema import KEYS
from veo_check.routefile.yaml_reader import MOST_LISTED


def test_every_key_of_the_format_is_read(tmp_path: Path) -> None:
    assert loaded(put(tmp_path, FULL)).route == Route.model_validate(
        {
            "version": 1,
            "route": {
                "name": "storyboard-drafts",
                "target": "production",
                "application": "campaign-studio",
                "environment": "production",
                "workflow": "ad-storyboard",
                "owner": {
                    "team": "creative-tools",
                    "cost_center": "CC-4412",
                    "contact": "#creative-oncall",
                },
                "cutover": date(2026, 12, 1),
            },
            "via": {
                "gateway": "flatkey",
                "base_url": "https://router.flatkey.ai",
                "console_url": "https://console.flatkey.ai",
                "endpoint": "videos",
                "model": "veo3.1-fast",
                "group": "plg",
                "key": {
                    "env": "FLATKEY_SMOKE_KEY",
                    "name": "ci-smoke",
                    "owner": "creative-tools",
                    "scope": "non-production",
                },
                "production_key": {"env": "FLATKEY_KEY"},
                "project": "studio-1",
                "location": "us-central1",
            },
            "model": {
                "official": "veo-3.1-fast-generate-001",
                "surface": "agent-platform",
                "listing": {
                    "project": "studio-1",
                    "location": "us-central1",
                    "key": {"adc": True},
                },
                "also_known_as": ["veo31-fast-pool"],
                "billing_sku": "7DE3-56E5-CE6C",
            },
            "request": {
                "mode": "text-to-video",
                "seconds": 8,
                "resolution": "1080p",
                "aspect_ratio": "16:9",
                "audio": True,
                "count": 1,
                "use": "final",
            },
            "budget": {
                "per_job": Decimal("2.00"),
                "monthly": Decimal(6000),
                "jobs_per_month": 3000,
                "max_markup": Decimal("0.25"),
                "retries": 1,
            },
            "fallback": {
                "transient_error": "switch",
                "deprecated_model": "block",
                "unsupported_parameter": "fail_closed",
                "high_resolution_final": "require_approval",
                "draft": "fail_closed",
                "policy_block": "human_review",
                "approved_by": "video-platform@example.com",
                "approved_on": date(2026, 11, 20),
                "routes": [
                    {
                        "name": "lite",
                        "for": ["transient_error"],
                        "via": {"model": "veo3.1-lite"},
                        "model": {
                            "official": "veo-3.1-lite-generate-001",
                            "surface": "agent-platform",
                        },
                        "request": {"resolution": "720p"},
                        "max_cost_ratio": Decimal("1.0"),
                        "accepts": ["style"],
                        "fallback": ["lite"],
                    }
                ],
            },
            "logging": {
                "sample": "logs/veo-jobs.jsonl",
                "fields": {"operation_id": "op", "poll_attempts": "polls"},
            },
            "confirmations": [
                {
                    "what": "dashboard-record",
                    "by": "a@example.com",
                    "on": date(2026, 11, 20),
                    "link": "https://x.example/…",
                    "expires": date(2026, 12, 20),
                },
                {
                    "what": "usage-record",
                    "by": "a@example.com",
                    "on": date(2026, 11, 20),
                    "operation": "op/1",
                    "billed": Decimal("0.48"),
                    "expires": date(2026, 12, 20),
                },
            ],
            "smoke": {
                "seconds": 4,
                "resolution": "720p",
                "prompt": "A paper boat drifting across a still pond at dawn.",
                "deadline": timedelta(minutes=10),
                "proof_valid_for": timedelta(days=7),
                "controlled_failure": "unsupported-parameter",
                "image": "pond.png",
                "last_image": "sea.png",
                "references": ["boat.png"],
                "video": "pond.mp4",
            },
            "waivers": [
                {
                    "finding": "price-agrees/markup",
                    "reason": "ticket 812",
                    "owner": "a@example.com",
                    "expires": date(2026, 12, 15),
                }
            ],
        }
    )


def test_the_full_text_uses_every_key_there_is() -> None:
    words = {key for keys in KEYS.values() for key in keys} - {"extends"}
    assert {word for word in words if not re.search(rf"(?m)(^|[ {{]){word}:", FULL)} == set()


def test_what_is_left_out_has_its_default(tmp_path: Path) -> None:
    route = loaded(put(tmp_path, SHORT)).route
    assert route.target is Tier.PRODUCTION
    assert route.base_url == "https://router.flatkey.ai"
    assert route.console_url == "https://console.flatkey.ai"
    assert (route.budget.max_markup, route.budget.retries) == (Decimal("0.25"), 0)
    assert (route.smoke.deadline, route.smoke.proof_valid_for) == (
        timedelta(minutes=10),
        timedelta(days=7),
    )
    assert (route.fallback, route.logging, route.waivers, route.confirmations) == (
        None,
        None,
        [],
        [],
    )


def test_an_empty_value_is_one_that_is_not_written(tmp_path: Path) -> None:
    text = SHORT + "budget:\nwaivers:\nconfirmations: ~\nsmoke: {deadline: , prompt: null}\n"
    assert loaded(put(tmp_path, text)).route == loaded(put(tmp_path, SHORT, "b.yaml")).route


def test_an_empty_value_does_not_hide_a_wrong_key(tmp_path: Path) -> None:
    path = put(tmp_path, SHORT.replace("drafts}", "drafts, owners: }").replace("8,", ",") + "x:\n")
    assert problems(path) == [
        "route.yaml:2:23: route.owners: unknown key; did you mean owner?",
        "route.yaml:5:20: request.seconds: is empty; it needs a value",
        "route.yaml:6:1: x: unknown key; known here: version, route, via, model, request, budget, "
        "fallback, logging, confirmations, smoke, waivers, extends",
    ]


@pytest.mark.parametrize(
    ("at", "spot"),
    [
        ("version", (2, 10)),
        ("route", (3, 1)),
        ("route.name", (4, 9)),
        ("route.owner.team", (9, 17)),
        ("via.model", (17, 10)),
        ("via.key.env", (19, 14)),
        ("model.listing.key.adc", (27, 66)),
        ("fallback.routes.0", (57, 7)),
        ("fallback.routes.0.model.official", (60, 25)),
        ("fallback.routes.0.for.0", (58, 13)),
        ("confirmations.1.operation", (72, 72)),
        ("waivers.0", (87, 5)),
        ("waivers.0.expires", (87, 87)),
        # what is not there: the nearest around it
        ("waivers.7.expires", (86, 1)),
        ("via.nothing.at.all", (12, 1)),
        ("via.model.deeper", (17, 10)),
        ("nothing", (2, 1)),
        ("", (2, 1)),
    ],
)
def test_every_value_has_its_place(tmp_path: Path, at: str, spot: tuple[int, int]) -> None:
    assert loaded(put(tmp_path, FULL)).position(at) == spot


def test_the_digest_is_of_the_bytes(tmp_path: Path) -> None:
    file = loaded(put(tmp_path, b"\xef\xbb\xbf" + SHORT.replace("\n", "\r\n").encode()))
    assert file.digest == "sha256:" + hashlib.sha256(file.path.read_bytes()).hexdigest()
    assert (file.extended, file.extended_digest) == (None, None)


def test_files_named_in_it_are_resolved_from_its_folder(tmp_path: Path) -> None:
    file = loaded(put(tmp_path / "routes", FULL))
    folder = tmp_path.resolve() / "routes"
    assert file.sample == folder / "logs/veo-jobs.jsonl"
    assert file.media == (
        ("image", folder / "pond.png"),
        ("last_image", folder / "sea.png"),
        ("references", folder / "boat.png"),
        ("video", folder / "pond.mp4"),
    )


@pytest.mark.parametrize("name", ["../logs/x.jsonl", "logs/../x.jsonl", "./x.jsonl"])
def test_a_file_may_be_below_the_parent_folder(tmp_path: Path, name: str) -> None:
    path = put(tmp_path / "deep" / "routes", SHORT + f"logging: {{sample: {name}}}\n")
    assert loaded(path).sample == (path.parent.resolve() / name).resolve()


OUT_OF_BOUNDS = (
    "route.yaml:6:19: logging.sample: has to be below the folder of this file or below its parent "
    "folder"
)


@pytest.mark.parametrize("name", ["/etc/passwd", "../../x.jsonl", "../../../../etc/passwd"])
def test_a_file_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    path = put(tmp_path / "deep" / "routes", SHORT + f"logging: {{sample: {name}}}\n")
    assert problems(path) == [OUT_OF_BOUNDS]


def test_a_link_out_of_bounds_is_refused(tmp_path: Path) -> None:
    path = put(tmp_path / "deep" / "routes", SHORT + "logging: {sample: inner/x.jsonl}\n")
    (path.parent / "inner").symlink_to(tmp_path)
    assert problems(path) == [OUT_OF_BOUNDS]


def test_a_route_file_that_is_a_link_counts_from_where_it_really_is(tmp_path: Path) -> None:
    real = put(tmp_path / "deep" / "routes", SHORT + "logging: {sample: x.jsonl}\n")
    link = tmp_path / "elsewhere" / "link.yaml"
    link.parent.mkdir()
    link.symlink_to(real)
    assert loaded(link).sample == real.parent.resolve() / "x.jsonl"


def test_the_root_of_the_file_system_is_no_parent_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.path.realpath

    def moved(path: str | os.PathLike[str]) -> str:
        """As if the folder of the test were /app."""
        return real(path).replace(real(tmp_path), "/app")

    path = put(tmp_path, SHORT + "logging: {sample: ../etc/passwd}\n")
    monkeypatch.setattr(os.path, "realpath", moved)
    assert problems(path) == [OUT_OF_BOUNDS]


def test_names_may_hold_anything_that_can_be_escaped(tmp_path: Path) -> None:
    name = "\\e[31m<b>`|\\u202e\\u200b"
    route = loaded(put(tmp_path, SHORT.replace("drafts", f'"{name}"'))).route
    assert route.name == "\x1b[31m<b>`|\u202e\u200b"


def test_problems_print_no_control_characters(tmp_path: Path) -> None:
    path = put(tmp_path, SHORT + '"\\e[31mevil\\n": 1\n')
    (only,) = problems(path)
    assert only.startswith("route.yaml:6:1: evil: unknown key; known here: version, ")


def test_a_long_list_of_problems_is_cut(tmp_path: Path) -> None:
    path = put(tmp_path, SHORT + "".join(f"{number}: 1\n" for number in range(1000)))
    found = problems(path)
    assert len(found) == MOST_LISTED + 1
    assert found[-1] == "route.yaml:106:1: (file): and 900 problems more"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "1:1: (file): is empty; a route file begins with version: 1"),
        (b"# only this\n", "1:1: (file): is empty; a route file begins with version: 1"),
        (b"a: 1\nb: \xff\n", "2:1: (file): is not UTF-8 text; save it as UTF-8"),
        ("version: 1".encode("utf-16"), "1:1: (file): is not UTF-8 text; save it as UTF-8"),
        (b"#" * 262_145, "1:1: (file): is larger than 256 KiB, so not a route file"),
        (b"- a\n", "1:1: (file): has to hold `key: value` lines at its top level"),
    ],
)
def test_a_file_that_is_no_route_says_why(tmp_path: Path, content: bytes, said: str) -> None:
    assert problems(put(tmp_path, content)) == [f"route.yaml:{said}"]


def test_what_is_no_regular_file_is_not_opened(tmp_path: Path) -> None:
    folder, pipe, loop = tmp_path / "folder", tmp_path / "pipe", tmp_path / "loop"
    folder.mkdir()
    os.mkfifo(pipe)
    loop.symlink_to(loop)
    assert [problems(path) for path in (folder, pipe, loop, tmp_path / "none")] == [
        ["folder:1:1: (file): is a folder that holds no route file"],
        ["pipe:1:1: (file): is not a regular file, so not a route file"],
        ["loop:1:1: (file): cannot be read: Too many levels of symbolic links"],
        ["none:1:1: (file): there is no such file"],
    ]


@pytest.mark.parametrize("name", ["VEO_CHECK_KNOWLEDGE_KEY", "VEO_CHECK_BILLING_KEY"])
@pytest.mark.parametrize("place", ["FLATKEY_SMOKE_KEY", "FLATKEY_KEY"])
def test_the_tools_own_keys_are_no_keys_of_a_route(tmp_path: Path, name: str, place: str) -> None:
    said = problems(put(tmp_path, FULL.replace(f"env: {place}", f"env: {name}")))
    assert any("is veo-check's own key" in str(problem) for problem in said), said
