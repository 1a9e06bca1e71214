"""The plan of a publish, past versions, the trash and "where used" as pages: sentences and numbers, never keys."""

import re
from typing import Any

import pytest
import sqlalchemy as sa

from dougong.apps import drafts, revisions, store
from dougong.apps.publish import publish as publish_service
from dougong.designer import workbench
from dougong.packs.install import install
from dougong.packs.library import Library
from dougong.web.pages import design_plan
from engines.form.records import create_record
from engines.form.transaction import SYSTEM, Actor
from tests.apps import empty_app

APP = "planned"
BASE = f"/design/{APP}"
ADMIN = Actor(id=1, name="Admin", is_admin=True)


def words(zh: str, en: str) -> dict[str, str]:
    return {"zh-CN": zh, "en": en}


STATE = {
    "key": "state",
    "type": "choice",
    "label": words("状态", "State"),
    "options": {
        "choices": [
            {"key": "new", "label": words("新建", "New")},
            {"key": "done", "label": words("完成", "Done")},
        ]
    },
}
TASK: dict[str, Any] = {
    "kind": "form",
    "key": "task",
    "title": words("任务", "Task"),
    "title_field": "name",
    "fields": [
        {"key": "name", "type": "text", "label": words("名称", "Name")},
        {"key": "size", "type": "text", "label": words("规格", "Size")},
        {"key": "price", "type": "number", "label": words("单价", "Price")},
        STATE,
        {
            "key": "lines",
            "type": "subform",
            "label": words("明细", "Lines"),
            "fields": [{"key": "qty", "type": "number", "label": words("数量", "Quantity")}],
        },
    ],
    "rules": [
        {
            "key": "closed",
            "when": 'state = "done"',
            "actions": [{"key": "a", "do": "require", "fields": ["price"]}],
        }
    ],
}


class Desk:
    """The app of these tests: what is published and what lies in the draft."""

    def __init__(self, workspaces: Any, company: Any) -> None:
        self.workspaces, self.company = workspaces, company

    def begin(self) -> Any:
        return self.workspaces.begin(self.company, ADMIN)

    def bench(self, *documents: dict[str, Any], without: tuple[str, str] | None = None) -> None:
        with self.begin() as tx:
            bench = workbench.open_bench(tx, APP)
            for one in documents:
                drafts.put_document(tx, bench, one, seen=tx.revision)
            if without:
                drafts.remove_document(tx, bench, *without, seen=tx.revision)

    def clear(self) -> None:
        with self.begin() as tx:
            for one in drafts.list_drafts(tx, APP):
                drafts.discard(tx, one)

    def document(self) -> dict[str, Any] | None:
        with self.begin() as tx:
            return store.load(tx, APP).find("form", "task")

    def newest(self) -> int:
        with self.begin() as tx:
            return revisions.newest(tx, APP)

    def add(self, **values: Any) -> int:
        def work(tx: Any) -> int:
            return create_record(tx, store.forms(tx, APP).get("task"), values).id

        return self.workspaces.run(self.company, ADMIN, work)

    def values(self, key: str) -> list[Any]:
        with self.begin() as tx:
            table = store.forms(tx, APP).get("task").table
            return list(tx.connection.scalars(sa.select(table.c[key]).order_by(table.c.id)))


@pytest.fixture
def desk(workspaces, company, admin):
    """The app as it was first published, with three records; whatever a test publishes is taken back after it."""
    made = Desk(workspaces, company)
    with made.begin() as tx:
        if APP not in {one.key for one in store.apps(tx)}:
            store.make_app(tx, APP, words("计划测试", "Planning"))
    made.clear()
    with made.begin() as tx:
        others = [key for key in store.load(tx, APP).documents if key != ("form", "task")]
    for kind, key in others:
        made.bench(without=(kind, key))
    made.bench(TASK)
    admin.post(f"{BASE}/plan", page=f"{BASE}/plan")
    assert made.document() == TASK
    if made.values("size") != ["12", "大号", "=1+1"]:
        with workspaces.begin(company, ADMIN, publish=True) as tx:
            empty_app(tx, APP)
        made.add(name="甲", size="12", state="new")
        made.add(name="乙", size="大号", state="done", price=3)
        made.add(name="丙", size="=1+1", state="done", price=4)
    return made


