# ruff: noqa: F811
"""My jobs: everybody's own long work, with its progress, its outcome and the way to stop it; nobody else's."""

import io
from datetime import timedelta

import pytest
from api_world import caller, people, site  # noqa: F401 - fixtures of one world
from sqlalchemy import delete, update

from dougong.jobs import queue
from dougong.jobs.entries import ENTRIES
from dougong.jobs.run import run_in
from dougong.web.job_lines import TELLERS
from dougong.workspace.tables import JOB
from engines.form.system import LEDGER
from engines.form.transaction import SYSTEM, Actor

HTMX = {"HX-Request": "true"}
HERE = "/account/jobs"
TITLE = {"zh-CN": "发布应用", "en": "Publish the application"}


def line(browser, job: int) -> str:
    answer = browser.get(f"{HERE}/{job}", headers=HTMX)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


@pytest.fixture
def jobs(workspaces, company, people):
    """`jobs()`: the newest jobs of the administrator, newest first; `jobs(kind, payload)`: begins one."""

    def do(kind: str = "", **payload):
        with workspaces.begin(company, Actor(id=people["admin"], is_admin=True)) as tx:
            return queue.start(tx, kind, payload, title=TITLE) if kind else queue.list_jobs(tx)

    return do


@pytest.fixture
def work(settings, workspaces, company):
    return lambda job: run_in(settings, workspaces, company, job)


def test_an_export_is_followed_and_downloaded_by_its_starter_only(
    as_person, caller, site, jobs, work, workspaces, company
):
    boss, told = as_person("admin"), caller("admin").post("/customer/exports").json
    job = jobs()[0].id
    waiting = line(boss, job)
    assert f'hx-get="{HERE}/{job}"' in waiting and f'hx-post="{HERE}/{job}/cancel"' in waiting
    assert work(job)
    page, done = boss.get(HERE).get_data(as_text=True), line(boss, job)
    assert "我的任务进度" in page and told["name"] in page
    assert f'href="/export/{told["id"]}/file"' in done and "hx-get" not in done
    assert f'href="{HERE}"' in boss.get("/").get_data(as_text=True)  # the menu of the account
    assert boss.get(f"{HERE}/{job}").headers["Location"] == HERE
    assert boss.get(f"/jobs/{job}", headers={"Accept": "text/html,*/*;q=0.8"}).location == f"{HERE}#job-{job}"
    assert boss.get(f"/jobs/{job}", headers={"Accept": "*/*"}).json["state"] == "done"
    other = as_person("manager")
    assert f"job-{job}" not in other.get(HERE).get_data(as_text=True)
    assert other.get(f"{HERE}/{job}", headers=HTMX).status_code == 404
    with workspaces.begin(company, SYSTEM) as tx:
        old = tx.now - timedelta(hours=25)
        tx.connection.execute(update(LEDGER).where(LEDGER.c.id == told["id"]).values(finished_at=old))
    over = line(boss, job)
    assert "文件已在 24 小时后删除" in over and f"/export/{told['id']}/file" not in over


def test_an_import_is_one_line_that_says_what_came_of_it(as_person, site, jobs, work):
    boss = as_person("admin")
    file = (io.BytesIO("客户名称,电话\n甲公司,021-1\n,021-2\n".encode()), "进度名单.csv")
    address = boss.post("/import/sale/customer", {"file": file}, content_type="multipart/form-data").location
    assert work(jobs()[0].id)
    assert "文件已读取，请选择对应的字段" in line(boss, jobs()[0].id)
    boss.post(f"{address}/columns", {"t-0-0": "name", "t-1-0": "phone", "go": "1"})
    assert work(jobs()[0].id)
    assert "仅试导入：新增 1，更新 0，未导入 1" in line(boss, jobs()[0].id)
    boss.post(f"{address}/run")
    assert work(jobs()[0].id)
    page = boss.get(HERE).get_data(as_text=True)
    assert page.count("进度名单.csv → 客户") == 1
    assert f'href="{address}"' in page and ">新增 1，更新 0，未导入 1<" in page
    boss.post(f"{address}/undo")
    assert work(jobs()[0].id)
    assert "1 条记录已还原" in line(boss, jobs()[0].id)


def test_work_is_stopped_by_its_starter_and_by_no_administrator_on_this_page(
    as_person, site, jobs, workspaces, company
):
    boss, job = as_person("admin"), jobs("probe", steps=1)
    assert "已停止" in boss.post(f"{HERE}/{job}/cancel", headers=HTMX).get_data(as_text=True)
    assert "此前完成的部分保留" in line(boss, job)
    running = jobs("probe", steps=2)
    with workspaces.begin(company, SYSTEM) as tx:
        tx.connection.execute(update(JOB).where(JOB.c.id == running).values(state="running", attempts=1))
    try:
        stopping = boss.post(f"{HERE}/{running}/cancel", headers=HTMX).get_data(as_text=True)
        assert "正在停止…" in stopping and f"{HERE}/{running}/cancel" not in stopping
        with workspaces.begin(company, SYSTEM) as tx:
            tx.connection.execute(update(JOB).where(JOB.c.id == running).values(member_id=None))
        assert boss.get(f"/jobs/{running}").status_code == 200  # the administrator may look after it there
        assert boss.get(f"{HERE}/{running}", headers=HTMX).status_code == 404
        assert boss.post(f"{HERE}/{running}/cancel").status_code == 404
    finally:
        with workspaces.begin(company, SYSTEM) as tx:
            tx.connection.execute(delete(JOB).where(JOB.c.id == running))


def test_a_failure_is_told_in_the_language_of_the_reader(as_person, site, jobs, work):
    boss, job = as_person("admin"), jobs("publish", draft=0, app="sale")
    assert work(job)
    assert jobs()[0].state == "failed"
    chinese = line(boss, job)
    boss.post("/account/language", {"locale": "en"})
    try:
        english = line(boss, job)
        assert "Publish the application" in english and ">Sales<" in english and "Failed" in english
    finally:
        boss.post("/account/language", {"locale": "zh-CN"})
    assert "发布应用" in chinese and "失败" in chinese
    assert english.partition("<ul")[2] != chinese.partition("<ul")[2]


def test_every_kind_of_job_that_a_person_starts_is_told(site):
    told = {kind for kinds in TELLERS for kind in kinds}
    assert set(ENTRIES) - told == {"probe"}
