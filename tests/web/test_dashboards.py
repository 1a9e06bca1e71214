"""Dashboards in pages and in the API: filters, tiles, the way to the records, rights."""

import html
import json
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import Engine, select

from dougong.apps import store
from dougong.identity.actors import build_actor
from dougong.identity.keys import create_key
from dougong.workspace.tables import MEMBER
from dougong.workspace.transactions import Workspaces
from dougong.workspace.workspaces import WorkspaceInfo
from engines.form.query import Query, list_records
from engines.form.records import create_record
from engines.form.transaction import SYSTEM, Actor
from tests.apps import publish_app

STAGES = {"开发": ("Open", "blue"), "赢单": ("Won", "green"), "输单": ("Lost", "red")}


def group(key: str, roles: list[str], scope: str, fields: dict[str, str]) -> dict[str, Any]:
    return {
        "kind": "group",
        "key": key,
        "form": "deal",
        "title": key,
        "members": {"roles": roles},
        "operations": ["read", "create", "update"],
        "rows": [{"scope": scope}],
        "fields": fields,
    }


DOCUMENTS: list[dict[str, Any]] = [
    {"kind": "role", "key": "seller", "title": {"zh-CN": "业务员", "en": "Seller"}},
    {"kind": "role", "key": "director", "title": {"zh-CN": "总监", "en": "Director"}},
    {
        "kind": "form",
        "key": "deal",
        "title": {"zh-CN": "商机", "en": "Deal"},
        "title_field": "name",
        "fields": [
            {"key": "name", "type": "text", "label": {"zh-CN": "名称", "en": "Name"}},
            {
                "key": "stage",
                "type": "choice",
                "label": {"zh-CN": "阶段", "en": "Stage"},
                "options": {
                    "choices": [
                        {"key": key, "label": {"zh-CN": key, "en": en}, "color": color}
                        for key, (en, color) in STAGES.items()
                    ]
                },
            },
            {"key": "amount", "type": "money", "label": {"zh-CN": "金额", "en": "Amount"}},
            {"key": "closed", "type": "date", "label": {"zh-CN": "结单日期", "en": "Closed"}},
        ],
    },
    group("deal_seller", ["seller"], "own", {"*": "edit"}),
    group("deal_director", ["director"], "all", {"name": "read", "stage": "read", "closed": "read"}),
    {
        "kind": "dataset",
        "key": "deals",
        "title": {"zh-CN": "商机", "en": "Deals"},
        "form": "deal",
        "measures": [
            {"key": "n", "label": {"zh-CN": "商机数", "en": "Deals"}, "aggregate": "count"},
            {
                "key": "won",
                "label": {"zh-CN": "赢单金额", "en": "Won"},
                "aggregate": "sum",
                "field": "amount",
                "filter": 'stage = "赢单"',
                "format": {"unit": {"zh-CN": "元", "en": "CNY"}, "decimals": 0},
            },
        ],
    },
    {
        "kind": "question",
        "key": "by_stage",
        "title": {"zh-CN": "各阶段", "en": "By stage"},
        "dataset": "deals",
        "visual": "funnel",
        "dimensions": [{"key": "stage", "field": "stage"}],
        "measures": ["n"],
    },
    {
        "kind": "question",
        "key": "by_month",
        "title": {"zh-CN": "每月赢单", "en": "Won by month"},
        "dataset": "deals",
        "visual": "bar",
        "dimensions": [{"key": "month", "field": "closed", "granularity": "month"}],
        "measures": ["won"],
    },
    {
        "kind": "question",
        "key": "won_card",
        "title": {"zh-CN": "赢单金额", "en": "Won amount"},
        "dataset": "deals",
        "visual": "number",
        "measures": ["won"],
        "compare": "previous_period",
    },
    {
        "kind": "question",
        "key": "list",
        "title": {"zh-CN": "明细", "en": "Details"},
        "dataset": "deals",
        "visual": "table",
        "dimensions": [{"key": "owner", "field": "_owner"}, {"key": "stage", "field": "stage"}],
        "measures": ["n", "won"],
    },
    {
        "kind": "dashboard",
        "key": "sales",
        "title": {"zh-CN": "销售看板", "en": "Sales dashboard"},
        "filters": [
            {
                "key": "period",
                "kind": "date",
                "field": "closed",
                "label": {"zh-CN": "结单时间", "en": "Closed"},
                "tiles": {"stages": None},
            }
        ],
        "tiles": [
            {"key": "won", "question": "won_card", "x": 0, "y": 0, "w": 3, "h": 2},
            {"key": "stages", "question": "by_stage", "x": 0, "y": 2, "w": 5, "h": 5},
            {"key": "months", "question": "by_month", "x": 5, "y": 2, "w": 7, "h": 5},
            {"key": "table", "question": "list", "x": 0, "y": 7, "w": 12, "h": 5},
        ],
    },
    {"kind": "dashboard", "key": "nothing", "title": {"zh-CN": "空看板", "en": "Empty"}, "tiles": []},
]
DEALS = [
    ("seller", "甲", "开发", "100", None),
    ("seller", "乙", "赢单", "250.50", "2025-02-10"),
    ("seller", "丙", "赢单", "1000", "2025-03-31"),
    ("seller", "丁", "输单", "70", "2025-03-01"),
    ("manager", "戊", "赢单", "9000", "2025-03-02"),
]


