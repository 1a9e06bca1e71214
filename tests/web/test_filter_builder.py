"""What the filter builder of a list offers and how conditions are told; columns of long texts and files."""

import json
import re
from html import unescape
from typing import Any

import pytest

from tests.apps import publish_app
from tests.form.build import field, form

APP = "narrow"
HERE = f"/a/{APP}/visit"
COUNT = {"key": "n", "label": "N", "aggregate": "count"}


@pytest.fixture(scope="module")
def visits(app, workspaces, company) -> None:
    """A form with what is compared in its own way, in an app whose members have profiles."""
    staff = form(
        "staff",
        field("member", "member", required=True, unique=True),
        field("capacity", "number"),
        profile_of="_member",
    )
    fields = [
        field("name", "text", label={"zh-CN": "名称"}),
        field("memo", "textarea", label={"zh-CN": "备注"}),
        field("papers", "attachment", label={"zh-CN": "资料"}),
        field("share", "percent", label={"zh-CN": "占比"}),
        field("month", "date", {"precision": "month"}, label={"zh-CN": "月份"}),
        field("quarter", "period", {"precision": "quarter"}, label={"zh-CN": "季度"}),
        field("cycle", "recurrence", label={"zh-CN": "重复"}),
        field("place", "address", label={"zh-CN": "地址"}),
        field("people", "members", label={"zh-CN": "参与人"}),
        field("fee", "money", label={"zh-CN": "费用"}),
        field("spot", "location", label={"zh-CN": "位置"}),
        field("valid", "date_range", label={"zh-CN": "有效期"}),
    ]
    view = {"key": "all", "title": "All", "columns": ["name", "memo", "papers"]}
    groups = {"key": "visits", "kind": "dataset", "title": "Visits", "form": "visit", "measures": [COUNT]}
    documents = (staff, groups, form("visit", *fields, title_field="name", views=[view]))
    publish_app(workspaces, company, APP, "Narrow", documents)


def offered(page: str) -> dict[str, Any]:
    found = re.search(r"<dg-filter.*?<script[^>]*>(.*?)</script>", page, re.DOTALL)
    assert found is not None
    return {one["key"]: one for one in json.loads(unescape(found[1]))["fields"]}


def test_what_is_compared_in_its_own_way_is_asked_for_so(visits, admin):
    offers = offered(admin.get(HERE).get_data(as_text=True))
    assert (offers["share"]["type"], offers["people"]["type"], offers["people"]["form"]) == (
        "percent",
        "record",
        "_member",
    )
    assert (offers["month"]["type"], offers["month"]["precision"]) == ("date", "month")
    assert ["2026-Q2", "2026年第二季度"] in offers["quarter"]["choices"]
    assert (
        dict(offers["month"]["operators"])["le"] == "不晚于" and dict(offers["share"]["operators"])["le"] == "小于等于"
    )
    assert {"memo", "papers"} <= set(offers)


def test_people_are_found_where_they_have_profiles(visits, admin, seller):
    for person in (admin, seller):
        assert person.get(f"/a/{APP}/_member/pick?q=").json["items"]


def test_conditions_on_moments_are_told_as_the_field_shows_them(visits, admin):
    for key, op, value, told in (
        ("quarter", "lt", "2026-Q2", "季度 早于 2026年第二季度"),
        ("month", "eq", "2026-03", "月份 等于 2026年3月"),
        ("share", "ge", "66%", "占比 大于等于 66%"),
        ("quarter", "eq", "soon", "季度 等于 soon"),
        ("month", "relative", "last_n_days:45", "月份 在 过去 45 天"),
        ("month", "relative", "next_quarter", "月份 在 下季度"),
        ("fee", "ge", "1000", "费用 大于等于 ¥1,000.00"),
        ("spot", "within", "121.47,31.23,500", "121.47, 31.23（500 米以内）"),
        ("valid", "covers", ["2026-03-01", "2026-03-01"], "2026-03-01</"),
        ("valid", "overlaps", ["2026-03-01", "2026-03-09"], "2026-03-01 – 2026-03-09"),
        ("valid", "inside", "this_month", "本月"),
    ):
        asked = json.dumps({"field": key, "op": op, "value": value})
        answer = admin.get(HERE, query_string={"filter": asked})
        assert told in answer.get_data(as_text=True) or (value == "soon" and answer.status_code == 422), told


def test_the_records_of_a_filter_are_named_however_many_there_are(visits, admin):
    tree = {"and": [{"or": [{"field": "people", "op": "in", "value": [1]}]}, {"field": "name", "op": "eq"}]}
    page = admin.get(HERE, query_string={"filter": json.dumps(tree)}).get_data(as_text=True)
    found = re.search(r"<dg-filter.*?<script[^>]*>(.*?)</script>", page, re.DOTALL)
    assert found is not None
    assert [(one["id"], bool(one["title"])) for one in json.loads(unescape(found[1]))["chosen"]["people"]] == [
        (1, True)
    ]


def test_a_list_shows_the_beginning_of_long_texts_and_its_files(visits, admin):
    long = "第一行\n" + "很长的备注" * 60
    admin.post(f"{HERE}/new", {"name": "甲", "memo": long}, page=f"{HERE}/new")
    page = admin.get(HERE).get_data(as_text=True)
    cell = re.search(r'<span class="dg-clip">([^<]*)</span>', page)
    assert (
        cell is not None and cell[1].startswith("第一行 很长的备注") and cell[1].endswith("…") and len(cell[1]) == 120
    )
    assert "资料" in page and "很长的备注" * 30 not in page


def test_groups_are_called_as_the_field_shows_them(visits, admin):
    sent = {
        "name": "乙",
        "month": "2026-03",
        "quarter": "2026-Q2",
        "cycle": "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE",
        "place": "广东省 深圳市 南山区 科苑路15号",
    }
    assert admin.post(f"{HERE}/new", sent, page=f"{HERE}/new").status_code == 303
    for key, told in (
        ("month", "2026年3月"),
        ("quarter", "2026年第二季度"),
        ("cycle", "每2周的周一、周三"),
        ("place", "广东省深圳市南山区科苑路15号"),
    ):
        question = {"dataset": "visits", "measures": ["n"], "dimensions": [{"key": "d", "field": key}]}
        answer = admin.client.post(
            f"/api/v1/apps/{APP}/reports/query", json=question, headers={"X-CSRFToken": admin.token("/account")}
        )
        found = [row["groups"][0]["label"] for row in answer.json["rows"]]
        assert told in [one.replace(" ", "") for one in found], (key, found)
