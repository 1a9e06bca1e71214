# ruff: noqa: F811
"""Arbitrary bodies, questions, documents and files at the API: told what is wrong, never a fault, nothing half done."""

import io
import json
from typing import Any

import pytest
import xlsxwriter
from api_world import Caller, caller, people, site  # noqa: F401 - fixtures
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dougong.apps import store
from dougong.imports.reading import Source
from engines.form.fields import FIELD_TYPES
from engines.form.transaction import SYSTEM
from engines.kernel.problems import Rejected
from tests.apps import publish_app
from tests.form.build import OTHER, field, form
from tests.form.every import document
from tests.form.nasty import FIXED, SHAPES, TEXTS, anything

APP = "fuzzapi"
FORM = f"/api/v1/apps/{APP}/forms/every"
DATASET = {"kind": "dataset", "key": "all", "title": "All", "form": "every"}
FUZZ = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
IDS = ("0", "-1", "9" * 30, "9" * 5000, "²", "x", "%00", "1e5", "../1", "1;2")
TREES: list[Any] = [
    {},
    {"and": []},
    {"and": None},
    {"and": [{}]},
    {"or": [None, 1, "x"]},
    {"not": {"not": {}}},
    {"field": None, "op": "eq"},
    {"field": [], "op": [], "value": []},
    {"field": "a_text", "op": "²"},
    {"field": "a_relation.a_relation.name", "op": "eq", "value": "x"},
    {"field": "a_subform.qty", "op": "between", "value": [1]},
    {"field": "_id", "op": "eq", "value": "9" * 30},
    {"field": "_owner", "op": "in", "value": {"id": 1}},
    {"field": "_created_at", "op": "between", "value": ["9999-12-31T23:59:59.999Z", "0001-01-01"]},
    {"field": "\x00", "op": "eq", "value": 1},
    {"expression": "1 +"},
    {"expression": "(" * 2000},
    {"expression": "a_number / 0 = 9" + "9" * 300},
    {"expression": 'REPEAT("x", 999999999) = a_text'},
    {"expression": "a_text"},
]


def deep(levels: int) -> Any:
    found: Any = {"field": "a_text", "op": "empty"}
    for _ in range(levels):
        found = {"and": [found]}
    return found


@pytest.fixture(scope="module")
def world(site, workspaces, company, caller) -> dict[str, Any]:
    """An app of its own with a form of every type, and the fields that may be sent."""
    publish_app(workspaces, company, APP, "Fuzz", (OTHER, document(), DATASET))
    admin: Caller = caller("admin", "records:read", "records:write", "reports:read", "metadata:write", "metadata:read")
    made = admin.post(f"{FORM}/records", {"values": {"a_text": "one"}})
    assert made.status_code == 201, made.json
    with workspaces.begin(company, SYSTEM, read_only=True) as tx:
        form = store.forms(tx, APP).get("every")
    return {"admin": admin, "id": made.json["id"], "form": form}


@pytest.fixture
def send(world, site, workspaces, company, monkeypatch):
    """Send something; a fault fails with its trace, and what is refused must leave every table as it was."""
    monkeypatch.setitem(site.config, "PROPAGATE_EXCEPTIONS", True)
    tables = ("fuzzapi__every", "fuzzapi__every__a_subform", "fuzzapi__other", "_change", "_event", "_serial")

    def counts() -> list[int]:
        with workspaces.begin(company, SYSTEM, read_only=True) as tx:
            query = ", ".join(f"(SELECT count(*) FROM {table})" for table in tables)
            return list(tx.connection.exec_driver_sql(f"SELECT {query}").one())

    def one(method: str, path: str, body: Any, *, raw: bytes | None = None, whole: bool = False) -> Any:
        before = counts() if whole else None
        data = json.dumps(body).encode() if raw is None else raw
        headers = {**world["admin"].headers, "Content-Type": "application/json"}
        told = world["admin"].client.open(path, method=method, data=data, headers=headers)
        assert told.status_code < 500, (method, path, str(body)[:300], told.get_data(as_text=True)[:500])
        if told.status_code >= 400:
            assert told.json["problems"], told.json
            assert before is None or counts() == before
        return told

    return one


def test_whatever_is_sent_for_a_field_is_refused_or_can_be_read_and_sent_again(world, send) -> None:
    keys = [one.key for one in world["form"].fields.values() if one.type.is_value]

    def one(key: str, raw: Any) -> None:
        told = send("POST", f"{FORM}/records", {"values": {key: raw}})
        if told.status_code == 201:
            number = told.json["id"]
            read = send("GET", f"{FORM}/records/{number}", {}).json
            again = send("PATCH", f"{FORM}/records/{number}", {"values": {key: read["values"][key]}})
            assert (again.status_code, again.json.get("changed")) == (200, False), (key, raw, again.json)

    writable = [key for key in keys if world["form"].fields[key].type.writable]
    for raw in FIXED:
        told = send("PATCH", f"{FORM}/records/{world['id']}", {"values": dict.fromkeys(keys, raw)}, whole=True)
        bad = {problem["path"].partition(".")[0].partition("[")[0] for problem in told.json.get("problems", ())}
        good = [key for key in writable if key not in bad]
        send("PATCH", f"{FORM}/records/{world['id']}", {"values": dict.fromkeys(good, raw)})
    FUZZ(given(st.sampled_from(writable), anything())(one))()


