"""The import wizard page by page: upload, columns, dry run, run, error rows, undo; and what bad files meet."""

import csv
import io
import re

import pytest
import xlsxwriter

from dougong.config import Settings
from dougong.imports import store
from dougong.jobs import queue
from dougong.jobs.run import run_in
from dougong.packs.install import install
from dougong.packs.library import Library
from dougong.workspace.transactions import Workspaces
from dougong.workspace.workspaces import WorkspaceInfo
from engines.form.transaction import SYSTEM

APP = "crm"
START = f"/import/{APP}/customer"
ROWS = [
    ["公司名称", "行业", "电话", "下次联系"],
    ["甲公司", "航天", "021-1", "3/31/2026"],
    ["", "航天", "", "4/1/2026"],
]


@pytest.fixture(scope="module", autouse=True)
def forms(workspaces: Workspaces, company: WorkspaceInfo) -> None:
    install(workspaces, company, SYSTEM, Library(), ["crm.customer"], app=APP, title="CRM")


@pytest.fixture
def work(workspaces: Workspaces, company: WorkspaceInfo, settings: Settings):
    """`work()`: do the job that waits, as the worker would; gives it."""

    def do() -> queue.Job:
        with workspaces.begin(company, SYSTEM) as tx:
            number = store.list_imports(tx)[0].job
        assert number is not None and run_in(settings, workspaces, company, number)
        with workspaces.begin(company, SYSTEM) as tx:
            return queue.read_job(tx, number)

    return do


def as_csv(rows=ROWS, encoding="utf-8-sig") -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode(encoding)


def workbook(**sheets) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for place, row in enumerate(rows):
                sheet.write_row(place, 0, row)
    return out.getvalue()


def send(browser, data: bytes, name: str = "客户.csv", start: str = START):
    return browser.post(start, {"file": (io.BytesIO(data), name)}, content_type="multipart/form-data")


def fields(page: str) -> dict[str, str]:
    """What the form of columns would send as it is drawn."""
    found = dict(re.findall(r'name="(v-[^"]+)" value="([^"]*)"', page))
    for name, body in re.findall(r'<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', page, re.S):
        chosen = re.search(r'<option value="([^"]*)" selected', body)
        found[name] = chosen[1] if chosen else (re.search(r'<option value="([^"]*)"', body) or ["", ""])[1]
    return found


def test_a_file_goes_through_every_step_and_back(admin, work):
    sent = send(admin, as_csv())
    here = sent.headers["Location"]
    assert sent.status_code == 303 and "dg-progress" in admin.get(here).text
    assert work().state == "done"
    page = admin.get(here).text
    chosen = fields(page)
    assert (chosen["t-0-0"], chosen["t-1-0"], chosen["t-2-0"], chosen["t-3-0"]) == (
        "name", "industry", "phone", "next_contact_at",
    )  # fmt: skip
    assert chosen["order-3-0"] == "mdy" and "航天" in page
    drawn = admin.post(f"{here}/columns", {**chosen, "create-1-0": "1"}, headers={"HX-Request": "true"})
    assert drawn.status_code == 200 and 'id="import-map"' in drawn.text and "<html" not in drawn.text
    assert admin.post(f"{here}/columns", {**chosen, "create-1-0": "1", "go": "1"}).status_code == 303
    assert work().state == "done"
    page = admin.get(here).text
    assert 'data-count="0">1<' in page and 'data-count="3">1<' in page and "公司名称" in page and "航天" in page
    errors = list(csv.reader(io.StringIO(admin.get(f"{here}/errors.csv").get_data().decode("utf-8-sig"))))
    assert errors[0][:4] == ROWS[0] and errors[1][:4] == ["", "航天", "", "4/1/2026"] and "公司名称" in errors[1][4]
    assert "甲公司" not in admin.get(f"/a/{APP}/customer").text
    assert admin.post(f"{here}/run").status_code == 303 and work().state == "done"
    assert "导入已完成" in admin.get(here).text and "甲公司" in admin.get(f"/a/{APP}/customer").text
    assert "客户.csv" in admin.get("/import").text and "客户.csv" in admin.get(START).text
    assert admin.post(f"{here}/undo").status_code == 303 and work().state == "done"
    assert "已撤销" in admin.get(here).text and "甲公司" not in admin.get(f"/a/{APP}/customer").text


