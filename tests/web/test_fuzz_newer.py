# ruff: noqa: F811
"""Arbitrary input for what records got later: rows of rows, rows that are pointed at, encrypted values, money with its
rate, pickers, scanned codes, exports and plans of imports: a problem or an answer, never a fault, nothing half done."""

import io
import json
from typing import Any
from urllib.parse import urlencode

import pytest
import row_world
from api_world import Caller, caller, people, site  # noqa: F401 - fixtures
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from dougong.apps import store
from dougong.jobs.run import run_in
from engines.form.records import create_record
from engines.form.transaction import SYSTEM
from tests.apps import publish_app
from tests.form.build import field, form
from tests.form.nasty import FIXED, SHAPES, TEXTS, anything

APP = "fuzznewer"
BASE = f"/api/v1/apps/{APP}/forms"
FUZZ = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
PART = form(
    "part", field("name", "text"), field("kind", "text"), field("code", "text", unique=True), title_field="name"
)
PICKED = {
    **field("lines", "subform", {"picker": {"field": "part", "group": "kind", "quantity": "qty"}}),
    "fields": [field("part", "relation", {"form": "part"}), field("qty", "number")],
}
BUILD = form("build", field("name", "text"), field("part", "relation", {"form": "part"}), PICKED, title_field="name")


@pytest.fixture(scope="module")
def world(site, workspaces, company, caller) -> dict[str, Any]:
    publish_app(workspaces, company, APP, "Fuzz", [*row_world.documents(), PART, BUILD])
    api: Caller = caller("admin", "records:read", "records:write", "metadata:write")
    with workspaces.begin(company, SYSTEM) as tx:
        forms = store.forms(tx, APP)
        part = create_record(tx, forms.get("part"), {"name": "P", "code": "A-1"}).id
        rows = [{"product": "x", "qty": 1, "parts": [{"name": "y", "pieces": 2}]}]
        order = create_record(tx, forms.get("order"), {"name": "O", "lines": rows}).id
        line = int(tx.connection.scalar(text(f"SELECT min(id) FROM {APP}__order__lines")) or 0)
        build = create_record(tx, forms.get("build"), {"name": "B", "lines": [{"part": part, "qty": 1}]}).id
    return {"api": api, "part": part, "order": order, "line": line, "build": build}


@pytest.fixture
def send(world, site, workspaces, company, monkeypatch):
    """Send to the API; what is refused leaves every table as it was."""
    monkeypatch.setitem(site.config, "PROPAGATE_EXCEPTIONS", True)
    tables = [f"{APP}__{name}" for name in ("order", "order__lines", "order__lines__parts", "delivery", "build")]

    def counts() -> list[int]:
        query = ", ".join(f"(SELECT count(*) FROM {table})" for table in [*tables, "_change", "_event"])
        with workspaces.begin(company, SYSTEM, read_only=True) as tx:
            return list(tx.connection.exec_driver_sql(f"SELECT {query}").one())

    def one(method: str, path: str, body: Any) -> Any:
        before = counts()
        headers = {**world["api"].headers, "Content-Type": "application/json"}
        told = world["api"].client.open(f"{BASE}{path}", method=method, data=json.dumps(body).encode(), headers=headers)
        assert told.status_code < 500, (method, path, str(body)[:300], told.get_data(as_text=True)[:500])
        if told.status_code >= 400:
            assert told.json["problems"], told.json
            assert counts() == before, (method, path, str(body)[:300])
        return told

    return one


def rows_of(raw: Any, line: int) -> list[dict[str, Any]]:
    """Something strange at every place of an order with rows of rows."""
    return [
        {"card": raw},
        {"rate": raw, "freight": raw, "currency": raw},
        {"lines": [raw]},
        {"lines": [{"price": raw}]},
        {"lines": [{"parts": raw}]},
        {"lines": [{"parts": [raw]}]},
        {"lines": [{"parts": [{"pieces": raw, "serial_no": raw}]}]},
        {"lines": [{"id": line, "parts": [{"id": raw}]}]},
        {"lines": {"partial": True, "rows": [{"id": line, "parts": {"partial": True, "rows": raw, "gone": raw}}]}},
    ]


def test_orders_with_strange_rows_are_taken_whole_or_not_at_all(world, send) -> None:
    place = f"/order/records/{world['order']}"

    def one(raw: Any) -> None:
        for values in rows_of(raw, world["line"]):
            send("PATCH", place, {"values": values})
        send("POST", "/delivery/records", {"values": {"first": raw, "lines": [{"order_line": raw, "whole": raw}]}})

    for raw in (*TEXTS[::7], *SHAPES[::5], 2**63, -1, 1e308, {"id": 2**70}, {"id": "x", "row": 1}):
        one(raw)
    FUZZ(given(anything())(one))()


