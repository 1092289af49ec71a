"""Which files a command's arguments name."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from route_texts import SHORT, problems, put
from veo_check.routefile.load import route_paths

OTHER = "version: 1\nbudget: {retries: 1}\n"


def names(folder: Path, arguments: list[Path]) -> tuple[list[str], list[str]]:
    files, passed_over = route_paths(arguments)
    return (
        [os.path.relpath(path, folder) for path in files],
        [os.path.relpath(path, folder) for path in passed_over],
    )


def test_a_file_is_taken_as_it_is(tmp_path: Path) -> None:
    path = put(tmp_path, OTHER, "team.txt")
    assert route_paths([path, tmp_path / "none.yaml"]) == ((path, tmp_path / "none.yaml"), ())


def test_a_folder_is_searched_in_order_of_name(tmp_path: Path) -> None:
    for name in ("b.yaml", "a.yml", "sub/c.yaml", "a/z.yaml", ".hidden.yaml", ".git/d.yaml"):
        put(tmp_path, SHORT, name)
    put(tmp_path, SHORT, "notes.txt")
    put(tmp_path, OTHER, "team.yaml")
    assert names(tmp_path, [tmp_path]) == (
        ["a.yml", "b.yaml", "a/z.yaml", "sub/c.yaml"],
        ["team.yaml"],
    )


def test_each_file_is_taken_once(tmp_path: Path) -> None:
    path = put(tmp_path, SHORT, "a.yaml")
    team = put(tmp_path, OTHER, "team.yaml")
    (tmp_path / "link.yaml").symlink_to(path)
    assert names(tmp_path, [path, tmp_path, team, tmp_path]) == (["a.yaml", "team.yaml"], [])


@pytest.mark.parametrize(
    ("text", "is_route"),
    [
        ("route: {}\n", True),
        ("version: 1\nroute :\n", True),
        ('"route": {}\n', True),
        ("'route': {}\n", True),
        ("{version: 1, route: {}}\n", True),
        ("? route\n: {}\n", True),
        ('"rou\\x74e": x\nx: {route: 1}\n', True),
        (b"\xef\xbb\xbfroute: {}\n", True),
        ("route: [unclosed\n", True),
        ("a: {{ route }}\nb: [\n", True),
        ("a: 1\n" + "#" * 300_000, True),
        ("rout: {}\nvia: {}\n", True),
        ("{Route: {}, via: {}}\n", True),
        ("version: 1\nvia: {}\nroutes:\n- a\n", True),
        ("via: [unclosed\n", True),
        ("rout: {}\n", False),
        ("rules: {}\nvia: {}\n", False),
        ("via: {}\n", False),
        ("a: {route: 1}\n", False),
        ("- route: 1\n", False),
        ("[route]\n", False),
        ("a: route\n", False),
        ("", False),
        ("hello", False),
        (b"\xff\xfe\x00", False),
        ("a: [unclosed\n", False),
    ],
)
def test_a_route_is_a_file_with_a_route_key(
    tmp_path: Path, text: str | bytes, is_route: bool
) -> None:
    put(tmp_path, SHORT, "a.yaml")
    put(tmp_path, text, "b.yaml")
    expected = (["a.yaml", "b.yaml"], []) if is_route else (["a.yaml"], ["b.yaml"])
    assert names(tmp_path, [tmp_path]) == expected


def test_what_cannot_be_read_is_left_to_the_reader(tmp_path: Path) -> None:
    (tmp_path / "gone.yaml").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipe.yaml")
    put(tmp_path, SHORT, "a.yaml")
    assert names(tmp_path, [tmp_path]) == (["a.yaml", "gone.yaml"], ["pipe.yaml"])


def test_a_folder_without_a_route_says_so(tmp_path: Path) -> None:
    put(tmp_path / "empty", OTHER, "team.yaml")
    put(tmp_path, SHORT, "a.yaml")
    folder = tmp_path / "empty"
    files, passed_over = route_paths([tmp_path / "a.yaml", folder])
    assert (files, passed_over) == ((tmp_path / "a.yaml", folder), (folder / "team.yaml",))
    assert problems(folder) == ["empty:1:1: (file): is a folder that holds no route file"]


def test_a_loop_of_folders_is_not_followed(tmp_path: Path) -> None:
    put(tmp_path, SHORT, "a.yaml")
    (tmp_path / "again").symlink_to(tmp_path)
    assert names(tmp_path, [tmp_path]) == (["a.yaml"], [])


def test_virtual_environments_and_packages_are_left_out(tmp_path: Path) -> None:
    for folder in ("env/lib", "node_modules/x", "routes"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "r.yaml").write_text("route: {}\n", encoding="utf-8")
    (tmp_path / "env" / "pyvenv.cfg").write_text("home = /usr\n", encoding="utf-8")
    assert route_paths([tmp_path]) == ((tmp_path / "routes" / "r.yaml",), ())
