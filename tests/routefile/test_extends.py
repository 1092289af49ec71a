"""`extends`: another file's values as defaults, one level, from the same or the parent folder."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from pathlib import Path

import pytest

from route_texts import SHORT, loaded, problems, put
from veo_check.routefile.load import RouteFile

TEAM = """\
version: 1
route:
  owner: {team: creative-tools, cost_center: CC-4412}
via: {gateway: flatkey, endpoint: videos, group: plg}
budget: {per_job: "2.00", retries: 1}
waivers:
  - {finding: a/b, reason: c, owner: d, expires: 2026-12-15}
"""
OWN = """\
extends: team.yaml
route:
  name: drafts
  owner: {team: film}
via: {model: veo3.1-fast, group: }
model: {official: veo-3.1-fast-generate-001, surface: agent-platform}
request: {seconds: 8, resolution: 1080p}
budget: {per_job: "3.00"}
waivers: []
"""


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    return put(tmp_path, OWN), put(tmp_path, TEAM, "team.yaml")


def test_mappings_are_merged_and_lists_replaced(pair: tuple[Path, Path]) -> None:
    file = loaded(pair[0])
    assert file.route.route.owner.model_dump() == {
        "team": "film",
        "cost_center": "CC-4412",
        "contact": None,
    }
    assert (file.route.via.gateway, file.route.via.group) == ("flatkey", "plg")
    assert (file.route.budget.per_job, file.route.budget.retries) == (Decimal("3.00"), 1)
    assert file.route.waivers == []
    assert file.extended == pair[1].resolve()
    assert file.extended_digest == "sha256:" + hashlib.sha256(TEAM.encode()).hexdigest()


def test_a_value_of_the_other_file_is_placed_where_this_one_brings_it_in(
    pair: tuple[Path, Path],
) -> None:
    file = loaded(pair[0])
    places = {at: file.position(at) for at in ("route.owner.team", "route.owner.cost_center")}
    places |= {at: file.position(at) for at in ("via.gateway", "version", "budget.retries")}
    assert places == {
        "route.owner.team": (4, 17),
        "route.owner.cost_center": (4, 3),
        "via.gateway": (5, 1),
        "version": (1, 10),
        "budget.retries": (8, 1),
    }


def test_a_problem_names_the_file_it_stands_in(pair: tuple[Path, Path]) -> None:
    pair[0].write_text(OWN.replace("8, res", "0, res") + "wavers: 1\n")
    pair[1].write_text(TEAM.replace("flatkey", "flatky") + "budgets: {}\nlogging: {sampel: x}\n")
    assert problems(pair[0]) == [
        "route.yaml:7:20: request.seconds: has to be at least 1; this is '0'",
        "route.yaml:10:1: wavers: unknown key; did you mean waivers?",
        "team.yaml:4:16: via.gateway: has to be flatkey, newapi, openai, openrouter or google; "
        "this is 'flatky'; did you mean flatkey?",
        "team.yaml:8:1: budgets: unknown key; did you mean budget?",
        "team.yaml:9:1: logging.sample: is missing",
        "team.yaml:9:11: logging.sampel: unknown key; did you mean sample?",
    ]


def test_what_both_files_lack_is_missing_here(pair: tuple[Path, Path]) -> None:
    pair[0].write_text(OWN.replace("seconds: 8, ", ""))
    pair[1].write_text(TEAM.replace("gateway: flatkey, ", "").replace("version: 1\n", ""))
    assert problems(pair[0]) == [
        "route.yaml:1:1: version: is missing",
        "route.yaml:5:1: via.gateway: is missing",
        "route.yaml:7:1: request.seconds: is missing",
    ]


def test_a_wrong_version_is_not_hidden_by_the_right_one(tmp_path: Path) -> None:
    for number, version in enumerate(("2", "true", "[1]", '"1"', "{a: b}")):
        path = put(tmp_path, SHORT + "extends: team.yaml\n")
        put(tmp_path, f"version: {version}\n", "team.yaml")
        assert (number, problems(path)) == (number, ["team.yaml:1:10: version: has to be 1"])


def test_every_problem_of_an_unreadable_team_file_is_told_and_nothing_is_called_missing(
    pair: tuple[Path, Path],
) -> None:
    pair[0].write_text(OWN.replace("1080p", "1080"))
    pair[1].write_text("version: 1\nroute: [\n")
    assert problems(pair[0]) == [
        "route.yaml:7:35: request.resolution: has to be 360p, 480p, 720p, 768p, 1080p, 2k or 4k; "
        "this is '1080'; did you mean 1080p?",
        "team.yaml:3:1: (file): is not YAML: did not find expected node content "
        "(while parsing a flow node)",
    ]


NOT_THERE = "there is no such file"
ELSEWHERE = "has to be in the folder of this file or in its parent folder"
NO_NAME = "has to be a file's name, such as team.yaml"


@pytest.mark.parametrize(
    ("extends", "said"),
    [
        ("none.yaml", NOT_THERE),
        (".", NOT_THERE),
        ("../../team.yaml", ELSEWHERE),
        ("sub/team.yaml", ELSEWHERE),
        ("/etc/passwd", ELSEWHERE),
        ("route.yaml", "a file cannot extend itself"),
        ("./../routes/route.yaml", "a file cannot extend itself"),
        ("[team.yaml]", NO_NAME),
        ("7", NO_NAME),
        ("''", NO_NAME),
        ('"team\\0.yaml"', NO_NAME),
        ('"team\\e.yaml"', NO_NAME),
        ("true", NO_NAME),
        ("x" * 5000, NOT_THERE),
    ],
)
def test_extends_that_leads_nowhere(tmp_path: Path, extends: str, said: str) -> None:
    folder = tmp_path / "deep" / "routes"
    (folder / "sub").mkdir(parents=True)
    for other in (tmp_path, folder / "sub"):
        put(other, TEAM, "team.yaml")
    path = put(folder, SHORT + f"extends: {extends}\n")
    assert problems(path) == [f"route.yaml:6:10: extends: {said}"]


def test_a_link_is_followed_before_it_is_judged(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "routes"
    path = put(folder, SHORT + "extends: team.yaml\n")
    put(tmp_path, TEAM, "team.yaml")
    (folder / "team.yaml").symlink_to(tmp_path / "team.yaml")
    assert problems(path) == [f"route.yaml:6:10: extends: {ELSEWHERE}"]


def test_the_parent_folder_may_hold_it(tmp_path: Path) -> None:
    path = put(tmp_path / "routes", OWN.replace("team.yaml", "../team.yaml"))
    put(tmp_path, TEAM, "team.yaml")
    assert loaded(path).route.route.owner.cost_center == "CC-4412"


def test_one_level_only(pair: tuple[Path, Path]) -> None:
    pair[1].write_text(TEAM + "extends: other.yaml\n")
    assert problems(pair[0]) == [
        "team.yaml:8:1: extends: a file that is extended cannot extend another; "
        "move the values here"
    ]


def test_a_team_file_does_not_stand_alone(pair: tuple[Path, Path]) -> None:
    assert problems(pair[1]) == [
        "team.yaml:1:1: model: is missing",
        "team.yaml:1:1: request: is missing",
        "team.yaml:2:1: route.name: is missing",
        "team.yaml:4:1: via.model: is missing",
    ]


def test_paths_of_the_team_file_start_from_its_folder(tmp_path: Path) -> None:
    path = put(tmp_path / "routes", OWN.replace("team.yaml", "../team.yaml"))
    put(tmp_path, TEAM + "logging: {sample: logs/x.jsonl}\nsmoke: {image: a.png}\n", "team.yaml")
    file = loaded(path)
    assert file.sample == tmp_path.resolve() / "logs/x.jsonl"
    assert file.media == (("image", tmp_path.resolve() / "a.png"),)
    assert file.route.logging is not None
    assert file.route.logging.sample == "../logs/x.jsonl"


def test_a_team_file_opens_no_further_folder(tmp_path: Path) -> None:
    path = put(tmp_path / "a" / "b", OWN.replace("team.yaml", "../team.yaml"))
    put(tmp_path / "a", TEAM + "logging: {sample: ../x.jsonl}\n", "team.yaml")
    assert problems(path) == [
        "../team.yaml:8:19: logging.sample: has to be below the folder of this file or below its "
        "parent folder"
    ]


def test_two_routes_may_share_a_team_file(tmp_path: Path) -> None:
    put(tmp_path, TEAM, "team.yaml")
    files: list[RouteFile] = [
        loaded(put(tmp_path, OWN.replace("drafts", name), f"{name}.yaml")) for name in ("a", "b")
    ]
    assert [file.route.name for file in files] == ["a", "b"]
    assert files[0].extended_digest == files[1].extended_digest
