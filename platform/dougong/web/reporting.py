"""Dashboards and questions for pages and the API: what the address chooses, and the answer of one tile."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from engines.form.facts import facts_of
from engines.form.transaction import Transaction
from engines.kernel.problems import NotFound, Problem, suggest
from engines.report import Cell, Dashboard, Period, Reports, Result, drill, run, shape
from engines.report import periods as calendar
from engines.report.definition import DashboardFilter, Filter, Tile
from engines.report.resolve import Asked


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a dashboard's date filter is set to: a preset or a range as text, and its days."""

    filter: DashboardFilter
    text: str
    first: date | None
    last: date | None

    @property
    def custom(self) -> bool:
        """Whether two days were chosen instead of a preset."""
        return ".." in self.text


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer of one tile with its drawing."""

    asked: Asked
    result: Result
    spec: dict[str, Any]


def choices(tx: Transaction, dashboard: Dashboard, args: Mapping[str, str]) -> list[Chosen]:
    """The filters as the address sets them: `?period=this_month`, `?period=2025-01-01..2025-03-31`, or two inputs.

    Raises `Rejected` for what is neither.
    """
    today = facts_of(tx).today
    found: list[Chosen] = []
    for one in dashboard.filters:
        text = args.get(one.key, "").strip() or one.default or "all"
        low, high = args.get(f"{one.key}_from", ""), args.get(f"{one.key}_to", "")
        if text == "custom":
            text = f"{low}..{high}"
        first, last = calendar.read(text, today)
        found.append(Chosen(one, text, first, last))
    return found


def query_of(chosen: Sequence[Chosen]) -> dict[str, str]:
    """The choices as they stand in an address; what is as usual is left out."""
    return {one.filter.key: one.text for one in chosen if one.text != (one.filter.default or "all")}


def find_tile(dashboard: Dashboard, key: str) -> Tile:
    """The tile with this key. Raises `NotFound`."""
    tile = dashboard.tile(key)
    if tile is None:
        message = f'The dashboard has no tile "{key}"{suggest(key, [one.key for one in dashboard.tiles])}'
        raise NotFound(Problem("dashboard.tile_unknown", "tile", message, {"key": key}))
    return tile


def asked_for(asked: Asked, tile: Tile, chosen: Sequence[Chosen]) -> tuple[Period | None, list[Filter]]:
    """The choices for one tile: the first date as its period, further ones as filters."""
    found: list[Period] = []
    for one in chosen:
        field = one.filter.field_of(tile.key, asked.question.dataset)
        if one.first is None and one.last is None:
            continue
        found.append(Period(field or "", one.first, one.last))
    period = found[0] if found else None
    further = [condition for one in found[1:] if one.fits(asked.source) and (condition := one.filter())]
    return period, further


def answer_tile(tx: Transaction, reports: Reports, tile: Tile, chosen: Sequence[Chosen]) -> Answer:
    """The answer of a tile for the actor. Raises what `run` raises."""
    asked = reports.question(tile.question)
    period, further = asked_for(asked, tile, chosen)
    result = run(tx, asked, period=period, filters=further)
    return Answer(asked, result, shape(result, asked.question, tx.actor.locale))


def behind(
    tx: Transaction, reports: Reports, tile: Tile, chosen: Sequence[Chosen], raw: str
) -> tuple[str, dict[str, Any]]:
    """The form and the filter of the records behind a number; `raw` is the cell as JSON. Raises what `drill` raises."""
    asked = reports.question(tile.question)
    period, further = asked_for(asked, tile, chosen)
    try:
        cell = Cell.read(json.loads(raw))
    except json.JSONDecodeError:
        cell = Cell.read(None)
    form, condition = drill(tx, asked, cell, period=period, filters=further)
    return form.key, condition


def cell_text(result: Result, row: int, measure: int) -> str:
    """The place of a number as it stands in a link."""
    groups = tuple((one.role, one.key) for one in result.rows[row].groups) if result.rows else ()
    shape_ = Cell(groups, result.measures[measure].key).as_json()
    return json.dumps(shape_, ensure_ascii=False, separators=(",", ":"))
