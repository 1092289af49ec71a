"""Operation ids carry the job they stand for, and nothing else reads as one."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox_box import GEMINI, OPENAI, Box
from veo_check.sandbox.google_models import MODELS
from veo_check.sandbox.media import mp4
from veo_check.sandbox.state import Ticket, issue, read
from veo_check.sandbox.wire import SIZES, SURFACES, Shape

MODEL = st.sampled_from([model.id for model in MODELS])
SHAPES = st.builds(
    Shape,
    st.integers(1, 60),
    st.sampled_from(list(SIZES)),
    st.sampled_from(["16:9", "9:16"]),
    st.booleans(),
    st.integers(1, 4),
)
TICKETS = st.builds(
    Ticket,
    st.sampled_from(SURFACES),
    MODEL | st.sampled_from(["veo3.1", "veo3.1-fast", "veo3.1-lite", "veo3.1-pro", "veo-fast"]),
    MODEL,
    MODEL,
    SHAPES,
    st.sampled_from(["ci-smoke", "another", "production", "api-key", "access-token", "proxy-key"]),
    st.integers(0, 2**32 - 1),
)


@given(TICKETS)
def test_an_id_reads_back_as_it_was_issued(ticket: Ticket) -> None:
    operation = issue(ticket)
    assert (len(operation), read(operation)) == (32, ticket)


@given(st.text(max_size=40) | st.binary(max_size=20).map(bytes.hex))
def test_no_other_text_is_an_id(text: str) -> None:
    assert read(text) is None


def test_a_sealed_id_with_impossible_places_is_none() -> None:
    body = b"\xff" * 14
    assert read((body + hashlib.sha256(body).digest()[:2]).hex()) is None


def test_two_jobs_of_one_shape_have_two_ids() -> None:
    ticket = Ticket(
        "flatkey", "veo3.1", "veo-3.1-generate-001", "veo-3.1-generate-001", Shape(), "another"
    )
    assert issue(ticket) != issue(ticket)


def test_google_s_jobs_survive_their_process_too() -> None:
    name = Box("healthy").predict(durationSeconds=4).json()["name"]
    after = Box("healthy")
    assert after.fetch(name).json() == {"name": name}
    after.finish()
    assert after.fetch(name).json()["done"] is True
    assert after.spent == "0.40"


@pytest.mark.parametrize("scenario", ["article-2026-06-17"])
def test_a_file_survives_its_process_only_once_the_job_is_over(scenario: str) -> None:
    name = Box(scenario).gemini(durationSeconds=4).json()["name"]
    after = Box(scenario)
    assert after.get(f"{GEMINI}/v1beta/{name}").json() == {"name": name}
    file = f"{GEMINI}/v1beta/files/{name.rsplit('/', 1)[1]}0:download?alt=media"
    assert after.get(file).status_code == 404
    after.finish()
    assert after.get(file).content == mp4(4, 1280, 720)


def test_an_openai_job_survives_its_process_and_is_charged_once() -> None:
    video = Box("healthy").video(OPENAI).json()["id"]
    after = Box("healthy")
    for _ in range(3):
        assert after.get(f"{OPENAI}/v1/videos/{video}").json()["status"] == "processing"
    assert after.spent == "0.80"
