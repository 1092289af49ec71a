"""OpenAI-compatible video gateways, such as a LiteLLM proxy: the listing and the key, for free.

LiteLLM's `/health` is never called: it submits a paid job to every video deployment.
"""

from __future__ import annotations

from veo_check.core.facts import GatewayListing, KeyAnswer
from veo_check.http.answer import Answer, Failure
from veo_check.http.keys import KeyName
from veo_check.providers import newapi
from veo_check.providers.asks import Ask
from veo_check.providers.error_body import read_error

#: LiteLLM's own retries can triple a bill; this header stops them. Others ignore it.
NO_RETRIES = {"x-litellm-num-retries": "0"}


def listing_ask(base_url: str, key: KeyName) -> Ask:
    """`GET /v1/models`, also where the base URL ends in /v1 as OpenAI clients write it."""
    return Ask(f"{api_root(base_url)}/models", key, headers=NO_RETRIES)


def api_root(base_url: str) -> str:
    """The address up to and with `/v1`."""
    return base_url if base_url.endswith("/v1") else f"{base_url}/v1"


def key_refused(answer: Answer) -> bool:
    """Whether the gateway refused our key.

    401 everywhere; a LiteLLM proxy without a database answers an unknown key with 400
    `no_db_connection`, and one it cannot read with 500 in plain text.
    """
    if answer.status == 401:
        return True
    if answer.status == 400:
        return "no_db_connection" in read_error(answer).words()
    kind = answer.headers.get("content-type", "")
    return (
        answer.status == 500
        and kind.startswith("text/plain")
        and answer.headers.get("server", "").casefold() == "uvicorn"
    )


def read_listing(answer: Answer, source: str) -> GatewayListing | Failure:
    """The listing, or why there is none."""
    if key_refused(answer):
        said = answer.shown(read_error(answer).message)
        return Failure(
            "key-refused",
            f"{answer.place} refused the key with {answer.status}: {said}",
            answer.exchange,
            sent=True,
        )
    return newapi.read_listing(answer, source)


def read_key_answer(answer: Answer) -> KeyAnswer | Failure:
    """How the gateway took the key, from its answer to the listing."""
    if key_refused(answer):
        said = answer.shown(read_error(answer).message) or None
        return KeyAnswer("refused", answer.status, said, (answer.exchange,))
    return newapi.read_key_answer(answer)
