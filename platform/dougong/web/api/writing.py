"""How the API changes things: one transaction, once for each idempotency key, from the start again where asked for."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from flask import Response, request
from sqlalchemy.exc import DBAPIError

from dougong.web.api.base import BadRequest, once
from dougong.web.request import begin_tx
from dougong.workspace.transactions import RETRIED, RETRIES, pause, sqlstate
from engines.form.transaction import Transaction
from engines.kernel.problems import Problem, suggest

Work = Callable[[Transaction], tuple[Any, int]]
LARGEST: Final = 2**31 - 1


def change(work: Work) -> Response:
    """Do `work` in a transaction of the caller's workspace: body and status of the answer.

    A deadlock or a serialization failure changed nothing, so the work begins again, three times (DESIGN D4).
    """
    for attempt in range(1, RETRIES + 1):
        try:
            return _try(work)
        except DBAPIError as error:
            if sqlstate(error) not in RETRIED:
                raise
            pause(attempt)
    return _try(work)


def _try(work: Work) -> Response:
    with begin_tx() as tx:
        return once(tx, lambda: work(tx))


def if_match() -> int | None:
    """The version that `If-Match` names; None without the header. Raises `BadRequest` for what is no version."""
    given = request.headers.get("If-Match")
    if given is None or given.strip() == "*":
        return None
    text = given.strip().removeprefix("W/").strip('"')
    if not (text.isascii() and text.isdecimal() and len(text) < 12 and 0 < int(text) <= LARGEST):
        message = 'If-Match names the version that was read, like "3"'
        raise BadRequest(Problem("request.if_match", "If-Match", message, {"given": given[:50]}))
    return int(text)


def only(body: Mapping[str, Any], *known: str) -> None:
    """Raise `BadRequest` for properties that nobody reads: a slip of the pen is told, not swallowed."""
    unknown = [name for name in body if name not in known]
    if unknown:
        raise BadRequest(
            Problem(
                "document.unknown",
                name,
                f'There is no property "{name}"{suggest(name, known)}',
                {"name": name, "known": list(known)},
            )
            for name in unknown
        )


def typed(body: Mapping[str, Any], name: str, kind: type, word: str, *, required: bool = False) -> Any:
    """A property of the body that must be of a type; None where it is missing. Raises `BadRequest`."""
    value = body.get(name)
    if value is None and not required:
        return None
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        words = {"object": "an object", "array": "a list", "string": "a text", "boolean": "true or false"}
        message = f"Must be {words.get(word, word)}"
        raise BadRequest(Problem("document.type", name, message, {"expected": [word]}))
    return value
