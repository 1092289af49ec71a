"""`lifecycle --live`: listing, dates and the text of a 404 come to one state with its reasons."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date

import httpx
import pytest

from fake_clock import FakeClock
from veo_check.core.clock import AsOf
from veo_check.core.facts import Missing, OfficialModel
from veo_check.core.route import google_url
from veo_check.engine.catalog import LiveAnswers, ask
from veo_check.reference.lifecycle import LifecycleJudgement, judge_lifecycle
from veo_check.reference.load import load_reference
from veo_check.sandbox.server import SandboxTransport
from veo_check.sandbox.world import open_world

DAY = date(2026, 11, 22)
KEYS = {"GEMINI_API_KEY": "AIza-test-0123456789abcdef", "GOOGLE_ACCESS_TOKEN": "ya29.test-0123"}
GONE = (
    "This model models/{model} is no longer available. Please update your code to use "
    "models/gemini-omni-1.2-flash for the latest features and improvements."
)
NOT_FOUND = (
    "models/{model} is not found for API version v1beta, or is not supported for "
    "predictLongRunning. Call ListModels to see the list of available models."
)
NO_ACCESS = (
    "Publisher Model `projects/p/locations/us-central1/publishers/google/models/{model}` was not "
    "found or your project does not have access to it. Please ensure you are using a valid model "
    "version."
)
Handler = Callable[[httpx.Request], httpx.Response]


def offers(request: httpx.Request) -> httpx.Response:
    """Google lists whatever it is asked about."""
    name = request.url.path.partition("/v1beta/")[2] or request.url.path.partition("/v1beta1/")[2]
    body: dict[str, object] = {"name": name}
    if "publishers" not in name:
        body["supportedGenerationMethods"] = ["predictLongRunning"]
    else:
        body["launchStage"] = "GA"
    return httpx.Response(200, json=body)


def answers_404(text: str, *, wrapped: bool = False) -> Handler:
    def handle(request: httpx.Request) -> httpx.Response:
        model = request.url.path.rpartition("/")[2]
        body: object = {
            "error": {"code": 404, "message": text.format(model=model), "status": "NOT_FOUND"}
        }
        return httpx.Response(404, content=json.dumps([body] if wrapped else body))

    return handle


def asked(handler: Handler, model: str, surface: str) -> OfficialModel | Missing:
    found = ask(
        [model],
        load_reference(),
        surface,
        environ=KEYS,
        clock=FakeClock(),
        transport=httpx.MockTransport(handler),
    )
    return found[model, surface]


def judged(handler: Handler, model: str, surface: str) -> LifecycleJudgement:
    answer = asked(handler, model, surface)
    live = answer if isinstance(answer, OfficialModel) else None
    return judge_lifecycle(load_reference(), model, surface, AsOf(DAY, DAY), live)


PREVIEW, GA, OMNI = "veo-3.1-generate-preview", "veo-3.1-generate-001", "gemini-omni-1.1-flash"
LITE, NEWEST = "veo-3.1-lite-generate-001", "gemini-omni-1.2-flash"
NO = answers_404(GONE)
UNKNOWN = answers_404(NOT_FOUND)
DENIED = answers_404(NO_ACCESS)

#: (model, surface, Google's answer) -> state, exit code, replacement
STATES: dict[str, tuple[str, str, Handler, tuple[str, int, str | None]]] = {
    "listed, and no date": (NEWEST, "gemini-api", offers, ("alive", 0, None)),
    "listed, and a promise run out": (GA, "agent-platform", offers, ("contested", 0, None)),
    "listed, though its date has passed": (
        PREVIEW,
        "gemini-api",
        offers,
        ("contradictory", 3, OMNI),
    ),
    "listed, and in no table": ("veo-9-new", "gemini-api", offers, ("unknown", 3, None)),
    "gone, as the date said": (
        PREVIEW,
        "gemini-api",
        NO,
        ("retired", 1, "gemini-omni-1.2-flash"),
    ),
    "gone, though the table offers it": (
        OMNI,
        "gemini-api",
        NO,
        ("retired", 1, "gemini-omni-1.2-flash"),
    ),
    "gone, and in no table": (
        "veo-9-new",
        "gemini-api",
        NO,
        ("unknown", 1, "gemini-omni-1.2-flash"),
    ),
    "gone, in a one-element array": (
        OMNI,
        "gemini-api",
        answers_404(GONE, wrapped=True),
        ("retired", 1, "gemini-omni-1.2-flash"),
    ),
    "not found, though the table offers it": (OMNI, "gemini-api", UNKNOWN, ("retired", 1, NEWEST)),
    "not found, and in no table": ("veo-9-new", "gemini-api", UNKNOWN, ("unknown", 1, None)),
    "not found or no access": (LITE, "agent-platform", DENIED, ("retired", 1, None)),
}


@pytest.mark.parametrize("name", STATES)
def test_one_state_from_listing_date_and_text(name: str) -> None:
    model, surface, handler, expected = STATES[name]
    one = judged(handler, model, surface)
    assert (one.state, one.exit_code, one.replacement) == expected
    assert one.reasons or one.state == "alive"


def test_the_reasons_name_what_google_said() -> None:
    assert judged(NO, PREVIEW, "gemini-api").reasons == (
        "Google answers that it is no longer available.",
        "The answer names gemini-omni-1.2-flash instead.",
    )
    assert judged(UNKNOWN, OMNI, "gemini-api").reasons == (
        "Google answers that it does not exist.",
    )
    assert judged(DENIED, LITE, "agent-platform").reasons == (
        "Google answers not found at us-central1: the id is gone, is not served there, or "
        "this project may not use it.",
    )
    assert (
        "A live answer shows that it still serves." in judged(offers, PREVIEW, "gemini-api").reasons
    )


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (httpx.Response(404, text="<html>Not found</html>"), "refused"),
        (httpx.Response(404, json={"error": "This model is no longer available"}), "refused"),
        (httpx.Response(200, text="<html>Log in</html>"), "unreadable"),
        (httpx.Response(200, json={"name": "models/another"}), "unreadable"),
        (httpx.Response(401, json={"error": {"code": 401, "message": "no"}}), "key-refused"),
        (httpx.Response(403, json={"error": {"code": 403, "message": "no"}}), "refused"),
        (httpx.Response(500), "server-error"),
        (httpx.Response(302, headers={"location": "https://x.example"}), "unreadable"),
    ],
)
def test_what_says_nothing_about_the_model_changes_nothing(
    answer: httpx.Response, code: str
) -> None:
    got = asked(lambda _: answer, OMNI, "gemini-api")
    assert isinstance(got, Missing)
    assert got.code == code
    assert judged(lambda _: answer, PREVIEW, "gemini-api").state == "retired"
    assert judged(lambda _: answer, OMNI, "gemini-api").live is False


@pytest.mark.parametrize(
    ("model", "set_to", "asked_in"),
    [
        (LITE, None, "us-central1"),
        (LITE, "global", "us-central1"),
        ("gemini-omni-1.2-flash", None, "global"),
        ("gemini-omni-1.2-flash", "us-central1", "global"),
        ("veo-9-generate-001", "europe-west4", "europe-west4"),
        ("veo-9-generate-001", None, "us-central1"),
    ],
)
def test_a_model_is_asked_for_where_the_reference_places_it(
    model: str, set_to: str | None, asked_in: str
) -> None:
    seen: list[httpx.Request] = []

    def google(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return offers(request)

    more = {"GOOGLE_CLOUD_PROJECT": "p-1"} | ({"GOOGLE_CLOUD_LOCATION": set_to} if set_to else {})
    found = ask(
        [model],
        load_reference(),
        "agent-platform",
        environ=KEYS | more,
        clock=FakeClock(),
        transport=httpx.MockTransport(google),
    )
    answer = found[model, "agent-platform"]
    assert isinstance(answer, OfficialModel)
    assert (answer.state, answer.location) == ("offered", asked_in)
    (request,) = seen
    assert f"{request.url.scheme}://{request.url.host}" == google_url("agent-platform", asked_in)
    assert request.headers["x-goog-user-project"] == "p-1"


def test_without_a_key_nobody_is_asked() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise AssertionError(f"asked {request.url}")

    found = ask(
        [OMNI],
        load_reference(),
        environ={},
        clock=FakeClock(),
        transport=httpx.MockTransport(refuse),
    )
    assert {place: getattr(one, "code", None) for (_, place), one in found.items()} == {
        "gemini-api": "no-key",
        "agent-platform": "no-key",
    }


def in_the_sandbox(*models: str) -> LiveAnswers:
    world = open_world("healthy")
    environ = {
        "GOOGLE_API_KEY": world.keys["gemini-api"],
        "GOOGLE_ACCESS_TOKEN": world.keys["agent-platform"],
    }
    return ask(
        models,
        load_reference(),
        environ=environ,
        clock=world.clock,
        transport=SandboxTransport(world),
    )


def test_the_simulated_google_settles_what_the_table_cannot() -> None:
    found = in_the_sandbox(PREVIEW, GA, OMNI)
    states = {}
    for (model, surface), answer in found.items():
        assert isinstance(answer, OfficialModel), answer
        one = judge_lifecycle(load_reference(), model, surface, AsOf(DAY, DAY), answer)
        states[model, surface] = (answer.state, one.state, one.exit_code)
    assert states == {
        (PREVIEW, "gemini-api"): ("no-longer-available", "retired", 1),
        (PREVIEW, "agent-platform"): ("not-found", "retired", 1),
        (GA, "gemini-api"): ("not-found", "unknown", 1),
        (GA, "agent-platform"): ("offered", "contested", 0),
        (OMNI, "gemini-api"): ("offered", "retiring", 1),
        (OMNI, "agent-platform"): ("not-found", "unknown", 1),
    }
