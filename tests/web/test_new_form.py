"""New forms from a company's file with its rows, as copies, from templates."""

import io
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from dougong.apps import store as apps
from dougong.designer import new_form, workbench
from dougong.designer.file_fields import guess_field
from dougong.imports import store
from dougong.jobs import queue
from dougong.jobs.run import run_in
from engines.form.query import Query, list_records
from engines.form.transaction import SYSTEM, Actor

APP = "fromfile"
BASE = f"/design/{APP}"
ADMIN = Actor(id=1, name="Admin", is_admin=True)
HEADS = [
    "客户名称",
    "联系电话",
    "邮箱",
    "客户等级",
    "签约日期",
    "合同金额",
    "折扣率",
    "是否开票",
    "标签",
    "编号",
    "数量",
    "备注",
]
COMPANIES = ["华东精密机械", "南方包装", "恒泰物流", "新远电子", "北方钢构", "江海食品", "明德医疗", "广源建材"]


def rows() -> list[list[Any]]:
    """Eight customers as a company keeps them, with what people leave blank."""
    made: list[list[Any]] = []
    for number, name in enumerate(COMPANIES):
        made.append(
            [
                name,
                f"1380013800{number}",
                f"buyer{number}@example.com",
                ["重点", "普通"][number % 2],
                date(2026, 1 + number, 5),
                12000.5 + number,
                "10%" if number % 2 else "5%",
                ["是", "否"][number % 2],
                ["华东、老客户", "华北", "华东"][number % 3],
                f"00{number}7",
                number + 1,
                "送货前请先打电话\n仓库在后门" if number == 2 else "",
            ]
        )
    return made


def workbook() -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet("客户")
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_row(0, 0, HEADS)
        for place, row in enumerate(rows(), start=1):
            for column, cell in enumerate(row):
                if isinstance(cell, date):
                    sheet.write_datetime(place, column, cell, day)
                elif cell != "":
                    sheet.write(place, column, cell)
    return out.getvalue()


@pytest.fixture(scope="module", autouse=True)
def app_of_files(workspaces, company) -> None:
    with workspaces.begin(company, ADMIN) as tx:
        if APP not in {one.key for one in apps.apps(tx)}:
            apps.make_app(tx, APP, {"zh-CN": "台账", "en": "Ledgers"})


@pytest.fixture
def work(workspaces, company, settings):
    """Do the job that waits; gives it."""

    def do() -> queue.Job:
        with workspaces.begin(company, SYSTEM) as tx:
            number = store.list_imports(tx)[0].job
        assert number is not None
        assert run_in(settings, workspaces, company, number)
        with workspaces.begin(company, SYSTEM) as tx:
            return queue.read_job(tx, number)

    return do


def send(browser, data: bytes, name: str = "客户台账.xlsx"):
    form = {"file": (io.BytesIO(data), name)}
    return browser.post(f"{BASE}/new/file", form, page=f"{BASE}/new", content_type="multipart/form-data")


def test_a_company_file_becomes_a_form_with_the_right_types_and_its_rows(admin, workspaces, company, work):
    assert "从 Excel 文件创建" in admin.get(f"{BASE}/new").text
    here = send(admin, workbook()).headers["Location"]
    assert "dg-progress" in admin.get(here).text
    assert work().state == "done"
    page = admin.get(here).text
    assert "客户台账" in page
    assert "华东精密机械" in page
    kinds = {}
    with workspaces.begin(company, SYSTEM) as tx:
        for one in new_form.columns_of(store.list_imports(tx)[0].file):
            kinds[one.label] = one.guess.type
    assert kinds == {
        "客户名称": "text",
        "联系电话": "phone",
        "邮箱": "email",
        "客户等级": "choice",
        "签约日期": "date",
        "合同金额": "money",
        "折扣率": "percent",
        "是否开票": "boolean",
        "标签": "choices",
        "编号": "text",
        "数量": "number",
        "备注": "textarea",
    }
    form = {"title": "客户台账", "access": "everyone"}
    form |= {f"use-{place}": "1" for place in range(len(HEADS)) if HEADS[place] != "标签"}
    form |= {f"type-{HEADS.index('数量')}": "text", f"label-{HEADS.index('数量')}": "采购数量"}
    assert admin.post(here, form, page=here).status_code == 303
    job = work()
    assert job.state == "done", job.problems
    assert admin.get(here).headers["Location"].startswith(f"/import/{APP}/")
    with workspaces.begin(company, ADMIN, read_only=True) as tx:
        made = apps.forms(tx, APP).get("kehutaizhang")
        assert "biaoqian" not in made.fields
        assert str(made.fields["caigoushuliang"].type.key) == "text"
        assert made.title_field == "kehumingcheng"
        found = list_records(tx, made, Query(columns=tuple(made.fields), limit=50)).rows
    assert len(found) == len(COMPANIES)
    first = next(one for one in found if one.title == COMPANIES[1])
    assert first.values["qianyueriqi"] == date(2026, 2, 5)
    assert str(first.values["hetongjine"]).startswith("12001.5")
    assert str(first.values["zhekoulv"]).startswith("0.1")
    assert first.values["bianhao"] == "0017"
    assert admin.get(f"/a/{APP}/kehutaizhang").status_code == 200


