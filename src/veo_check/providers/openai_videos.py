"""OpenAI-compatible video gateways, such as a LiteLLM proxy: the listing and the key, for free.

LiteLLM's `/health` is never called: it submits a paid job to every video deployment.
"""

from __future__ import annotations

from dataclasses import replace

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
    """Whether the gateway refused our key: 401, or a LiteLLM proxy without a database, which
    answers an unknown key with 400 `no_db_connection`."""
    if answer.status == 401:
        return True
    return answer.status == 400 and "no_db_connection" in read_error(answer).words()


def key_not_checked(answer: Answer) -> Failure | None:
    """A LiteLLM proxy that cannot check a key at all crashes on it: 500 in plain text.

    Any server may crash like that, so it is no finding about the key; but the sentence helps.
    """
    kind = answer.headers.get("content-type", "")
    if answer.status != 500 or not kind.startswith("text/plain"):
        return None
    said = "in plain text; a LiteLLM proxy answers so to a key that it cannot check"
    return replace(answer.failure(), detail=f"{answer.place} answered 500 {said}")


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
    return key_not_checked(answer) or newapi.read_listing(answer, source)


def read_key_answer(answer: Answer) -> KeyAnswer | Failure:
    """How the gateway took the key, from its answer to the listing."""
    if key_refused(answer):
        said = answer.shown(read_error(answer).message) or None
        return KeyAnswer("refused", answer.status, said, (answer.exchange,))
    return key_not_checked(answer) or newapi.read_key_answer(answer)
