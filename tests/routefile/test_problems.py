"""The sentence for everything that can be wrong with a value."""
# ruff: noqa: E501 - a sentence that users read stays in one piece

from __future__ import annotations

from pathlib import Path

import pytest

from route_texts import SHORT, problems, put

ROUTE, VIA, MODEL, REQUEST = SHORT.splitlines()[1:]
ADDRESS = "is not an address to send requests to: it must"

#: a line of the short file, what it becomes, and the problems of that
WRONG: list[tuple[str, str, list[str]]] = [
    ("version: 1", "version: 2", ["1:10: version: has to be 1; this is '2'"]),
    ("version: 1", 'version: "1"', ["1:10: version: has to be 1, without quotes"]),
    ("version: 1", "version: true", ["1:10: version: has to be 1"]),
    ("version: 1", "version:", ["1:9: version: is empty; it needs a value"]),
    ("version: 1", "verzion: 1", ["1:1: version: is missing", "1:1: verzion: unknown key; did you mean version?"]),
    (ROUTE, "route: {name: ''}", ["2:15: route.name: must not be empty"]),
    (ROUTE, "route: {name: '  '}", ["2:15: route.name: must not be empty"]),
    (ROUTE, "route: {name: 7}", ["2:15: route.name: has to be text; write it in quotes; this is '7'"]),
    (ROUTE, "route: {name: [a]}", ["2:15: route.name: has to be text, not a list"]),
    (ROUTE, "route: {name: {a: b}}", ["2:15: route.name: has to be text, not `key: value` lines"]),
    (ROUTE, "route: {}", ["2:1: route.name: is missing"]),
    (ROUTE, "route: drafts", ["2:8: route: has to hold `key: value` lines, not a single value"]),
    (ROUTE, "route: [a]", ["2:8: route: has to hold `key: value` lines, not a list"]),
    (ROUTE, "route: {name: a, target: prod}", ["2:26: route.target: has to be production, staging or research; this is 'prod'; did you mean production?"]),
    (ROUTE, "route: {name: a, application: " + "x" * 201 + "}", ["2:31: route.application: is longer than 200 characters"]),
    (ROUTE, "route: {name: a, cutover: soon}", ["2:27: route.cutover: has to be a day, written like 2026-12-31"]),
    (ROUTE, "route: {name: a, cutover: 2026-02-30}", ["2:27: route.cutover: has to be a day of the calendar; there is no 2026-02-30"]),
    (ROUTE, "route: {name: a, owner: {cost_centre: b}}", ["2:26: route.owner.cost_centre: unknown key; did you mean cost_center?"]),
    (ROUTE, "route: {name: a, owner: {zzz: b}}", ["2:26: route.owner.zzz: unknown key; known here: team, cost_center, contact"]),
    (VIA, "via: {gateway: newapi, endpoint: videos, model: a}", ["3:1: via.base_url: is missing; gateway newapi needs a base_url"]),
    (VIA, "via: {gateway: Flatkey, endpoint: video_generations, model: a}", [
        "3:16: via.gateway: has to be flatkey, newapi, openai, openrouter or google; this is 'Flatkey'; did you mean flatkey?",
        "3:35: via.endpoint: has to be videos, video-generations, generation-tasks, predict-long-running or interactions; this is 'video_generations'; did you mean video-generations?",
    ]),
    (VIA, VIA.replace("veo3.1-fast", "veo 3.1"), ["3:50: via.model: must not hold spaces, invisible characters or any of ? # % \\; this is 'veo 3.1'"]),
    (VIA, VIA.replace("veo3.1-fast", '"a\\x07b"'), ["3:50: via.model: must not hold spaces, invisible characters or any of ? # % \\; this is 'ab'"]),
    (VIA, VIA.replace("veo3.1-fast", "../v1/x"), ["3:50: via.model: must not have an empty part, '.' or '..' between slashes"]),
    (VIA, VIA[:-1] + ", base_url: flatkey.ai}", ["3:73: via.base_url: has to be an address that begins with https:// and holds ASCII letters only, no spaces"]),
    (VIA, VIA[:-1] + ", base_url: 'https://me:pw@x.y'}", [f"3:73: via.base_url: {ADDRESS} not hold a user name or password"]),
    (VIA, VIA[:-1] + ", base_url: 'https://x.y/?a=1'}", ["3:73: via.base_url: must not hold ? or # or %, because paths are added at its end"]),
    (VIA, VIA[:-1] + ", project: My_Project}", ["3:72: via.project: may hold a-z, 0-9 and - only, 63 at most; this is 'My_Project'"]),
    (VIA, VIA[:-1] + ", key: FLATKEY_KEY}", ["3:68: via.key: has to hold `key: value` lines, not a single value"]),
    (VIA, VIA[:-1] + ", key: {}}", ["3:63: via.key.adc: name the variable with env, or say adc: true; one of the two"]),
    (VIA, VIA[:-1] + ", key: {env: A, adc: true}}", ["3:82: via.key.adc: name the variable with env, or say adc: true; one of the two"]),
    (VIA, VIA[:-1] + ", key: {env: hunter2-hunter2}}", ["3:74: via.key.env: has to be the name of an environment variable, such as FLATKEY_SMOKE_KEY; never the key itself"]),
    (VIA, VIA[:-1] + ", key: {value: hunter2}}", ["3:63: via.key.adc: name the variable with env, or say adc: true; one of the two", "3:69: via.key.value: unknown key; known here: env, adc, name, owner, scope"]),
    (MODEL, "model: {official: a, surface: Agent Platform}", ["4:31: model.surface: has to be a surface such as agent-platform or gemini-api: a-z, 0-9 and - only; this is 'Agent Platform'"]),
    (REQUEST, "request: {seconds: '8', resolution: 1080p}", ["5:20: request.seconds: has to be a whole number, without quotes; this is '8'"]),
    (REQUEST, "request: {seconds: 8.0, resolution: 1080p}", ["5:20: request.seconds: has to be a whole number, without quotes; this is '8.0'"]),
    (REQUEST, "request: {seconds: true, resolution: 1080p}", ["5:20: request.seconds: has to be a whole number, without quotes; this is 'true'"]),
    (REQUEST, "request: {seconds: 0, resolution: 1080}", [
        "5:20: request.seconds: has to be at least 1; this is '0'",
        "5:35: request.resolution: has to be 360p, 480p, 720p, 768p, 1080p, 2k or 4k; this is '1080'; did you mean 1080p?",
    ]),
    (REQUEST, "request: {seconds: 601, resolution: [4k]}", [
        "5:20: request.seconds: has to be at most 600; this is '601'",
        "5:37: request.resolution: has to be 360p, 480p, 720p, 768p, 1080p, 2k or 4k; this is a list",
    ]),
    (REQUEST, REQUEST[:-1] + ", audio: yes, aspect_ratio: wide}", [
        "5:49: request.audio: has to be true or false; this is 'yes'",
        "5:68: request.aspect_ratio: has to be two numbers such as \"16:9\"; this is 'wide'",
    ]),
]  # fmt: skip