@pytest.fixture(scope="module")
def app_key(workspaces: Workspaces, company: WorkspaceInfo) -> str:
    """The demo company with the dashboard and five deals."""
    key = "board"
    publish_app(workspaces, company, key, {"zh-CN": "看板", "en": "Board"}, DOCUMENTS)
    for who, name, stage, amount, closed in DEALS:
        with workspaces.begin(company, SYSTEM) as tx:
            tx.actor = Actor(id=member(tx, who), is_admin=True)
            values = {"name": name, "stage": stage, "amount": amount, "closed": closed}
            create_record(tx, store.forms(tx, key).get("deal"), values)
    return key


def member(tx: Any, name: str) -> int:
    found = tx.connection.execute(select(MEMBER.c.id).where(MEMBER.c.email == f"{name}@demo.example"))
    return int(found.scalar_one())


def text(response: Any, status: int = 200) -> str:
    body = str(response.get_data(as_text=True))
    assert response.status_code == status, body[:2000]
    return body


def test_the_page_has_filters_places_and_the_grid_in_a_style_with_a_nonce(app_key: str, admin: Any) -> None:
    page = text(admin.get(f"/a/{app_key}/d/sales?period=2025-01-01..2025-03-31"))
    assert "<h1>销售看板</h1>" in page and "结单时间" in page and "2025-01-01 – 2025-03-31" in page
    assert "#tile-months { grid-area: 3 / 6 / span 5 / span 7; }" in page
    assert 'style="' not in page
    assert f"/a/{app_key}/d/sales/t/won?period=2025-01-01..2025-03-31" in page
    assert 'href="?period=this_quarter"' in page and 'href="?"' in page


def test_the_dashboard_speaks_english(app_key: str, as_person: Any) -> None:
    person = as_person("admin")
    person.post("/account/language", {"locale": "en", "next": "/"})
    try:
        page = text(person.get(f"/a/{app_key}/d/sales"))
        assert "<h1>Sales dashboard</h1>" in page and "This quarter" in page and "Show as table" in page
        tile = text(person.get(f"/a/{app_key}/d/sales/t/months"))
        assert "Mar 2025" in tile and "10,000 CNY" in tile
    finally:
        person.post("/account/language", {"locale": "zh-CN", "next": "/"})


def test_a_number_card_compares_with_the_period_before(app_key: str, admin: Any) -> None:
    tile = text(admin.get(f"/a/{app_key}/d/sales/t/won?period=2025-03-01..2025-03-31"))
    assert "10,000 元" in tile and "对比期：251 元" in tile and 'data-way="up"' in tile
    assert "对比期" not in text(admin.get(f"/a/{app_key}/d/sales/t/won"))


