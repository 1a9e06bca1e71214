# ruff: noqa: F811
"""Taking back: a deleted record comes back with one press, by whoever deleted it and nobody else, for a day."""

import re
from datetime import timedelta

from api_world import admin, caller, people, quote, site  # noqa: F401 - fixtures of one world
from sqlalchemy import insert, select, update

from dougong.apps import drafts, store
from dougong.apps.publish import publish, revert
from dougong.apps.revisions import CHOICES
from dougong.workspace.tables import ACTION
from engines.form.transaction import SYSTEM, Actor

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


def test_every_action_is_told_in_the_language_of_the_reader(as_person, admin, workspaces, company):
    boss, site = as_person("admin"), "/account/recent"
    for name in ("双语科技", "多条一", "多条二"):
        record = admin.make("customer", name=name)
        if name == "双语科技":
            boss.post(f"{LIST}/{record}/delete", page=LIST)
    boss.post(f"{LIST}/delete", {"id": [str(record - 1), str(record)]}, page=LIST)
    with workspaces.begin(company, SYSTEM, read_only=True) as tx:
        member = tx.connection.execute(select(ACTION.c.member_id).order_by(ACTION.c.id.desc()).limit(1)).scalar_one()
        before = tx.revision
    document = {"kind": "form", "key": "bilingual", "title": {"zh-CN": "双语表", "en": "Bilingual"}, "fields": []}
    document["fields"] = [{"key": "name", "type": "text", "label": {"zh-CN": "名称", "en": "Name"}}]
    for number, summary in enumerate((CHOICES, "Import", "")):
        with workspaces.begin(company, Actor(id=member, is_admin=True)) as tx:
            draft = drafts.open_draft(tx, "sale", summary)
            assert not drafts.put_document(tx, draft, document)
            document = {**document, "title": {"zh-CN": f"双语表{number}", "en": f"Bilingual {number}"}}
        publish(workspaces, company, Actor(id=member, is_admin=True), draft.id)
    with workspaces.begin(company, SYSTEM) as tx:  # as rows were written before readers chose the words
        old = {"member_id": member, "kind": "delete", "title": "Deleted: an old sentence", "data": {"ids": [1]}}
        tx.connection.execute(insert(ACTION).values(**old, at=tx.now))
    chinese = boss.get(site).get_data(as_text=True)
    boss.post("/account/language", {"locale": "en"})
    try:
        english = boss.get(site).get_data(as_text=True)
    finally:
        boss.post("/account/language", {"locale": "zh-CN"})
        revert(workspaces, company, SYSTEM, before, app="sale")
    for said in ("已删除：客户 · 双语科技", "已删除：客户 · 共 2 条", "发布了新版本：双语表1", "发布了新版本：导入<"):
        assert said in chinese
    for said in ("Deleted: Customer · 双语科技", "Deleted: Customer · 2 records", "Published: Bilingual 1"):
        assert said in english
    assert "发布了新版本：导入时新增的选项" in chinese and f"Published: {CHOICES}" in english
    assert "Deleted: an old sentence" in chinese and "Deleted: an old sentence" in english


def test_after_a_day_it_is_over(as_person, admin, workspaces, company):
    boss, record = as_person("admin"), admin.make("customer", name="昨天科技")
    (number,) = numbers(boss.post(f"{LIST}/{record}/delete", page=LIST, follow_redirects=True))
    with workspaces.begin(company, SYSTEM, origin="system") as tx:
        old = tx.now - timedelta(hours=25)
        tx.connection.execute(update(ACTION).where(ACTION.c.id == int(number)).values(at=old))
    assert boss.post(f"/account/recent/{number}/undo", page=LIST).status_code == 404
