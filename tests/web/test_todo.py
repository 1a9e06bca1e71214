"""Submitting, answering, returning and withdrawing in the pages; the to-do list and the bell."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, select

from dougong.apps import drafts, store
from dougong.apps.publish import publish
from dougong.identity.actors import build_actor
from dougong.identity.keys import create_key
from dougong.workspace.tables import MEMBER
from dougong.workspace.transactions import Workspaces
from dougong.workspace.workspaces import WorkspaceInfo
from engines.form.records import create_record
from engines.form.transaction import SYSTEM

ROLE = {"kind": "role", "key": "seller", "title": {"zh-CN": "业务员", "en": "Seller"}}
FORM = {
    "kind": "form",
    "key": "request",
    "title": {"zh-CN": "用印申请", "en": "Seal request"},
    "title_field": "name",
    "fields": [
        {"key": "name", "type": "text", "label": {"zh-CN": "事由", "en": "Reason"}, "required": True},
        {"key": "amount", "type": "money", "label": {"zh-CN": "金额", "en": "Amount"}},
        {
            "key": "state",
            "type": "choice",
            "label": {"zh-CN": "状态", "en": "State"},
            "options": {"choices": [{"key": "草稿"}, {"key": "审批中"}, {"key": "已批准"}]},
            "default": '"草稿"',
        },
    ],
}
GROUP = {
    "kind": "group",
    "key": "request_seller",
    "form": "request",
    "title": {"zh-CN": "业务员", "en": "Sellers"},
    "members": {"roles": ["seller"]},
    "operations": ["read", "create", "update", "submit"],
    "rows": [{"scope": "own"}],
    "fields": {"*": "edit"},
}
FLOW = {
    "kind": "flow",
    "key": "request_approval",
    "title": {"zh-CN": "用印审批", "en": "Seal approval"},
    "form": "request",
    "nodes": [
        {"key": "start", "type": "start", "next": "check"},
        {
            "key": "check",
            "type": "condition",
            "title": {"zh-CN": "金额是否较小", "en": "Is it small?"},
            "branches": [
                {
                    "key": "small",
                    "label": {"zh-CN": "一百以内", "en": "Up to 100"},
                    "when": "amount <= 100",
                    "next": "end",
                }
            ],
            "otherwise": "manager",
        },
        {
            "key": "manager",
            "type": "approval",
            "title": {"zh-CN": "主管审批", "en": "Manager approves"},
            "people": [{"kind": "department_head", "of": "_owner"}],
            "comment": ["return"],
            "next": "copy",
        },
        {
            "key": "copy",
            "type": "cc",
            "people": [{"kind": "member", "member": "sun@demo.example"}],
            "next": "end",
        },
        {"key": "end", "type": "end"},
    ],
    "states": {"field": "state", "running": "审批中", "approved": "已批准", "returned": "草稿", "withdrawn": "草稿"},
}


@pytest.fixture(scope="module")
def app_key(workspaces: Workspaces, company: WorkspaceInfo) -> str:
    """The demo company with the form and its flow, published once."""
    with workspaces.begin(company, SYSTEM) as tx:
        draft = drafts.open_draft(tx)
        for document in (ROLE, FORM, GROUP, FLOW):
            assert drafts.put_document(tx, draft, document) == []
    return publish(workspaces, company, SYSTEM, draft.id).app


@pytest.fixture
def make(workspaces: Workspaces, company: WorkspaceInfo, app_key: str) -> Any:
    """`make("盖章")`: a request of the seller; gives its address under /flow."""

    def create(name: str, amount: str = "850") -> str:
        with workspaces.begin(company, SYSTEM) as tx:
            member = tx.connection.execute(select(MEMBER.c.id).where(MEMBER.c.email == "seller@demo.example"))
            tx.actor = build_actor(tx, member.scalar_one(), is_admin=False, locale="zh-CN", zone="Asia/Shanghai")
            saved = create_record(tx, store.forms(tx, app_key).get("request"), {"name": name, "amount": amount})
        return f"/flow/{app_key}/request/{saved.id}"

    return create


@pytest.fixture
def program(app: Any, database: Engine, workspaces: Workspaces, company: WorkspaceInfo) -> Any:
    """`program("seller")`: calls the API with a key of this person."""

    def make(who: str, *scopes: str) -> Any:
        with workspaces.begin(company, SYSTEM, read_only=True) as tx:
            number = tx.connection.execute(
                select(MEMBER.c.id).where(MEMBER.c.email == f"{who}@demo.example")
            ).scalar_one()
        with database.begin() as connection:
            token = create_key(connection, company.id, number, "test", scopes or ("tasks:write",))
        headers = {"Authorization": f"Bearer {token}", "Accept-Language": "zh-CN"}
        client = app.test_client()

        def call(method: str, path: str, body: Any = None, **more: str) -> Any:
            return client.open(f"/api/v1{path}", method=method, json=body, headers={**headers, **more})

        return call

    return make


def text(response: Any, status: int = 200) -> str:
    assert response.status_code == status, response.get_data(as_text=True)[:2000]
    return str(response.get_data(as_text=True))


def task_of(browser: Any, title: str) -> str:
    """The address of my task on a record, as the to-do list leads there."""
    page = text(browser.get("/todo"))
    link = re.search(rf'href="/flow/tasks/(\d+)">{title}<', page)
    assert link, f"{title} is not in the to-do list"
    return f"/flow/tasks/{link[1]}"


def test_a_record_is_submitted_returned_mended_and_approved_in_the_pages(make: Any, as_person: Any) -> None:
    seller, manager = as_person("seller"), as_person("manager")
    url = make("合同盖章")
    assert "提交审批" in text(seller.get(url))
    assert "意见" in text(seller.get(f"{url}/submit"))
    assert seller.post(f"{url}/submit", {"comment": "请审批"}).status_code == 303
    assert "审批中" in text(seller.get(url)) and "顾明远" in text(seller.get(url))

    bell = text(manager.get("/notices"))
    assert "林晓雨请您审批：合同盖章" in bell
    task = task_of(manager, "合同盖章")
    assert "等待您处理：主管审批" in text(manager.get(url))
    assert "退回到" in text(manager.get(f"{task}/return"))
    refused = text(manager.post(f"{task}/return", {"comment": " ", "to": "start"}), 422)
    assert "请填写意见" in refused and "invalid-feedback" in refused
    assert manager.post(f"{task}/return", {"comment": "写明用途", "to": "start"}).status_code == 303

    assert "顾明远退回给您：合同盖章" in text(seller.get("/notices"))
    assert "被退回，待修改" in text(seller.get("/todo"))
    assert "请修改后重新提交" in text(seller.get(url))
    assert seller.post(f"{url}/submit", {"comment": "已写明"}).status_code == 303
    task = task_of(manager, "合同盖章")
    answered = manager.post(f"{task}/approve", {"comment": "同意"})
    assert answered.location == "/todo"  # the task is done, and the record is out of the manager's sight

    story = text(seller.get(url))
    said = ["提交审批", "请审批", "走", "退回到", "写明用途", "重新提交", "已写明", "同意", "抄送给 孙慧敏"]
    places = [story.find(words, story.find("流程动态")) for words in said]
    assert -1 not in places
    assert story.count("<time datetime=") >= 6
    assert "已通过" in story and "第 2 轮" in story and "<svg" in story
    assert "合同盖章" in text(manager.get("/todo?box=done"))
    assert "合同盖章" in text(seller.get("/todo?box=started"))
    assert "合同盖章" in text(as_person("sun").get("/todo?box=cc"))


def test_a_small_record_is_approved_at_once(make: Any, as_person: Any) -> None:
    seller = as_person("seller")
    url = make("小额盖章", "100")
    seller.post(f"{url}/submit")
    story = text(seller.get(url))
    assert "已通过" in story and "走分支“一百以内”" in story


@pytest.fixture
def english_seller(as_person: Any) -> Iterator[Any]:
    """The seller's browser while the seller reads English."""
    seller = as_person("seller")
    seller.post("/account/language", {"locale": "en", "next": "/"})
    yield seller
    seller.post("/account/language", {"locale": "zh-CN", "next": "/"})


