"""What both Google surfaces do with a submit and a poll."""

from __future__ import annotations

from veo_check.sandbox import google_answers as google
from veo_check.sandbox.google_models import GoogleModel
from veo_check.sandbox.google_rules import accepted_shape, outside_limits, prompt_of
from veo_check.sandbox.jobs import Job
from veo_check.sandbox.state import State
from veo_check.sandbox.wire import DROPPED, Request, Response


def accept(
    state: State,
    request: Request,
    row: GoogleModel,
    parent: str = "",
) -> Job | Response:
    """A new job, or the refusal of this submit. Either way the ledger knows.

    The caller answers a model that is not offered; a job that was accepted while the connection
    drops is in the ledger, and its answer is `DROPPED`.
    """
    refusal = google.submit_trouble(state, row.id, parent, gemini=row.surface == "gemini-api")
    if state.has("submit-dropped-before"):
        refusal = DROPPED
    if refusal is not None:
        return refuse(state, row.surface, row.id, refusal)
    body = request.fields()
    rerouting = state.has("wrong-request-rerouted")
    shape = accepted_shape(body, row, lenient=rerouting or state.has("wrong-request-accepted"))
    if isinstance(shape, Response):
        return refuse(state, row.surface, row.id, shape)
    job = state.start(
        row.surface,
        row.id,
        row.id,
        shape,
        "api-key" if row.surface == "gemini-api" else "access-token",
        prompt=prompt_of(body),
        rerouted=rerouting and outside_limits(body, row),
    )
    return DROPPED if state.has("submit-dropped-after") else job


def refuse(state: State, surface: str, model: str, refusal: Response) -> Response:
    """The refusal, noted in the ledger."""
    state.note_refusal(surface, model, refusal.status)
    return refusal


def poll_trouble(state: State, job: Job) -> Response | None:
    """The 5xx that the scenario has for a poll, or None. Counts the polls."""
    job.polls += 1
    if state.has("poll-5xx") or (state.has("poll-5xx-passing") and job.polls <= 2):
        return google.unavailable()
    return None