def test_what_is_no_file_or_no_column_is_told(admin, work):
    assert send(admin, b"", "x.pdf").status_code == 422
    here = send(admin, "名称,数量\n甲,1\n".encode(), "小表.csv").headers["Location"]
    assert work().state == "done"
    told = admin.post(here, {"title": "小表", "access": "everyone"}, page=here)
    assert told.status_code == 422
    assert "请至少选择一列" in told.text


def test_kinds_are_guessed_from_what_stands_there():
    def kind(head: str, *texts: str) -> str:
        counted = [(text, 1) for text in texts]
        return guess_field(head, {"values": counted, "filled": len(texts), "distinct": len(texts)}).type

    assert kind("身份证", "110101199003070038", "11010119900307109X") == "id_card"
    assert kind("网站", "https://a.example", "http://b.example/x") == "url"
    assert kind("单价", "12", "13.5") == "money"
    assert kind("x", "¥1,200.00", "¥3") == "money"
    assert kind("x", "1,200", "3") == "number"
    assert kind("物料编码", "100234", "100235") == "text"
    assert kind("x", "007", "008") == "text"
    assert kind("x", "2026年3月5日", "2026年12月25日") == "date"
    assert kind("x", "2026-03-05 10:30", "2026-03-06 9:05:00") == "datetime"
    assert kind("x", "8:30", "17:45") == "time"
    assert kind("x", "完全不同", "又一个") == "text"
    assert kind("折扣", "0.1", "0.25") == "percent"
    assert kind("创建日期") == "date"


def test_a_form_is_copied_with_its_rules_and_without_what_this_app_lacks(admin, workspaces, company):
    with workspaces.begin(company, ADMIN) as tx:
        templates = [one.key for one in new_form.sources(tx)]
    source = next(key for key in templates if key.startswith("pack:") and key.endswith(":quote"))
    sent = admin.post(f"{BASE}/new/copy", {"source": source, "title": "我的报价", "access": "own"}, page=f"{BASE}/new")
    assert sent.status_code == 303
    with workspaces.begin(company, ADMIN) as tx:
        opened = workbench.open_form(tx, APP, "wodebaojia")
        assert opened.published is None
        kept = {one["key"] for one in opened.document["fields"]}
        assert "customer" not in kept, "this app has no customers"
        assert opened.document["title"] == "我的报价"
        assert len(kept) > 3
    wrong = admin.post(f"{BASE}/new/copy", {"source": "app:nowhere:x", "title": "x"}, page=f"{BASE}/new")
    assert wrong.status_code in (404, 422)


def test_only_administrators_make_forms(as_person):
    assert as_person("seller").get(f"{BASE}/new").status_code == 403


def test_no_page_of_the_designer_wears_what_only_shows_under_the_pointer() -> None:
    """The table of a file's columns once had the class of a group's tools and was not to be seen at all."""
    root = Path(__file__).parents[2] / "platform"
    styles = "".join(path.read_text() for path in (root / "ui/src/designer/styles").glob("*.scss"))
    faded = set(re.findall(r"^\.(dz-[\w-]+) \{[^{}]*opacity: 0;", styles, re.M))
    assert "dz-columns" in faded
    pages = [path.read_text() for path in (root / "dougong/web/jinja/designer").glob("*.html")]
    worn = {name for page in pages for names in re.findall(r'class="([^"]*)"', page) for name in names.split()}
    assert not faded & worn