def test_bodies_of_any_shape_change_nothing_when_they_are_refused(world, send) -> None:
    record = f"{FORM}/records/{world['id']}"
    bodies = [
        *SHAPES,
        *({"values": one} for one in SHAPES),
        *({"values": {"a_text": "x"}, "base": one} for one in SHAPES),
    ]
    bodies += [{"values": {"_owner": one, "_department": one, "_id": one}} for one in (*SHAPES, *TEXTS[:20])]
    bodies += [{"values": {"a_subform": {"rows": one, "partial": one, "order": one, "gone": one}}} for one in SHAPES]
    bodies += [
        {"values": {"a_subform": [{"id": one}]}, "base": {"a_subform": [{"id": one}]}} for one in (*SHAPES, *TEXTS)
    ]
    for body in bodies:
        send("PATCH", record, body, whole=True)
    for body in bodies[: len(SHAPES) * 2]:
        send("POST", f"{FORM}/records", body)
        send("POST", f"{FORM}/records/bulk", body)
    for rows in ([{}], [None], [{"a_text": one} for one in TEXTS[:30]], [{"a_number": {}}], [[]], [{"\x00": 1}]):
        for key in (None, "a_text", "a_date", "x", 1, []):
            send("POST", f"{FORM}/records/bulk", {"records": rows, "key": key}, whole=True)
    for raw in (
        b"",
        b"{",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"values":' * 5000,
        b'{"values": {"a_text": "\\ud800"}}',
        b"1e999",
    ):
        send("POST", f"{FORM}/records", None, raw=raw, whole=True)

    def one(body: Any) -> None:
        send("PATCH", record, {"values": body}, whole=True)

    FUZZ(given(anything())(one))()


def test_questions_of_any_shape_are_answered_or_refused(world, send) -> None:
    ask = f"{FORM}/records/query"
    send("POST", ask, None, raw=b'{"filter": ' + b'{"and": [' * 3000 + b"]}" * 3000 + b"}")
    for tree in [*TREES, deep(50), deep(200)]:
        send("POST", ask, {"filter": tree})
        send("POST", ask, {"filter": {"and": [tree]}})
    for name in ("columns", "filter", "search", "sort", "limit", "cursor", "offset", "count", "totals", "trash"):
        for raw in FIXED:
            send("POST", ask, {name: raw})
    for raw in TEXTS[:-1]:
        send("POST", ask, {"sort": [raw], "columns": [raw], "totals": [raw]})
    first = send("POST", ask, {"limit": 1, "sort": ["a_number"]}).json.get("next_cursor") or "x"
    for cursor in (first[:-2], first + "A", first[::-1], "e30", "W10", "W251bGxd", "Ww", *TEXTS[:30]):
        send("POST", ask, {"cursor": cursor, "sort": ["a_number"]})
    fields = [*world["form"].fields, "_created_at", "_owner", "a_relation.name", "a_subform.qty", "a_member.name"]
    ops = sorted({op for kind in FIELD_TYPES for op in kind.operator_names})

    def one(field: str, op: str, raw: Any) -> None:
        send("POST", ask, {"filter": {"field": field, "op": op, "value": raw}})

    FUZZ(given(st.sampled_from(fields), st.sampled_from(ops), anything())(one))()

    def whole(raw: Any) -> None:
        send("POST", ask, {"filter": raw, "sort": raw})

    FUZZ(given(anything())(whole))()


def test_addresses_of_any_shape_are_answered_or_refused(world, send) -> None:
    for number in IDS:
        for path in (f"{FORM}/records/{number}", f"{FORM}/records/{number}/history", f"{FORM}/imports/{number}"):
            told = world["admin"].get(path)
            assert told.status_code in (200, 308, 400, 404), path
    for text in ("9" * 5000, "0000000001" + "9" * 5000, "²", "-1", "", "1.5"):
        for name in ("limit", "offset", "cursor", "sort", "filter", "columns", "count", "trash"):
            assert world["admin"].get(f"{FORM}/records?{name}={text}").status_code < 500
        assert world["admin"].get(f"{FORM}/options?limit={text}").status_code < 500
        assert world["admin"].get(f"{FORM}/imports?limit={text}").status_code < 500
        headers = {"If-Match": text}
        assert world["admin"].patch(f"{FORM}/records/{world['id']}", {"values": {}}, **headers).status_code < 500