#: what is added to the short file, and the problems of that
ADDED: list[tuple[str, list[str]]] = [
    ("budget: {per_job: abc}", ["6:19: budget.per_job: 'abc' is not a number"]),
    ("budget: {per_job: -1}", ["6:19: budget.per_job: must not be negative"]),
    ("budget: {per_job: .nan}", ["6:19: budget.per_job: '.nan' is not a number"]),
    ("budget: {per_job: true}", ["6:19: budget.per_job: has to be a number such as \"2.00\"; this is 'true'"]),
    ("budget: {per_job: [1]}", ["6:19: budget.per_job: has to be a number such as \"2.00\"; this is a list"]),
    ("budget: {max_markup: 25}", ["6:22: budget.max_markup: has to be a percentage, such as \"25%\""]),
    ("budget: {retries: 1.5}", ["6:19: budget.retries: has to be a whole number, without quotes; this is '1.5'"]),
    ("fallback: {deprecated_model: switch}", ["6:30: fallback.deprecated_model: has to be block; this is 'switch'"]),
    ("fallback: {transient_error: retry-once}", ["6:29: fallback.transient_error: has to be retry_once, switch or fail_closed; this is 'retry-once'; did you mean retry_once?"]),
    ("fallback: {routes: {a: b}}", ["6:20: fallback.routes: has to be a list, not `key: value` lines"]),
    ("fallback: {routes: [{name: a, for: [], via: {model: b}, model: {official: c, surface: d}}]}", ["6:36: fallback.routes.0.for: has to have at least 1 in its list"]),
    ("fallback: {routes: [{name: a, for: [timeout], via: {model: b}}]}", [
        "6:21: fallback.routes.0.model: is missing",
        "6:37: fallback.routes.0.for.0: has to be transient_error, deprecated_model, unsupported_parameter, high_resolution_final, draft or policy_block; this is 'timeout'",
    ]),
    ("logging: {fields: {op: 7}}", ["6:1: logging.sample: is missing", "6:24: logging.fields.op: has to be text; write it in quotes; this is '7'"]),
    ('logging: {sample: "a\\0b"}', ["6:19: logging.sample: must not hold control characters; this is 'ab'"]),
    ("confirmations: [{what: usage-record, by: a, on: now, expires: 2026-12-20}]", [
        "6:17: confirmations.0.operation: is missing; a usage-record names the job that it is about",
        "6:49: confirmations.0.on: has to be a day, written like 2026-12-31",
    ]),
    ("confirmations: [{what: dashboard-record, by: a, on: 2026-11-20, link: 'javascript:x', expires: 2026-12-20}]", ["6:71: confirmations.0.link: has to be an address that begins with https:// and holds no spaces or quotes"]),
    ("confirmations: [~]", ["6:17: confirmations.0: is empty; it needs a value"]),
    ("smoke: {deadline: ten minutes}", ['6:19: smoke.deadline: has to be a whole number and a unit, such as "90s", "10m", "2h" or "7d"']),
    ("smoke: {deadline: 2d, proof_valid_for: 31d}", ["6:19: smoke.deadline: has to be between 1s and 1d", "6:40: smoke.proof_valid_for: has to be at most 30d"]),
    ("waivers: [{finding: markup, reason: a, owner: b, expires: 2026-12-15}]", ["6:21: waivers.0.finding: has to be a finding's code as a report prints it, such as price-agrees/markup; this is 'markup'"]),
    ("waivers: none", ["6:10: waivers: has to be a list, not a single value"]),
    ("waiver: []", ["6:1: waiver: unknown key; did you mean waivers?"]),
    ("extend: team.yaml", ["6:1: extend: unknown key; did you mean extends?"]),
]  # fmt: skip


