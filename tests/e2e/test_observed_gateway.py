"""What was observed of the real gateway, and what this tool makes of it.

Every fact of flatkey-gateway.md section 7 that a client can see: a scenario shows it, the run of a
whole production route names it by a finding, and its check has that status. A few facts show in no
run, because this tool never sends what would show them; the sandbox's own tests have those
(tests/sandbox/test_gateway_watched.py): HEAD and Range of content, a submit without a model, the
envelopes of a bad key at the usage endpoints, and the request id of a refund's row.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from route_kinds import ALLOWED, KINDS
from veo_check.core.clock import SandboxClock
from veo_check.sandbox.scenarios import SCENARIOS, find_scenario

Run = Callable[..., Any]
BY_NAME = {
    f"{kind.gateway} {kind.family}": kind for kind in KINDS if kind.gateway in {"flatkey", "newapi"}
}
#: fact | scenario | gateway and family | finding | status of its check | verdict
TABLE = """
a Gemini channel is not routed from /v1/videos              | job-declared-not-routed | flatkey videos | endpoint-family/refused | fail | not-ready
nor from /v1/video/generations, on upstream's build either  | job-declared-not-routed | newapi video-generations | endpoint-family/refused | fail | not-ready
/v1/generation/tasks delivers, whatever types are declared  | job-declared-not-routed | flatkey generation-tasks | endpoint-family/proved-by-job | pass | ready
GET /v1/videos/ID tells the model, for generation-tasks     | healthy | flatkey generation-tasks | job-completes/served | pass | ready
and for video-generations, whose polls name none            | healthy | flatkey video-generations | job-completes/served | pass | ready
on upstream's build as well                                 | healthy | newapi video-generations | job-completes/served | pass | ready
whoever looks first decides about the refund: videos        | job-error-at-random | flatkey videos | usage-matches-quote/refunded | pass | not-ready
and for video-generations                                   | job-error-at-random | flatkey video-generations | usage-matches-quote/refunded | pass | not-ready
and for generation-tasks                                    | job-error-at-random | flatkey generation-tasks | usage-matches-quote/refunded | pass | not-ready
and on upstream's build                                     | job-error-at-random | newapi videos | usage-matches-quote/refunded | pass | not-ready
a refund that stays away is found                           | job-not-refunded | flatkey videos | usage-matches-quote/not-refunded | fail | not-ready
content says NOT_START, IN_PROGRESS, then it is the video   | healthy | flatkey videos | media-delivered/facts | pass | ready
content of upstream's build needs the key                   | healthy | newapi videos | media-delivered/facts | pass | ready
done without a video is 502 at the content path             | job-filtered-wrapped | flatkey videos | job-completes/content-unavailable | fail | not-ready
and its charge stays                                        | job-filtered-wrapped | flatkey videos | usage-matches-quote/not-refunded | fail | not-ready
an error that passes makes a task failed, and is no end     | job-error-passing | flatkey videos | job-completes/served | pass | not-ready
its charge came back although it delivered                  | job-error-passing | newapi videos | usage-matches-quote/differs | fail | not-ready
addresses in polls lead to http://localhost:3000            | job-address-elsewhere | flatkey video-generations | media-delivered/facts | pass | ready
the reason of a failure stands in the refund's row alone    | job-error-13 | flatkey generation-tasks | job-completes/backend-error | fail | not-ready
also on upstream's build                                    | job-error-13 | newapi video-generations | job-completes/backend-error | fail | not-ready
the upstream name may be another gateway's word             | job-served-alias | flatkey videos | job-completes/served-name | blocked | inconclusive
the billed group stands in the row alone                    | job-billed-group | flatkey videos | usage-recorded/another-group | fail | not-ready
killed during submit, the total is the only trace           | job-killed-at-submit | newapi videos | job-completes/submit-uncertain | blocked | inconclusive
a 500 of Google's at submit is given back at once           | job-upstream-500 | flatkey videos | job-completes/submit-uncertain | blocked | inconclusive
a 429 without a second channel is 500 get_channel_failed    | job-channel-busy | flatkey videos | job-completes/submit-uncertain | blocked | inconclusive
an empty wallet behind a key with quota shows at submit     | job-pre-consume | flatkey videos | job-completes/no-quota | fail | not-ready
a key's own cap is told before anything is sent             | no-quota | flatkey videos | key-accepted/no-quota | fail | not-ready
a key whose list lacks the model fetches all the same       | job-poll-not-allowed | flatkey videos | media-delivered/facts | pass | ready
a key with nothing left is refused in words of no key       | key-empty | newapi videos | key-accepted/no-quota | fail | not-ready
and on Flatkey's build by 403 on every path                 | key-empty | flatkey videos | key-accepted/no-quota | fail | not-ready
the gateway's own key at Google: PERMISSION_DENIED          | job-gateway-key-denied | flatkey videos | job-completes/gateway-key | fail | not-ready
API_KEY_INVALID, while the user's key is fine               | job-gateway-key-invalid | newapi videos | job-completes/gateway-key | fail | not-ready
FAILED_PRECONDITION                                         | job-gateway-key-precondition | newapi videos | job-completes/gateway-key | fail | not-ready
a bad key is refused                                        | bad-key | newapi videos | key-accepted/refused | fail | not-ready
the usage endpoints' limiter asks to wait 1200 s            | job-usage-limited | flatkey videos | job-completes/served | pass | inconclusive
4k is billed at a ratio cut to whole units                  | healthy | flatkey videos 4k | usage-matches-quote/matches | pass | ready
a ratio of the group for the model replaces the group's     | group-model-ratio | flatkey videos | usage-matches-quote/matches | pass | not-ready
a model_ratio bills half of it a second                     | priced-by-ratio | flatkey videos | price-unit/ambiguous | fail | not-ready
the table of prices per second has a header of its own      | job-per-second-table | flatkey videos | usage-matches-quote/matches | pass | ready
a hidden price bills what the catalogue calls unpriced      | hidden-price | flatkey videos | price-unit/unpriced | fail | not-ready
`available` is stored without any call                      | healthy | flatkey videos | availability-status/not-called | pass | ready
the gateway's poller may see an end a minute late           | job-error-at-random | newapi video-generations | job-completes/backend-error | fail | not-ready
"""  # noqa: E501 - a table
ROWS = [tuple(cell.strip() for cell in line.split("|")) for line in TABLE.strip().splitlines()]


def test_every_scenario_of_the_section_is_in_the_table() -> None:
    cited = {found.name for found in SCENARIOS if found.cites == "flatkey-gateway.md 7"}
    assert cited - {row[1] for row in ROWS} == set()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_scenario_names_the_checks_that_notice_it(row: tuple[str, ...]) -> None:
    found = find_scenario(row[1])
    assert found is not None
    check, status = row[3].partition("/")[0], row[4]
    assert status == "pass" or check in found.notices


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_what_a_run_says_of_each_fact(
    row: tuple[str, ...], veo: Run, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, scenario, where, code, status, verdict = row
    monkeypatch.setattr(SandboxClock.__init__, "__defaults__", (600.0,))
    kind = BY_NAME[where.removesuffix(" 4k")]
    if where.endswith(" 4k"):
        fast = "veo-3.1-fast-generate-001"
        kind = replace(kind, label=fast, official=fast, smoke="{seconds: 8, resolution: 4k}")
    ran = veo(
        "run",
        kind.written(tmp_path, root),
        "--scenario",
        scenario,
        *ALLOWED,
        "--spend",
        "40",
        "-o",
        "json",
    )
    check = ran.checks[code.partition("/")[0]]
    assert code in {finding["code"] for finding in check["findings"]}
    assert check["status"] == status
    assert ran.report["routes"][0]["verdict"] == verdict


UNCERTAIN = {
    "job-killed-at-submit": "it grew by $0.32, and the job was quoted at $0.32",
    "job-upstream-500": "after: it did not change; request ",
    "job-channel-busy": "after: it did not change; request ",
}


@pytest.mark.parametrize("scenario", UNCERTAIN)
def test_an_uncertain_submit_says_what_the_total_and_the_request_id_show(
    scenario: str, veo: Run, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SandboxClock.__init__, "__defaults__", (600.0,))
    file = BY_NAME["flatkey videos"].written(tmp_path, root)
    words = ("run", file, "--scenario", scenario, "-o", "json")
    paid = veo(*words, "--spend", "40")
    said = paid.checks["job-completes"]["findings"][0]["message"]
    assert UNCERTAIN[scenario] in said
    assert "the key's total was $2.50 before and $2." in said
    assert veo(*words).report["routes"][0]["job"]["failure"] in said  # the record keeps it


def test_a_limiter_that_others_use_up_leaves_the_bill_unread_and_says_for_how_long(
    veo: Run, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SandboxClock.__init__, "__defaults__", (600.0,))
    file = BY_NAME["flatkey videos"].written(tmp_path, root)
    words = ("run", file, "-o", "json")
    limited = veo(*words, "--scenario", "job-usage-limited", "--spend", "40")
    for check in ("usage-recorded", "usage-matches-quote"):
        assert limited.checks[check]["status"] == "blocked"
        assert "it asks to wait 1200 s" in limited.checks[check]["reason"]
    later = veo(*words, "--sandbox")
    for check in ("usage-recorded", "usage-matches-quote"):
        assert later.checks[check]["status"] == "pass"


#: scenario | finding | status of its check | verdict of a whole production route behind a proxy
PROXY = """
healthy                | usage-recorded/estimate          | blocked | inconclusive
job-202                | media-delivered/facts            | pass    | inconclusive
job-402                | job-completes/no-quota           | fail    | not-ready
job-422                | job-completes/refused            | fail    | not-ready
job-poll-misconfigured | job-completes/poll-misconfigured | blocked | inconclusive
job-task-lost          | job-completes/operation-unknown  | blocked | inconclusive
job-error-13           | job-completes/backend-error      | fail    | not-ready
"""
PROXIED = [tuple(cell.strip() for cell in line.split("|")) for line in PROXY.strip().splitlines()]


@pytest.mark.parametrize("row", PROXIED, ids=lambda row: row[0])
def test_what_a_run_says_of_a_litellm_proxy(
    row: tuple[str, ...], veo: Run, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario, code, status, verdict = row
    monkeypatch.setattr(SandboxClock.__init__, "__defaults__", (600.0,))
    monkeypatch.setenv("VEO_CHECK_PROOF_KEY", "a-proof-key-of-the-tests")
    (kind,) = [kind for kind in KINDS if kind.gateway == "openai"]
    words = ("--scenario", scenario, "--spend", "40", "-o", "json")
    ran = veo("run", kind.written(tmp_path, root), *words)
    check = ran.checks[code.partition("/")[0]]
    assert code in {finding["code"] for finding in check["findings"]}
    assert (check["status"], ran.report["routes"][0]["verdict"]) == (status, verdict)
    # an estimate is none of these
    usage = [ran.checks["usage-recorded"], ran.checks["usage-matches-quote"]]
    for word in ("charged", "came back", "usage row"):
        assert word not in str(usage)
