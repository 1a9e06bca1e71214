"""Keys: from the label while a form was never published, fixed afterwards; labels change freely and show everywhere."""

import copy
from typing import Any

import pytest

from dougong.apps import drafts, store
from dougong.apps.publish import publish
from dougong.designer import workbench
from dougong.identity.keys import create_key
from engines.form.records import create_record
from engines.form.transaction import SYSTEM, Actor
from engines.kernel.problems import Rejected
from tests.apps import publish_app
from tests.form.build import field, form
from tests.form.company import group

APP = "keytest"
ADMIN = Actor(id=1, name="Admin", is_admin=True)
CHOICES = [{"key": "new", "label": "新的"}, {"key": "done", "label": "完成"}]


def house() -> dict[str, Any]:
    return form(
        "house",
        field("name", "text", label="名称", required=True),
        field("price", "number", label="单价"),
        field("state", "choice", {"choices": CHOICES}, label="状态"),
        {"key": "rooms", "type": "subform", "label": "房间", "fields": [field("size", "number", label="面积")]},
        title_field="name",
        sections=[{"key": "first", "title": "基本信息", "columns": 2, "fields": ["name", "price"]}],
        views=[{"key": "all", "title": "全部", "columns": ["name", "price", "state"]}],
    )


REPORT: list[dict[str, Any]] = [
    {
        "kind": "dataset",
        "key": "houses",
        "title": "Houses",
        "form": "house",
        "measures": [{"key": "n", "label": "N", "aggregate": "count"}],
    },
    {
        "kind": "question",
        "key": "by",
        "title": "By",
        "dataset": "houses",
        "visual": "table",
        "dimensions": [{"key": "price", "field": "price"}],
        "measures": ["n"],
    },
    {
        "kind": "dashboard",
        "key": "seen",
        "title": "Seen",
        "tiles": [{"key": "one", "question": "by", "x": 0, "y": 0, "w": 6, "h": 4}],
    },
]


@pytest.fixture(scope="module")
def houses(workspaces, company) -> int:
    publish_app(workspaces, company, APP, "Keys", (house(), group("all", "house", [{"scope": "all"}]), *REPORT))
    with workspaces.begin(company, SYSTEM, origin="pack") as tx:
        return create_record(tx, store.forms(tx, APP).get("house"), {"name": "A", "price": 5, "state": "new"}).id


@pytest.fixture
def bench(workspaces, company, houses):
    """`bench(change)`: save the form with a change in the designer; nothing of it stays behind the test."""

    def save(change) -> Any:
        with workspaces.begin(company, ADMIN) as tx:
            opened = workbench.open_form(tx, APP, "house")
            document = copy.deepcopy(dict(opened.document))
            change(document)
            return workbench.save_form(tx, APP, "house", document, opened.seen)

    yield save
    with workspaces.begin(company, ADMIN) as tx:
        found = workbench.find(tx, APP)
        if found is not None:
            drafts.discard(tx, found)


def call_cost(document: dict[str, Any]) -> None:
    document["fields"][1]["key"] = "cost"
    document["sections"][0]["fields"][1] = "cost"
    document["views"][0]["columns"][1] = "cost"


def call_choice(document: dict[str, Any]) -> None:
    document["fields"][2]["options"]["choices"][0]["key"] = "fresh"


def call_row_field(document: dict[str, Any]) -> None:
    document["fields"][3]["fields"][0]["key"] = "area"


def call_section(document: dict[str, Any]) -> None:
    document["sections"][0]["key"] = "basics"


def call_view(document: dict[str, Any]) -> None:
    document["views"][0]["key"] = "everything"


@pytest.mark.parametrize(
    ("change", "key", "path"),
    [
        (call_cost, "price", "fields.cost.key"),
        (call_choice, "new", "fields.state.options.choices.fresh.key"),
        (call_row_field, "size", "fields.rooms.fields.area.key"),
        (call_section, "first", "sections.basics.key"),
        (call_view, "all", "views.everything.key"),
    ],
)
def test_the_key_of_what_was_published_cannot_be_replaced(bench, workspaces, company, change, key, path):
    with pytest.raises(Rejected) as caught:
        bench(change)
    assert (path, key) in [(one.path, one.params["key"]) for one in caught.value.problems]
    assert {one.code for one in caught.value.problems} == {"designer.key_fixed"}
    with workspaces.begin(company, ADMIN) as tx:
        assert workbench.find(tx, APP) is None or not workbench.changed_forms(tx, APP), "nothing was saved"