def field(key: str, **change: Any) -> dict[str, Any]:
    """The form with one field changed."""
    fields = [{**one, **change} if one["key"] == key else one for one in TASK["fields"]]
    return {**TASK, "fields": fields}


def page(browser, path: str = "/plan") -> str:
    told = browser.get(BASE + path)
    assert told.status_code == 200
    return re.sub(r"\s+", " ", told.get_data(as_text=True))


def publish(browser, **form: str):
    return browser.post(f"{BASE}/plan", form, page=f"{BASE}/plan", follow_redirects=True)


def undo_number(answer) -> str:
    return re.findall(r"/account/recent/(\d+)/undo", answer.get_data(as_text=True))[0]


def test_what_has_to_be_mended_is_named_and_opened_where_it_stands(desk, admin):
    wrong = field("price", default="prise + 1")
    nameless = {"key": "r9", "when": "weight > 5", "actions": [{"key": "a", "do": "lock"}]}
    named = {**nameless, "key": "r8", "title": words("超重要锁定", "Lock what is heavy")}
    wrong["rules"] = [*TASK["rules"], named, nameless]
    desk.bench(wrong)
    number = len(wrong["rules"])
    found = {one["path"]: one for one in admin.get(f"{BASE}/draft/plan").json["problems"]}
    text = page(admin)
    form, places = f"{BASE}/form/task", {
        "fields.price.default": "默认值",
        "rules.r8.when": "超重要锁定 › 仅当",
        "rules.r9.when": f"规则 {number} › 仅当",
    }  # fmt: skip
    for path, name in places.items():
        one = found[f"form.task.{path}"]
        assert one["where"].endswith(name) and one["url"] == f"{form}?at={path}"
        assert f'<a href="{one["url"]}">{one["where"]}</a>：' in text
    assert "没有字段 prise" in found["form.task.fields.price.default"]["message"]
    measure = {"key": "m", "aggregate": "sum", "field": "gone", "label": "M"}
    counts = {"kind": "dataset", "key": "tasks", "title": words("任务", "Tasks"), "form": "task", "measures": [measure]}
    desk.bench(TASK, counts)
    (dataset,) = admin.get(f"{BASE}/draft/plan").json["problems"]
    assert dataset["where"].startswith("数据集 任务 › ") and dataset["url"] == form


def test_changes_are_sentences_with_labels_in_both_languages(desk, admin):
    changed = field("name", label=words("任务名称", "Task name"), required=True)
    changed["fields"].append({"key": "due", "type": "date", "label": words("截止日期", "Due")})
    changed["rules"] = [{**TASK["rules"][0], "when": 'AND(state = "done", price > 5)'}]
    desk.bench(changed, {"kind": "option_set", "key": "colours", "title": words("颜色", "Colours"), "choices": []})
    text = page(admin)
    assert "新增字段“截止日期”（日期）" in text
    assert '<del class="text-secondary">名称</del>' in text and "<strong>任务名称</strong>" in text
    assert "“任务名称”：必填" in text
    assert "当“状态”等于“完成”，且“单价”大于5时，“单价”必填" in text
    assert "颜色" in text
    admin.post("/account/language", {"locale": "en"}, page="/account")
    english = page(admin)
    admin.post("/account/language", {"locale": "zh-CN"}, page="/account")
    assert "New field “Due” (Date)" in english and "When State is" in english
    assert 'id="lock"' in english and re.search(r"waits about \d+ ms", english)


def test_fields_that_other_documents_list_are_called_by_their_labels(desk, admin):
    ask = {
        "kind": "public_query",
        "key": "ask",
        "title": "Ask",
        "form": "task",
        "search": ["name"],
        "columns": ["size"],
    }
    desk.bench(ask)
    publish(admin)
    desk.bench({**ask, "search": ["size"]})
    text = re.sub("<[^>]*>", "", page(admin))
    assert "“名称”" in text and "“规格”" in text and "“size”" not in text


