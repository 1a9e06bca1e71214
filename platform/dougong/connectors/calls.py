"""A call of a connector: inputs into a request, an answer into values."""

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote, urlencode

from dougong.connectors.kind import HOLE, SECRET_HOLE
from dougong.connectors.send import Request
from engines.kernel.documents import Document, label
from engines.kernel.problems import NotFound, Problem, Rejected, suggest


def find_call(connector: Document, key: str) -> Mapping[str, Any]:
    """The call with this key. Raises `NotFound` with a suggestion."""
    known = {one["key"]: one for one in connector["calls"]}
    if key not in known:
        message = f'"{connector["key"]}" has no call "{key}"{suggest(key, known)}'
        raise NotFound(Problem("connector.no_call", "call", message, {"call": key, "connector": connector["key"]}))
    call: Mapping[str, Any] = known[key]
    return call


def request_of(
    connector: Document, call: Mapping[str, Any], inputs: Mapping[str, Any], secret: Callable[[str], str]
) -> Request:
    """The request of a call; inputs are encoded, never parsed. Raises `Rejected` where a required one is blank."""
    missing = [
        Problem(
            "connector.input_required", one["key"], f"{label(one['title'], 'en')} is needed", {"input": one["title"]}
        )
        for one in call.get("inputs", ())
        if one.get("required") and inputs.get(one["key"]) in (None, "")
    ]
    if missing:
        raise Rejected(missing)
    path = HOLE.sub(lambda hole: quote(_text(inputs.get(hole[1])), safe=""), call["path"])
    if any(part in (".", "..") for part in path.split("/")):
        raise Rejected(Problem("connector.path", "path", "An input would lead the call to another path"))
    query = {name: _filled(text, inputs) for name, text in call.get("query", {}).items()}
    query = {name: text for name, text in query.items() if text}
    headers = {name: _header(text, secret) for name, text in connector.get("headers", {}).items()}
    body = None
    if "body" in call:
        body = json.dumps(_body(call["body"], inputs), ensure_ascii=False, default=_plain).encode()
        headers.setdefault("Content-Type", "application/json")
    url = connector["url"].rstrip("/") + path + (f"?{urlencode(query)}" if query else "")
    return Request(call["method"], url, headers, body, call.get("timeout", 10))


def value_at(answer: Any, pointer: str) -> Any:
    """What stands at a JSON pointer (RFC 6901) of an answer; None where it leads nowhere."""
    found = answer
    for step in pointer.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(found, Mapping):
            found = found.get(name)
        elif isinstance(found, list) and name.isdecimal() and int(name) < len(found):
            found = found[int(name)]
        else:
            return None
    return found


def _filled(text: str, inputs: Mapping[str, Any]) -> str:
    return HOLE.sub(lambda hole: _text(inputs.get(hole[1])), text)


def _body(template: Any, inputs: Mapping[str, Any]) -> Any:
    if isinstance(template, str):
        whole = HOLE.fullmatch(template)
        return inputs.get(whole[1]) if whole else _filled(template, inputs)
    if isinstance(template, Mapping):
        return {name: _body(one, inputs) for name, one in template.items()}
    return [_body(one, inputs) for one in template] if isinstance(template, list) else template


def _header(text: str, secret: Callable[[str], str]) -> str:
    value = SECRET_HOLE.sub(lambda hole: secret(hole[1]), text)
    if any(ord(sign) < 32 for sign in value):
        raise Rejected(Problem("connector.header", "headers", "A header must not hold line breaks"))
    return value


def _text(value: Any) -> str:
    return "" if value is None else str(_plain(value))


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value) if value % 1 else int(value)
    return value.isoformat() if isinstance(value, date | datetime) else value