def test_what_only_the_draft_knows_may_have_another_key(bench):
    bench(lambda document: document["fields"].append(field("fresh", "text", label="新字段")))
    saved = bench(lambda document: document["fields"][4].update(key="newer"))
    assert saved.document["fields"][4]["key"] == "newer"


def test_removing_and_adding_are_two_things_and_the_plan_tells_of_the_removal(bench, admin):
    def without(document):
        del document["fields"][1]
        del document["sections"][0]["fields"][1]
        del document["views"][0]["columns"][1]

    bench(without)
    bench(lambda document: document["fields"].insert(1, field("cost", "number", label="单价")))
    page = admin.get(f"/design/{APP}/plan").text
    assert "单价" in page and ("回收站" in page or "移除" in page)


def test_a_program_meets_the_same(app, database, company, houses, admin):
    with database.begin() as connection:
        key = create_key(connection, company.id, 1, "keys", ("metadata:read", "metadata:write"))
    headers = {"Authorization": f"Bearer {key}", "Accept-Language": "en"}
    client, base = app.test_client(), f"/api/v1/apps/{APP}/drafts"
    draft = client.post(base, json={"title": "t"}, headers=headers).json["id"]
    document = house()
    call_cost(document)
    told = client.put(f"{base}/{draft}/documents/form/house", json=document, headers=headers)
    assert told.status_code == 422, told.json
    assert told.json["problems"][0]["code"] == "designer.key_fixed"
    assert "单价" in told.json["problems"][0]["message"]
    assert client.put(f"{base}/{draft}/documents/form/house", json=house(), headers=headers).status_code == 200
    client.delete(f"{base}/{draft}", headers=headers)


def test_keys_come_from_labels_in_pinyin_and_the_input_says_that_they_are_fixed(admin, houses):
    token = {"X-CSRFToken": admin.token("/account")}
    asked = {"label": "报修电话", "taken": ["baoxiudianhua"]}
    assert admin.client.post(f"/design/{APP}/key", json=asked, headers=token).json == {"key": "baoxiudianhua_2"}
    page = admin.get(f"/design/{APP}/form/house").text
    assert "&#34;published&#34;" in page or '"published"' in page


def test_a_new_label_shows_everywhere_and_the_key_and_the_values_stay(workspaces, company, houses, admin):
    with workspaces.begin(company, ADMIN) as tx:
        opened = workbench.open_form(tx, APP, "house")
        document = copy.deepcopy(dict(opened.document))
        for at, label in ((0, "楼盘名"), (1, "成交价"), (2, "进度")):
            document["fields"][at]["label"] = label
        workbench.save_form(tx, APP, "house", document, opened.seen)
        draft = workbench.find(tx, APP)
    publish(workspaces, company, ADMIN, draft.id)
    record = f"/a/{APP}/house/{houses}"
    for url in (f"/a/{APP}/house", record, f"{record}/edit", f"/a/{APP}/house/columns"):
        page = admin.get(url).text
        assert "成交价" in page and "单价" not in page, url
    tile = admin.get(f"/a/{APP}/d/seen/t/one").text
    assert "成交价" in tile and "单价" not in tile
    about = admin.get(f"/api/v1/apps/{APP}/forms/house").text
    assert "成交价" in about and "单价" not in about
    read = admin.get(f"/api/v1/apps/{APP}/forms/house/records/{houses}").json["values"]
    assert (read["price"], read["state"]) == ("5", "new"), "keys and values are what they were"
    refused = admin.post(f"/a/{APP}/house/new", {"name": ""}, page=f"/a/{APP}/house/new")
    assert refused.status_code == 422 and "楼盘名" in refused.text
    history = admin.get(f"{record}/history").text
    assert "名称" not in history
