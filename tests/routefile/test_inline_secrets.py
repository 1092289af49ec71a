"""Keys written into a route file: refused wherever they stand, and repeated nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from route_texts import SHORT, problems, put
from veo_check.routefile.load import RouteFile, load_route_file

# put together at run time, so that no scanner takes this file for a leak
SECRET = "sk-" + "Zq81xWvU70Kp" * 2
PARTS = [SECRET[start : start + 4] for start in range(3, len(SECRET) - 3)]
SAID = (
    "looks like a key or token; put it into an environment variable, name that variable here, "
    "and replace the key: whoever has read this file has it"
)


@pytest.mark.parametrize(
    ("text", "places"),
    [
        (SHORT.replace("veo3.1-fast", SECRET), ["3:50: via.model"]),
        (SHORT.replace("flatkey", SECRET), ["3:16: via.gateway"]),
        (SHORT.replace("seconds: 8", f"seconds: {SECRET}"), ["5:20: request.seconds"]),
        (SHORT + f"{SECRET}: 1\n", ["6:1: (hidden)"]),
        (SHORT + f"waivers: [{SECRET}]\n", ["6:11: waivers.0"]),
        (SHORT + f"# was {SECRET}\n", ["6:7: (comment)"]),
        (SHORT.replace("8,", f"8, # {SECRET}\n "), ["5:25: (comment)"]),
        (SHORT + f"smoke:\n  prompt: |\n    a\n    {SECRET}\n", ["9:5: smoke.prompt"]),
        (SHORT + f'smoke: {{prompt: "sk\\x2d{SECRET[3:]}"}}\n', ["6:17: smoke.prompt"]),
        (SHORT + f'"sk\\x2d{SECRET[3:]}": 1\n', ["6:1: (hidden)"]),
        (SHORT + f"logging: {{sample: a, fields: {{{SECRET}: op}}}}\n", ["6:31: logging.fields.(hidden)"]),  # noqa: E501
        (SHORT + f"extends: {SECRET}\n", ["6:10: extends"]),
        (SHORT.replace("drafts", f"{'x' * 50} {SECRET}"), ["2:66: route.name"]),
    ],
)  # fmt: skip
def test_it_is_refused_where_it_stands(tmp_path: Path, text: str, places: list[str]) -> None:
    assert problems(put(tmp_path, text)) == [f"route.yaml:{place}: {SAID}" for place in places]


@pytest.mark.parametrize(
    "text",
    [
        SHORT + f"budget: {{per_job: {SECRET}}}\nbudget: {{per_job: {SECRET}}}\n",
        SHORT + f"a: &{SECRET} 1\nb: *{SECRET}\nc: !{SECRET} 1\n{SECRET}: 1\n{SECRET}: 2\n",
        SHORT + f"budget: {{per_job: {'x' * 30} {SECRET}}}\n",
        SHORT + f"route: [{SECRET}\n",
        SHORT + f"'{SECRET}\n",
        SECRET,
        f"- {SECRET}",
        f"%{SECRET}\n---\na: 1\n",
        SHORT.replace("veo3.1-fast", f"../{SECRET}"),
        SHORT.replace("drafts", f"{{{SECRET}: {SECRET}}}"),
        SHORT + f"confirmations: [{{{SECRET}: 1, on: {SECRET}}}]\nsmoke: {{deadline: {SECRET}}}\n",
        "\n".join([SHORT, *[f"k{number}: {SECRET}" for number in range(300)]]),
    ],
)
def test_nothing_of_it_is_in_any_message(tmp_path: Path, text: str) -> None:
    path = put(tmp_path, text)
    found = load_route_file(path)
    assert not isinstance(found, RouteFile)
    printed = "\n".join(map(str, found)) + repr(found)
    assert SAID in printed
    assert [part for part in PARTS if part in printed] == []


def test_other_problems_are_told_beside_it(tmp_path: Path) -> None:
    text = SHORT.replace("drafts", SECRET).replace("1080p", "1080")
    assert problems(put(tmp_path, text)) == [
        f"route.yaml:2:15: route.name: {SAID}",
        "route.yaml:5:35: request.resolution: has to be 360p, 480p, 720p, 768p, 1080p, 2k or 4k; "
        "this is '1080'; did you mean 1080p?",
    ]


def test_a_key_in_the_extended_file_is_refused_there(tmp_path: Path) -> None:
    put(tmp_path, f"version: 1\nroute:\n  owner: {{team: {SECRET}}}\n", "team.yaml")
    path = put(tmp_path, SHORT + "extends: team.yaml\n")
    assert problems(path) == [f"team.yaml:3:17: route.owner.team: {SAID}"]


def test_what_somebody_pastes_as_a_key_is_not_repeated(tmp_path: Path) -> None:
    via = SHORT.splitlines()[2]
    for pasted in ("key: {env: 'hunter 2'}", "key: hunter2", "base_url: 'https://a:hunter2@b c'"):
        path = put(tmp_path, SHORT.replace(via, f"{via[:-1]}, {pasted}}}"))
        assert "hunter" not in "".join(problems(path))