def test_values_that_do_not_convert_are_counted_shown_and_downloaded(desk, admin):
    desk.bench(field("size", type="number"))
    text = page(admin)
    assert "“任务 › 规格”的 3 个值中有 2 个无法转换" in text
    assert "大号" in text
    link = re.search(r'href="([^"]+plan/values[^"]+)"', text)[1].replace("&amp;", "&")
    file = admin.get(link)
    lines = file.get_data().decode("utf-8-sig").splitlines()
    assert file.headers["Content-Disposition"] == "attachment; filename=task-size.csv"
    assert [line.split(",")[1] for line in lines] == ["值", "大号", "'=1+1"]
    assert lines[1].endswith(f"/a/{APP}/task/{lines[1].split(',')[0]}")
    assert admin.get(f"{BASE}/plan/values?form=task&field=name").status_code == 404
    assert publish(admin, summary="规格改为数字").status_code == 200
    assert [str(one) for one in desk.values("size")] == ["12", "None", "None"]
    assert "规格改为数字" in page(admin, "/revisions")


def test_what_goes_says_how_many_records_hold_it_and_who_still_speaks_of_it(desk, admin):
    without_price = {**TASK, "fields": [one for one in TASK["fields"] if one["key"] != "price"]}
    desk.bench(without_price)
    text = page(admin)
    assert "2 条记录中的字段“任务 › 单价”" in text
    assert "任务 › 规则 1" in text and "用到了将被移除的“单价”" in text
    assert "仍在此处使用" in text and "data-publish" not in text
    assert f'href="{BASE}/form/task"' in text
    assert publish(admin).status_code == 422
    fewer = [STATE["options"]["choices"][0]]
    desk.bench(field("state", options={"choices": fewer}))
    text = page(admin)
    assert "2 条记录使用了选项“完成”" in text
    assert "data-publish" in text


def test_a_publish_is_undone_and_is_a_draft_again(desk, admin):
    before = desk.newest()
    desk.bench(field("name", label="改名"))
    told = publish(admin, summary="改了名称")
    assert "已发布" in told.get_data(as_text=True)
    number = undo_number(told)
    assert desk.newest() > before and desk.document()["fields"][0]["label"] == "改名"
    assert "改了名称" in admin.get("/account/recent").get_data(as_text=True)
    assert admin.post(f"/account/recent/{number}/undo").headers["Location"] == f"{BASE}/plan"
    assert desk.document() == TASK
    assert "改名" in page(admin)
    assert admin.post(f"/account/recent/{number}/undo").status_code == 409


def test_nobody_undoes_a_publish_over_a_later_one(desk, admin):
    desk.bench(field("name", label="第一次"))
    first = undo_number(publish(admin))
    assert "发布了新版本：任务" in admin.get("/account/recent").get_data(as_text=True)
    desk.bench(field("name", label="第二次"))
    second = undo_number(publish(admin))
    listed = admin.get("/account/recent").get_data(as_text=True)
    assert f"/recent/{second}/undo" in listed and f"/recent/{first}/undo" not in listed and "此后又有发布" in listed
    told = admin.post(f"/account/recent/{first}/undo")
    assert told.status_code == 409 and "此后又有人发布过" in told.get_data(as_text=True)
    assert desk.document()["fields"][0]["label"] == "第二次"


def test_versions_list_who_and_what_compare_and_go_back_through_the_draft(desk, admin):
    old = desk.newest()
    desk.bench(field("name", label=words("新名称", "New name")))
    publish(admin, summary="换了名称")
    text = page(admin, "/revisions")
    assert "换了名称" in text and f"版本 {desk.newest()}" in text and "任务" in text
    assert "新名称" in page(admin, f"/revisions/compare?from={old}&to={desk.newest()}")
    told = admin.post(f"{BASE}/revisions/{old}/revert", page=f"{BASE}/revisions")
    assert told.headers["Location"] == f"{BASE}/plan"
    assert desk.document()["fields"][0]["label"]["en"] == "New name"
    assert admin.post(f"{BASE}/revisions/{old}/revert", page=f"{BASE}/revisions").status_code == 409
    desk.bench(desk.document())  # all of it is taken back by hand: nothing is left that a version could mix with
    told = admin.post(f"{BASE}/revisions/{old}/revert", page=f"{BASE}/revisions")
    assert told.headers["Location"] == f"{BASE}/plan"
    publish(admin)
    assert desk.document() == TASK
    assert admin.post(f"{BASE}/revisions/99999/revert", page=f"{BASE}/revisions").status_code == 404


