"""An app in which everything leads to masked values, which must not be told to those without the right."""

from typing import Any

from sqlalchemy import select

from dougong.apps import store
from dougong.identity.actors import build_actor
from dougong.public import links
from dougong.workspace.tables import MEMBER
from engines.form.records import create_record, update_record
from engines.form.transaction import SYSTEM
from tests.apps import publish_app
from tests.form.build import field, form

APP = "masktest"
NAME, PHONE, MAIL, CARD, NOTE, NEWER = (
    "张秘密甲",
    "13877766655",
    "qxcanary@site.cn",
    "A1CANARY34",
    "NOCANARY",
    "13866677755",
)
CANARIES = ("秘密甲", PHONE, "877766", "qxcanary", "1CANARY", "NOCANARY", "TOYSECRET", NEWER, "866677")
"""What no mask shows: whole values and their middles."""
TOY = {"tag": "TOYSECRET"}
SHOWN = ("张***", "138****6655", "q***@site.cn")


SAME = [{"field": "phone", "value": "phone"}, {"field": "name", "op": "ne", "value": "mail"}]


def group(key: str, form_key: str, roles: list[str], **more: Any) -> dict[str, Any]:
    every = ["read", "create", "update", "delete", "export", "import", "submit"]
    one = {"kind": "group", "key": key, "title": key, "form": form_key, "members": {"roles": roles}}
    return {**one, "operations": every, "rows": [{"scope": "all"}], "fields": {"*": "edit"}, **more}


def guest() -> dict[str, Any]:
    toys = {"key": "toys", "type": "subform", "label": "Toys", "fields": [field("tag", "text", mask={"kind": "all"})]}
    board = {"key": "board", "title": "Board", "columns": ["name"], "layout": "kanban", "by": "state"}
    return form(
        "guest",
        field("name", "text", mask={"kind": "name"}, unique=True),
        field("phone", "phone", {"kind": "any"}, mask={"kind": "phone"}),
        field("mail", "email", mask={"kind": "email"}),
        field("note", "textarea", mask={"kind": "all"}),
        field("state", "choice", {"choices": [{"key": "new"}, {"key": "old"}]}),
        field("size", "number"),
        field("day", "date"),
        field("live", "formula", {"expression": "LEFT(phone, 3)", "result": "text"}),
        field("boss", "relation", {"form": "guest"}),
        field("same", "query", {"form": "guest", "columns": ["name", "phone"], "where": SAME}),
        {
            "key": "kids",
            "type": "subform",
            "label": "Kids",
            "fields": [field("card", "text", mask={"kind": "custom", "keep_end": 2}), field("age", "number"), toys],
        },
        title_field="name",
        subtitle_field="phone",
        views=[
            {"key": "all", "title": "All", "columns": ["name", "phone", "mail", "boss", "boss.phone", "state", "live"]},
            {**board, "card": {"title": "name", "fields": ["phone", "mail", "note"]}, "sum": "size"},
        ],
        rules=[
            {
                "key": "large",
                "title": "Large",
                "when": "size > 1000",
                "actions": [{"key": "a", "do": "block", "message": "Too large", "field": "size"}],
            }
        ],
        related=[
            {"key": "visits", "form": "visit", "field": "who", "columns": ["what", "who", "who_phone", "who.mail"]}
        ],
    )


def visit() -> dict[str, Any]:
    copy = [{"from": "name", "to": "name_copy"}, {"from": "phone", "to": "phone_copy"}]
    query = {"form": "guest", "columns": ["name", "phone", "mail"], "where": [{"field": "id", "value": "who"}]}
    linkage = {"form": "guest", "where": [{"field": "state", "value": "what"}], "take": "mail"}
    return form(
        "visit",
        field("what", "text"),
        field("who", "relation", {"form": "guest", "copy": copy}),
        field("name_copy", "text"),
        field("phone_copy", "text"),
        field("who_phone", "lookup", {"path": "who.phone"}),
        field("who_live", "formula", {"expression": 'CONCAT("x", who.name)', "result": "text"}),
        field("found", "query", query),
        field("linked", "text", linkage=linkage),
        title_field="who",
        views=[{"key": "all", "title": "All", "columns": ["what", "who", "who_phone", "who.mail", "who_live"]}],
    )


