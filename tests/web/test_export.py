"""Exports over the web: the file of a list, jobs for many records, policy, masks, formulas in CSV, and back again."""

import csv
import io
import os
import re
import time
import zipfile
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from dougong.apps import store as apps
from dougong.config import Settings
from dougong.exports import making, shelf, starting, store
from dougong.exports.files import number_format
from dougong.exports.workbook import Workbook
from dougong.imports.apostrophes import guarded, unguarded
from dougong.imports.reading import Source
from dougong.jobs import queue
from dougong.jobs.run import run_in
from dougong.workspace.tables import NOTIFICATION
from dougong.workspace.transactions import Workspaces
from dougong.workspace.workspaces import WorkspaceInfo
from engines.form.exporting.lines import cell_of
from engines.form.fields.base import Context
from engines.form.fields.money import Amount
from engines.form.records import create_record, delete_record
from engines.form.system import LEDGER
from engines.form.transaction import SYSTEM, Transaction
from tests.apps import publish_app
from tests.form.build import field, form, one_field

APP = "exporttest"
HERE = f"/a/{APP}/deal"
API = f"/api/v1/apps/{APP}/forms/deal/exports"
EVIL = ("=1+1", "+86 138", "-x", "@SUM(A1)", "'=quoted", "'plain")


def deal() -> dict[str, Any]:
    parts = {"key": "parts", "type": "subform", "label": "Parts", "fields": [field("part", "text")]}
    rows = [field("item", "text"), field("qty", "number"), parts]
    return form(
        "deal",
        field("no", "text", unique=True),
        field("note", "text"),
        field("amount", "money"),
        field("day", "date"),
        field("at", "datetime"),
        field("phone", "phone", {"kind": "any"}, mask={"kind": "phone"}),
        field("secret", "text", encrypted=True),
        field("cost", "number"),
        {"key": "lines", "type": "subform", "label": "Lines", "fields": rows},
        title_field="no",
        views=[{"key": "all", "title": "All", "columns": ["no", "amount", "phone"]}],
    )


def group(key: str, role: str, operations: list[str]) -> dict[str, Any]:
    rights = {"*": "edit", "cost": "hidden"}
    one = {"kind": "group", "key": key, "title": key, "form": "deal", "members": {"roles": [role]}}
    return {**one, "operations": operations, "rows": [{"scope": "all"}], "fields": rights}


def as_user(tx: Transaction, forms_app: str = APP) -> Any:
    return apps.forms(tx, forms_app).get("deal")


@pytest.fixture(scope="module", autouse=True)
def deals(workspaces: Workspaces, company: WorkspaceInfo) -> None:
    roles = [{"kind": "role", "key": key, "title": key} for key in ("seller", "manager")]
    may = [group("sellers", "seller", ["read", "create"]), group("managers", "manager", ["read", "export"])]
    publish_app(workspaces, company, APP, "Exports", (*roles, deal(), *may))
    with workspaces.begin(company, SYSTEM) as tx:
        for number, note in enumerate(EVIL, start=1):
            create_record(tx, as_user(tx), values(number, note))


def values(number: int, note: str) -> dict[str, Any]:
    lines = [{"item": "a", "qty": 1, "parts": [{"part": "x"}, {"part": "y"}]}, {"item": "b", "qty": 2}]
    return {
        "no": f"00{number}",
        "note": note,
        "amount": Decimal("12.50"),
        "day": date(2026, 6, 5),
        "at": datetime(2026, 6, 5, 2, 30, tzinfo=UTC),
        "phone": "13800138000",
        "secret": "sealed",
        "cost": 7,
        "lines": lines if number == 1 else [],
    }


def rows_of(response: Any) -> list[list[Any]]:
    assert response.status_code == 200, response.text
    data = response.get_data()
    response.close()
    if response.mimetype == "text/csv":
        assert data.startswith(b"\xef\xbb\xbf") and b"\r\n" in data
        return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    return CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()


def take(browser: Any, **chosen: str) -> Any:
    return browser.post(f"{HERE}/export", {"query": "sort=no", "which": "seen", "format": "xlsx", **chosen})


def last(workspaces: Workspaces, company: WorkspaceInfo) -> Any:
    with workspaces.begin(company, SYSTEM) as tx:
        return tx.connection.execute(
            select(LEDGER).where(LEDGER.c.kind == "export").order_by(LEDGER.c.id.desc())
        ).first()


