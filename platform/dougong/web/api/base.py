"""What every part of `/api/v1` is made with: who may call, reading bodies, doing a thing once, pages, answers.

    records_api = Blueprint("records_api", __name__, url_prefix="/api/v1")

    @records_api.post("/apps/<app>/<form>/records")
    @scope("records:write")
    def create(app: str, form: str) -> Response:
        body = read_body()
        with begin_tx() as tx:
            return once(tx, lambda: (created(tx, app, form, body), 201))

Errors are raised (`ProblemError`) and become problem details in `dougong.web.errors`.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import wraps
from typing import Any, ParamSpec

import orjson
from flask import Flask, Response, g, request
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from dougong.identity.keys import access_by_key
from dougong.web.access import current_access
from dougong.web.errors import answer as answer_failure
from dougong.web.errors import failure
from dougong.web.request import engine, signed_in
from dougong.workspace.tables import IDEMPOTENCY
from engines.form.protect.cipher import open_json, seal_json
from engines.form.transaction import Transaction
from engines.kernel.problems import Conflict, Forbidden, Problem, Rejected

P = ParamSpec("P")
PAGE_LIMIT = 500
PAGE_USUAL = 50
KEY_LIMIT = 200


class BadRequest(Rejected):
    """The request cannot be read at all."""

    status = 400


class WrongType(Rejected):
    """The body is of a kind that is not read here."""

    status = 415


@dataclass(frozen=True, slots=True)
class PageWanted:
    """Which page of a list the caller wants."""

    limit: int
    cursor: str | None


def scope(name: str) -> Callable[[Callable[P, Response]], Callable[P, Response]]:
    """Let keys in only that have this scope. A person in a browser is not limited by scopes."""

    def decorate(view: Callable[P, Response]) -> Callable[P, Response]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> Response:
            need_scope(name)
            return view(*args, **kwargs)

        guarded.scope = name  # type: ignore[attr-defined]
        return guarded

    return decorate


def need_scope(name: str) -> None:
    """Raise `Forbidden` where the caller is a key without this scope; for what a scope's view does only sometimes."""
    scopes = signed_in().scopes
    if scopes is not None and name not in scopes:
        message = f'This key does not have the scope "{name}"'
        raise Forbidden(Problem("key.scope_missing", "", message, {"scope": name}))


def read_body(*, list_allowed: bool = False) -> Any:
    """The JSON object of the request (or a list, where that is allowed). Raises `BadRequest`, `WrongType`."""
    if not request.is_json:
        raise WrongType(Problem("request.not_json", "", "Send JSON with the content type application/json"))
    try:
        body = orjson.loads(request.get_data(cache=True))
    except orjson.JSONDecodeError as error:
        params = {"line": error.lineno, "column": error.colno}
        message = f"This is not JSON: line {error.lineno}, column {error.colno}"
        raise BadRequest(Problem("request.broken_json", "", message, params)) from None
    if b"\\u0000" in request.get_data(cache=True) and _has_null(body):
        raise _null_character()
    if isinstance(body, dict) or (list_allowed and isinstance(body, list)):
        return body
    raise BadRequest(Problem("request.not_an_object", "", "Send a JSON object"))