def test_english_readers_read_english(make: Any, english_seller: Any, app_key: str) -> None:
    url = make("English please")
    english_seller.post(f"{url}/submit")
    page = text(english_seller.get(url))
    for words in (
        "Seal approval",
        "In approval",
        "submitted for approval",
        "Manager approves",
        "Withdraw",
        "Waits for",
    ):
        assert words in page
    for box in ("todo", "started", "done", "cc"):
        listed = text(english_seller.get(f"/todo?box={box}&flow={app_key}/request_approval"))
        main = listed[listed.index("<main") : listed.index("</main>")]
        names = re.sub(r">[^<]*(盖章|用印|林晓雨|顾明远|孙慧敏)[^<]*<", "><", main)
        assert not re.search(r"[\u4e00-\u9fff]{2}", re.sub(r"<[^>]*>", "", names))


def test_a_record_is_taken_back(make: Any, as_person: Any) -> None:
    seller, manager = as_person("seller"), as_person("manager")
    url = make("撤回的盖章")
    seller.post(f"{url}/submit")
    task = task_of(manager, "撤回的盖章")
    assert "流程将结束" in text(seller.get(f"{url}/withdraw"))
    assert seller.post(f"{url}/withdraw", {"comment": "写错了"}).status_code == 303
    assert "已撤回" in text(seller.get(url))
    assert "撤回的盖章" not in text(manager.get("/todo"))
    assert "这项待办已经关闭，由林晓雨处理" in text(manager.post(f"{task}/approve"), 409)
    assert "这项待办已经关闭" in text(manager.get(f"{task}/approve"), 409)