def test_documents_of_any_shape_are_kept_with_their_problems_or_refused(world, send) -> None:
    """A draft keeps what is unfinished, tells what is wrong with it, plans it and never falls over it."""
    draft = send("POST", f"/api/v1/apps/{APP}/drafts", {"title": "x"}).json["id"]
    place = f"/api/v1/apps/{APP}/drafts/{draft}"
    kinds = ("choice", "serial", "formula", "subform", "relation", "rollup", "date")
    small = form("small", *(field(f"a_{kind}", kind, FIELD_TYPES.get(kind).samples()[0][0]) for kind in kinds))

    def one(number: int, part: str, raw: Any) -> None:
        changed = json.loads(json.dumps(small))
        target = changed["fields"][number]
        for holder in (changed,) if part == "fields" else (target, target["options"]):
            holder[part] = raw
        send("PUT", f"{place}/documents/form/small", changed)
        send("GET", f"{place}/plan", None)

    for raw in (*SHAPES[::9], 2**70, -1, 1e308, "\ud800", "x" * 9000):
        for number, part in enumerate(("fields", "options", "default", "type", "choices", "segments", "rules")):
            one(number, part, raw)
        for kind in ("form", "group", "dataset", "x"):
            send("PUT", f"{place}/documents/{kind}/strange", {"title": raw, "fields": raw, "forms": raw, "form": raw})
    for text in (*TEXTS[::6], "(" * 5000, "1+" * 5000 + "1", "NOT " * 3000 + "TRUE", "a_date.a_date"):
        one(0, "default", text)
    FUZZ(given(st.integers(0, 6), st.sampled_from(["options", "default", "required", "width"]), anything())(one))()
    send("DELETE", place, None)


def test_files_of_any_bytes_are_read_or_refused(tmp_path) -> None:
    """Broken tables of every kind: cut off, scrambled, of another kind than they say."""
    good = tmp_path / "good.xlsx"
    with xlsxwriter.Workbook(good) as book:
        book.add_worksheet("a").write_row(0, 0, ["name", "qty", 3, 4.5])
    packed = good.read_bytes()

    def one(name: str, data: bytes) -> None:
        path = tmp_path / name
        path.write_bytes(data)
        try:
            for number, _ in enumerate(Source(path).rows()):
                if number > 50:
                    break
        except Rejected as error:
            told = [problem.as_dict() for problem in error.problems]
            json.dumps(told)

    for data in (
        b"",
        b"\xff",
        b"PK\x05\x06" + b"\0" * 18,
        b"\xef\xbb\xbf",
        b'"',
        b",,,\n,,,\n",
        b"\xd0\xcf\x11\xe0" * 99,
    ):
        for name in ("a.csv", "a.xlsx", "a.xls", "a.txt"):
            one(name, data)
    for length in range(0, len(packed), 97):
        one("b.xlsx", packed[:length])
        one("c.xlsx", packed[:length] + b"\xff\x00" + packed[length + 2 :])
    names = st.sampled_from(["d.csv", "d.xlsx", "d.txt"])
    FUZZ(
        given(names, st.binary(max_size=200) | st.text(max_size=60).map(lambda text: text.encode("utf-8", "replace")))(
            one
        )
    )()


PRETENDING = [
    ("a.png", b"<html><script>alert(1)</script>", None),
    ("a.png", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", None),
    ("a.jpg", b"%PDF-1.4 fake", None),
    ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", ("application/octet-stream",)),
    ("a.html", b"<script>alert(1)</script>", ("application/octet-stream",)),
    ("a.xhtml", b"<html xmlns='http://www.w3.org/1999/xhtml'/>", ("application/octet-stream",)),
    ("a.gif", b"GIF89a/*<script>alert(1)</script>*/", ("image/gif",)),
    ("a.pdf", b"<script>alert(1)</script>", ("application/octet-stream",)),
    ("a.txt", b"MZ\x90\x00program", None),
    ("a.js", b"alert(1)", None),
    (
        "a.xml",
        b"<?xml version='1.0'?><x:script xmlns:x='http://www.w3.org/1999/xhtml'>1</x:script>",
        ("text/xml", "application/xml"),
    ),
    ('..\\..\\a"\r\nX: y.txt', b"text", ("text/plain", "application/octet-stream")),
]


def test_files_that_pretend_are_refused_or_only_handed_down(seller) -> None:
    """What a browser would run never comes back in place, whatever it is called; headers cannot be broken into."""
    for name, data, shown in PRETENDING:
        sent = {"file": (io.BytesIO(data), name)}
        told = seller.post("/files", sent, page="/account", content_type="multipart/form-data")
        assert told.status_code == (422 if shown is None else 201), (name, told.get_data(as_text=True)[:300])
        if shown is not None:
            back = seller.get(f"/files/{told.json['id']}")
            assert (back.status_code, back.headers["X-Content-Type-Options"]) == (200, "nosniff")
            assert back.mimetype in shown, name
            assert "X" not in back.headers
            assert back.headers["Content-Disposition"].startswith("inline") is (back.mimetype == "image/gif")
            back.get_data()
            back.close()
