"""controlled-failure: a wrong request is refused cleanly, by nobody else, and costs nothing."""

from __future__ import annotations

from veo_check.core.findings import Blocked, Findings, blocker, check, note, warning
from veo_check.core.gateway import Gateway
from veo_check.core.jobs import meaning_of
from veo_check.core.results import ControlledFailure
from veo_check.core.route import Route

#: Refusals that are about the key or the moment, not about the request.
_BESIDE_THE_POINT = {
    "rate-limited",
    "cooling-down",
    "key-refused",
    "access-denied",
    "no-quota",
    "not-sent",
}
_AT = "smoke.controlled_failure"


@check(item="usage-proof", since="0.1")
def controlled_failure(route: Route, gateway: Gateway, failure: ControlledFailure) -> Findings:
    """A request that must fail was refused with its reason, not re-routed and not charged.

    Why: a gateway that quietly changes a wrong request, or sends it to another model, turns every
    client bug into a bill and a video that was not asked for.
    Fix: have the gateway pass the vendor's refusal on; validate requests before they are sent.
    """
    sent = f"{failure.sent[0].upper()}{failure.sent[1:]}"
    text = f' ("{failure.text}")' if failure.text else ""
    if failure.outcome == "uncertain":
        meaning = meaning_of("submit-uncertain")
        yield warning(
            "controlled-failure/submit-uncertain",
            f"{sent}: {meaning.says}.",
            at=_AT,
            fix=meaning.step(direct=gateway.direct),
            evidence=failure.exchanges,
        )
        yield Blocked(f"job {failure.job}: {meaning.says}")
        return
    if failure.outcome == "pending":
        what = "its charge has not come back yet" if failure.late else "it has not ended yet"
        yield Blocked(f"job {failure.job} ({failure.sent}) was accepted, and {what}; run again")
        return
    if failure.outcome == "accepted":
        served = failure.served_model.rpartition("/")[2] if failure.served_model else None
        rerouted = served is not None and served not in route.model.names
        yield blocker(
            "controlled-failure/rerouted" if rerouted else "controlled-failure/accepted",
            f"{sent}, was accepted{f' and served by {served}' if rerouted else ''}. "
            f"{_charge(failure.charged)}",
            at=_AT,
            expected="a refusal that names the mistake",
            actual=f"accepted, served by {served}" if served else "accepted",
            fix=f"validate requests before they are sent: {gateway.answers_as} does not",
            evidence=failure.exchanges,
        )
        return
    if failure.outcome == "refused-unclearly":
        if failure.symptom in _BESIDE_THE_POINT:
            yield Blocked(
                f"the wrong request was refused for another reason: "
                f"{meaning_of(failure.symptom).says}{text}"
            )
        else:
            yield blocker(
                "controlled-failure/unclear",
                f"{sent}, {_how(failure)}, and the answer does not say why{text}.",
                at=_AT,
                expected="a refusal that names the mistake",
                actual="an operation that failed" if failure.late else _status(failure),
                fix="read the answer in the evidence; another smoke.controlled_failure may be clear"
                if gateway.direct
                else "have the gateway pass the vendor's own error on",
                evidence=failure.exchanges,
            )
    else:
        yield note(
            "controlled-failure/refused-inside" if failure.late else "controlled-failure/refused",
            f"{sent}, {_how(failure)}{text}.",
            at=_AT,
            evidence=failure.exchanges,
        )
    if failure.charged:
        yield blocker(
            "controlled-failure/charged",
            f"{sent}, was refused and charged all the same.",
            at=_AT,
            expected="no charge",
            actual="a charge",
            fix=f"ask {'Google' if gateway.direct else 'the operator of the gateway'} for the "
            "refund; nothing more is sent for this route until `veo-check job abandon "
            f"{failure.job}`",
            evidence=failure.exchanges,
        )
    elif failure.charged is None:
        yield warning(
            "controlled-failure/charge-unknown",
            "Whether the refused request was charged cannot be read with this key.",
            at=_AT,
            fix="look in Google's billing export"
            if gateway.direct
            else "look in the gateway's console or usage log",
            evidence=failure.exchanges,
        )


def _how(failure: ControlledFailure) -> str:
    if failure.late:
        return "was accepted, and refused inside the operation"
    return f"was refused with {_status(failure)}"


def _status(failure: ControlledFailure) -> str:
    named = failure.code if failure.code != str(failure.status_code) else None
    code = f" {named}" if named else ""
    return f"HTTP {failure.status_code}{code}" if failure.status_code else f"an error{code}"


def _charge(charged: bool | None) -> str:
    if charged is None:
        return "Whether it was charged is not known."
    return "It was charged." if charged else "It was not charged."
