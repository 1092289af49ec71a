"""The route as a journal entry recorded it: a stored job is polled the way it was submitted."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import ValidationError

from veo_check.core.proof import Binding, binding_of
from veo_check.core.route import Model, Route, Via
from veo_check.smoke.journal import JournalUnreadableError


def stored_route(route: Route, binding: Binding) -> Route:
    """`route` with the gateway, endpoint, key variable and shape of a stored job.

    What the route file has become since does not matter. Raises JournalUnreadableError where the
    record makes no route; where its key may go is still decided when it is sent.
    """
    if binding == binding_of(route):
        return route
    shape = binding.shape
    try:
        via = Via.model_validate(_nested(binding.via))
        model = Model.model_validate(_nested(binding.model))
        request = route.request.model_validate(
            route.request.model_dump()
            | {"mode": shape.mode, "aspect_ratio": shape.aspect_ratio, "audio": shape.audio}
        )
        smoke = route.smoke.model_validate(
            route.smoke.model_dump() | {"seconds": shape.seconds, "resolution": shape.resolution}
        )
    except ValidationError as error:
        first = error.errors()[0]
        at = ".".join(map(str, first["loc"]))
        raise JournalUnreadableError(
            f"the record of a paid job of '{binding.route}' makes no route ({at}: {first['msg']})"
        ) from None
    return route.model_copy(update={"via": via, "model": model, "request": request, "smoke": smoke})


def _nested(flat: Mapping[str, str]) -> dict[str, object]:
    nested: dict[str, object] = {}
    for name, value in flat.items():
        part = nested
        *above, last = name.split(".")
        for step in above:
            below = part.setdefault(step, {})
            if not isinstance(below, dict):
                return {}
            part = below
        part[last] = value == "true" if last == "adc" else value
    return nested
