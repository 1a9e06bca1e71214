"""Dashboards: the page with its filters, the tiles it loads one by one, the way from a number to its records."""

import json
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from dougong.web.errors import failure
from dougong.web.i18n import current_locale, lazy_gettext
from dougong.web.records.locate import list_url, open_forms
from dougong.web.reporting import Answer, answer_tile, behind, cell_text, choices, find_tile, query_of
from dougong.web.request import begin_tx
from engines.kernel.labels import label
from engines.kernel.problems import ProblemError
from engines.report import VISUALS, reports_of
from engines.report.periods import PRESETS

dashboard_pages = Blueprint("dashboards", __name__)

PERIODS = {
    "all": lazy_gettext("All time"),
    "today": lazy_gettext("Today"),
    "this_week": lazy_gettext("This week"),
    "last_week": lazy_gettext("Last week"),
    "this_month": lazy_gettext("This month"),
    "last_month": lazy_gettext("Last month"),
    "this_quarter": lazy_gettext("This quarter"),
    "last_quarter": lazy_gettext("Last quarter"),
    "this_year": lazy_gettext("This year"),
    "last_year": lazy_gettext("Last year"),
    "last_7_days": lazy_gettext("Last 7 days"),
    "last_30_days": lazy_gettext("Last 30 days"),
}
OFFERED = ("all", "this_month", "last_month", "this_quarter", "last_quarter", "this_year", "last_year")
assert set(PERIODS) == set(PRESETS)


@dashboard_pages.get("/a/<app>/d/<key>")
def page(app: str, key: str) -> ResponseReturnValue:
    """The dashboard: its frame, filters and places for tiles."""
    with begin_tx(read_only=True) as tx:
        reports = reports_of(open_forms(tx, app))
        dashboard = reports.dashboard(key)
        chosen = choices(tx, dashboard, request.args)
        query = query_of(chosen)
        tiles = []
        for tile in dashboard.tiles:
            document = reports.forms.documents.get(("question", tile.question), {})
            visual = str(document.get("visual", "table"))
            tiles.append(
                {
                    "tile": tile,
                    "title": label(tile.title or document.get("title") or tile.question, tx.actor.locale),
                    "visual": visual if visual in VISUALS else "table",
                    "url": url_for("dashboards.tile_part", app=app, key=key, tile=tile.key, **query),  # type: ignore[arg-type]
                }
            )
        filters = [
            {
                "key": one.filter.key,
                "label": label(one.filter.label, tx.actor.locale),
                "chosen": one,
                "links": [
                    (name, PERIODS[name], _with(query, one.filter.key, name, one.filter.default)) for name in OFFERED
                ],
                "kept": {other: text for other, text in query.items() if other != one.filter.key},
                "other": None if one.custom or one.text in OFFERED else PERIODS[one.text],
            }
            for one in chosen
        ]
        return render_template(
            "dashboard/page.html",
            app=app,
            dashboard=dashboard,
            title=label(dashboard.title, tx.actor.locale),
            lead=label(dashboard.description, tx.actor.locale),
            tiles=tiles,
            filters=filters,
            url=url_for("dashboards.page", app=app, key=key),
        )


@dashboard_pages.get("/a/<app>/d/<key>/t/<tile>")
def tile_part(app: str, key: str, tile: str) -> ResponseReturnValue:
    """One tile with its answer; what goes wrong is told in the tile's own place."""
    try:
        with begin_tx(read_only=True) as tx:
            reports = reports_of(open_forms(tx, app))
            dashboard = reports.dashboard(key)
            chosen = choices(tx, dashboard, request.args)
            answer = answer_tile(tx, reports, find_tile(dashboard, tile), chosen)
    except ProblemError as error:
        told = failure(error.status, error.problems)
        return make_response(render_template("dashboard/error.html", failure=told), error.status)
    return render_template(
        "dashboard/tile.html",
        answer=answer,
        limited=any(one.first or one.last for one in chosen) and "unfiltered" not in answer.spec["notes"],
        spec=answer.spec,
        drawing=json.dumps(drawing(answer), ensure_ascii=False),
        links=_links(answer, url_for("dashboards.records", app=app, key=key, tile=tile), query_of(chosen)),
    )


@dashboard_pages.get("/a/<app>/d/<key>/t/<tile>/records")
def records(app: str, key: str, tile: str) -> ResponseReturnValue:
    """To the list of the records behind a number."""
    with begin_tx(read_only=True) as tx:
        reports = reports_of(open_forms(tx, app))
        dashboard = reports.dashboard(key)
        chosen = choices(tx, dashboard, request.args)
        form, condition = behind(tx, reports, find_tile(dashboard, tile), chosen, request.args.get("cell", ""))
    filtered = json.dumps(condition, ensure_ascii=False, separators=(",", ":")) if condition["and"] else None
    response: Response = redirect(list_url(app, form, filter=filtered), 303)  # type: ignore[assignment]
    return response


def drawing(answer: Answer) -> dict[str, Any]:
    """What the chart's script needs; the table stands in the page."""
    kept = ("visual", "chart", "formats", "categories", "title")
    return {key: answer.spec[key] for key in kept if key in answer.spec} | {"locale": current_locale()}


def _links(answer: Answer, url: str, query: dict[str, str]) -> list[list[str | None]]:
    """For every number the address of the records behind it; None for what is hidden or filled in."""
    result = answer.result
    return [
        [
            None
            if column.hidden or value is None
            else f"{url}?{urlencode({**query, 'cell': cell_text(result, row, measure)})}"
            for measure, (column, value) in enumerate(zip(result.measures, numbers.values, strict=True))
        ]
        for row, numbers in enumerate(result.rows)
    ]


def _with(query: dict[str, str], key: str, text: str, usual: str | None) -> str:
    """The address part with another choice."""
    given = {**query, key: text}
    if text == (usual or "all"):
        given.pop(key)
    return f"?{urlencode(given)}" if given else "?"
