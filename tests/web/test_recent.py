# ruff: noqa: F811
"""Taking back: a deleted record comes back with one press, by whoever deleted it and nobody else, for a day."""

import re
from datetime import timedelta

from api_world import admin, caller, people, quote, site  # noqa: F401 - fixtures of one world
from sqlalchemy import update

from dougong.apps import drafts, store
from dougong.apps.publish import publish
from dougong.workspace.tables import ACTION
from engines.form.transaction import SYSTEM

LIST = "/a/sale/customer"


def numbers(answer) -> list[str]:
    return re.findall(r"/account/recent/(\d+)/undo", answer.get_data(as_text=True))


def test_a_deleted_record_comes_back_by_the_message(as_person, admin):
    boss, record = as_person("admin"), admin.make("customer", name="误删科技")
    page = boss.post(f"{LIST}/{record}/delete", page=LIST, follow_redirects=True)
    (number,) = numbers(page)
    assert 'data-life="10000"' in page.get_data(as_text=True)
    assert boss.get(f"{LIST}/{record}").status_code == 404
    told = boss.post(f"/account/recent/{number}/undo", page=LIST)
    assert told.headers["Location"] == f"{LIST}/{record}"
    assert boss.get(f"{LIST}/{record}").status_code == 200
    assert boss.post(f"/account/recent/{number}/undo", page=LIST).status_code == 409


def test_several_at_once_come_back_together_and_what_cannot_is_told(as_person, admin):
    boss = as_person("admin")
    records = [admin.make("customer", name=f"批量{number}") for number in range(3)]
    page = boss.post(f"{LIST}/delete", {"id": [str(one) for one in records]}, page=LIST, follow_redirects=True)
    (number,) = numbers(page)
    assert admin.post(f"/customer/records/{records[0]}/restore").status_code == 200
    text = boss.post(f"/account/recent/{number}/undo", page=LIST, follow_redirects=True).get_data(as_text=True)
    assert "已恢复 2 条，1 条未恢复" in text
    assert [admin.get(f"/customer/records/{one}").status_code for one in records] == [200, 200, 200]


def test_the_page_lists_what_one_did_and_only_oneself_may_undo_it(as_person, admin):
    boss, record = as_person("admin"), admin.make("customer", name="清单科技")
    (number,) = numbers(boss.post(f"{LIST}/{record}/delete", page=LIST, follow_redirects=True))
    text = boss.get("/account/recent").get_data(as_text=True)
    assert "清单科技" in text
    other = as_person("manager")
    assert number not in numbers(other.get("/account/recent"))
    assert other.post(f"/account/recent/{number}/undo", page=LIST).status_code == 404


def test_who_may_not_delete_now_stays_where_one_is_and_reads_why(as_person, admin, workspaces, company):
    guard = {
        "key": "audited",
        "when": 'name = "已审计"',
        "on": ["delete", "restore"],
        "actions": [{"key": "a", "do": "block", "message": {"zh-CN": "已审计，不能删除", "en": "Audited"}}],
    }
    with workspaces.begin(company, SYSTEM) as tx:
        document = store.load(tx, "sale").find("form", "customer")
        before = document.get("rules", [])
        draft = drafts.open_draft(tx, "sale", "")
        assert not drafts.put_document(tx, draft, {**document, "rules": [*before, guard]})
    publish(workspaces, company, SYSTEM, draft.id)
    boss, held, free = as_person("admin"), admin.make("customer", name="已审计"), admin.make("customer", name="可删")
    try:
        told = boss.post(f"{LIST}/{held}/delete", page=LIST)
        assert (told.status_code, told.headers["Location"]) == (303, f"{LIST}/{held}")
        assert "已审计，不能删除" in boss.get(f"{LIST}/{held}").get_data(as_text=True)
        several = boss.post(f"{LIST}/delete", {"id": [str(held), str(free)]}, page=LIST, follow_redirects=True)
        assert "已审计，不能删除" in several.get_data(as_text=True)
        assert [admin.get(f"/customer/records/{one}").status_code for one in (held, free)] == [200, 404]
    finally:
        with workspaces.begin(company, SYSTEM) as tx:
            draft = drafts.open_draft(tx, "sale", "")
            assert not drafts.put_document(tx, draft, document)
        publish(workspaces, company, SYSTEM, draft.id)


def test_after_a_day_it_is_over(as_person, admin, workspaces, company):
    boss, record = as_person("admin"), admin.make("customer", name="昨天科技")
    (number,) = numbers(boss.post(f"{LIST}/{record}/delete", page=LIST, follow_redirects=True))
    with workspaces.begin(company, SYSTEM, origin="system") as tx:
        old = tx.now - timedelta(hours=25)
        tx.connection.execute(update(ACTION).where(ACTION.c.id == int(number)).values(at=old))
    assert boss.post(f"/account/recent/{number}/undo", page=LIST).status_code == 404