def test_a_chart_carries_its_drawing_and_the_same_numbers_as_a_table(app_key: str, admin: Any) -> None:
    tile = text(admin.get(f"/a/{app_key}/d/sales/t/stages?period=2025-03-01..2025-03-31"))
    drawing = json.loads(html.unescape(re.search(r'drawing="([^"]*)"', tile)[1]))  # type: ignore[index]
    points = drawing["chart"]["series"][-1]["data"]
    assert [(one["name"], one["value"], one["color"]) for one in points] == [
        ("开发", 1.0, "blue"),
        ("赢单", 3.0, "green"),
        ("输单", 1.0, "red"),
    ]
    assert re.findall(r'<th scope="row">(.*?)</th>', tile) == ["开发", "赢单", "输单"]
    assert "不受所选时间限制" in tile


def follow(person: Any, link: str) -> tuple[str, dict[str, Any]]:
    answer = person.get(html.unescape(link))
    assert answer.status_code == 303, answer.get_data(as_text=True)[:1000]
    parts = urlsplit(answer.location)
    given = parse_qs(parts.query).get("filter")
    return parts.path, json.loads(given[0]) if given else {}


def links(tile: str) -> list[tuple[str, str]]:
    return re.findall(r'<a href="([^"]*)" data-cell="[\d.]+">(.*?)</a>', tile)


@pytest.mark.parametrize("who", ["admin", "seller"])
@pytest.mark.parametrize("tile", ["stages", "months", "table", "won"])
@pytest.mark.parametrize("period", ["", "period=2025-03-01..2025-03-31"])
def test_every_number_leads_to_the_list_of_its_records(
    app_key: str, as_person: Any, workspaces: Workspaces, company: WorkspaceInfo, who: str, tile: str, period: str
) -> None:
    person = as_person(who)
    found = links(text(person.get(f"/a/{app_key}/d/sales/t/{tile}?{period}")))
    assert found
    for link, number in found:
        path, condition = follow(person, link)
        assert path == f"/a/{app_key}/deal"
        with workspaces.begin(company, SYSTEM, read_only=True) as tx:
            tx.actor = build_actor(tx, member(tx, who), is_admin=who == "admin", locale="zh-CN", zone="Asia/Shanghai")
            page = list_records(tx, store.forms(tx, app_key).get("deal"), Query(filter=condition, count="exact"))
        total = sum(row.values["amount"] or 0 for row in page.rows)
        assert number in (f"{len(page.rows)}", f"{round(float(total) + 1e-9):,} 元")


def test_the_list_page_takes_the_filter(app_key: str, admin: Any) -> None:
    (link, number) = links(text(admin.get(f"/a/{app_key}/d/sales/t/months")))[0]
    assert number == "251 元"
    page = text(admin.get(html.unescape(link), follow_redirects=True))
    assert "乙" in page and "丙" not in page


def test_a_seller_sees_numbers_of_own_records_and_hidden_fields_stay_hidden(app_key: str, as_person: Any) -> None:
    assert "1,251 元" in text(as_person("seller").get(f"/a/{app_key}/d/sales/t/won"))
    director = as_person("director")
    tile = text(director.get(f"/a/{app_key}/d/sales/t/won"))
    assert "–" in tile and "您无权查看：赢单金额" in tile and "10,251" not in tile
    stages = links(text(director.get(f"/a/{app_key}/d/sales/t/stages")))
    assert [number for _, number in stages] == ["1", "3", "1"]
    cell = json.dumps({"groups": [], "measure": "won"})
    refused = director.get(f"/a/{app_key}/d/sales/t/won/records", query_string={"cell": cell})
    assert refused.status_code == 403


def test_what_goes_wrong_is_told_in_the_tile(app_key: str, as_person: Any) -> None:
    finance = as_person("sun")
    tile = text(finance.get(f"/a/{app_key}/d/sales/t/won"), 403)
    assert "您没有" in tile or "不能" in tile or "无权" in tile
    assert "<html" not in tile
    admin = as_person("admin")
    assert "没有组件" in text(admin.get(f"/a/{app_key}/d/sales/t/wonn"), 404)
    assert "时间范围" in text(admin.get(f"/a/{app_key}/d/sales/t/won?period=soon"), 422)
    assert "时间范围" in text(admin.get(f"/a/{app_key}/d/sales?period=2025-02-01..2025-01-01"), 422)
    assert text(admin.get(f"/a/{app_key}/d/sale"), 404)
    assert text(admin.get(f"/a/{app_key}/d/sales/t/stages/records?cell=oops"), 422)


