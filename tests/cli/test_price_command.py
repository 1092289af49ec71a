"""`veo-check price`: its JSON contract, its refusals, its table and its exit codes."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from vendor_prices import FILE as VENDORS
from veo_check.cli.price import price
from veo_check.core.facts import Missing, SkuPrice
from veo_check.core.money import VeoCheckError
from veo_check.engine import catalog
from veo_check.reference.load import load_reference

FAST = ("veo-3.1-fast-generate-001", "--seconds", "8", "--resolution", "1080p")
DAY = ("--as-of", "2026-11-22")
ROUTE = """\
version: 1
route: {name: drafts}
via: {gateway: flatkey, endpoint: videos, model: veo3.1-fast}
model: {official: veo-3.1-fast-generate-001, surface: agent-platform}
request: {seconds: 8, resolution: 1080p, audio: true}
budget: {per_job: "2.00", jobs_per_month: 3000, retries: 1}
"""
OWN = """\
sources:
  contract: {url: "https://wiki.example", kind: gateway, publisher: us, confirmed: 2026-11-20}
credits:
  house: {usd: "0.5", units: 1, source: contract}
prices:
  - id: price:ours:fast
    surface: ours
    model: our-fast
    match: {resolution: [720p, 1080p], mode: "text-to-video"}
    unit: second
    amount: 0.05
    currency: credit:house
    source: contract
