"""`/api/v1`: questions asked on the spot, published questions, dashboards with all their answers."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import Blueprint, Response, request

from dougong.web.api.base import answer, read_body, scope
from dougong.web.api.openapi import OpenApi, list_schema
from dougong.web.problems import translate
from dougong.web.records.locate import open_forms
from dougong.web.reporting import answer_tile, choices
from dougong.web.request import begin_tx
from engines.form.fields.number import plain
from engines.form.transaction import Transaction
from engines.kernel.documents import validate
from engines.kernel.labels import label
from engines.kernel.problems import Problem, ProblemError, Rejected
from engines.report import Period, Question, Reports, Result, reports_of, run, shape
from engines.report.definition import Tile
from engines.report.kinds import QuestionKind
from engines.report.resolve import Asked
from engines.report.result import Number

reports_api = Blueprint("reports_api", __name__, url_prefix="/api/v1")
SCOPE = "reports:read"
KIND = QuestionKind()

ANSWER_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "dimensions": {"type": "array", "items": {"type": "object"}, "description": "Key, label, kind, granularity."},
        "measures": {
            "type": "array",
            "items": {"type": "object"},
            "description": "Key, label, kind; hidden or not; the currency of amounts.",
        },
        "rows": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "groups": {"type": "array", "items": {"type": "object"}},
                    "values": {"type": "array", "items": {"type": ["string", "null"]}},
                },
            },
            "description": "Groups with value, label and role; values as exact decimals.",
        },
        "previous": {"type": ["array", "null"], "items": {"type": ["string", "null"]}},
        "truncated": {"type": "boolean"},
        "notes": {"type": "array", "items": {"type": "string"}},
        "chart": {"type": "object", "description": "How the answer is drawn: an ECharts option without functions."},
    },
}
QUERY_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["dataset", "measures"],
    "properties": {
        "dataset": {"type": "string"},
        "measures": {"type": "array"},
        "dimensions": {"type": "array", "items": {"type": "object"}},
        "filter": {},
        "sort": {"type": "array", "items": {"type": "object"}},
        "limit": {"type": "integer"},
        "others": {"type": "boolean"},
        "visual": {"type": "string", "description": "Without one the answer is a table."},
        "period": {
            "type": "object",
            "properties": {
                "field": {"type": "string"},
                "from": {"type": ["string", "null"], "format": "date"},
                "to": {"type": ["string", "null"], "format": "date"},
            },
        },
    },
}


@reports_api.post("/apps/<app>/reports/query")
@scope(SCOPE)
def query(app: str) -> Response:
    """The answer to a question that the body asks: a question's document, `period` beside it."""
    body = read_body()
    period = _period(body.pop("period", None))
    document = {"kind": "question", "key": "query", "title": "Query", "visual": "table", **body}
    problems = validate(KIND, document)
    if problems:
        raise Rejected(problems)
    with begin_tx(read_only=True) as tx:
        reports = reports_of(open_forms(tx, app))
        asked = reports.ask(Question.read(document))
        return answer(_answer(tx, asked, run(tx, asked, period=period)))


@reports_api.get("/apps/<app>/questions/<key>")
@scope(SCOPE)
def question(app: str, key: str) -> Response:
    """The answer to a published question; `?field=&from=&to=` choose a period."""
    given = request.args
    chosen = (
        {"field": given.get("field"), "from": given.get("from"), "to": given.get("to")} if "field" in given else None
    )
    with begin_tx(read_only=True) as tx:
        asked = reports_of(open_forms(tx, app)).question(key)
        return answer(_answer(tx, asked, run(tx, asked, period=_period(chosen))))


@reports_api.get("/apps/<app>/dashboards/<key>")
@scope(SCOPE)
def dashboard(app: str, key: str) -> Response:
    """A dashboard with the answers of its tiles; filters by their keys (`?period=this_quarter`).

    A tile that cannot be answered carries its problems instead, the others are there all the same.
    """
    with begin_tx(read_only=True) as tx:
        reports = reports_of(open_forms(tx, app))
        found = reports.dashboard(key)
        chosen = choices(tx, found, request.args)
        body = {
            "key": found.key,
            "title": label(found.title, tx.actor.locale),
            "filters": [
                {"key": one.filter.key, "value": one.text, "from": one.first, "to": one.last} for one in chosen
            ],
            "tiles": [_tile(tx, reports, tile, chosen) for tile in found.tiles],
        }
    return answer(body)


def describe(_tx: Transaction, document: OpenApi) -> None:
    """The reports' part of the OpenAPI document."""
    one, tag = document.schema("Answer", ANSWER_SCHEMA), "reports"
    asked = document.schema("Query", QUERY_SCHEMA)
    document.path("post", "/apps/{app}/reports/query", "Ask a question", scope=SCOPE, tag=tag, body=asked, answer=one)
    document.path(
        "get", "/apps/{app}/questions/{key}", "The answer to a published question", scope=SCOPE, tag=tag, answer=one
    )
    document.path(
        "get",
        "/apps/{app}/dashboards/{key}",
        "A dashboard with its answers",
        scope=SCOPE,
        tag=tag,
        answer=list_schema(one),
    )


def _period(raw: Any) -> Period | None:
    """The period of a request. Raises `Rejected` for another shape or for days that are none."""
    if raw is None:
        return None
    if not isinstance(raw, Mapping) or not isinstance(raw.get("field"), str):
        message = 'A period is {"field", "from", "to"}'
        raise Rejected(Problem("report.period_shape", "period", message))
    days: list[date | None] = []
    for name in ("from", "to"):
        text = raw.get(name)
        try:
            days.append(date.fromisoformat(text) if text else None)
        except (TypeError, ValueError):
            message = f'"{str(text)[:40]}" is not a day; write 2025-03-31'
            raise Rejected(Problem("report.cell_date", f"period.{name}", message, {"value": str(text)[:40]})) from None
    return Period(raw["field"], *days)


def _tile(tx: Transaction, reports: Reports, tile: Tile, chosen: Any) -> dict[str, Any]:
    place = {"key": tile.key, "question": tile.question, "x": tile.x, "y": tile.y, "w": tile.w, "h": tile.h}
    try:
        found = answer_tile(tx, reports, tile, chosen)
    except ProblemError as error:
        told = [problem.as_dict() for problem in translate(error.problems, tx.actor.locale)]
        return {**place, "status": error.status, "problems": told}
    return {**place, "answer": _answer(tx, found.asked, found.result)}


def _answer(tx: Transaction, asked: Asked, result: Result) -> dict[str, Any]:
    return {
        "dimensions": [
            {"key": one.key, "label": one.label, "kind": one.kind.value, "granularity": one.granularity}
            for one in result.dimensions
        ],
        "measures": [
            {
                "key": one.key,
                "label": one.label,
                "kind": one.kind.value,
                "hidden": one.hidden,
                "currency": one.currency,
            }
            for one in result.measures
        ],
        "rows": [
            {
                "groups": [{"value": one.key, "label": one.label, "role": one.role} for one in row.groups],
                "values": [_number(value) for value in row.values],
            }
            for row in result.rows
        ],
        "previous": None if result.previous is None else [_number(value) for value in result.previous],
        "truncated": result.truncated,
        "notes": list(result.notes),
        "chart": shape(result, asked.question, tx.actor.locale),
    }


def _number(value: Number) -> str | None:
    """A number as exact text, a day or an instant as ISO text."""
    if value is None:
        return None
    return value.isoformat() if isinstance(value, date) else plain(value)