def test_what_was_removed_waits_with_its_values_and_is_put_back(desk, admin):
    kept = desk.values("size")
    desk.bench({**TASK, "fields": [one for one in TASK["fields"] if one["key"] != "size"]})
    publish(admin)
    text = page(admin, "/trash")
    assert "规格" in text and "3 个值" in text
    number = re.search(r"/trash/(\d+)/restore", text)[1]
    told = admin.post(f"{BASE}/trash/{number}/restore", page=f"{BASE}/trash")
    assert told.headers["Location"] == f"{BASE}/plan"
    publish(admin)
    assert desk.values("size") == kept


def test_where_used_knows_places_links_and_records(desk, admin):
    assert "任务" in page(admin, "/where-used")
    for url in ("/plan", "/revisions", "/trash", "/where-used"):
        assert f'href="{BASE}{url}"' in page(admin, "")
    text = page(admin, "/where-used?kind=form&key=task&path=fields.state")
    assert f'href="{BASE}/form/task"' in text and "2 条记录" in text
    option = "fields.state.options.choices.done"
    data = admin.get(f"{BASE}/where-used/data?kind=form&key=task&path={option}").json
    assert data["records"] == 2 and data["title"] == "完成"
    assert [one["at"].split(".")[:2] for one in data["uses"]] == [["rules", "closed"]]
    other = admin.get(f"{BASE}/where-used/data?kind=form&key=task&path={option.replace('done', 'new')}").json
    assert (other["records"], other["uses"]) == (1, [])
    assert admin.get(f"{BASE}/where-used?kind=form&key=task&path=fields.nothing").status_code == 404
    assert admin.get(f"{BASE}/where-used?kind=form&key=tsk").status_code == 404


def test_places_and_versions_of_packs_are_told_in_titles_and_labels(admin, workspaces, company):
    install(workspaces, company, SYSTEM, Library(), ["crm.opportunity"], app="told", title="Told")
    found = admin.get("/design/told/where-used/data?kind=form&key=opportunity").json["uses"]
    told = {f"{one['title']} › {one['place']}" for one in found}
    assert {
        "客户 › 商机 › 显示列 › 阶段",
        "商机 › 关联 › 客户 › 关联字段",
        "商机 › 指标 › 加权金额 › 字段",
        "主菜单 › 条目 › 商机 › 目标 › 视图",
    } <= told
    assert not [place for place in told if re.search("[a-z_]{3,}", place)]
    versions = admin.get("/design/told/revisions").get_data(as_text=True)
    assert "安装：" in versions
    assert "crm.opportunity" not in versions


def test_the_first_rules_of_a_form_are_told_as_sentences(desk, admin):
    rules = TASK["rules"]
    desk.bench({**TASK, "rules": []})
    gone = page(admin, "/plan")
    assert "移除规则：" in gone
    admin.post(f"{BASE}/plan", page=f"{BASE}/plan")
    desk.bench({**TASK, "rules": rules})
    told = page(admin, "/plan")
    assert "新增规则：" in told
    assert "规则有改动" not in told


def test_an_option_of_a_shared_set_is_counted_over_all_fields(desk, admin):
    shared = {"kind": "option_set", "key": "states", "title": "States", "choices": STATE["options"]["choices"]}
    desk.bench(field("state", options={"set": "states"}), shared)
    text = page(admin)
    assert "选项集" in text and "个值中有" not in text
    publish(admin)
    data = admin.get(f"{BASE}/where-used/data?kind=option_set&key=states&path=choices.done").json
    assert data["records"] == 2 and [one["at"].split(".")[0] for one in data["uses"]] == ["rules"]
    text = page(admin, "/where-used?kind=option_set&key=states")
    assert "2 条记录" in text and "任务 › 状态" in text