"""


app = typer.Typer(pretty_exceptions_enable=False)
app.command()(price)


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, [*arguments])
    if isinstance(result.exception, VeoCheckError):
        return int(result.exception.exit_code), result.stdout, str(result.exception)
    return result.exit_code, result.stdout, result.stderr


def asked(*arguments: str) -> dict[str, object]:
    code, out, _ = run(*arguments, *DAY, "-o", "json")
    answer: dict[str, object] = json.loads(out)
    assert code == (0 if answer["refused"] is None else 1)
    return answer


def test_the_json_of_the_contract() -> None:
    answer = asked(*FAST)
    source = answer.pop("source")
    assert answer == {
        "currency": "USD",
        "expected": "0.96",
        "worst_case": "1.92",
        "per_second": "0.12",
        "unit": "second",
        "bound": "exact",
        "rule": "price:agent-platform:veo-3.1-fast-generate-001:1080p:audio:google:"
        " $0.12 per second x 8 s",
        "refused": None,
    }
    assert isinstance(source, dict)
    assert (source["publisher"], source["confirmed"]) == ("google", "2026-10-08")
    assert source["url"] == (
        "https://cloud.google.com/gemini-enterprise-agent-platform/generative-ai/pricing"
    )
    assert source["agreeing"] == []


def test_a_refusal_has_its_code_and_nothing_else() -> None:
    code, out, err = run("sora-2", "--seconds", "8", *DAY, "-o", "json")
    answer = json.loads(out)
    assert answer.pop("source")["publisher"] == "openai"
    assert answer == {
        "currency": None,
        "expected": None,
        "worst_case": None,
        "per_second": None,
        "unit": None,
        "bound": None,
        "rule": None,
        "refused": "retired",
    }
    assert (code, err) == (1, "veo-check: the model sora-2 was shut down on openai on 2026-09-24\n")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("sora-2 --seconds 8 --resolution 1280x720 --as-of 2026-08-01", "0.80"),
        ("veo-3.1-fast-generate-preview --seconds 8 --resolution 720p --as-of 2026-03-01", "1.20"),
        ("veo-3.1-generate-001 --seconds 4 --resolution 720p --count 4 --audio", "6.40"),
        ("veo-3.1-generate-001 --seconds 8 --resolution 1080p --no-audio", "1.60"),
        ("seedance-1-0-pro-250528 --seconds 5 --resolution 1080p", "0.6171"),
        (
            "dreamina-seedance-2-0-260128 --seconds 4 --resolution 720p --input-video-seconds 4",
            "0.74691",
        ),
        (
            "dreamina-seedance-2-0-260128 --seconds 5 --resolution 720p --aspect-ratio 21:9",
            "0.766017",
        ),
        ("dreamina-seedance-2-0-260128 --resolution 720p --tokens 108900", "0.7623"),
        ("kling-v3 --seconds 5 --resolution 720p --no-audio", "0.42"),
        ("MiniMax-H3 --seconds 4 --resolution 768P --input-images 6", "0.36"),
        ("switchx --seconds 2 --resolution 720p --frame-rate 30", "0.285971563981042654028436019"),
        ("viduq2 --seconds 5 --resolution 720p --mode reference-images", "0.225"),
        ("wan2.2-s2v --seconds 10.23 --resolution 480p", "0.73325571"),
        (
            "veo-3.1-fast-generate-preview --surface laozhang --seconds 4 --resolution 720p"
            " --as-of 2026-08-15",
            "0.30",
        ),
        ("qwencloud --surface x", "unknown-model"),
        ("veo-3.1-fast-generate-001 --resolution 720p", "unknown-duration"),
        ("veo-3.1-lite-generate-001 --seconds 8 --resolution 4k", "unsupported-combination"),
        ("veo-3.1-fast-generate-001 --seconds 6 --resolution 1080p", "0.72"),
        ("veo-3.1-fast-generate-001 --seconds 6 --resolution 4k", "unsupported-combination"),
        ("veo-3.1-generate-001 --mode extension --seconds 7 --resolution 720p", "2.80"),
        (
            "veo-3.1-generate-001 --mode extension --seconds 8 --resolution 720p",
            "unsupported-combination",
        ),
        (
            "veo-3.1-lite-generate-001 --mode reference-images --seconds 8 --resolution 720p",
            "unsupported-combination",
        ),
        (
            "veo-3.1-generate-001 --mode reference-images --seconds 4 --resolution 720p",
            "unsupported-combination",
        ),
        ("doubao-seedance-2-0-260128 --seconds 5 --resolution 720p", "unknown-currency"),
        ("seedance-2.0 --surface shotstack --seconds 8 --resolution 720p", "unknown-credit"),
        ("MiniMax-H3 --seconds 4 --resolution 768p --tokens 4", "unknown-unit"),
        ("veo-3.1-fast-generate-001 --surface openai --seconds 8", "unpriced"),
    ],
)
def test_every_unit_from_the_command_line(arguments: str, expected: str) -> None:
    words = [*arguments.split(), "--reference", str(VENDORS)]
    _, out, _ = run(*words, *(() if "--as-of" in words else DAY), "-o", "json")
    answer = json.loads(out)
    assert answer["refused" if answer["expected"] is None else "expected"] == expected


def test_a_model_alone_is_priced_at_each_of_its_resolutions() -> None:
    code, out, _ = run("veo-3.1-fast-generate-001", *DAY)
    assert code == 0
    assert "  720p   $0.80 = $0.10 per second x 8 s; $1.60 with 1 retry" in out
    assert "  1080p  $0.96 = $0.12 per second x 8 s; $1.92 with 1 retry" in out
    code, out, _ = run("vertex_ai/veo-3.1-fast-generate-001", "--seconds", "4", *DAY)
    assert (code, "$0.40 = $0.10 per second x 4 s" in out) == (0, True)

    code, out, _ = run("veo-3.1-lite-generate-001", "--retries", "2", *DAY, "-o", "json")
    told = json.loads(out)
    assert (code, told["model"]) == (0, "veo-3.1-lite-generate-001")
    assert [(price["shape"]["resolution"], price["worst_case"]) for price in told["prices"]] == [
        ("720p", "1.20"),
        ("1080p", "1.92"),
    ]


@pytest.mark.parametrize(
    ("words", "refused"),
    [
        (("veo-3.1-generate-preview",), "retired"),
        (("veo-9",), "unknown-model"),
        (("veo-3.1-fast-generate-001", "--surface", "openai"), "unpriced"),
        (("veo-3.1-fast-generate-001", "--seconds", "9"), "unsupported-combination"),
    ],
)
def test_what_no_resolution_has_is_refused_as_ever(words: tuple[str, ...], refused: str) -> None:
    code, out, _ = run(*words, *DAY, "-o", "json")
    assert (code, json.loads(out)["refused"]) == (1, refused)


def test_a_named_sku_is_one_more_price(monkeypatch: pytest.MonkeyPatch) -> None:
    def told(per_second: str | None) -> SkuPrice:
        rate = None if per_second is None else Decimal(per_second)
        source = "https://cloudbilling.googleapis.com/v1beta/skus/7DE3-56E5-CE6C/price"
        return SkuPrice("7DE3-56E5-CE6C", Decimal("0.08"), "count", rate, Decimal(0), source)

    silent = (*FAST[:3], "--resolution", "720p", "--no-audio", "--billing-sku", "7DE3-56E5-CE6C")
    monkeypatch.setattr(catalog, "ask_sku", lambda sku: told("0.08"))
    code, out, _ = run(*silent, *DAY)
    text = " ".join(out.split())
    assert code == 0
    assert "$0.08 per count, one second of video: this request is $0.64, the same" in text
    answer = asked(*silent)
    assert answer["billing_sku"] == {
        "id": "7DE3-56E5-CE6C",
        "amount": "0.08",
        "unit": "count",
        "per_second": "0.08",
        "free_below": "0",
        "source": "https://cloudbilling.googleapis.com/v1beta/skus/7DE3-56E5-CE6C/price",
    }
    assert "billing_sku" not in asked(*FAST)
    monkeypatch.setattr(catalog, "ask_sku", lambda sku: told(None))
    _, out, _ = run(*silent, *DAY)
    assert "what one count of this SKU is, is not known" in " ".join(out.split())
    missing = Missing("billing-sku", "no-key", "VEO_CHECK_BILLING_KEY is not set")
    monkeypatch.setattr(catalog, "ask_sku", lambda sku: missing)
    code, out, _ = run(*silent, *DAY)
    assert (code, "not read: VEO_CHECK_BILLING_KEY is not set" in out) == (0, True)
    assert run(*FAST, "--billing-sku", "Veo 3 Fast Video")[0] == 2


def test_a_near_miss_is_named() -> None:
    code, out, _ = run("veo-3.1-fst-generate-001", "--seconds", "8", *DAY)
    assert code == 1
    assert "Did you mean veo-3.1-fast-generate-001" in " ".join(out.split())
    assert "  code         unknown-model\n" in out


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("fal-ai/veo3.1/fast", "how resellers write a name"),
        ("veo3_fast", "how resellers write a name"),
        ("veo-3.0-generate", "Did you mean veo-3.1-"),
    ],
)
def test_a_name_that_is_no_id_is_told_apart_and_nothing_retired_is_suggested(
    asked: str, said: str
) -> None:
    code, out, _ = run(asked, "--seconds", "8", "--resolution", "720p", *DAY)
    text = " ".join(out.split())
    assert code == 1
    assert said in text
    named = text.replace(asked, "")
    assert not re.search(r"veo-[0-9.]+-(fast-)?generate-preview|veo-[23]\.0-", named)
    assert ".." not in text.replace("...", "")
    assert "?." not in text


def test_a_route_is_priced_with_its_own_retries_and_volume(tmp_path: Path) -> None:
    file = tmp_path / "route.yaml"
    file.write_text(ROUTE)
    answer = asked(str(file))
    assert (answer["expected"], answer["worst_case"]) == ("0.96", "1.92")
    assert asked(str(file), "--retries", "0")["worst_case"] == "0.96"
    assert asked(str(file), "--seconds", "4", "--resolution", "720p")["expected"] == "0.40"
    _, out, _ = run(str(file), *DAY)
    assert "  per month    $2880.00 for 3,000 requests\n" in out
    file.write_text("version: 2\n")
    code, _, err = run(str(file), *DAY)
    assert code == 2
    assert err.startswith("the route file cannot be used\n")


def test_a_team_adds_its_own_prices(tmp_path: Path) -> None:
    file = tmp_path / "ours.yaml"
    file.write_text(OWN)
    own = ("--reference", str(file), "--surface", "ours", "--seconds", "10")
    answer = asked("our-fast", *own, "--resolution", "720p")
    assert (answer["expected"], answer["unit"]) == ("0.25", "credit")
    assert asked("our-fast", *own)["refused"] == "ambiguous"
    assert asked(*FAST, "--reference", str(file))["expected"] == "0.96"
    as_json = tmp_path / "ours.json"
    as_json.write_text('{"prices": [{"id": "x"}]}')
    code, _, err = run(*FAST, "--reference", str(as_json))
    assert code == 2
    assert err.startswith("x: ")
    file.write_text(OWN.replace("contract", "litellm-1.110.2"))
    assert run(*FAST, "--reference", str(file))[0] == 2
    file.write_text(OWN.replace("confirmed: 2026", "confirmed: 2099"))
    code, _, err = run(*FAST, "--reference", str(file))
    assert code == 2
    assert "is still to come" in err
    file.write_text("prices: [&a 1, *a]")
    assert run(*FAST, "--reference", str(file))[0] == 2
    assert run(*FAST, "--reference", str(tmp_path / "none.yaml"))[0] == 2
    assert run(*FAST, "--reference", str(tmp_path))[0] == 2


@pytest.mark.parametrize(
    ("arguments", "expected", "unit"),
    [
        ("our-fast --seconds 8 --resolution 720p", "0.96", "second"),
        ("our-fast --seconds 8 --resolution 720p --no-audio", "0.80", "second"),
        ("our-clip --seconds 8", "0.50", "clip"),
        ("our-images --seconds 5 --input-images 3", "0.55", "credit"),
        ("our-tokens --seconds 5 --resolution 720p", "0.7623", "token"),
    ],
)
def test_the_example_of_a_teams_prices(
    root: Path, arguments: str, expected: str, unit: str
) -> None:
    file = root / "examples/prices/team.yaml"
    answer = asked(*arguments.split(), "--surface", "our-gateway", "--reference", str(file))
    assert (answer["expected"], answer["unit"], answer["refused"]) == (expected, unit, None)


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("",),
        ("m", "--seconds", "eight"),
        ("m", "--seconds", "-1"),
        ("m", "--seconds", "nan"),
        ("m", "--tokens", "1e40"),
        ("m", "--count", "0"),
        ("m", "--as-of", "yesterday"),
        ("m", "-o", "yaml"),
        ("m", "-o", "json:"),
        ("m", "-o", "json", "-o", "text"),
        ("m", "-o", "json:{tmp}/gone/at/all"),
        ("m", "--all"),
        ("m", "--set", "key=value"),
        ("{tmp}/missing.yaml",),
        (*FAST, "--clips", "5"),
        (*FAST, "--promotions"),
    ],
)
def test_a_usage_error_is_2(arguments: tuple[str, ...], tmp_path: Path) -> None:
    assert run(*(word.replace("{tmp}", str(tmp_path)) for word in arguments))[0] == 2


def test_the_text_says_what_it_stands_on() -> None:
    code, out, err = run(*FAST, *DAY)
    assert (code, err) == (0, "")
    assert out == (
        "veo-3.1-fast-generate-001 on agent-platform, 2026-11-22: 8 s, 1080p, 16:9,\n"
        "audio, 1 clip\n"
        "  expected     $0.96 = $0.12 per second x 8 s\n"
        "  maximum      $1.92 with 1 retry, every attempt charged\n"
        "  per second   $0.12\n"
        "  billed by    second\n"
        "  source       Google, official-copy, read 2026-10-08 (45 days old)\n"
        "https://cloud.google.com/gemini-enterprise-agent-platform/generative-ai/pricing\n"
        "               the Veo rows of the whole page, fetched on this day; it prints '/\n"
        "               1 count', and one count is one second of video, as a bill of\n"
        "               2026-10-11 shows; others read the same cells on 2026-09-12,\n"
        "               2026-10-01 and 2026-10-07\n"
        "  rule         price:agent-platform:veo-3.1-fast-generate-001:1080p:audio:google\n"
    )


def test_every_source_and_rule_fits_80_columns() -> None:
    rules = load_reference().prices
    words = {rule.id for rule in rules} | {rule.source.url for rule in rules}
    assert [word for word in words if len(word) > 80] == []


def test_the_text_shows_a_bound() -> None:
    _, out, _ = run(
        "veo3.1-fast",
        "--surface",
        "apimart",
        "--seconds",
        "8",
        "--resolution",
        "4k",
        "--reference",
        str(VENDORS),
        *DAY,
    )
    assert "  expected     at least $1.60 = $0.20 per second x 8 s\n" in out


def test_the_comparison_fits_80_columns_and_leads_with_what_was_asked() -> None:
    code, out, _ = run(*FAST, "--compare", *DAY)
    lines = out.splitlines()
    wide = [line for line in lines if len(line) > 80]
    assert (code, wide) == (0, [])
    bar = "\u2588" * 8
    assert lines[:5] == [
        "What a clip costs on 2026-11-22: 8 s, 1080p, 16:9, audio, 1 clip",
        "",
        "MODEL                              SURFACE         USD/CLIP  USD/S    REL UNIT",
        "veo-3.1-fast-generate-001          agent-platform      0.96   0.12  1.00x second",
        f"  {bar:<24}  contested",
    ]
    at = lines.index(
        "veo-3.1-generate-001               agent-platform      3.20   0.40  3.33x second"
    )
    assert lines[at + 1].endswith("contested")
    gone = "veo-3.1-fast-generate-preview on gemini-api"
    assert f"  {gone:<54} retired" in lines


def test_the_comparison_as_json_says_what_differs() -> None:
    others = ("--all", "--reference", str(VENDORS))
    _, out, _ = run(*FAST, "--compare", *others, *DAY, "-o", "json")
    document = json.loads(out)
    rows = {(row["model"], row["surface"]): row for row in document["rows"]}
    assert document["shape"] == {
        "seconds": "8",
        "resolution": "1080p",
        "aspect_ratio": "16:9",
        "audio": True,
        "count": 1,
    }
    first = document["rows"][0]
    assert (first["model"], first["relative"], first["differs"]) == (FAST[0], "1", [])
    ray = rows["ray-3.2", "luma"]
    assert (ray["differs"], ray["expected"], ray["relative"]) == (
        ["10 s", "audio unknown"],
        "3.60",
        "3.75",
    )
    mini = rows["dreamina-seedance-2-0-mini-260615", "byteplus"]
    assert (mini["differs"], mini["unit"]) == (["720p", "audio unknown"], "token")
    pro = rows["seedance-1-0-pro-250528", "byteplus"]
    assert pro["differs"] == ["silent"]
    gone = rows["sora-2", "openai"]
    assert (gone["state"], gone["refused"], gone["relative"]) == ("retired", "retired", None)


def test_a_comparison_shows_veo_and_what_it_moves_to_unless_all_is_asked_for() -> None:
    _, out, _ = run(*FAST, "--compare", *DAY, "-o", "json")
    rows = json.loads(out)["rows"]
    assert {row["surface"] for row in rows} == {"gemini-api", "agent-platform"}
    assert any(row["model"] == "gemini-omni-1.2-flash" for row in rows)
    _, out, _ = run(*FAST, "--compare", "--all", *DAY, "-o", "json")
    assert {"fal", "runway", "xai"} < {row["surface"] for row in json.loads(out)["rows"]}


def test_a_comparison_of_one_surface_relates_to_its_cheapest() -> None:
    _, out, _ = run("--compare", "--surface", "agent-platform", *DAY, "-o", "json")
    rows = json.loads(out)["rows"]
    assert {row["surface"] for row in rows} == {"agent-platform"}
    assert (rows[0]["model"], rows[0]["relative"]) == ("veo-3.1-lite-generate-001", "1")


def test_the_output_goes_to_a_file(tmp_path: Path) -> None:
    file = tmp_path / "price.json"
    code, out, _ = run(*FAST, *DAY, "-o", f"json:{file}")
    assert (code, out) == (0, "")
    assert json.loads(file.read_text())["expected"] == "0.96"
    code, out, _ = run(*FAST, *DAY, "-o", f"json:{file}", "-o", "text")
    assert (code, out[:26]) == (0, "veo-3.1-fast-generate-001 ")