def test_the_bell_counts_what_is_unread_and_forgets_what_was_read(make: Any, as_person: Any) -> None:
    seller, manager = as_person("seller"), as_person("manager")
    manager.post("/notices/read")
    url = make("铃声盖章")
    seller.post(f"{url}/submit")
    assert 'id="dg-bell-count" hx-swap-oob="true">1<' in text(manager.get("/notices"))
    notice = re.search(r'href="/notices/(\d+)"', text(manager.get("/notices")))
    assert notice
    led = manager.get(f"/notices/{notice[1]}")
    assert led.status_code == 303 and "?task=" in led.location
    assert 'id="dg-bell-count" hx-swap-oob="true"><' in text(manager.get("/notices"))
    assert seller.get(f"/notices/{notice[1]}").location == "/todo"  # of somebody else: leads nowhere


def test_doing_a_task_reads_its_notice(make: Any, as_person: Any) -> None:
    seller, manager = as_person("seller"), as_person("manager")
    manager.post("/notices/read")
    url = make("办完盖章")
    seller.post(f"{url}/submit")
    manager.post(f"{task_of(manager, '办完盖章')}/approve")
    assert 'id="dg-bell-count" hx-swap-oob="true"><' in text(manager.get("/notices"))


def test_opening_a_task_notes_that_it_was_seen(make: Any, as_person: Any) -> None:
    seller, manager = as_person("seller"), as_person("manager")
    url = make("看过盖章")
    seller.post(f"{url}/submit")
    task = task_of(manager, "看过盖章")
    assert f'class="fw-bold" href="{task}"' in text(manager.get("/todo"))
    opened = manager.get(task)
    assert opened.status_code == 303 and opened.location.endswith(f"?task={task.rsplit('/', 1)[1]}")
    assert "看过盖章" in text(manager.get(opened.location))
    assert f'class="fw-medium" href="{task}"' in text(manager.get("/todo"))
    assert seller.get(task).status_code == 404


def test_lists_are_searched_and_filtered(make: Any, as_person: Any, app_key: str) -> None:
    seller = as_person("seller")
    for name in ("甲方盖章", "乙方盖章"):
        seller.post(f"{make(name)}/submit")
    found = text(seller.get("/todo?box=started&q=甲方", headers={"HX-Request": "true"}))
    assert "甲方盖章" in found and "乙方盖章" not in found and "<html" not in found
    assert "甲方盖章" in text(seller.get(f"/todo?box=started&flow={app_key}/request_approval"))
    assert "没有符合" in text(seller.get("/todo?box=started&flow=none/other"))


@pytest.mark.parametrize("box", ["todo", "started", "done", "cc"])
def test_an_empty_list_says_what_belongs_there(as_person: Any, app_key: str, box: str) -> None:
    assert "dg-empty" in text(as_person("zhou").get(f"/todo?box={box}"))


def test_what_is_not_mine_is_not_found(make: Any, as_person: Any, app_key: str) -> None:
    seller, other = as_person("seller"), as_person("chen")
    url = make("他人盖章")
    seller.post(f"{url}/submit")
    task = task_of(as_person("manager"), "他人盖章")
    assert other.get(url).status_code == 404
    assert other.post(f"{url}/submit").status_code == 404
    assert other.post(f"{url}/withdraw").status_code == 404
    assert other.get(f"{task}/approve").status_code == 404
    assert other.post(f"{task}/approve").status_code == 404
    assert seller.get(f"/flow/{app_key}/nothing/1").status_code == 404
    assert seller.get("/flow/tasks/999999/approve").status_code == 404
    assert seller.get("/todo?cursor=nonsense").status_code == 404


def test_an_action_without_the_token_of_the_page_is_refused(make: Any, as_person: Any) -> None:
    seller = as_person("seller")
    url = make("无令牌盖章")
    assert seller.client.post(f"{url}/submit").status_code == 400
    assert "尚未提交" in text(seller.get(url))


