"""Long sub-forms: only what was changed, removed or moved is sent, and problems name rows as they will stand."""

import time
from typing import Any

import pytest
from sqlalchemy import select

from engines.form.form import Forms
from engines.form.records import create_record, update_record
from engines.kernel.problems import Rejected
from tests.conftest import Begin
from tests.form.company import ADMINISTRATOR


def stored(tx: Any, forms: Forms, record_id: int) -> list[tuple[int, int]]:
    table = forms.get("quote").subforms["lines"].table
    query = select(table.c.id, table.c.qty).where(table.c["_parent"] == record_id).order_by(table.c._position)
    return [(one.id, int(one.qty)) for one in tx.connection.execute(query)]


def made(tx: Any, forms: Forms, count: int) -> int:
    rows = [{"qty": number % 10 + 1 if count > 9 else number, "price": 1} for number in range(1, count + 1)]
    customer = create_record(tx, forms.get("customer"), {"name": f"c{time.monotonic_ns()}"}).id
    return create_record(tx, forms.get("quote"), {"customer": customer, "lines": rows}).id


def test_rows_go_move_and_come_without_sending_the_others(begin: Begin, forms: Forms):
    quote = forms.get("quote")
    with begin(ADMINISTRATOR, keep=False) as tx:
        record = made(tx, forms, 4)
        a, b, c, d = (key for key, _ in stored(tx, forms, record))
        part = {"partial": True, "rows": [{"qty": 9}, {"id": c, "qty": 33}], "gone": [b], "order": [d, -1, a]}
        saved = update_record(tx, quote, record, {"lines": part})
        after = stored(tx, forms, record)
        assert [qty for _, qty in after] == [4, 9, 1, 33]  # what the order does not name comes last
        assert [after[0][0], after[2][0], after[3][0]] == [d, a, c]
        assert [int(row["qty"]) for row in saved.values["lines"]] == [4, 9, 1, 33]


def test_problems_of_changed_rows_name_their_place_in_the_record(begin: Begin, forms: Forms):
    with begin(ADMINISTRATOR, keep=False) as tx:
        record = made(tx, forms, 4)
        keys = [key for key, _ in stored(tx, forms, record)]
        part = {"partial": True, "rows": [{"id": keys[2], "qty": "many"}, {"qty": "few"}], "gone": [keys[0]]}
        with pytest.raises(Rejected) as caught:
            update_record(tx, forms.get("quote"), record, {"lines": part})
    assert sorted(problem.path for problem in caught.value.problems) == ["lines[1].qty", "lines[3].qty"]


def test_five_thousand_rows_are_held_and_one_more_is_refused(begin: Begin, forms: Forms):
    with begin(ADMINISTRATOR, keep=False) as tx:
        record = made(tx, forms, 5000)
        keys = [key for key, _ in stored(tx, forms, record)]
        begun = time.perf_counter()
        part = {"partial": True, "rows": [{"id": keys[4321], "qty": 7}]}
        assert update_record(tx, forms.get("quote"), record, {"lines": part}).changed
        assert time.perf_counter() - begun < 5  # about half a second where nothing else runs
        assert stored(tx, forms, record)[4321] == (keys[4321], 7)
        with pytest.raises(Rejected) as caught:
            update_record(tx, forms.get("quote"), record, {"lines": {"partial": True, "rows": [{"qty": 1}]}})
    assert [problem.code for problem in caught.value.problems] == ["subform.too_many_rows"]
