"""One statement that sets a value anew and tells of it leaves behind what doing it record by record does."""

from typing import Any

import pytest
from sqlalchemy import select, text

from engines.form.derive import job
from engines.form.derive.at_once import may_be_told_at_once
from engines.form.derive.pending import defer
from engines.form.form import Forms
from engines.form.records import create_record
from engines.form.system import CHANGE, DELIVERY, EVENT
from tests.conftest import Begin
from tests.form.company import ADMINISTRATOR


def left(tx: Any, forms: Forms) -> list[Any]:
    """Values, versions, log, events and deliveries; without the ids that differ between two runs."""
    table = forms.get("order").table
    told = [one for one in EVENT.c if one.name not in ("id", "xid")]
    logged = [one for one in CHANGE.c if one.name not in ("id", "xid")]
    queries = [
        select(table).order_by(table.c.id),
        select(*logged).where(CHANGE.c.kind == "updated").order_by(CHANGE.c.record_id, CHANGE.c.version),
        select(*told).where(EVENT.c.type == "record.updated").order_by(EVENT.c.record_id, EVENT.c.version),
        select(DELIVERY.c.consumer),
    ]
    return [tx.connection.execute(query).all() for query in queries]


def test_values_set_at_once_are_told_of_like_any_other_change(
    clean: Begin, forms: Forms, monkeypatch: pytest.MonkeyPatch
):
    node = ("order", "", "rate")
    assert may_be_told_at_once(forms, node)
    with clean(ADMINISTRATOR, keep=False) as tx:
        customer = create_record(tx, forms.get("customer"), {"name": "c", "factor": "1.50"}).id
        orders = [create_record(tx, forms.get("order"), {"customer": customer}).id for _ in range(5)]
        create_record(tx, forms.get("order"), {})
        for value, record in ((None, 0), ("0.10", 1), ("3.00", 2)):  # the last one is right already
            tx.connection.execute(
                text(f"UPDATE {forms.get('order').table.name} SET rate = :v WHERE id = :id"),
                {"v": value, "id": orders[record]},
            )
        outcomes = []
        for at_once in (True, False):
            monkeypatch.setattr(job, "may_be_told_at_once", lambda *_, said=at_once: said)
            point = tx.connection.begin_nested()
            row = defer(tx, forms, node, (("customer", False),), [customer])
            before = len(tx.events)
            assert job.recompute_chunk(tx, forms, row).finished
            outcomes.append((left(tx, forms), len(tx.events) - before))
            point.rollback()
        assert outcomes[0] == outcomes[1]
        versions = [one._version for one in outcomes[0][0][0]]
        assert versions.count(2) == 2 and outcomes[0][1] == 2


def test_what_leads_back_to_its_own_form_goes_record_by_record(forms: Forms):
    assert not may_be_told_at_once(forms, ("order", "", "label"))  # texts are folded and searched by Python
    assert not may_be_told_at_once(forms, ("order", "lines", "worth"))  # the log keeps rows with their neighbours
