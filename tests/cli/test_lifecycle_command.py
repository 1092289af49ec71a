"""`veo-check lifecycle` as somebody types it: what it prints, and the exit code."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from small_reference import document, row
from veo_check.cli import lifecycle as command
from veo_check.core.clock import AsOf, SystemClock
from veo_check.core.facts import Missing, OfficialModel
from veo_check.core.money import VeoCheckError
from veo_check.engine import catalog as live
from veo_check.reference.load import REFRESHED_FILE, Reference, user_data_dir

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False)
app.command()(command.lifecycle)


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        SystemClock, "now", lambda _: datetime(2026, 11, 22, 12, tzinfo=UTC), raising=True
    )


def run(*arguments: str) -> tuple[int, str, str]:
    """(exit code, stdout, stderr), with errors turned into codes as the program does."""
    result = CliRunner().invoke(app, list(arguments))
    if isinstance(result.exception, VeoCheckError):
        return int(result.exception.exit_code), result.stdout, str(result.exception)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


def said(text: str) -> str:
    return " ".join(text.split())


def test_the_retired_preview_names_its_successor_and_where_veo_still_runs() -> None:
    code, out, _ = run("veo-3.1-generate-preview", "--surface", "gemini-api")
    assert code == 1
    assert out.startswith("veo-3.1-generate-preview on gemini-api: retired\n")
    for part in (
        "shutdown 2026-10-22 at the earliest",
        "replacement gemini-omni-1.1-flash (retiring on gemini-api) -> gemini-omni-1.2-flash",
        "what changes with gemini-omni-1.2-flash on gemini-api",
        "endpoint predict-long-running -> interactions",
        "seconds 4, 6, 8 -> 3 to 15",
        "unit second -> token",
        "8 s at 720p $3.20 -> $0.556032",
        "Where Veo still runs, or may",
        "veo-3.1-generate-001 agent-platform contested 2026-11-17 or later",
        "veo-3.1-fast-generate-001 agent-platform contested 2026-11-17 or later",
        "veo-3.1-lite-generate-001 agent-platform alive no date announced",
        "Google, official-copy, read 2026-10-08 (45 days old)",
        "https://ai.google.dev/gemini-api/docs/deprecations",
        "next send nothing here; move to gemini-omni-1.2-flash on gemini-api",
        "Reference: bundled, compiled 2026-11-30.",
    ):
        assert part in said(out)


def test_the_contested_id_shows_its_days_with_their_sources() -> None:
    code, out, _ = run("veo-3.1-generate-001")
    assert code == 3
    for part in (
        "veo-3.1-generate-001 on agent-platform: contested",
        "offered GA; us-central1; 50 requests a minute",
        "Google: 2026-11-17 or later",
        "LiteLLM: 2026-11-17 or later",
        "2026-11-17 or later: Google, official-copy, read 2026-10-13 (40 days old)",
        "2026-11-17 or later: LiteLLM, third-party, read 2026-11-30 (0 days old)",
        "https://docs.cloud.google.com/gemini-enterprise-agent-platform/models/model-versions",
        "--surface agent-platform --live",
    ):
        assert part in said(out)


def test_a_living_id_exits_0_and_says_until_when() -> None:
    code, out, _ = run("gemini-omni-1.2-flash")
    assert code == 0
    assert "this answer is valid until 2026-12-20" in said(out)
    assert "still runs" not in out


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("gemini-omni-1.2-flash",), 0),
        (("gemini-omni-1.2-flash", "--as-of", "2026-12-21"), 3),  # 46 days old
        (("gemini-omni-1.2-flash", "--as-of", "2026-12-21", "--max-age", "60"), 0),
        (("gemini-omni-1.2-flash", "--max-age", "10"), 3),
        (("gemini-omni-1.1-flash", "--surface", "agent-platform"), 3),  # no row there
        (("gemini-omni-1.1-flash",), 1),  # ends within the horizon
        (("gemini-omni-1.1-flash", "--as-of", "2026-12-10"), 1),  # rerouted
        (("veo-9",), 3),
        (("veo-3.1-generate-preview",), 1),
        (("veo-3.1-generate-preview", "--as-of", "2026-06-01"), 1),  # the Agent Platform's is gone
        (
            (
                "veo-3.1-generate-preview",
                "--as-of",
                "2026-06-01",
                "--surface",
                "gemini-api",
            ),
            0,
        ),
        (("veo-3.1-generate-001", "--as-of", "2026-06-01"), 0),
        (("veo-3.1-generate-001", "--as-of", "2026-06-01", "--within", "200"), 1),
        (("veo-3.1-generate-001", "--as-of", "2027-06-01"), 3),
        (("veo-3.1-generate-001", "--as-of", "2025-01-01"), 3),  # not released yet
        (("gemini-omni-flash-preview", "--surface", "gemini-api", "--as-of", "2026-10-10"), 3),
        # several: 1 before 3 before 0
        (("gemini-omni-1.2-flash", "veo-3.1-lite-generate-001"), 0),
        (("gemini-omni-1.2-flash", "veo-9"), 3),
        (("veo-9", "gemini-omni-1.2-flash", "sora-2"), 1),
        ((), 1),
    ],
)
def test_exit_codes(arguments: tuple[str, ...], expected: int) -> None:
    assert run(*arguments)[0] == expected
    assert run(*arguments, "-o", "json")[0] == expected


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("x", "--as-of", "2026-02-30"), "YYYY-MM-DD"),
        (("x", "--within", "-1"), "--within"),
        (("x", "--surface", "vertex"), "known: agent-platform, byteplus, gemini-api, openai"),
        (("x", "-o", "xml"), "known: text, json"),
        (("x", "-o", "json:"), "no file after the colon"),
        (("x", "-o", "json", "-o", "text"), "cannot share standard output"),
        (("",), "a model id is empty"),
        (("x", "--reference", "{tmp}/gone/at-all.json"), "cannot be read"),
        (("x", "-o", "json:{tmp}/gone/at-all.json"), "cannot be written"),
    ],
)
def test_usage_errors_exit_2_and_say_what_to_write(
    arguments: tuple[str, ...], words: str, tmp_path: Path
) -> None:
    code, out, err = run(*(word.replace("{tmp}", str(tmp_path)) for word in arguments))
    assert (code, out) == (2, "")
    assert words in err


def test_a_near_miss_is_suggested_and_exits_3() -> None:
    code, out, _ = run("veo-3.1-generate-01")
    assert code == 3
    assert "Did you mean veo-3.1-generate-001" in said(out)


def test_an_id_that_another_surface_knows_is_told_apart() -> None:
    code, out, _ = run("veo-3.1-generate-001", "--surface", "gemini-api")
    assert code == 3
    assert "Nothing is known about this id on gemini-api" in said(out)
    assert "Right id, wrong surface: it is an id of agent-platform" in said(out)
    assert "name the surface that serves it: agent-platform" in said(out)


@pytest.mark.parametrize(
    "name",
    [
        "models/veo-3.1-generate-preview",
        "publishers/google/models/veo-3.1-generate-preview",
        "gemini/veo-3.1-generate-preview",
        "google/veo-3.1-generate-preview",
        "vertex_ai/veo-3.1-generate-preview",
        "googleai/veo-3.1-generate-preview",
        "models/veo-3.1-generate-preview:predictLongRunning",
        "https://generativelanguage.googleapis.com/v1beta/models/veo-3.1-generate-preview",
        "publishers/google/models/veo-3.1-generate-preview@default",
        "veo-3.1-generate-preview@default",
    ],
)
def test_a_prefixed_id_has_the_ids_own_state(name: str) -> None:
    code, out, _ = run(name, "--surface", "gemini-api", "-o", "json")
    (model,) = json.loads(out)["models"]
    assert (code, model["id"], model["state"]) == (1, "veo-3.1-generate-preview", "retired")


@pytest.mark.parametrize("name", ["fal-ai/veo3.1/fast", "veo3_fast", "veo_3_1_i2v_s_fast", "sora2"])
def test_a_resellers_name_is_recognised(name: str) -> None:
    code, out, _ = run(name)
    assert code == 3
    assert "how resellers write a name" in said(out)
    assert "eedance" not in out


def test_an_id_that_is_gone_where_it_was_known_names_one_that_serves_here() -> None:
    _, out, _ = run("veo-3.1-lite-generate-preview", "--surface", "agent-platform")
    assert "move to veo-3.1-lite-generate-001." in said(out)
    assert "surface that serves it: gemini-api" not in said(out)


def test_a_rerouted_id_says_to_what_by_whom_and_how_sure_that_is() -> None:
    code, out, _ = run("gemini-omni-1.1-flash", "--as-of", "2026-12-10")
    assert code == 1
    for part in (
        "gemini-omni-1.1-flash on gemini-api: rerouted",
        "Since 2026-12-03, its requests are answered by gemini-omni-1.2-flash",
        "LiteLLM gives the same day. No page of the vendor says so",
        "replacement gemini-omni-1.2-flash (alive on gemini-api)",
        "8 s at 720p $0.81088 -> $0.556032",
        "next name the model that answers: move to gemini-omni-1.2-flash on gemini-api",
    ):
        assert part in said(out)
    _, out, _ = run("gemini-omni-1.1-flash", "--as-of", "2026-12-10", "-o", "json")
    [model] = json.loads(out)["models"]
    assert (model["state"], model["reroutes_to"]) == ("rerouted", "gemini-omni-1.2-flash")
    _, out, _ = run("gemini-omni-1.1-flash")
    assert "After that day, its requests are answered by gemini-omni-1.2-flash" in said(out)


def test_a_replacement_is_where_the_chain_ends() -> None:
    _, out, _ = run("-o", "json")
    models = json.loads(out)["models"]
    serving = {row["id"] for row in models if row["state"] != "retired"}
    gone = {row["id"] for row in models} - serving
    assert gone
    assert not gone & {row["replacement"] for row in models}


@pytest.mark.parametrize("arguments", [(), ("veo-9", "veo-3.1-generate-001", "sora-2")])
def test_the_table_fits_80_columns_and_has_every_id(arguments: tuple[str, ...]) -> None:
    _, out, _ = run(*arguments)
    assert max(map(len, out.splitlines())) <= 80
    assert "veo-3.1-generate-001               agent-platform  contested         0d" in out
    assert "sora-2                             openai          retired" in out


def test_only_addresses_are_wider_than_80_columns() -> None:
    for model in ("veo-3.1-generate-preview", "veo-3.1-generate-001", "gemini-omni-flash-preview"):
        wide = [line for line in run(model)[1].splitlines() if len(line) > 80]
        assert all(line.strip().startswith("https://") for line in wide)


def test_the_whole_table_of_a_surface_holds_that_surface_alone() -> None:
    _, out, _ = run("--surface", "openai", "-o", "json")
    models = json.loads(out)["models"]
    assert {one["surface"] for one in models} == {"openai"}
    assert len(models) == 5


def test_json_is_the_documented_shape() -> None:
    code, out, _ = run("veo-3.1-lite-generate-preview", "-o", "json")
    assert code == 1
    assert json.loads(out) == {
        "as_of": "2026-11-22",
        "hypothetical": False,
        "reference": {"origin": "bundled", "compiled": "2026-11-30"},
        "models": [
            {
                "id": "veo-3.1-lite-generate-preview",
                "surface": "gemini-api",
                "state": "retired",
                "shutdown": {"date": "2026-10-22", "kind": "earliest"},
                "released": "2026-03-31",
                "replacement": "gemini-omni-1.2-flash",
                "reroutes_to": None,
                "sources": [
                    {
                        "row": "life:gemini-api:veo-3.1-lite-generate-preview:" + source,
                        "url": url,
                        "kind": kind,
                        "publisher": publisher,
                        "confirmed": confirmed,
                        "age_days": age,
                        "page_date": page_date,
                        "shutdown": {"date": "2026-10-22", "kind": date_kind},
                    }
                    for source, url, kind, publisher, confirmed, age, page_date, date_kind in (
                        (
                            "google-deprecations-2026-10",
                            "https://ai.google.dev/gemini-api/docs/deprecations",
                            "official-copy",
                            "google",
                            "2026-10-08",
                            45,
                            None,
                            "earliest",
                        ),
                        (
                            "litellm-1.110.2",
                            "https://github.com/BerriAI/litellm/raw/main/"
                            "model_prices_and_context_window.json",
                            "third-party",
                            "litellm",
                            "2026-11-30",
                            0,
                            None,
                            "earliest",
                        ),
                        (
                            "apiyi-2026-11",
                            "https://docs.apiyi.com/en/live/2026-11/veo-3-1-official-offline.md",
                            "third-party",
                            "apiyi",
                            "2026-11-09",
                            13,
                            "2026-11-09",
                            "exact",
                        ),
                    )
                ],
                "age_days": 0,
                "live": False,
                "reasons": [
                    "The earliest shutdown date, 2026-10-22, has passed.",
                    "Source: Google, read 2026-10-08.",
                ],
                "did_you_mean": [],
            }
        ],
    }


def test_json_of_an_unknown_id() -> None:
    _, out, _ = run("veo-3.1-generate-01", "-o", "json")
    (one,) = json.loads(out)["models"]
    assert (one["surface"], one["state"], one["shutdown"], one["age_days"]) == (
        None,
        "unknown",
        None,
        None,
    )
    assert one["did_you_mean"][0] == "veo-3.1-generate-001"


def test_another_day_is_said_to_be_hypothetical() -> None:
    assert "Judged for 2026-06-01 (hypothetical)" in run("sora-2", "--as-of", "2026-06-01")[1]
    document_ = json.loads(run("sora-2", "--as-of", "2026-06-01", "-o", "json")[1])
    assert (document_["as_of"], document_["hypothetical"]) == ("2026-06-01", True)


def test_outputs_go_to_files_and_the_rest_to_stdout(tmp_path: Path) -> None:
    file = tmp_path / "out.json"
    code, out, _ = run("sora-2", "-o", f"json:{file}", "-o", "text")
    assert code == 1
    assert out.startswith("sora-2 on openai: retired")
    assert json.loads(file.read_text())["models"][0]["id"] == "sora-2"


def test_a_reference_file_wins_and_its_origin_is_told(tmp_path: Path) -> None:
    file = tmp_path / "mine.json"
    file.write_text(json.dumps(document(row(model="veo-x"))))
    code, out, _ = run("veo-x", "--reference", str(file))
    assert code == 0
    assert f"Reference: {file}," in said(out)


def test_a_newer_refreshed_reference_in_the_user_folder_wins(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(SystemClock, "now", lambda _: datetime(2026, 11, 30, 12, tzinfo=UTC))
    folder = user_data_dir()
    folder.mkdir(parents=True)
    newer = document(row(model="veo-x")) | {"compiled": "2026-11-30"}
    (folder / REFRESHED_FILE).write_text(json.dumps(newer))
    code, out, _ = run("veo-x", "-o", "json")
    assert code == 0
    assert json.loads(out)["reference"]["origin"] == str(folder / REFRESHED_FILE)


def test_a_broken_refreshed_reference_is_an_error_not_a_silent_bundle() -> None:
    folder = user_data_dir()
    folder.mkdir(parents=True)
    (folder / REFRESHED_FILE).write_text("{}")
    code, _, err = run("sora-2")
    assert (code, "compiled" in err) == (2, True)


@pytest.mark.parametrize("hostile", ["veo\x1b[31m", "veo\n::error::x", "v" * 5000])
def test_a_hostile_id_reaches_no_terminal_as_it_is(hostile: str) -> None:
    for extra in ((), ("gemini-omni-1.2-flash",)):
        code, out, _ = run(hostile, *extra)
        assert code == 3
        assert "\x1b" not in out
        assert "\n::error" not in out
        assert "v" * 300 not in out


def test_colour_is_for_terminals_that_want_it() -> None:
    from veo_check.cli.lifecycle_text import table
    from veo_check.reference.load import load_reference

    day = date(2026, 11, 22)
    judging = AsOf(day, day)
    judged = command.judge_all(load_reference(), ["sora-2"], None, judging, {})
    assert "\x1b[31mretired" in table(judged, judging, load_reference(), True)
    assert "\x1b" not in table(judged, judging, load_reference(), False)
    assert "\x1b" not in run("sora-2", "veo-9")[1]


class Google:
    """Stands in for the live question; remembers what was asked."""

    def __init__(self, *answers: OfficialModel | Missing, at: str = "agent-platform") -> None:
        self.answers = answers
        self.at = at
        self.asked: list[tuple[tuple[str, ...], str | None]] = []

    def __call__(
        self, models: Iterable[str], _reference: Reference, surface: str | None = None
    ) -> dict[tuple[str, str], OfficialModel | Missing]:
        self.asked.append((tuple(models), surface))
        return {
            (answer.model, answer.surface)
            if isinstance(answer, OfficialModel)
            else ("veo-3.1-generate-001", self.at): answer
            for answer in self.answers
        }


def test_live_evidence_settles_a_contested_id(monkeypatch: pytest.MonkeyPatch) -> None:
    google = Google(OfficialModel("veo-3.1-generate-001", "agent-platform", "offered"))
    monkeypatch.setattr(live, "ask", google)
    code, out, _ = run("veo-3.1-generate-001", "--live")
    assert code == 0
    assert "A live answer shows that it serves today." in said(out)
    assert "2026-11-17 or later" in out
    assert google.asked == [(("veo-3.1-generate-001",), None)]


def test_a_live_404_is_retired(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = OfficialModel("veo-9", "gemini-api", "no-longer-available", replacement="omni-3")
    monkeypatch.setattr(live, "ask", Google(answer))
    code, out, _ = run("veo-9", "--live", "-o", "json")
    (one,) = json.loads(out)["models"]
    assert code == 1
    assert (one["surface"], one["state"], one["replacement"]) == ("gemini-api", "unknown", "omni-3")


def test_what_could_not_be_asked_is_told_on_stderr_and_changes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    missing = Missing("official-model", "no-key", "set GOOGLE_ACCESS_TOKEN")
    monkeypatch.setattr(live, "ask", Google(missing))
    code, out, err = run("veo-3.1-generate-001", "--live")
    assert code == 3
    assert "set GOOGLE_ACCESS_TOKEN" in err
    assert "GOOGLE_ACCESS_TOKEN" not in out


def test_a_surface_that_does_not_know_the_id_is_not_complained_about(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    missing = Missing("official-model", "no-key", "set GEMINI_API_KEY")
    monkeypatch.setattr(live, "ask", Google(missing, at="gemini-api"))
    assert run("veo-3.1-generate-001", "--live")[2] == ""


def test_nothing_is_asked_for_another_day(monkeypatch: pytest.MonkeyPatch) -> None:
    google = Google(OfficialModel("veo-3.1-generate-001", "agent-platform", "offered"))
    monkeypatch.setattr(live, "ask", google)
    code, _, err = run("veo-3.1-generate-001", "--live", "--as-of", "2026-11-23")
    assert (code, google.asked) == (3, [])
    assert "--live counts only for today, 2026-11-22" in err


@pytest.mark.parametrize(("word", "code"), [("own", 3), ("fail", 1), ("pass", 0)])
def test_what_is_not_known_ends_as_asked(word: str, code: int) -> None:
    assert run("veo-9-nonsense-001", "--inconclusive", word)[0] == code
    assert run("veo-3.0-generate-001", "--inconclusive", word)[0] == 1
