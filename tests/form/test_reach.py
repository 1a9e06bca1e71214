"""A change reads the rows of a record only where it has to do with them, and does what one does that reads them all."""

from itertools import combinations
from typing import Any

import pytest
from sqlalchemy import event, select, text

from dougong.workspace.transactions import Workspaces
from dougong.workspace.workspaces import WorkspaceInfo
from engines.form import records
from engines.form.compile import compile_forms
from engines.form.form import Forms
from engines.form.query import Query, list_records
from engines.form.records import create_record, update_record
from engines.form.system import CHANGE, EVENT
from engines.form.write.reach import EVERYTHING, Reach
from engines.kernel.problems import ProblemError
from tests.conftest import Begin
from tests.form import company
from tests.form.build import field, form
from tests.form.company import ADMINISTRATOR

AMOUNT = field("amount", "formula", {"expression": "qty * price", "result": "number"})
TOTAL = field("total", "formula", {"expression": "SUM(lines.amount)", "result": "number"})
HOPPING = field("amount", "formula", {"expression": "qty * party.factor", "result": "number"})
RULE = {"key": "r", "check": "total < 1000", "message": "Too much", "field": "total"}
ROW_RULE = {"key": "r", "check": "MAX(lines.qty) < rate", "message": "Too many", "field": "rate"}
ACTION = {"key": "a", "do": "require", "fields": ["lines.note"]}


def lines(*fields: Any, **more: Any) -> dict[str, Any]:
    every = [field("note", "text"), field("qty", "number"), field("price", "number"), *fields]
    return field("lines", "subform", fields=every, **more)


def order(key: str, *fields: Any, **more: Any) -> Any:
    common = [field("name", "text"), field("note", "textarea"), field("rate", "number"), field("day", "date")]
    return form(key, *common, field("party", "relation", {"form": "party"}), *fields, title_field="name", **more)


PARTS = field("parts", "subform", fields=[field("code", "text"), field("count", "number")])
VARIANTS: dict[str, Any] = {
    "plain": order("plain", lines()),
    "summed": order("summed", lines(AMOUNT), TOTAL),
    "twice": order(
        "twice",
        lines(AMOUNT),
        TOTAL,
        field("double", "formula", {"expression": "total * 2 + rate", "result": "number"}),
    ),
    "rated": order(
        "rated", lines(field("amount", "formula", {"expression": "qty * price * rate", "result": "number"})), TOTAL
    ),
    "hopping": order("hopping", lines(HOPPING), TOTAL),
    "kept": order("kept", lines(HOPPING | {"options": {**HOPPING["options"], "store": "always"}}), TOTAL),
    "live": order(
        "live",
        lines(AMOUNT),
        field("total", "formula", {"expression": "SUM(lines.amount)", "store": "never", "result": "number"}),
    ),
    "ruled": order("ruled", lines(AMOUNT), TOTAL, rules=[RULE]),
    "row_ruled": order("row_ruled", lines(AMOUNT), rules=[ROW_RULE]),
    "acting": order("acting", lines(), rules=[{"key": "a", "when": "rate > 5", "actions": [ACTION]}]),
    "hiding": order(
        "hiding",
        lines(AMOUNT),
        TOTAL,
        rules=[{"key": "h", "when": "rate > 5", "actions": [{"key": "h", "do": "hide", "fields": ["lines"]}]}],
        hidden_values="clear",
    ),
    "required": order("required", lines(field("code", "text", required=True))),
    "few": order("few", lines(required=True, options={"min_rows": 2, "max_rows": 3})),
    "nested": order("nested", lines(PARTS, AMOUNT), TOTAL),
    "prior": order(
        "prior", lines(AMOUNT), field("was", "formula", {"expression": "SUM(lines.qty) + 0 * rate", "result": "number"})
    ),
    "following": order("following", lines(field("cost", "number", follow="qty * rate"))),
}
CHANGES: dict[str, Any] = {"name": "New 名称", "note": "other words", "rate": 9, "day": "2026-05-06", "party": None}
UNREAD = {  # of a change of the name alone
    "plain", "summed", "twice", "rated", "ruled", "required", "few", "nested", "prior", "following", "hopping", "live",
}  # fmt: skip


@pytest.fixture(scope="module")
def orders(workspaces: Workspaces, workspace: WorkspaceInfo) -> Forms:
    party = form("party", field("name", "text"), field("factor", "number"), title_field="name")
    return company.installed(workspaces, workspace, compile_forms("reach", [party, *VARIANTS.values()]))