def _has_null(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any("\0" in key or _has_null(one) for key, one in value.items())
    return isinstance(value, list) and any(map(_has_null, value))


def _null_character() -> BadRequest:
    """No text in PostgreSQL may hold it, so it is refused at the door, wherever it stands."""
    return BadRequest(Problem("document.null_character", "", "A text must not contain the null character"))


def read_page(limit: int = PAGE_USUAL) -> PageWanted:
    """`?limit=` and `?cursor=` of the request. Raises `BadRequest` for a limit out of bounds."""
    text = request.args.get("limit", "")
    if text and not (text.isascii() and text.isdecimal() and len(text) < 10 and 1 <= int(text) <= PAGE_LIMIT):
        message = f"The limit is a whole number from 1 to {PAGE_LIMIT}"
        raise BadRequest(Problem("request.limit", "limit", message, {"limit": PAGE_LIMIT}))
    return PageWanted(int(text) if text else limit, request.args.get("cursor") or None)


def page_of(items: Iterable[Any], next_cursor: str | None, more: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The shape of every page of a list."""
    return {"items": list(items), "next_cursor": next_cursor, **(more or {})}


def answer(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer. Decimals are written as texts, so that no figure is lost on the way."""
    content = orjson.dumps(body, default=_plain, option=orjson.OPT_NON_STR_KEYS | orjson.OPT_UTC_Z)
    return Response(content, status=status, mimetype="application/json", headers=dict(headers or {}))


def no_content() -> Response:
    """The answer after something was deleted."""
    return Response(status=204)


def once(tx: Transaction, work: Callable[[], tuple[Any, int]]) -> Response:
    """Do the work; with an `Idempotency-Key` header only the first time, later calls get the first answer again.

    The key and the answer (sealed: it may hold values of encrypted fields) are written in the transaction of the work,
    so a crash leaves both or neither; a second call meanwhile waits for the first. Raises `Conflict` where the key
    came with another request.
    """
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return answer(*work())
    if not 1 <= len(key) <= KEY_LIMIT or not key.isprintable():
        message = f"An idempotency key has 1 to {KEY_LIMIT} printable characters"
        raise BadRequest(Problem("idempotency.key", "Idempotency-Key", message, {"limit": KEY_LIMIT}))
    caller, (digest, *older) = f"member:{tx.actor.id}", _fingerprints(tx)
    row = {"scope": caller, "key": key, "request": digest, "at": tx.now}
    claim = insert(IDEMPOTENCY).values(row).on_conflict_do_nothing().returning(IDEMPOTENCY.c.key)
    first = tx.connection.execute(claim).one_or_none() is not None
    where = (IDEMPOTENCY.c.scope == caller, IDEMPOTENCY.c.key == key)
    if first:
        body, status = work()
        plain = orjson.loads(orjson.dumps(body, default=_plain, option=orjson.OPT_NON_STR_KEYS))
        tx.connection.execute(
            update(IDEMPOTENCY).where(*where).values(status=status, answer=seal_json(tx.cipher, plain))
        )
        return answer(body, status)
    known = tx.connection.execute(select(IDEMPOTENCY).where(*where)).one()
    if bytes(known.request) not in (digest, *older):
        message = "This idempotency key was used for another request"
        raise Conflict(Problem("idempotency.other_request", "Idempotency-Key", message))
    return answer(open_json(tx.cipher, known.answer), known.status, {"Idempotency-Replayed": "true"})


def _fingerprint() -> bytes:
    """What makes two requests the same: method, address, body."""
    parts = (request.method, request.full_path, request.get_data(cache=True))
    return hashlib.sha256(b"\0".join(p if isinstance(p, bytes) else p.encode() for p in parts)).digest()


def _fingerprints(tx: Transaction) -> list[bytes]:
    """The fingerprint, keyed: what was sent cannot be guessed from it. Under every key, the first one's first."""
    plain = _fingerprint()
    if tx.cipher is None:
        return [plain]
    return [hashlib.sha256(one.encode()).digest() for one in tx.cipher.digests(plain.hex(), "request")]


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _authenticate() -> Response | None:
    """Take the key of a program before anything asks whose request this is."""
    if not request.path.startswith("/api/"):
        return None
    if b"%00" in request.query_string or "\0" in request.path:
        raise _null_character()
    header = request.headers.get("Authorization")
    if header is None:
        return None
    kind, _, token = header.partition(" ")
    who = access_by_key(engine(), token.strip()) if kind.lower() == "bearer" else None
    if who is None:
        problem = Problem("key.wrong", "", "This key does not open anything: it is unknown, revoked or too old")
        response = answer_failure(failure(401, [problem]))
        response.headers["WWW-Authenticate"] = 'Bearer realm="dougong"'
        return response
    g.key_access = who
    return None


def is_program() -> bool:
    """Whether a key was given: then no cookie is looked at and no CSRF token is needed."""
    who = current_access()
    return who is not None and who.scopes is not None


def install(app: Flask) -> None:
    """Look for keys before everything else of a request."""
    app.before_request(_authenticate)
