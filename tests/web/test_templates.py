"""The template centre and files of records, by hand-made requests; the jobs run here as a worker would run them."""

import io
import re
from typing import Any

import pytest
from sqlalchemy import text

from dougong.apps import store
from dougong.config import Settings
from dougong.jobs.run import run_in
from dougong.workspace.transactions import Workspaces
from dougong.workspace.workspaces import WorkspaceInfo
from engines.form.transaction import SYSTEM

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 64


@pytest.fixture
def work(settings: Settings, workspaces: Workspaces, company: WorkspaceInfo) -> Any:
    """`work(response)`: run the job whose progress page a post led to; gives that page's number."""

    def run(response: Any) -> int:
        assert response.status_code == 303
        number = int(re.search(r"/templates/jobs/(\d+)", response.location)[1])
        assert run_in(settings, workspaces, company, number)
        return number

    return run


def _count(workspaces: Workspaces, company: WorkspaceInfo, table: str) -> int:
    with workspaces.begin(company, SYSTEM) as tx:
        return int(tx.connection.execute(text(f"SELECT count(*) FROM {table} WHERE _deleted_at IS NULL")).scalar_one())


def test_a_suite_is_installed_into_a_new_app_with_a_bar_and_sample_data(
    admin: Any, seller: Any, work: Any, workspaces: Workspaces, company: WorkspaceInfo
) -> None:
    page = admin.get("/templates").get_data(as_text=True)
    assert "销售管理起步版" in page
    dialog = admin.get("/templates/sales.product/install").get_data(as_text=True)
    assert "基础资料" in dialog
    started = admin.post("/templates/sales.product/install", {"app": "+", "title": "产品库", "sample": "1"})
    bar = admin.get(started.location).get_data(as_text=True)
    assert "hx-trigger" in bar
    number = work(started)
    assert admin.get(f"/jobs/{number}").get_json()["state"] == "done"
    assert "产品库" in admin.get("/templates").get_data(as_text=True)
    with workspaces.begin(company, SYSTEM) as tx:
        app = next(one.key for one in store.apps(tx) if one.title == "产品库")
    assert _count(workspaces, company, f"{app}__product") == 14
    assert "GW-100" in seller.get(f"/a/{app}/product").get_data(as_text=True)
    for action, left in (("remove", 0), ("load", 14), ("reset", 14)):
        work(admin.post(f"/templates/{app}/sample/{action}"))
        assert _count(workspaces, company, f"{app}__product") == left
    work(admin.post(f"/templates/{app}/sales.product/remove"))
    assert seller.get(f"/a/{app}/product").status_code == 404


def test_only_administrators_install(seller: Any) -> None:
    assert seller.get("/templates").status_code == 403
    assert seller.post("/templates/sales.product/install", {"app": "+"}).status_code == 403
    assert seller.post("/templates/crm/sample/remove").status_code == 403


def test_an_unknown_pack_or_action_is_told(admin: Any) -> None:
    assert admin.get("/templates/sales.produkt/install").status_code == 404
    assert admin.post("/templates/main/sample/burn").status_code == 422


def test_nobody_watches_the_job_of_another(admin: Any, seller: Any, work: Any) -> None:
    number = work(admin.post("/templates/base.common/install", {"app": "+", "title": "基础"}))
    assert seller.get(f"/jobs/{number}").status_code == 404
    assert seller.post(f"/jobs/{number}/cancel").status_code == 404


def _send(browser: Any, content: bytes, name: str) -> Any:
    return browser.post("/files", {"file": (io.BytesIO(content), name)}, content_type="multipart/form-data")


def test_a_file_is_for_its_sender_until_a_record_holds_it(
    admin: Any, seller: Any, work: Any, workspaces: Workspaces, company: WorkspaceInfo
) -> None:
    started = admin.post("/templates/crm.customer/install", {"app": "+", "title": "客户库"})
    work(started)
    with workspaces.begin(company, SYSTEM) as tx:
        app = next(one.key for one in store.apps(tx) if one.title == "客户库")
    stored = _send(seller, PNG, "现场.png").get_json()
    assert (stored["mime"], stored["name"]) == ("image/png", "现场.png")
    assert seller.get(f"/files/{stored['id']}").data == PNG
    assert admin.get(f"/files/{stored['id']}").status_code == 404
    values = {"name": "有附件的公司", "files": f'[{{"id": "{stored["id"]}", "name": "现场.png"}}]'}
    saved = seller.post(f"/a/{app}/customer/new", values)
    assert saved.status_code == 303
    place = f"{saved.location}/files/files/{stored['id']}"
    answer = admin.get(place)
    assert answer.data == PNG
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert admin.get(f"{saved.location}/files/files/nothing").status_code == 404


def test_programs_and_false_pictures_are_refused(seller: Any) -> None:
    assert _send(seller, b"MZ" + b"0" * 50, "setup.pdf").status_code == 422
    assert _send(seller, b"hello", "virus.exe").status_code == 422
    assert _send(seller, b"<script>", "photo.png").status_code == 422
    assert _send(seller, b"", "leer.txt").status_code == 422
    page = _send(seller, b"<script>alert(1)</script>", "page.html").get_json()
    assert page["mime"] == "application/octet-stream"


def test_a_deleted_record_waits_in_the_trash_and_comes_back(
    admin: Any, work: Any, workspaces: Workspaces, company: WorkspaceInfo
) -> None:
    work(admin.post("/templates/crm.customer/install", {"app": "+", "title": "回收"}))
    with workspaces.begin(company, SYSTEM) as tx:
        app = next(one.key for one in store.apps(tx) if one.title == "回收")
    place = admin.post(f"/a/{app}/customer/new", {"name": "误删的公司"}).location
    assert f"/a/{app}/customer/trash" in admin.get(f"/a/{app}/customer").get_data(as_text=True)
    assert admin.post(f"{place}/delete").status_code == 303
    assert admin.get(place).status_code == 404
    assert "误删的公司" in admin.get(f"/a/{app}/customer/trash").get_data(as_text=True)
    assert admin.post(f"{place}/restore").status_code == 303
    assert "误删的公司" in admin.get(place).get_data(as_text=True)