def made(tx: Any, forms: Forms, key: str) -> int:
    party = create_record(tx, forms.get("party"), {"name": "p", "factor": 3}).id
    rows = [{"note": f"valve {n}", "qty": n, "price": 2} for n in range(1, 4)]
    rows = [{**row, "code": "c"} if key == "required" else row for row in rows]
    rows = [{**row, "parts": [{"code": "screw", "count": 1}]} if key == "nested" else row for row in rows]
    values = {"name": "old", "note": "first words", "rate": 4, "party": party, "lines": rows}
    return create_record(tx, forms.get(key), values).id


def everything(tx: Any, forms: Forms, key: str, record: int) -> list[Any]:
    """All that is stored of a record."""
    form = forms.get(key)
    tables = [form.table, *(sub.table for sub in form.every_subform())]
    found: list[Any] = [tx.connection.execute(select(table).order_by(table.c.id)).all() for table in tables]
    log = select(CHANGE.c.version, CHANGE.c.old).where(CHANGE.c.form == form.table.name, CHANGE.c.record_id == record)
    told = select(EVENT.c.payload).where(EVENT.c.form == key, EVENT.c.record_id == record).order_by(EVENT.c.id)
    return [*found, tx.connection.execute(log.order_by(CHANGE.c.version)).all(), tx.connection.execute(told).all()]


def outcome(tx: Any, forms: Forms, key: str, record: int, values: dict[str, Any]) -> Any:
    """What a change does, undone afterwards."""
    point = tx.connection.begin_nested()
    try:
        saved = update_record(tx, forms.get(key), record, values)
        return saved.changed, everything(tx, forms, key, record)
    except ProblemError as error:
        return [problem.as_dict() for problem in error.problems]
    finally:
        point.rollback()


@pytest.mark.parametrize("key", VARIANTS)
def test_a_change_does_the_same_whether_it_reads_all_rows_or_not(
    begin: Begin, orders: Forms, monkeypatch: pytest.MonkeyPatch, key: str
):
    used = records.reach_of
    reached: list[Reach] = []

    def remember(*given: Any) -> Reach:
        reached.append(used(*given))
        return reached[-1]

    with begin(ADMINISTRATOR, keep=False) as tx:
        record = made(tx, orders, key)
        for size in (1, 2):
            for names in combinations(CHANGES, size):
                values = {name: CHANGES[name] for name in names}
                monkeypatch.setattr(records, "reach_of", remember)
                quickly = outcome(tx, orders, key, record, values)
                monkeypatch.setattr(records, "reach_of", lambda *_: EVERYTHING)
                assert quickly == outcome(tx, orders, key, record, values), values
    assert (reached[0].unread == {"lines"}) == (key in UNREAD)


def test_rows_that_lack_what_is_required_now_are_told_of_though_nobody_changed_them(begin: Begin, orders: Forms):
    form = orders.get("required")
    with begin(ADMINISTRATOR, keep=False) as tx:
        record = made(tx, orders, "required")
        rows = form.subforms["lines"].table
        tx.connection.execute(rows.update().values(code=None).where(rows.c.qty == 2))
        with pytest.raises(ProblemError) as caught:
            update_record(tx, form, record, {"name": "other"})
        assert [(one.code, one.path) for one in caught.value.problems] == [("record.required", "lines[1].code")]


def test_rows_are_found_by_their_words_after_a_change_that_did_not_read_them(begin: Begin, orders: Forms):
    form = orders.get("summed")
    with begin(ADMINISTRATOR, keep=False) as tx:
        record = made(tx, orders, "summed")
        asked: list[str] = []
        event.listen(tx.connection, "before_cursor_execute", lambda *given: asked.append(given[2]))
        saved = update_record(tx, form, record, {"name": "brand new"})
        assert "lines" not in saved.values
        assert not [one for one in asked if f"FROM {form.subforms['lines'].table.name}" in one], asked
        for words, found in (("valve 3", 1), ("brand", 1), ("old", 0)):
            assert len(list_records(tx, form, Query(search=words)).rows) == found, words


def test_reading_a_long_record_s_rows_is_not_paid_for_by_one_text(begin: Begin, orders: Forms):
    form = orders.get("twice")
    with begin(ADMINISTRATOR, keep=False) as tx:
        rows = [{"note": "n", "qty": 1, "price": 1} for _ in range(1000)]
        record = create_record(tx, form, {"name": "long", "rate": 1, "lines": rows}).id
        assert update_record(tx, form, record, {"rate": 5}).values["double"] == 2005
        query = text(f"SELECT total FROM {form.table.name} WHERE id = :id")  # its own table
        assert tx.connection.execute(query, {"id": record}).scalar_one() == 1000