def test_a_list_is_a_file_at_once_as_it_is_seen(admin, workspaces, company):
    page = admin.get(HERE).text
    assert f"{HERE}/export?" in page
    dialog = admin.get(f"{HERE}/export?search=003").text
    assert 'value="search=003"' in dialog and "1 条记录" in dialog and "Lines" in dialog
    sent = take(admin, query="sort=-no&search=00")
    assert (
        sent.headers["Content-Disposition"].startswith("attachment;") and "deal-" in sent.headers["Content-Disposition"]
    )
    assert sent.headers["Cache-Control"] == "private, no-store"
    table = rows_of(sent)
    assert table[0] == ["no", "amount", "phone"] and table[1] == ["006", 12.5, "13800138000"] and len(table) == 7
    line = last(workspaces, company)
    assert (line.form, line.total, line.state, line.report["lines"]) == ("deal", 6, "done", 6)
    history = admin.get("/export").text
    assert "deal-" in history and "“00”" in history
    assert (
        "没有保留" in admin.get(f"/export/{line.id}").text and admin.get(f"/export/{line.id}/file").status_code == 404
    )
    some = rows_of(take(admin, which="some", column="note", system="1", query=""))
    assert some[0][:3] == ["note", "记录编号", "负责人"] and len(some[0]) == 9


def test_nothing_that_was_typed_becomes_a_formula_and_it_comes_back_whole(admin, tmp_path: Path):
    for kind in ("csv", "xlsx"):
        sent = take(admin, which="all", rows="1", format=kind)
        rows_of(sent)
        path = tmp_path / f"a.{kind}"
        path.write_bytes(sent.get_data())
        assert b"<f>" not in sent.get_data()
        back = [cells for _, cells in Source(path).rows()]
        place = back[0].index("note")
        assert [row[place] for row in back[1:] if row[0]] == list(EVIL), kind
        assert [row[0] for row in back[1:] if row[0]] == [f"00{number}" for number in range(1, 7)], "texts stay texts"
        assert back[1][3:5] == ["2026-06-05", "2026-06-05 10:30:00"]
        assert back[2][0] is None and len(back) == 1 + 3 + 5, "three lines: two parts and a second row"
    plain = rows_of(take(admin, which="some", column="note", format="csv"))
    assert [row[0][:2] for row in plain[1:]] == ["'=", "'+", "'-", "'@", "''", "'p"]
    repeated = rows_of(take(admin, which="seen", rows="1", repeat="1", format="csv"))
    assert [row[0] for row in repeated[1:4]] == ["001"] * 3
    for text in ("=1", "'=1", "''@", "'", "x", "", "\tx", "'a="):
        assert unguarded(guarded(text)) == text


def test_a_file_fills_an_empty_copy_with_the_same_records(admin, workspaces, company, settings):
    copy = "exportcopy"
    publish_app(workspaces, company, copy, "Copy", [deal()])
    sent = take(admin, which="all", rows="1")
    data = sent.get_data()
    sent.close()
    wizard = f"/import/{copy}/deal"
    here = admin.post(wizard, {"file": (io.BytesIO(data), "a.xlsx")}, content_type="multipart/form-data")
    api = f"/api/v1/apps/{copy}/forms/deal/imports/{here.headers['Location'].rpartition('/')[2]}"

    def work() -> dict[str, Any]:
        told = admin.get(api).get_json()
        run_in(settings, workspaces, company, told["job"]["id"])
        return admin.get(api).get_json()

    work()
    for step in ("check", "run"):
        admin.post(f"{api}/{step}", None, headers={"X-CSRFToken": admin.token("/account")})
        told = work()
    assert (told["created"], told["refused"]) == (6, 0), told
    assert rows_of(take(admin, which="all", rows="1")) == rows_of(
        admin.post(f"/a/{copy}/deal/export", {"query": "sort=no", "which": "all", "rows": "1", "format": "xlsx"})
    )


def test_rights_and_masks_hold_in_files(admin, seller, as_person, workspaces, company):
    manager = as_person("manager")
    assert f"{HERE}/export" not in seller.get(HERE).text
    assert seller.get(f"{HERE}/export").status_code == 403 and take(seller).status_code == 403
    assert take(as_person("manager"), which="some", column="cost").status_code == 422
    table = rows_of(take(manager, which="all"))
    assert "cost" not in table[0] and table[1][table[0].index("phone")] == "138****8000"
    assert table[1][table[0].index("secret")] == "sealed", "encrypted values are read by whoever may"
    mine = last(workspaces, company)
    with workspaces.begin(company, SYSTEM) as tx:
        assert "sealed" not in str(mine.plan) and tx.connection.scalar(
            select(LEDGER.c.actor).where(LEDGER.c.id == mine.id)
        )
    assert "deal-" in admin.get("/export").text, "administrators see what left the house"
    assert f'href="/export/{mine.id}"' not in admin.get("/export").text
    assert admin.get(f"/export/{mine.id}").status_code == 404, "but not the file"
    assert seller.get("/export").text.count("deal-") == 0
    assert manager.post(f"{HERE}/export", {"format": "pdf"}).status_code == 422