@pytest.mark.parametrize(("line", "wrong", "said"), WRONG)
def test_a_wrong_value_has_its_sentence(
    tmp_path: Path, line: str, wrong: str, said: list[str]
) -> None:
    path = put(tmp_path, SHORT.replace(line, wrong))
    assert problems(path) == [f"route.yaml:{one}" for one in said]


@pytest.mark.parametrize(("added", "said"), ADDED)
def test_a_wrong_part_has_its_sentence(tmp_path: Path, added: str, said: list[str]) -> None:
    assert problems(put(tmp_path, SHORT + added)) == [f"route.yaml:{one}" for one in said]


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    text = SHORT + "".join(f"{added}\n" for added, _ in ADDED if added.startswith("smoke: {dead"))
    text = text.replace("flatkey", "flatky").replace("1080p", "1080").replace("drafts", "8")
    assert problems(put(tmp_path, text + "waivers: x\nwaivers: y\nz: &a b\n")) == [
        "route.yaml:2:15: route.name: has to be text; write it in quotes; this is '8'",
        "route.yaml:3:16: via.gateway: has to be flatkey, newapi, openai, openrouter or google; "
        "this is 'flatky'; did you mean flatkey?",
        "route.yaml:5:35: request.resolution: has to be 360p, 480p, 720p, 768p, 1080p, 2k or 4k; "
        "this is '1080'; did you mean 1080p?",
        'route.yaml:6:19: smoke.deadline: has to be a whole number and a unit, such as "90s", '
        '"10m", "2h" or "7d"',
        "route.yaml:7:1: smoke: this key stands here already, on line 6; keep one of the two",
        "route.yaml:8:10: waivers: has to be a list, not a single value",
        "route.yaml:9:1: waivers: this key stands here already, on line 8; keep one of the two",
        "route.yaml:10:4: z: anchors and aliases (&name, *name) are not used here; "
        "write the value out",
    ]
