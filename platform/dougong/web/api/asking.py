"""What a list is asked for, read from an address or from a body."""

from collections.abc import Mapping
from typing import Any, Final

import orjson
from flask import request

from dougong.web.api.base import PAGE_USUAL, BadRequest
from dougong.web.api.writing import only, typed
from engines.form.query import Query, Sort
from engines.form.query.types import MOST_ROWS
from engines.kernel.problems import Problem

NAMES: Final = ("columns", "filter", "search", "sort", "limit", "cursor", "offset", "count", "totals", "trash")
COUNTS: Final = ("capped", "exact", "none")


def query_of_address() -> Query:
    """The query that the address asks: `?filter={...}&sort=-net,no&limit=20`. Raises `BadRequest`."""
    asked = {name: value for name, value in request.args.items() if value != ""}
    only(asked, *NAMES)
    body: dict[str, Any] = dict(asked)
    for name in ("columns", "sort", "totals"):
        if name in asked:
            body[name] = [word.strip() for word in asked[name].split(",") if word.strip()]
    for name in ("limit", "offset"):
        if name in asked:
            if not (asked[name].isascii() and asked[name].isdecimal() and len(asked[name]) < 10):
                raise _wrong(name, "integer", "Must be a whole number")
            body[name] = int(asked[name])
    if "trash" in asked:
        if asked["trash"] not in ("true", "false", "1", "0"):
            raise _wrong("trash", "boolean", "Must be true or false")
        body["trash"] = asked["trash"] in ("true", "1")
    if "filter" in asked:
        try:
            body["filter"] = orjson.loads(asked["filter"])
        except orjson.JSONDecodeError as error:
            params = {"line": error.lineno, "column": error.colno}
            message = f"This is not JSON: line {error.lineno}, column {error.colno}"
            raise BadRequest(Problem("request.broken_json", "filter", message, params)) from None
    return query_of(body)


def query_of(body: Mapping[str, Any]) -> Query:
    """The query that a body asks. Raises `BadRequest` for wrong types; what it means is checked when it is asked."""
    only(body, *NAMES)
    limit = typed(body, "limit", int, "integer")
    offset = typed(body, "offset", int, "integer")
    if limit is not None and not 1 <= limit <= MOST_ROWS:
        raise BadRequest(Problem("query.limit", "limit", f"Must be 1 to {MOST_ROWS}", {"max": MOST_ROWS}))
    count = body.get("count", "capped")
    if count not in COUNTS:
        message = f"Must be one of: {', '.join(COUNTS)}"
        raise BadRequest(Problem("document.choice", "count", message, {"known": list(COUNTS), "value": str(count)}))
    columns = _texts(body, "columns")
    return Query(
        columns=None if columns is None else tuple(dict.fromkeys(columns)),
        filter=typed(body, "filter", dict, "object"),
        search=typed(body, "search", str, "string"),
        sort=tuple(map(_sort, typed(body, "sort", list, "array") or ())),
        limit=PAGE_USUAL if limit is None else limit,
        cursor=typed(body, "cursor", str, "string"),
        offset=offset or 0,
        count=count,
        totals=tuple(_texts(body, "totals") or ()),
        trash=bool(typed(body, "trash", bool, "boolean")),
    )


def _texts(body: Mapping[str, Any], name: str) -> list[str] | None:
    found: list[Any] | None = typed(body, name, list, "array")
    if found is not None and not all(isinstance(one, str) for one in found):
        raise _wrong(name, "array", "Must be a list of texts")
    return found


def _sort(one: Any) -> Sort:
    """`"-net"` or `{"field": "net", "descending": true}`."""
    if isinstance(one, str):
        return Sort(one.removeprefix("-"), one.startswith("-"))
    if isinstance(one, dict) and isinstance(one.get("field"), str):
        only(one, "field", "descending")
        return Sort(one["field"], bool(typed(one, "descending", bool, "boolean")))
    raise _wrong("sort", "array", 'Must be a list of fields like "net", "-net" or {"field": "net", "descending": true}')


def _wrong(name: str, word: str, message: str) -> BadRequest:
    return BadRequest(Problem("document.type", name, message, {"expected": [word]}))