def test_a_conflict_with_a_publish_is_decided_on_the_plan(desk, admin):
    with desk.begin() as tx:
        number = drafts.open_draft(tx, APP, workbench.MARK).id
        seen = tx.revision
        drafts.put_document(tx, drafts.get_draft(tx, number), field("name", label="我的"), seen=seen)
        other = drafts.open_draft(tx, APP, "other")
        drafts.put_document(tx, other, field("name", label="别人的"), seen=seen)
    api = admin.token(f"{BASE}/plan")
    publish_service(desk.workspaces, desk.company, ADMIN, other.id)
    text = page(admin)
    assert "我的" in text and "别人的" in text and "data-publish" not in text
    sent = {"kind": "form", "key": "task", "of": "draft", "csrf_token": api}
    assert admin.client.post(f"{BASE}/plan/settle", data=sent).status_code == 422
    admin.client.post(f"{BASE}/plan/settle", data={**sent, "choice-0": "mine"})
    publish(admin)
    assert desk.document()["fields"][0]["label"] == "我的"


def test_a_sub_form_becomes_a_form_with_its_rows_and_is_undone(desk, admin):
    record = desk.add(name="有明细", lines=[{"qty": 1}, {"qty": 2}])
    assert "转为独立表单" in page(admin, "/where-used?kind=form&key=task&path=fields.lines")
    told = admin.post(f"{BASE}/where-used/split", {"form": "task", "field": "lines"}, page=f"{BASE}/where-used")
    assert told.headers["Location"] == f"{BASE}/plan"
    text = page(admin)
    assert "2 行明细成为“明细”的记录" in text and "明细”及其值将移入回收站" not in text
    assert "相关列表" in text and "related" not in text
    number = undo_number(publish(admin))

    def lines() -> list[tuple[Any, ...]]:
        with desk.begin() as tx:
            table = store.forms(tx, APP).get("task_lines").table
            rows = tx.connection.execute(sa.select(table.c.task, table.c.qty, table.c._owner).order_by(table.c.id))
            return [tuple(row) for row in rows]

    assert [row[:2] for row in lines()] == [(record, 1), (record, 2)]
    assert admin.get(f"/a/{APP}/task/{record}").status_code == 200
    assert "将记录转为“任务”的子表单" in page(admin, "/where-used?kind=form&key=task_lines")
    with desk.begin() as tx:
        table = store.forms(tx, APP).get("task_lines").table
        tx.connection.execute(sa.update(table).where(table.c.qty == 2).values(qty=5))
    admin.post(f"{BASE}/where-used/join", {"form": "task_lines", "field": "task"}, page=f"{BASE}/where-used")
    text = page(admin)
    assert "2 条记录成为“任务 › 明细”的明细行" in text and "lines" not in re.sub("<[^>]*>", "", text)
    desk.clear()
    assert admin.post(f"/account/recent/{number}/undo").status_code == 303
    assert desk.document() == TASK
    with desk.begin() as tx:
        rows = store.forms(tx, APP).get("task").subforms["lines"].table
        assert list(tx.connection.scalars(sa.select(rows.c.qty).order_by(rows.c._position))) == [1, 5]


@pytest.mark.parametrize("path", ["/plan", "/plan/done", "/plan/values", "/revisions", "/trash", "/where-used"])
def test_only_administrators_meet_these_pages(desk, seller, path):
    assert seller.get(BASE + path).status_code == 403


def test_a_large_publish_is_a_job_with_a_bar(desk, admin, monkeypatch):
    monkeypatch.setattr(design_plan, "LARGE", 0)
    desk.bench(field("size", type="textarea"))
    assert admin.post(f"{BASE}/plan", page=f"{BASE}/plan").headers["Location"] == f"{BASE}/plan/done"
    desk.bench(field("size", type="number"))
    told = admin.post(f"{BASE}/plan", {"summary": "大改"}, page=f"{BASE}/plan")
    assert told.headers["Location"].startswith(f"{BASE}/plan?job=")
    text = admin.get(told.headers["Location"]).get_data(as_text=True)
    assert 'class="dg-job"' in text and "next=/design/planned/plan/done" in text and "data-publish" not in text