def test_visitors_sign_in_first(visitor: Any) -> None:
    for url in ("/todo", "/notices", "/flow/tasks/1/approve"):
        assert "/sign-in" in visitor.get(url).location


def test_programs_submit_answer_and_read_the_story(make: Any, program: Any, app_key: str) -> None:
    seller, manager = program("seller"), program("manager")
    record = make("接口盖章").rsplit("/", 1)[1]
    path = f"/apps/{app_key}/request/records/{record}"
    assert seller("GET", f"{path}/story").json["status"] is None
    told = seller("POST", f"{path}/submit", {"comment": "请审批"})
    assert (told.status_code, told.json["status"], told.json["changed"]) == (200, "running", True)
    again = seller("POST", f"{path}/submit")
    assert (again.status_code, again.json["problems"][0]["code"]) == (409, "flow.running")

    item = next(one for one in manager("GET", "/tasks?search=接口盖章").json["items"])
    assert (item["kind"], item["submitter_name"], item["node"]) == ("approve", "林晓雨", "manager")
    assert item["url"].endswith(f"?task={item['task']}")
    task = f"/tasks/{item['task']}"
    assert manager("GET", task).json["state"] == "open"
    wrong = manager("POST", task, {"action": "return"})
    assert (wrong.status_code, wrong.json["problems"][0]["code"]) == (422, "flow.comment_needed")
    done = manager("POST", task, {"action": "return", "comment": "写明用途"}, **{"Idempotency-Key": "return-1"})
    replayed = manager("POST", task, {"action": "return", "comment": "写明用途"}, **{"Idempotency-Key": "return-1"})
    assert done.json == replayed.json and done.json["status"] == "returned"
    assert replayed.headers["Idempotency-Replayed"] == "true"

    assert seller("POST", f"{path}/submit").json["round"] == 2
    assert seller("POST", f"{path}/withdraw", {"comment": "不用了"}).json["status"] == "withdrawn"
    told = seller("GET", f"{path}/story").json
    assert told["status"] == "withdrawn" and told["waiting"] == []
    people = [(line["member_name"], line["action"], line["comment"]) for line in told["entries"] if line["member"]]
    assert people == [
        ("林晓雨", "submitted", "请审批"),
        ("顾明远", "returned", "写明用途"),
        ("林晓雨", "resubmitted", ""),
        ("林晓雨", "withdrawn", "不用了"),
    ]


def test_bad_calls_are_told_what_is_wrong(make: Any, program: Any, app_key: str) -> None:
    seller, manager, other = program("seller"), program("manager"), program("chen")
    record = make("坏请求").rsplit("/", 1)[1]
    path = f"/apps/{app_key}/request/records/{record}"
    seller("POST", f"{path}/submit")
    task = manager("GET", "/tasks?search=坏请求").json["items"][0]["task"]

    def code(told: Any) -> tuple[int, str]:
        return told.status_code, told.json["problems"][0]["code"]

    assert code(manager("POST", f"/tasks/{task}", {"action": "aprove"})) == (422, "flow.no_action")
    assert code(manager("POST", f"/tasks/{task}", {"action": "approve", "coment": "x"})) == (400, "document.unknown")
    assert code(manager("POST", f"/tasks/{task}", {"action": "approve", "comment": 5})) == (400, "document.type")
    assert code(manager("POST", f"/tasks/{task}", {"action": "approve", "values": []})) == (400, "document.type")
    assert code(manager("POST", f"/tasks/{task}", {"action": "return", "comment": "x", "to": "end"})) == (
        422,
        "flow.return_target",
    )
    assert code(other("POST", f"/tasks/{task}", {"action": "approve"})) == (404, "flow.no_task")
    assert other("GET", f"{path}/story").status_code == 404
    assert other("POST", f"{path}/withdraw").status_code == 404
    assert code(manager("GET", "/tasks?box=inbox")) == (404, "task.no_box")
    assert code(manager("GET", "/tasks?cursor=x")) == (404, "query.cursor")
    assert manager("GET", f"/tasks/{task}").json["state"] == "open"
    assert code(program("manager", "records:read")("GET", "/tasks")) == (403, "key.scope_missing")


def test_the_api_document_describes_tasks(program: Any) -> None:
    paths = program("seller")("GET", "/openapi.json").json["paths"]
    assert set(paths["/tasks/{task_id}"]) == {"get", "post"}
    assert "/apps/{app}/{form}/records/{record_id}/story" in paths
