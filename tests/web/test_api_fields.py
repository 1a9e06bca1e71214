"""Every field type through the API: made, read back exactly, filtered, sorted, grouped in a report, and told about."""

from typing import Any

import pytest
from api_world import Caller, caller, people, site  # noqa: F401 - fixtures

from dougong.apps import store
from engines.form.fields import FIELD_TYPES
from engines.form.fields.base import Link
from engines.form.transaction import SYSTEM
from tests.apps import publish_app
from tests.form.build import OTHER
from tests.form.every import document

APP = "kindsapi"
API = "/api/v1"
FORM = f"{API}/apps/{APP}/forms/every"
DATASET = {"kind": "dataset", "key": "all", "title": "All", "form": "every"}
OUTSIDE = {"attachment", "image", "signature", "cascade"}  # need files, or a tree to choose from
KINDS = [kind for kind in FIELD_TYPES if kind.is_value]
SENT = [kind for kind in KINDS if kind.writable and kind.key not in OUTSIDE]


def ids(value: Any, record: int) -> Any:
    """The value for the API where it points at records: ids of this workspace."""
    if isinstance(value, Link):
        return record
    return [record for _ in value][:1] if isinstance(value, tuple) and value and isinstance(value[0], Link) else value


@pytest.fixture(scope="module")
def world(site, workspaces, company, caller, people) -> dict[str, Any]:  # noqa: F811
    """The form, its fields, a key for everything, and one record with a sample of every type."""
    publish_app(workspaces, company, APP, "Kinds", (OTHER, document(), DATASET))
    with workspaces.begin(company, SYSTEM, read_only=True) as tx:
        form = store.forms(tx, APP).get("every")
        department = tx.connection.exec_driver_sql("SELECT min(id) FROM _department").scalar_one()
    admin: Caller = caller("admin", "records:read", "records:write", "reports:read")
    other = admin.post(f"{API}/apps/{APP}/forms/other/records", {"values": {"name": "甲公司"}}).json["id"]
    target = {"member": people["seller"], "members": people["seller"], "department": department}
    target |= {"departments": department}
    values = {}
    for kind in SENT:
        one, value = form.fields[f"a_{kind.key}"], kind.samples()[0][1]
        pointed = ids(value, target.get(kind.key, other))
        values[one.key] = pointed if pointed is not value else kind.to_json(value, one)
    made = admin.post(f"{FORM}/records", {"values": values})
    assert made.status_code == 201, made.json
    return {"form": form, "admin": admin, "id": made.json["id"], "sent": values}


def test_what_was_sent_is_read_back_exactly(world) -> None:
    read = world["admin"].get(f"{FORM}/records/{world['id']}").json["values"]
    for kind in SENT:
        key = f"a_{kind.key}"
        given, sent = read[key], world["sent"][key]
        if kind.storage == "children":
            given = [
                {name: value for name, value in row.items() if name != "id" and value is not None} for row in given
            ]
        elif kind.formula_type(world["form"].fields[key]).value in ("record", "records"):
            given = [one["id"] for one in given] if isinstance(given, list) else given["id"]
        assert given == sent, kind.key
    assert read["a_capitals"] == "壹仟万零伍仟伍佰叁拾肆元整"
    assert read["a_text_template"] == "上海远山科技有限公司 · 7"


def test_sending_it_back_changes_nothing(world) -> None:
    admin, at = world["admin"], f"{FORM}/records/{world['id']}"
    before = admin.get(at).json
    told = admin.patch(at, {"values": before["values"]})
    assert told.status_code == 200, told.json
    assert admin.get(at).json["version"] == before["version"]


@pytest.mark.parametrize("kind", [pytest.param(kind, id=kind.key) for kind in KINDS])
def test_lists_are_filtered_and_sorted_by_every_type(world, kind: Any) -> None:
    admin, one = world["admin"], world["form"].fields[f"a_{kind.key}"]
    for op in ("filled", "empty"):
        if op not in kind.operators(one):
            continue
        told = admin.post(f"{FORM}/records/query", {"filter": {"field": one.key, "op": op}})
        assert told.status_code == 200, told.json
    if kind.sort_columns(one):
        for sort in (one.key, f"-{one.key}"):
            told = admin.get(f"{FORM}/records?sort={sort}")
            assert told.status_code == 200, told.json
            assert [row["id"] for row in told.json["items"]] == [world["id"]]


@pytest.mark.parametrize("kind", [pytest.param(kind, id=kind.key) for kind in KINDS])
def test_a_report_groups_by_every_type_or_says_why_not(world, kind: Any) -> None:
    question = {
        "dataset": "all",
        "dimensions": [{"key": "by", "field": f"a_{kind.key}"}],
        "measures": [{"key": "n", "aggregate": "count"}],
    }
    told = world["admin"].post(f"{API}/apps/{APP}/reports/query", question)
    if told.status_code == 200:
        assert [row["values"] for row in told.json["rows"]] == [["1"]]
    else:
        assert told.status_code == 422, told.json
        assert {one["code"] for one in told.json["problems"]} <= {"report.many_values", "report.field_unknown"}