def test_questions_about_rows_and_sealed_values_are_answered_or_refused(world, send) -> None:
    asked = ("card", "lines", "lines.price", "lines.licence", "lines.parts.serial_no", "lines.parts.pieces", "freight")

    def one(name: str, op: str, raw: Any) -> None:
        found = {"filter": {"field": name, "op": op, "value": raw}, "sort": [name], "columns": [name]}
        send("POST", "/order/records/query", found)
        send(
            "POST", "/delivery/records/query", {"filter": {"field": f"lines.order_line.{name}", "op": op, "value": raw}}
        )
        send("POST", "/delivery/records/query", {"filter": {"field": "first", "op": op, "value": raw}})

    ops = ("eq", "in", "between", "contains", "empty", "lt")
    for number, raw in enumerate(FIXED[::3]):
        one(asked[number % len(asked)], ops[number % len(ops)], raw)
    FUZZ(given(st.sampled_from(asked), st.sampled_from(ops), anything())(one))()


def test_exports_of_any_shape_become_a_file_or_a_problem(world, send, settings, workspaces, company) -> None:
    def one(name: str, raw: Any) -> None:
        told = send("POST", "/order/exports", {"columns": ["name", "lines.parts.name"], name: raw})
        if told.status_code == 202:
            run_in(settings, workspaces, company, told.json["job"]["id"])
            read = send("GET", f"/order/exports/{told.json['id']}", None).json
            assert read["job"]["state"] == "done", read

    names = ("filter", "search", "sort", "columns", "format", "repeat")
    for number, raw in enumerate((*TEXTS[::5], *SHAPES[::5])):
        one(names[number % len(names)], raw)
    one("format", "csv")
    FUZZ(given(st.sampled_from(names), anything())(one))()


def test_plans_of_imports_of_any_shape_are_kept_or_refused(world, send, settings, workspaces, company) -> None:
    sent = {"file": (io.BytesIO("name,n\na,1\nb,²\n".encode()), "a.csv")}
    headers = {**world["api"].headers, "Content-Type": "multipart/form-data"}
    told = world["api"].client.post(f"{BASE}/order/imports", data=sent, headers=headers).json
    run_in(settings, workspaces, company, told["job"]["id"])
    place = f"/order/imports/{told['id']}"
    names = ("column", "order", "values", "by", "empty", "create_choices", "field")

    def one(name: str, raw: Any) -> None:
        target = {"field": "lines.parts.name", "column": 0, name: raw}
        if send("PUT", f"{place}/plan", {"targets": [{"field": "name", "column": 0}, target]}).status_code == 200:
            run_in(settings, workspaces, company, send("POST", f"{place}/check", {}).json["job"]["id"])
            assert send("GET", place, None).json["job"]["state"] == "done", (name, raw)
        send("PUT", f"{place}/plan", {"targets": [], name: raw, "keys": raw, "mode": raw})

    for number, raw in enumerate((*TEXTS[::6], *SHAPES[::6], 10**400, -1)):
        one(names[number % len(names)], raw)
    FUZZ(given(st.sampled_from(names), anything())(one))()


def test_pages_of_rows_choosing_and_scanning_take_any_words(world, admin, app, monkeypatch) -> None:
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", True)
    order, build = f"/a/{APP}/order", f"/a/{APP}/build"
    one_order = f"{order}/{world['order']}"
    token = admin.token("/account")
    reads = (
        (f"{build}/scan?path=part", ("code",)),
        (f"{one_order}/rows/lines", ("rows",)),
        (f"{one_order}/cells/lines", ("start", "row", "sort", "q")),
        (f"{build}/copies?path=part", ("id",)),
        (f"{build}/related?path=part", ("id",)),
        (f"{order}/export", ("search", "sort", "filter")),
        (f"{order}/options/lines.parts.name/pick", ("q",)),
        (f"{one_order}/why/amount", ("row",)),
        ("/admin/shown", ("before",)),
    )
    writes = (
        (f"{build}/choose/lines", ("_q", "_offset", "_chosen", "_record", "name")),
        (f"{build}/choose/lines/judge", ("_ids", "_chosen", "_record")),
        (f"{build}/choose/lines/rows", ("_ids", "_chosen", "_quantities")),
        (f"{order}/live", ("_record", "card", "lines[0].price", "lines[0].parts[0].pieces", "lines[x].parts")),
        (f"{order}/cells", ("blocks", "cells", "subform")),
        (f"{one_order}/show/lines.licence", ("path",)),
        (f"{order}/export", ("query", "format", "which", "column", "rows")),
    )
    words = [
        one for one in (*TEXTS[::4], *(json.dumps(one) for one in SHAPES[::4]), "9" * 400, "-1", "²", "1,2,x") if one
    ]

    def one(number: int, word: str) -> None:
        word = word.encode("utf-8", "replace").decode()
        url, names = reads[number % len(reads)]
        told = admin.get(f"{url}{'&' if '?' in url else '?'}{urlencode(dict.fromkeys(names, word))}")
        assert told.status_code < 500, (url, word[:80])
        url, names = writes[number % len(writes)]
        sent = dict.fromkeys(names, word) | {"csrf_token": token}
        told = admin.client.post(url, data=sent)
        assert told.status_code < 500, (url, word[:80], told.get_data(as_text=True)[:300])

    for number in range(len(reads) * len(writes)):
        one(number, words[number % len(words)])
    FUZZ(given(st.integers(0, 62), st.text(max_size=40))(one))()