def test_many_records_are_a_job_that_survives_its_end(
    admin, seller, workspaces: Workspaces, company: WorkspaceInfo, settings: Settings, monkeypatch
):
    monkeypatch.setattr(store, "AT_ONCE", 3)
    monkeypatch.setattr(making, "CHUNK", 2)
    monkeypatch.setattr(making, "TOLD_EVERY", 0)
    sent = take(admin)
    here = sent.headers["Location"]
    number = int(here.rpartition("/")[2])
    assert sent.status_code == 303 and "dg-progress" in admin.get(here).text
    assert admin.get(f"{here}/file").status_code == 404 and seller.get(here).status_code == 404
    job = admin.get(here).text.partition('id="job-')[2].partition('"')[0]
    file, real = shelf.file_of(settings, company.key, number), making.export_lines
    seen: list[int] = []

    class PowerCut(BaseException):
        """Nothing after it is done."""

    def dying(*given: Any, **more: Any) -> Any:
        seen.append(1)
        if len(seen) == 2:
            raise PowerCut
        return real(*given, **more)

    with monkeypatch.context() as patched, pytest.raises(PowerCut):
        patched.setattr(making, "export_lines", dying)
        run_in(settings, workspaces, company, int(job))
    assert not file.exists()
    with workspaces.begin(company, SYSTEM) as tx:  # its lease runs out
        tx.connection.exec_driver_sql("UPDATE _job SET lease_until = now() - interval '1 second' WHERE id = %s", (job,))
        gone = create_record(tx, as_user(tx), {"no": "009"}).id
        delete_record(tx, as_user(tx), gone)
    assert run_in(settings, workspaces, company, int(job))
    bar = f"/jobs/{job}?next={here}"
    assert "HX-Redirect" not in admin.get(bar, headers={"HX-Request": "true"}).headers
    assert admin.get(f"{bar}&follow=1", headers={"HX-Request": "true"}).headers["HX-Redirect"] == here
    away = admin.get(f"/jobs/{job}?next=//evil.example&follow=1", headers={"HX-Request": "true"})
    assert "evil" not in away.headers.get("HX-Redirect", "")
    page = admin.get(here).text
    assert f"{here}/file" in page and "6 条" in page
    assert [row[0] for row in rows_of(admin.get(f"{here}/file"))] == ["no", *(f"00{one}" for one in range(1, 7))]
    assert seller.get(f"{here}/file").status_code == 404
    with workspaces.begin(company, SYSTEM) as tx:
        note = tx.connection.execute(select(NOTIFICATION).where(NOTIFICATION.c.unique_key == f"export:{number}")).one()
    assert note.link == here and "deal-" in note.data["title"]["zh-CN"]
    old = time.time() - timedelta(hours=25).total_seconds()
    os.utime(file.parent, (old, old))
    assert shelf.sweep(settings) == 1 and not file.exists() and admin.get(f"{here}/file").status_code == 404


def test_a_job_that_is_stopped_leaves_nothing(
    admin, workspaces: Workspaces, company: WorkspaceInfo, settings: Settings, monkeypatch
):
    monkeypatch.setattr(store, "AT_ONCE", 3)
    monkeypatch.setattr(making, "CHUNK", 2)
    monkeypatch.setattr(making, "TOLD_EVERY", 0)
    here = take(admin).headers["Location"]
    job = int(admin.get(here).text.partition('id="job-')[2].partition('"')[0])
    real = making.export_lines

    def stopped(*given: Any, **more: Any) -> Any:
        with workspaces.begin(company, SYSTEM) as tx:
            queue.cancel(tx, job)
        return real(*given, **more)

    monkeypatch.setattr(making, "export_lines", stopped)
    run_in(settings, workspaces, company, job)
    with workspaces.begin(company, SYSTEM) as tx:
        assert queue.read_job(tx, job).state == "cancelled"
    folder = shelf.file_of(settings, company.key, int(here.rpartition("/")[2])).parent
    assert list(folder.iterdir()) == [] and "已停止" in admin.get(here).text


