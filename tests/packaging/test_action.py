"""The GitHub action, run from this clone as a runner would run it: its steps, with its inputs."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from action_runner import Runner

if sys.platform == "win32":
    pytest.skip("the action's tests need bash and symbolic links", allow_module_level=True)

ACTION = Path(".github/actions/veo-check")
CANARY = "canary-secret-1234567890"


@pytest.fixture
def action(root: Path, tmp_path: Path, home: Path) -> Runner:
    if shutil.which("bash") is None:
        pytest.skip("bash is not installed")
    runner = Runner(root, tmp_path, ACTION, home)
    shutil.copytree(root / "examples", runner.workspace / "routes")
    return runner


@pytest.fixture
def scan(root: Path, tmp_path: Path, home: Path) -> Runner:
    if shutil.which("bash") is None:
        pytest.skip("bash is not installed")
    return Runner(root, tmp_path, ACTION / "scan", home)


FLATKEY = "routes/flatkey-veo-3.1-fast.yaml"


@pytest.mark.parametrize("path", [ACTION, ACTION / "scan"])
def test_inputs_reach_a_script_through_its_environment_only(root: Path, path: Path) -> None:
    text = (root / path / "action.yml").read_text()
    definition = yaml.safe_load(text)
    steps = definition["runs"]["steps"]
    assert all("${{" not in step.get("run", "") for step in steps)
    for name in definition["inputs"]:
        assert f"${{{{ inputs.{name} }}}}" in text, f"{name} is not used"
    for name, output in definition["outputs"].items():
        (step, used) = re.fullmatch(  # type: ignore[union-attr]
            r"\$\{\{ steps\.(\w+)\.outputs\.([\w-]+) \}\}", output["value"]
        ).groups()
        assert (used, step in {one.get("id") for one in steps}) == (name, True)


@pytest.mark.parametrize("script", ["run.sh", "install.sh", "scan/scan.sh"])
def test_scripts_can_be_started_and_stop_at_an_error(root: Path, script: str) -> None:
    path = root / ACTION / script
    lines = path.read_text().splitlines()
    assert lines[0] == "#!/usr/bin/env bash"
    assert "set -euo pipefail" in lines
    assert os.access(path, os.X_OK)
    subprocess.run(["bash", "-n", str(path)], check=True)


def test_a_run_in_the_sandbox_tells_everything(action: Runner, shared: Path) -> None:
    import jsonschema

    ran = action.run({"routes": "routes/google-agent-platform.yaml\n", "args": "--sandbox"})
    assert ran.code == 0, ran.out
    report, sarif = ran.outputs.pop("report"), ran.outputs.pop("sarif")  # type: ignore[attr-defined]
    assert ran.outputs == {"verdict": "ready", "tier": "staging", "exit-code": "0"}
    assert json.loads(Path(report).read_text())["simulated"] is True
    schema = json.loads((shared / "schemas" / "sarif-schema-2.1.0.json").read_text())
    jsonschema.validate(json.loads(Path(sarif).read_text()), schema)
    assert "storyboard-direct" in ran.summary
    assert "::notice title=veo-check::1 route: 1 ready." in ran.out


def test_a_fork_s_pull_request_needs_no_key_and_is_red_only_for_what_is_sure(
    action: Runner,
) -> None:
    green = action.run(
        {"routes": FLATKEY, "keys": "FLATKEY_SMOKE_KEY"}, "pull_request", "fork/repo"
    )
    assert (green.code, green.outputs["exit-code"]) == (0, "0"), green.out
    assert green.outputs["verdict"] == "inconclusive"
    assert "::notice title=veo-check::Run without keys" in green.out
    red = action.run(
        {"routes": "routes/article-2026-06-17.yaml", "spend": "5"},
        "pull_request",
        "fork/repo",
        {"FLATKEY_SMOKE_KEY": CANARY},
    )
    assert (red.code, red.outputs["verdict"], red.outputs["exit-code"]) == (1, "not-ready", "1")
    everything = red.out + red.summary + Path(red.outputs["report"]).read_text()
    assert CANARY not in everything


RESTRICTED = ["--offline", "--checklist", "pull-request", "--inconclusive=pass"]


@pytest.mark.parametrize(
    ("event", "head", "env", "inputs", "restricted"),
    [
        ("pull_request", "fork/repo", {}, {}, True),
        ("pull_request", "", {}, {}, True),  # the fork is gone
        ("pull_request_target", "fork/repo", {"K": "x"}, {"keys": "K"}, True),
        ("pull_request", "team/repo", {}, {}, False),
        ("pull_request", "team/repo", {"K": "x"}, {"keys": "K"}, False),
        ("pull_request", "team/repo", {}, {"keys": "K"}, True),
        ("pull_request", "team/repo", {"GITHUB_ACTOR": "dependabot[bot]"}, {}, True),
        ("pull_request", "fork/repo", {}, {"fork-safe": "false"}, False),
        ("push", "", {}, {}, False),
        ("schedule", "", {"K": "x"}, {"keys": "K"}, False),
        ("push", "", {}, {"fork-safe": "true", "keys": "K"}, True),
    ],
)
def test_when_a_run_is_that_of_a_fork(
    action: Runner,
    event: str,
    head: str,
    env: dict[str, str],
    inputs: dict[str, str],
    restricted: bool,
) -> None:
    action.record()
    asked = {"routes": FLATKEY, "allow-host": "K=https://gw.example", "args": "--strict", **inputs}
    ran = action.run(asked, event, head, env)
    assert ran.code == 0, ran.out
    assert ran.words[:4] == ["-I", "-m", "veo_check", "run"]
    assert all(word in ran.words for word in RESTRICTED) is restricted
    assert ("--allow-host=K=https://gw.example" in ran.words) is not restricted
    assert ("--strict" in ran.words) is not restricted


def test_every_input_becomes_one_word(action: Runner) -> None:
    action.record()
    ran = action.run(
        {
            "routes": f"  {FLATKEY}\n\n\troutes/a b.yaml\r\n",
            "allow-host": "A=https://a.example\nB=https://b.example",
            "checklist": "lists/my own.yaml",
            "target": "staging",
            "inconclusive": "fail",
            "offline": "true",
            "args": "--within\n30\n--strict",
        }
    )
    folder = next(action.temp.glob("veo-check-report.*"))
    assert ran.words == [
        "-I", "-m", "veo_check", "run",
        "--checklist=lists/my own.yaml", "--inconclusive=fail", "--offline",
        "--allow-host=A=https://a.example", "--allow-host=B=https://b.example",
        "--within", "30", "--strict", "--target=staging",
        "-o", "github", "-o", f"json:{folder}/report.json", "-o", f"sarif:{folder}/report.sarif",
        "-o", f"markdown:{action.temp}/summary", "--", FLATKEY, "routes/a b.yaml",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({"routes": " \n"}, "'routes' names no route file"),
        ({"offline": "yes"}, "'offline' has to be true or false"),
        ({"fork-safe": "maybe"}, "'fork-safe' has to be auto, true or false"),
        ({"keys": "NOT_SET"}, "NOT_SET is empty"),
        ({"keys": "NOT_SET", "fork-safe": "false"}, "NOT_SET is empty"),
        ({"keys": "a[$(touch pwned)]"}, "'keys' has to name variables"),
        ({"spend": "5"}, "'spend' needs 'state'"),
        ({"spend": "5", "state": "state"}, "'spend' needs 'state'"),
        ({"spend": "5", "state": "{tmp}/gone/at/all"}, "has to be there already"),
    ],
)
def test_a_wrong_input_stops_everything(
    action: Runner, inputs: dict[str, str], said: str, tmp_path: Path
) -> None:
    action.record()
    here = {name: value.replace("{tmp}", str(tmp_path)) for name, value in inputs.items()}
    ran = action.run({"routes": FLATKEY, **here})
    assert (ran.code, ran.words) == (2, [])
    assert ran.out.startswith("::error title=veo-check::")
    assert said in ran.out


@pytest.mark.parametrize(
    ("state", "workspace", "allowed"),
    [("/", "/", False), ("/data", "/data", False), ("", "", False), ("/mnt/state", "/", True)],
)
def test_money_needs_a_folder_that_outlives_the_runner(
    action: Runner, state: str, workspace: str, allowed: bool
) -> None:
    folder = action.temp / "state"
    folder.mkdir()
    action.record()
    action.stub(
        "findmnt",
        f'[[ ${{*: -1}} == "{folder}" ]] && place="{state}" || place="{workspace}"\n'
        '[[ -n $place ]] && echo "$place"',
    )
    ran = action.run({"routes": FLATKEY, "spend": "5.00", "state": str(folder)})
    assert (ran.code == 0) is allowed
    assert ("--spend=5.00" in ran.words) is allowed
    assert ("lost with it" in ran.out) is not allowed
    if allowed:
        assert f"--state={folder}" in ran.words


@pytest.mark.parametrize(
    ("report", "verdict", "tier"),
    [
        (None, "no-report", "none"),
        ({"verdict": "ready", "routes": [{"tier": "production"}]}, "ready", "production"),
        (
            {"verdict": "not-ready", "routes": [{"tier": "staging"}, {"tier": "research"}]},
            "not-ready",
            "research",
        ),
        ({"verdict": "inconclusive", "routes": []}, "inconclusive", "none"),
        ({"verdict": "x\nexit-code=0", "routes": [{"tier": "moon"}]}, "no-report", "none"),
        ({"routes": 7}, "no-report", "none"),
    ],
)
@pytest.mark.parametrize("code", ["0", "3"])
def test_outputs(
    action: Runner, report: dict[str, object] | None, verdict: str, tier: str, code: str
) -> None:
    action.record(report)
    ran = action.run({"routes": FLATKEY}, env={"ENDS_WITH": code})
    assert ran.code == int(code)
    assert (ran.outputs["verdict"], ran.outputs["tier"]) == (verdict, tier)
    assert ran.outputs["exit-code"] == code
    assert (ran.outputs["report"] != "") is (report is not None)
    assert ran.outputs["sarif"] == ""


@pytest.mark.parametrize(
    "route",
    ["$(touch pwned)", "`touch pwned`", "x; touch pwned", "--help", "-o", "a\\nb", "*.yaml", "'\""],
)
def test_a_route_s_name_is_a_word_and_nothing_else(action: Runner, route: str) -> None:
    action.record()
    ran = action.run({"routes": route})
    assert ran.words[-2:] == ["--", route]
    assert not (action.workspace / "pwned").exists()


def test_modules_in_the_checkout_are_not_taken_for_python_s(action: Runner) -> None:
    for name in ("veo_check", "json", "typer", "sitecustomize"):
        (action.workspace / f"{name}.py").write_text(
            f"open('pwned', 'w'); raise SystemExit({name!r})"
        )
    ran = action.run({"routes": FLATKEY, "offline": "true"})
    assert (ran.code, ran.outputs["verdict"]) == (3, "inconclusive"), ran.out
    assert not (action.workspace / "pwned").exists()


@pytest.mark.parametrize("version", ["", "0.1.0", "1.0.0rc1"])
def test_what_is_installed(action: Runner, root: Path, version: str) -> None:
    action.stub("python", 'printf "%s\\n" "$*" >>"$RECORD"')
    action.use_python('#!/usr/bin/env bash\nprintf "%s\\n" "$*" >>"$RECORD"\n')
    ran = action.run({"routes": "x", "version": version}, steps=("Install veo-check",))
    assert ran.code == 0, ran.out
    wanted = f"veo-check=={version}" if version else str(root)
    assert ran.words == [
        f"-I -m venv {action.temp}/veo-check",
        f"-I -m pip install -q --disable-pip-version-check {wanted}",
    ]


@pytest.mark.parametrize("version", ["--index-url=https://evil.example", "1 2", "$(touch x)", "v1"])
def test_a_version_is_a_version(action: Runner, version: str) -> None:
    action.stub("python", 'echo started >>"$RECORD"')
    ran = action.run({"routes": "x", "version": version}, steps=("Install veo-check",))
    assert (ran.code, ran.words) == (2, [])
    assert "'version' has to be a version" in ran.out


@pytest.mark.wheel
def test_it_installs_from_its_own_source(
    action: Runner, machine_environment: Mapping[str, str]
) -> None:
    shutil.rmtree(action.temp / "veo-check")
    pip = {name: one for name, one in machine_environment.items() if name.startswith("PIP_")}
    action.stub("python", f'exec {sys.executable} "$@"')
    ran = action.run(
        {"routes": FLATKEY, "args": "--sandbox"},
        env=pip,
        steps=("Install veo-check", "Run veo-check"),
    )
    assert (ran.code, ran.outputs["verdict"]) == (3, "inconclusive"), ran.out


def test_the_scan_action_marks_lines_and_writes_the_summary(scan: Runner) -> None:
    (scan.workspace / "app.py").write_text('MODEL = "veo-3.1-generate-preview"\n')
    (scan.workspace / "```.py").write_text('OTHER = "sora-2"\n')
    (scan.workspace / ".env").write_text("A=1\n")
    ran = scan.run({"paths": "."})
    assert ran.code == 1, ran.out
    assert ran.outputs["exit-code"] == "1"
    sarif = json.loads(Path(ran.outputs["sarif"]).read_text())
    assert len(sarif["runs"][0]["results"]) == 2
    assert "::error file=app.py,line=1,col=10,title=video model retired::" in ran.out
    title, blank, *lines = ran.summary.splitlines()
    assert (title, blank) == ("## Ids of video models", "")
    assert all(line.startswith("    ") for line in lines)
    assert "    app.py:1:10: veo-3.1-generate-preview: retired" in lines


@pytest.mark.parametrize(
    ("inputs", "code", "words"),
    [
        ({}, 0, ["--within=90", "--", "."]),
        (
            {"paths": "a b\n--help\n", "within": "30", "baseline": "my base.json"},
            0,
            ["--within=30", "--baseline=my base.json", "--", "a b", "--help"],
        ),
        ({"paths": "\n"}, 2, []),
    ],
)
def test_the_scan_action_s_words(
    scan: Runner, inputs: dict[str, str], code: int, words: list[str]
) -> None:
    scan.record()
    ran = scan.run(inputs)
    assert ran.code == code
    assert ran.words[len(ran.words) - len(words) :] == words


def test_the_weekly_workflow_gives_the_actions_what_they_know(root: Path) -> None:
    path = root / ".github" / "workflows" / "veo-check-weekly.yml"
    workflow = yaml.safe_load(path.read_text())
    call = workflow[True]["workflow_call"]  # YAML 1.1 reads `on` as true
    used = 0
    for step in workflow["jobs"]["judge"]["steps"]:
        uses = step.get("uses", "")
        if uses.startswith("$/"):
            used += 1
            action = yaml.safe_load((root / uses.removeprefix("$/") / "action.yml").read_text())
            assert set(step["with"]) <= set(action["inputs"])
            assert "spend" not in step["with"]
            asked = re.findall(r"inputs\.([\w-]+)", json.dumps(step["with"]))
            assert set(asked) <= set(call["inputs"])
            secrets = re.findall(r"secrets\.(\w+)", json.dumps(step.get("env", {})))
            assert set(secrets) == (set(call["secrets"]) if step["id"] == "routes" else set())
            assert set(step.get("env", {})) == set(secrets)
    assert used == 2


@pytest.mark.parametrize(
    ("ids", "routes", "code"),
    [
        ("success", "success", 0),
        ("success", "skipped", 0),
        ("failure", "skipped", 1),
        ("success", "failure", 1),
    ],
)
def test_the_weekly_workflow_is_red_when_either_part_is(
    root: Path, ids: str, routes: str, code: int
) -> None:
    path = root / ".github" / "workflows" / "veo-check-weekly.yml"
    last = yaml.safe_load(path.read_text())["jobs"]["judge"]["steps"][-1]
    assert "${{" not in last["run"]
    done = subprocess.run(
        ["bash", "-e", "-c", last["run"]],
        env={"IDS": ids, "ROUTES": routes, "VERDICT": ""},
        capture_output=True,
        check=False,
    )
    assert done.returncode == code