def report() -> list[dict[str, Any]]:
    dataset = {
        "kind": "dataset",
        "key": "guests",
        "title": "Guests",
        "form": "guest",
        "measures": [{"key": "n", "label": "N", "aggregate": "count"}],
    }
    dimensions = [{"key": one, "field": one} for one in ("phone", "name")]
    question = {"kind": "question", "key": "who", "title": "Who", "dataset": "guests", "visual": "table"}
    tile = {"key": "one", "question": "who", "x": 0, "y": 0, "w": 6, "h": 4}
    return [
        dataset,
        {**question, "dimensions": dimensions, "measures": ["n"]},
        {"kind": "dashboard", "key": "seen", "title": "Seen", "tiles": [tile]},
    ]


FLOW: dict[str, Any] = {
    "kind": "flow",
    "key": "checking",
    "title": "Checking",
    "form": "guest",
    "nodes": [
        {"key": "start", "type": "start", "next": "look"},
        {
            "key": "look",
            "type": "approval",
            "title": "Look",
            "people": [{"kind": "member", "member": "seller@demo.example"}],
            "next": "end",
        },
        {"key": "end", "type": "end"},
    ],
}


def documents() -> list[dict[str, Any]]:
    roles = [{"kind": "role", "key": key, "title": key} for key in ("seller", "manager")]
    return [
        *roles,
        guest(),
        visit(),
        group("plain", "guest", ["seller"]),
        group("clerk", "guest", ["manager"], reveal=["phone", "kids.card", "kids.toys.tag"]),
        group("visits", "visit", ["seller", "manager"]),
        *report(),
        FLOW,
        {"kind": "menu", "key": "main", "items": [{"key": "g", "title": "G", "target": {"form": "guest"}}]},
        {"kind": "public_form", "key": "door", "title": "Door", "form": "visit", "fields": ["what", "who"],
         "pick": [{"key": "who", "columns": ["name", "phone"]}]},
        {"kind": "public_query", "key": "ask", "title": "Ask", "form": "guest", "search": ["state"],
         "columns": ["name", "phone", "state"], "captcha": False},
    ]  # fmt: skip


def member(tx: Any, name: str) -> int:
    return int(tx.connection.scalar(select(MEMBER.c.id).where(MEMBER.c.email == f"{name}@demo.example")))


def make(workspaces: Any, company: Any, box: Any) -> dict[str, Any]:
    """The app, two guests, a visit, a task of the seller. Gives the ids by their argument in routes."""
    publish_app(workspaces, company, APP, "Masks", documents())
    with workspaces.begin(company, SYSTEM, origin="pack") as tx:
        forms = store.forms(tx, APP)
        one = {"name": "王小", "phone": "13911110000", "state": "old", "day": "2026-01-05"}
        boss = create_record(tx, forms.get("guest"), one).id
    with workspaces.begin(company, SYSTEM) as tx:
        tx.actor = build_actor(tx, member(tx, "admin"), is_admin=True, locale="zh-CN", zone="Asia/Shanghai")
        forms = store.forms(tx, APP)
        hidden = {
            "name": NAME,
            "phone": NEWER,
            "mail": MAIL,
            "note": NOTE,
            "kids": [{"card": CARD, "age": 5, "toys": [TOY]}],
        }
        known = create_record(tx, forms.get("guest"), {**hidden, "state": "new", "size": 3, "boss": boss}).id
        update_record(
            tx, forms.get("guest"), known, {"phone": PHONE, "kids": [{"card": CARD, "age": 6, "toys": [TOY]}]}
        )
        update_record(tx, forms.get("guest"), boss, {"boss": known})
        asked = create_record(tx, forms.get("guest"), {**hidden, "name": f"{NAME}子", "phone": PHONE[:-1] + "6"}).id
        tokens = [
            links.create_link(tx, box, APP, *address).path
            for address in (("public_form", "door"), ("public_query", "ask"))
        ]
        row = tx.connection.exec_driver_sql(f"SELECT id FROM {APP}__guest__kids").scalar()
        tx.actor = build_actor(tx, member(tx, "seller"), is_admin=False, locale="zh-CN", zone="Asia/Shanghai")
        visited = create_record(tx, forms.get("visit"), {"what": "new", "who": known}).id  # by one who reads masks
    return {"guest": known, "boss": boss, "visit": visited, "asked": asked, "row": row, "links": tokens}