def test_an_empty_dashboard_says_what_belongs_here(app_key: str, admin: Any) -> None:
    assert "这里还没有图表" in text(admin.get(f"/a/{app_key}/d/nothing"))


# -- API ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def call(app: Any, database: Engine, workspaces: Workspaces, company: WorkspaceInfo, app_key: str) -> Any:
    """`call("seller", "GET", "/apps/...")` with a key of this person."""

    def make(who: str, method: str, path: str, body: Any = None, scopes: tuple[str, ...] = ("reports:read",)) -> Any:
        with workspaces.begin(company, SYSTEM, read_only=True) as tx:
            number = member(tx, who)
        with database.begin() as connection:
            token = create_key(connection, company.id, number, "test", scopes)
        headers = {"Authorization": f"Bearer {token}", "Accept-Language": "zh-CN"}
        return app.test_client().open(f"/api/v1/apps/{app_key}{path}", method=method, json=body, headers=headers)

    return make


def test_a_program_asks_a_question_of_its_own(call: Any) -> None:
    body = {
        "dataset": "deals",
        "dimensions": [{"key": "month", "field": "closed", "granularity": "month"}],
        "measures": ["won", {"key": "largest", "aggregate": "max", "field": "amount"}],
        "filter": {"field": "stage", "op": "ne", "value": "输单"},
        "period": {"field": "closed", "from": "2025-01-01", "to": "2025-03-31"},
    }
    answer = call("seller", "POST", "/reports/query", body)
    assert answer.status_code == 200, answer.json
    assert [(row["groups"][0]["value"], row["values"]) for row in answer.json["rows"]] == [
        ("2025-02-01", ["250.5", "250.5"]),
        ("2025-03-01", ["1000", "1000"]),
    ]
    assert answer.json["chart"]["visual"] == "table"


def test_a_program_reads_a_dashboard_with_all_its_answers(call: Any) -> None:
    answer = call("director", "GET", "/dashboards/sales?period=2025-03-01..2025-03-31").json
    assert answer["filters"][0]["to"] == "2025-03-31"
    tiles = {one["key"]: one for one in answer["tiles"]}
    assert tiles["stages"]["answer"]["notes"] == ["unfiltered"]
    assert tiles["won"]["answer"]["measures"][0]["hidden"] and tiles["won"]["answer"]["rows"][0]["values"] == [None]
    denied = call("sun", "GET", "/dashboards/sales").json
    assert {one["status"] for one in denied["tiles"]} == {403}


def test_a_published_question_answers_by_its_key(call: Any) -> None:
    answer = call("seller", "GET", "/questions/won_card?field=closed&from=2025-03-01&to=2025-03-31").json
    assert answer["rows"][0]["values"] == ["1000"] and answer["previous"] == ["250.5"]


COUNT = {"dataset": "deals", "measures": ["n"]}


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"dataset": "deals"}, 422, "schema.required"),
        ({"dataset": "deal", "measures": ["n"]}, 404, "dataset.unknown"),
        ({"dataset": "deals", "measures": ["m"]}, 422, "question.measure_unknown"),
        (COUNT | {"period": "2025"}, 422, "report.period_shape"),
        (COUNT | {"period": {"field": "closed", "from": "x"}}, 422, "report.cell_date"),
        (COUNT | {"filter": {"field": "nam", "op": "eq", "value": 1}}, None, "field.unknown"),
        (COUNT | {"dimensions": [{"key": "d", "field": "stag"}]}, 422, "report.field_unknown"),
    ],
)
def test_a_bad_question_is_refused_with_its_reason(call: Any, body: Any, status: int | None, code: str) -> None:
    answer = call("seller", "POST", "/reports/query", body)
    assert answer.status_code in ((status,) if status else (404, 422))
    assert code == "schema.required" or code in [one["code"] for one in answer.json["problems"]]


def test_a_key_needs_the_scope(call: Any) -> None:
    assert call("seller", "GET", "/dashboards/sales", scopes=("records:read",)).status_code == 403
