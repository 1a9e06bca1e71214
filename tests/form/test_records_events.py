"""Events: one row for each change, one delivery for each consumer that wants it, in the same transaction."""

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from engines.form import events
from engines.form.events import Consumer, depth_of, event_of, listen, publish
from engines.form.form import Forms
from engines.form.records import create_record, delete_record, update_record
from engines.form.system import DELIVERY, EVENT
from tests.conftest import Begin
from tests.form.company import ADMINISTRATOR


@pytest.fixture
def heard() -> Iterator[None]:
    before = list(events._consumers)
    listen(
        [
            Consumer("flow", lambda form, kind: form.key == "note" and kind == "record.created"),
            Consumer("webhook", lambda _, kind: kind != "record.updated"),
        ]
    )
    yield
    listen(before)


def test_each_consumer_gets_its_own_delivery_of_what_it_wants(clean: Begin, forms: Forms, heard: None):
    note, customer = forms.get("note"), forms.get("customer")
    with clean(ADMINISTRATOR) as tx:
        made = create_record(tx, note, {"text": "one"}).id
        update_record(tx, note, made, {"text": "two"})
        delete_record(tx, note, made)
        create_record(tx, customer, {"name": "a"})
        rows = tx.connection.execute(select(DELIVERY.c.event_id, DELIVERY.c.consumer, DELIVERY.c.state)).all()
        kinds = dict(tx.connection.execute(select(EVENT.c.id, EVENT.c.type)).all())
        assert tx.events == sorted(kinds)
    assert sorted((kinds[event], consumer) for event, consumer, _ in rows) == [
        ("record.created", "flow"),
        ("record.created", "webhook"),
        ("record.created", "webhook"),
        ("record.deleted", "webhook"),
    ]
    assert {state for *_, state in rows} == {"ready"}


def test_events_of_a_record_are_in_the_order_of_its_versions(clean: Begin, forms: Forms):
    with clean(ADMINISTRATOR) as tx:
        made = create_record(tx, forms.get("note"), {"text": "0"}).id
    for number in range(1, 4):
        with clean(ADMINISTRATOR) as tx:
            update_record(tx, forms.get("note"), made, {"text": str(number)})
            found = tx.connection.execute(select(EVENT.c.version, EVENT.c.payload).order_by(EVENT.c.version)).all()
    assert [version for version, _ in found] == [1, 2, 3, 4]
    assert found[-1].payload == {"old": {"text": "2"}, "new": {"text": "3"}}


def test_an_event_of_its_own_name_carries_its_cause_and_depth(clean: Begin, forms: Forms):
    with clean(ADMINISTRATOR) as tx:
        tx.cause = "event:7:2"
        made = publish(tx, "co", "quote.approved", form="quote", record_id=3, payload={"n": 1}, consumers=["flow"])
        event = event_of(tx, made)
        assert event is not None
        assert (event["type"], event["depth"], event["cause"], event["payload"]) == (
            "quote.approved",
            2,
            "event:7:2",
            {"n": 1},
        )
        assert event_of(tx, made + 99) is None
    assert [depth_of(cause) for cause in (None, "ledger:3", "event:9", "event:9:4")] == [0, 0, 1, 4]