def test_a_column_of_days_that_gets_its_field_later_has_its_order_found(admin, work):
    rows = [["name", "x", "y"], ["A", "3/4/2026", "12/31/2026"], ["B", "1/2/2026", "1/2/2026"]]
    here = send(admin, as_csv(rows)).headers["Location"]
    work()
    form = {"t-0-0": "name", "t-1-0": "next_contact_at"}
    drawn = admin.post(f"{here}/columns", form, headers={"HX-Request": "true"}).text
    assert fields(drawn)["order-1-0"] == "mdy", "the other column settles it"
    assert "符合多种顺序" in drawn


def test_the_mapping_of_the_last_import_is_there_again(admin, work):
    rows = [["who knows", "what"], ["乙公司", "Somewhere"]]
    here = send(admin, as_csv(rows)).headers["Location"]
    work()
    form = {"t-0-0": "name", "t-1-0": "region", "mode": "both", "key": "name", "go": "1"}
    admin.post(f"{here}/columns", form)
    work()
    admin.post(f"{here}/run")
    work()
    again = send(admin, as_csv([["what", "who knows"], ["x", "y"]])).headers["Location"]
    work()
    chosen = fields(admin.get(again).text)
    assert (chosen["t-0-0"], chosen["t-1-0"], chosen["mode"]) == ("region", "name", "both")


def test_a_workbook_is_read_sheet_by_sheet(admin, work):
    data = workbook(People=[["x"], ["y"]], Customers=[["客户名称", "备注"], ["丙", 7], ["丁", 2.5]])
    here = send(admin, data, "a.xlsx").headers["Location"]
    work()
    assert admin.post(f"{here}/sheet", {"sheet": "Customers"}).status_code == 303
    work()
    page = admin.get(here).text
    assert "客户名称" in page and "2.5" in page and fields(page)["t-0-0"] == "name"


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.pdf", b"%PDF", "请选择 CSV 或 Excel 文件"),
        ("a.csv", b"", "文件是空的"),
        ("", b"x", "请选择文件"),
    ],
)
def test_what_is_no_file_to_import_is_refused_at_once(admin, name, data, words):
    answer = send(admin, data, name)
    assert answer.status_code == 422 and words in answer.text


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.xlsx", b"PK\x03\x04 no workbook at all", "工作簿"),
        ("a.xlsx", workbook(Empty=[]), "文件是空的"),
        ("a.csv", b"\xff\xff\xff\x81", "编码"),
        ("a.csv", b"name\n", "没有数据行"),
    ],
)
def test_a_broken_file_is_told_in_words_and_another_one_can_be_chosen(admin, work, name, data, words):
    here = send(admin, data, name).headers["Location"]
    assert work().state == "failed"
    page = admin.get(here)
    assert page.status_code == 422 and words in page.text and 'type="file"' in page.text


def test_a_file_that_is_too_large_is_refused(admin, monkeypatch):
    monkeypatch.setattr("dougong.imports.uploads.LIMIT", 10)
    answer = send(admin, as_csv())
    assert answer.status_code == 422 and "请拆分" in answer.text


def test_what_is_wrong_with_the_columns_is_told_before_the_dry_run(admin, work):
    here = send(admin, as_csv()).headers["Location"]
    work()
    answer = admin.post(f"{here}/columns", {"t-0-0": "region", "t-1-0": "region", "mode": "update", "go": "1"})
    assert answer.status_code == 422
    assert "两列" in answer.text and "识别" in answer.text
    missing = admin.post(f"{here}/columns", {"t-0-0": "region", "go": "1"})
    assert missing.status_code == 422 and "必填" in missing.text


def test_people_are_imported_as_members_of_departments_with_managers(admin, work):
    rows = [["sales_agent", "manager", "regional_office"], ["Anna Snell", "Dora Brink", "Central"]]
    here = send(admin, as_csv(rows), "sales_teams.csv", "/import/people").headers["Location"]
    work()
    page = admin.get(here).text
    chosen = fields(page)
    assert (chosen["c-name"], chosen["c-manager"], chosen["c-department"]) == ("0", "1", "2")
    assert admin.post(f"{here}/columns", {**chosen, "role": "seller"}).status_code == 303
    assert work().state == "done" and 'data-count="0">2<' in admin.get(here).text
    admin.post(f"{here}/run")
    assert work().state == "done"
    members = admin.get("/admin/members").text
    assert "Anna Snell" in members and "Central" in members


def test_only_those_who_may_import_get_in(seller, admin, work, visitor):
    here = send(admin, as_csv()).headers["Location"]
    work()
    assert seller.get("/import/people").status_code == 403
    assert seller.get(here).status_code in (403, 404)
    assert visitor.get(START).status_code == 302
    assert admin.get(here.replace("customer", "contact")).status_code == 404
    assert admin.get(f"{START}/999999").status_code == 404
