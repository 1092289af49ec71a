"""A gateway's billing expression, evaluated with a parser of its own: never Python's.

Only what a video price needs: numbers, text, `+ - * /`, comparisons, `&& || !`, `? :`,
`u("fact")` for the request's own facts and `tier("name", amount)`, after a `v1:` that names the
language's first version. Everything else (`max()`, `param()`, `header()`, `has()`, another version)
is refused by name: it is a price that this tool cannot work out, not a missing one. So are
expressions that are too long or too deep.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from veo_check.core.frozen import dataclass
from veo_check.pricing.shape import RefusedError

Value = Decimal | str | bool

_LONGEST = 4_000
_DEEPEST = 50
#: The version that the gateway takes an expression without one to be written in.
_FIRST_VERSION = "v1:"
_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d{1,20}(?:\.\d{1,20})?|\.\d{1,20})(?:[eE][-+]?\d{1,2})?)(?![\w.])"
    r"|(?P<text>\"[^\"\\]{0,200}\"|'[^'\\]{0,200}')"
    r"|(?P<name>[A-Za-z_]\w{0,63})"
    r"|(?P<sign>&&|\|\||[=!<>]=|[-+*/<>!?:(),]))"
)


@dataclass(frozen=True, slots=True)
class Evaluated:
    """The amount, and the tier that named it where the expression names tiers."""

    amount: Decimal
    tier: str | None


def evaluate(text: str, facts: Mapping[str, Value | None]) -> Evaluated:
    """What the expression makes of the request's `facts`, in USD.

    Raises RefusedError, `expression-unread`: anything beyond the grammar, a fact that the request
    does not have, or a value that is no amount.
    """
    if len(text) > _LONGEST:
        raise _beyond("it is too long")
    reader = _Reader(_split(text.strip().removeprefix(_FIRST_VERSION)), facts)
    value = reader.choice(0)
    if reader.peek():
        raise _beyond(f"'{reader.peek()}' stands where it should end")
    if isinstance(value, bool) or not isinstance(value, Decimal) or not value.is_finite():
        raise _beyond("it does not end in an amount")
    return Evaluated(value, reader.tier)


def _beyond(why: str) -> RefusedError:
    return RefusedError("expression-unread", f"billing_expr cannot be worked out: {why}")


def _split(text: str) -> list[str]:
    tokens = []
    position = 0
    text = text.rstrip()
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None:
            rest = text[position:].split(maxsplit=1)
            raise _beyond(
                f"'{rest[0][:20] if rest else text[-1]}' is not part of the known grammar"
            )
        tokens.append(found[0].strip())
        position = found.end()
    return tokens


class _Reader:
    """Reads and evaluates at once; both branches of a choice are read, one of them counts."""

    def __init__(self, tokens: list[str], facts: Mapping[str, Value | None]) -> None:
        self._tokens = tokens
        self._at = 0
        self._facts = facts
        self._counts = True  # whether the part being read is on the chosen side
        self.tier: str | None = None

    def peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _take(self, expected: str = "") -> str:
        token = self.peek()
        if not token or (expected and token != expected):
            raise _beyond(f"'{expected or 'a value'}' is missing")
        self._at += 1
        return token

    def choice(self, depth: int) -> Value:
        if depth > _DEEPEST:
            raise _beyond("it is nested too deeply")
        condition = self._either(depth)
        if self.peek() != "?":
            return condition
        self._take("?")
        holds = self._truth(condition)
        outer = self._counts
        self._counts = outer and holds
        first = self.choice(depth + 1)
        self._take(":")
        self._counts = outer and not holds
        second = self.choice(depth + 1)
        self._counts = outer
        return first if holds else second

    def _either(self, depth: int) -> Value:
        value = self._both(depth)
        while self.peek() == "||":
            self._take()
            right = self._both(depth)
            value = self._truth(value) or self._truth(right)
        return value

    def _both(self, depth: int) -> Value:
        value = self._comparison(depth)
        while self.peek() == "&&":
            self._take()
            right = self._comparison(depth)
            value = self._truth(value) and self._truth(right)
        return value

    def _comparison(self, depth: int) -> Value:
        left = self._sum(depth)
        sign = self.peek()
        if sign not in {"==", "!=", "<", "<=", ">", ">="}:
            return left
        self._take()
        right = self._sum(depth)
        if type(left) is not type(right):
            raise _beyond(f"it compares {left} with {right}")
        if sign in {"==", "!="}:
            return (left == right) is (sign == "==")
        one, other = self._number(left), self._number(right)
        return {"<": one < other, "<=": one <= other, ">": one > other, ">=": one >= other}[sign]

    def _sum(self, depth: int) -> Value:
        value = self._product(depth)
        while self.peek() in {"+", "-"}:
            sign = self._take()
            right = self._number(self._product(depth))
            value = self._number(value) + (right if sign == "+" else -right)
        return value

    def _product(self, depth: int) -> Value:
        value = self._single(depth)
        while self.peek() in {"*", "/"}:
            sign = self._take()
            left, right = self._number(value), self._number(self._single(depth))
            try:
                value = left * right if sign == "*" else left / right
            except (InvalidOperation, ArithmeticError):
                raise _beyond("it divides by zero") from None
        return value

    def _single(self, depth: int) -> Value:
        if depth > _DEEPEST:
            raise _beyond("it is nested too deeply")
        word = self._take()
        if word == "(":
            inner = self.choice(depth + 1)
            self._take(")")
            return inner
        if word == "-":
            return -self._number(self._single(depth + 1))
        if word == "!":
            return not self._truth(self._single(depth + 1))
        if word[0] in "\"'":
            return word[1:-1]
        if word[0].isdigit() or word[0] == ".":
            return Decimal(word)
        if word in {"true", "false"}:
            return word == "true"
        return self._call(word, depth)

    def _call(self, name: str, depth: int) -> Value:
        if name not in {"u", "tier"} or self.peek() != "(":
            raise _beyond(f"'{name[:40]}' is not part of the known grammar")
        self._take("(")
        word = self.choice(depth + 1)
        if not isinstance(word, str):
            raise _beyond(f"{name}() needs a name")
        if name == "u":
            self._take(")")
            value = self._facts.get(word)
            if value is None:
                raise _beyond(f"it asks for {word[:40]}, which the request does not say")
            return value
        self._take(",")
        amount = self._number(self.choice(depth + 1))
        self._take(")")
        if self._counts:
            self.tier = word
        return amount

    def _number(self, value: Value) -> Decimal:
        if isinstance(value, Decimal):
            return value
        raise _beyond(f"'{str(value)[:40]}' is not a number")

    def _truth(self, value: Value) -> bool:
        if isinstance(value, bool):
            return value
        raise _beyond(f"'{str(value)[:40]}' is not a condition")