def test_programs_export_through_the_api(admin, seller, workspaces, company, settings):
    def post(browser: Any, body: dict[str, Any]) -> Any:
        return browser.client.post(API, json=body, headers={"X-CSRFToken": browser.token("/account")})

    body = {"columns": ["no", "lines.item", "_owner"], "sort": ["-no"], "format": "csv", "repeat": True}
    begun = post(admin, body)
    assert begun.status_code == 202, begun.text
    told = begun.get_json()
    assert told["columns"] == ["no", "_owner", "lines.item"] and told["available"] is False
    assert run_in(settings, workspaces, company, told["job"]["id"])
    one = f"{API}/{told['id']}"
    told = admin.get(one).get_json()
    assert (told["state"], told["available"], told["records"], told["lines"]) == ("done", True, 6, 7)
    table = rows_of(admin.get(f"{one}/file"))
    assert table[0] == ["no", "负责人", "Lines / item"] and [row[0] for row in table[-2:]] == ["001", "001"]
    assert admin.get(API).get_json()["items"][0]["id"] == told["id"]
    assert admin.get(f"{API}/999999").status_code == 404 and post(seller, {}).status_code == 403
    for wrong in ({"columns": ["nmo"]}, {"format": "pdf"}, {"sort": ["lines"]}, {"filter": {"field": "x"}}):
        assert post(admin, wrong).status_code == 422, wrong
    assert post(admin, {"colums": []}).status_code == 400
    document = admin.get("/api/v1/openapi.json").get_json()
    assert any(path.endswith("/exports/{export_id}/file") for path in document["paths"])


def test_workbooks_hold_what_is_odd(tmp_path: Path, monkeypatch):
    path = tmp_path / "odd.xlsx"
    odd = ["a\x01b", "_x0041_", " <&> ", "line\r\nnext", "x" * 40_000, "𝄞"]
    numbers = [Decimal("0.10"), Decimal("12345678901234567.25"), Decimal(0), 7, True, Decimal("-1E+2")]
    days = [date(1850, 1, 1), date(2026, 2, 28), datetime(2026, 2, 28, 23, 59, 59), None, "", date(9999, 12, 31)]  # noqa: DTZ001
    monkeypatch.setattr("dougong.exports.workbook.SHEET_LINES", 3)
    with path.open("wb") as file:
        book = Workbook(file, [f"h{one}" for one in range(28)], ["General", '0" t"', "yyyy-mm-dd"] + ["General"] * 25)
        for line in zip(odd, numbers, days, strict=True):
            book.line(line)
        book.close()
    read = CalamineWorkbook.from_path(str(path))
    assert read.sheet_names == ["Sheet1", "Sheet2", "Sheet3"] and book.cut == 1
    found = [row[:3] for name in read.sheet_names for row in read.get_sheet_by_name(name).to_python()[1:]]
    assert read.get_sheet_by_name("Sheet3").to_python()[0][27] == "h27"
    texts = [row[0].replace("\r\n", "\n") for row in found]
    assert texts == [odd[0], odd[1], odd[2], "line\nnext", "x" * 32_767, odd[5]]
    assert [row[1] for row in found] == [0.1, "12345678901234567.25", 0, 7, True, -100]
    assert [row[2] for row in found] == ["1850-01-01", *days[1:3], "", "", days[5]]
    assert number_format(one_field("number", {"decimals": 2})) == "#,##0.00"
    assert number_format(one_field("number", {"decimals": 1, "percent": True})) == "0.0%"
    assert (
        number_format(one_field("percent")) == "0%" and number_format(one_field("percent", {"decimals": 2})) == "0.00%"
    )
    assert starting.TITLE["en"] == "Export"


def test_amounts_say_their_currency_and_quotients_are_numbers(tmp_path: Path):
    path = tmp_path / "amounts.xlsx"
    euro, yen, plain = Amount(Decimal("1060"), "EUR", 2), Amount(Decimal("406000"), "JPY", 0), Decimal("5")
    ratio = one_field("formula", {"expression": "1 / 7", "result": "number"})
    context = Context()
    with path.open("wb") as file:
        book = Workbook(file, ["sum", "part"], ["#,##0.00", "#,##0.00"])
        for amount, part in ((euro, Decimal("1160.681696942471")), (yen, Decimal(1) / 7), (plain, Decimal("0.5"))):
            book.line([cell_of(amount, one_field("money"), context), cell_of(part, ratio, context)])
        book.close()
    rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()[1:]
    assert rows == [[1060, 1160.68169694247], [406000, 0.14285714285714], [5, 0.5]]
    with zipfile.ZipFile(path) as parts:
        styles, sheet = parts.read("xl/styles.xml").decode(), parts.read("xl/worksheets/sheet1.xml").decode()
    assert 'formatCode="[$€]#,##0.00"' in styles and 'formatCode="[$JP¥]#,##0"' in styles
    assert [re.search(f'r="A{row}" s="([0-9]+)"', sheet)[1] for row in (2, 3, 4)] == ["3", "4", "2"]
    whole = Decimal("12345678901234567.25")
    assert cell_of(whole, ratio, context) == whole
