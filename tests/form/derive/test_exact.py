"""Whatever happens, at once or one after another, or half-way: kept values equal what plain SQL says."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from engines.form.bulk import bulk_write
from engines.form.form import Forms
from engines.form.records import create_record, delete_record, restore_record, update_record
from engines.form.transaction import Transaction
from tests.conftest import Begin
from tests.form.company import ADMINISTRATOR
from tests.form.test_faults_records import Broken, fault

AMOUNTS = "SELECT o.* FROM shop__order o WHERE o.customer = c.id AND o._deleted_at IS NULL"
ORACLE = f"""
SELECT c.id FROM shop__customer c WHERE (
  orders_count, won, above, least, last_day, noted, mean, score, size
) IS DISTINCT FROM (
  (SELECT count(*)::numeric FROM ({AMOUNTS}) x),
  (SELECT coalesce(sum(amount), 0) FROM ({AMOUNTS}) x WHERE state = 'won'),
  (SELECT count(*)::numeric FROM ({AMOUNTS}) x WHERE amount > c.floor),
  (SELECT min(amount) FROM ({AMOUNTS}) x),
  (SELECT max(day) FROM ({AMOUNTS}) x),
  (SELECT count(note)::numeric FROM ({AMOUNTS}) x),
  (SELECT trim_scale(round(avg(amount), 12)) FROM ({AMOUNTS}) x),
  (SELECT coalesce(sum(amount), 0) FROM ({AMOUNTS}) x WHERE state = 'won') * c.factor,
  CASE WHEN (SELECT coalesce(sum(amount), 0) FROM ({AMOUNTS}) x WHERE state = 'won') > 100 THEN 'big' ELSE 'small' END
)
UNION ALL
SELECT r.id FROM shop__region r WHERE revenue IS DISTINCT FROM (
  SELECT coalesce(sum(won), 0) FROM shop__customer c WHERE c.region = r.id AND c._deleted_at IS NULL)
UNION ALL
SELECT o.id FROM shop__order o
LEFT JOIN shop__customer c ON c.id = o.customer LEFT JOIN shop__region r ON r.id = c.region
WHERE rate IS DISTINCT FROM trim_scale(c.factor * 2) OR label IS DISTINCT FROM concat(c.name, '-', r.name)
  OR total IS DISTINCT FROM (SELECT coalesce(sum(worth), 0) FROM shop__order__lines l WHERE l._parent = o.id)
UNION ALL
SELECT l.id FROM shop__order__lines l LEFT JOIN shop__product p ON p.id = l.product
WHERE worth IS DISTINCT FROM trim_scale(round(p.price * l.qty, 12))
UNION ALL
SELECT p.id FROM shop__product p WHERE offered IS DISTINCT FROM (
  SELECT count(*) FROM shop__order__extras e JOIN shop__order o ON o.id = e.record_id
  WHERE e.target_id = p.id AND o._deleted_at IS NULL)
"""


def wrong(tx: Transaction) -> list[Any]:
    """Records whose kept values are not what plain SQL says."""
    return list(tx.connection.execute(text(ORACLE)).scalars())


@pytest.fixture
def world(clean: Begin, forms: Forms) -> Begin:
    with clean(ADMINISTRATOR) as tx:
        for name in ("north", "south"):
            create_record(tx, forms.get("region"), {"name": name})
        for number in range(3):
            values = {"name": f"c{number}", "factor": number + 1, "floor": 10, "region": number % 2 + 1}
            create_record(tx, forms.get("customer"), values)
        for number in range(3):
            create_record(tx, forms.get("product"), {"name": f"p{number}", "price": number + 2})
        for number in range(4):
            line = {"product": number % 3 + 1, "qty": 2}
            create_record(tx, forms.get("order"), {"customer": number % 3 + 1, "amount": number, "lines": [line]})
    return clean


def _some(number: int) -> st.SearchStrategy[int]:
    return st.integers(1, number)


STEPS = st.one_of(
    st.tuples(st.just("create"), st.none() | _some(3), st.integers(-50, 150), st.sampled_from(["won", "open"])),
    st.tuples(st.just("amount"), _some(6), st.none() | st.integers(0, 150)),
    st.tuples(st.just("move"), _some(6), st.none() | _some(3)),
    st.tuples(st.just("delete"), _some(6)),
    st.tuples(st.just("restore"), _some(6)),
    st.tuples(st.just("customer"), _some(3), st.sampled_from(["factor", "floor", "region", "name"]), _some(2)),
    st.tuples(st.just("price"), _some(3), st.integers(1, 9)),
    st.tuples(st.just("extras"), _some(6), st.lists(_some(3), unique=True)),
    st.tuples(st.just("lines"), _some(6), st.lists(st.tuples(_some(3), st.integers(0, 9)), max_size=3)),
    st.tuples(st.just("bulk"), st.lists(st.tuples(st.none() | _some(3), st.integers(0, 99)), min_size=1, max_size=4)),
)  # fmt: skip


def step(tx: Transaction, forms: Forms, what: tuple[Any, ...]) -> None:
    """Do one step; those on records that are not there do nothing."""
    order, customer, product = forms.get("order"), forms.get("customer"), forms.get("product")
    gone = dict(tx.connection.execute(text("SELECT id, _deleted_at IS NOT NULL FROM shop__order")).all())
    match what:
        case ("create", who, amount, state):
            day = f"2026-01-{abs(amount) % 28 + 1:02}"
            values = {
                "customer": who,
                "amount": amount,
                "state": state,
                "day": day,
                "note": state if amount % 2 else None,
            }
            create_record(tx, order, values)
        case ("amount", key, amount) if gone.get(key) is False:
            update_record(tx, order, key, {"amount": amount, "state": "won"})
        case ("move", key, who) if gone.get(key) is False:
            update_record(tx, order, key, {"customer": who})
        case ("delete", key) if gone.get(key) is False:
            delete_record(tx, order, key)
        case ("restore", key) if gone.get(key):
            restore_record(tx, order, key)
        case ("customer", key, name, value):
            update_record(tx, customer, key, {name: f"n{value}" if name == "name" else value})
        case ("price", key, price):
            update_record(tx, product, key, {"price": price})
        case ("extras", key, ids) if gone.get(key) is False:
            update_record(tx, order, key, {"extras": ids})
        case ("lines", key, rows) if gone.get(key) is False:
            update_record(tx, order, key, {"lines": [{"product": one, "qty": qty} for one, qty in rows]})
        case ("bulk", rows):
            bulk_write(tx, order, [{"customer": who, "amount": amount, "state": "won"} for who, amount in rows])


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(st.lists(STEPS, min_size=1, max_size=8))
def test_after_any_writes_kept_values_are_what_plain_sql_says(
    world: Begin, forms: Forms, steps: list[tuple[Any, ...]]
) -> None:
    with world(ADMINISTRATOR, keep=False) as tx:
        assert wrong(tx) == []
        for one in steps:
            step(tx, forms, one)
            assert wrong(tx) == [], one


def test_fifty_at_once_are_counted_exactly(world: Begin, forms: Forms) -> None:
    def work(number: int) -> None:
        with world(ADMINISTRATOR) as tx:
            create_record(tx, forms.get("order"), {"customer": 1, "amount": number, "state": "won"})

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(work, range(50)))
    with world(ADMINISTRATOR) as tx:
        assert wrong(tx) == []
        won = tx.connection.execute(text("SELECT won FROM shop__customer WHERE id = 1")).scalar_one()
        assert won == sum(range(50))


def test_moves_in_both_directions_and_changes_of_parents_at_once_stay_exact(world: Begin, forms: Forms) -> None:
    def work(number: int) -> None:
        for _ in range(5):
            try:
                with world(ADMINISTRATOR) as tx:
                    if number % 3 == 0:
                        update_record(tx, forms.get("customer"), number % 2 + 1, {"factor": number + 1})
                    elif number % 3 == 1:
                        update_record(
                            tx, forms.get("order"), number % 4 + 1, {"customer": number % 3 + 1, "amount": number}
                        )
                    else:
                        create_record(tx, forms.get("order"), {"customer": number % 3 + 1, "amount": 1})
                return
            except OperationalError as error:  # a deadlock: the host begins such a transaction again
                if "deadlock" not in str(error):
                    raise

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(40)))
    with world(ADMINISTRATOR) as tx:
        assert wrong(tx) == []


WRITES: dict[str, tuple[Any, ...]] = {
    "create": ("create", 1, 7, "won"),
    "move": ("move", 1, 2),
    "delete": ("delete", 1),
    "price": ("price", 1, 9),
    "customer": ("customer", 1, "factor", 9),
    "bulk": ("bulk", [(1, 5), (2, 6)]),
}


@pytest.mark.parametrize("name", list(WRITES))
def test_a_fault_between_any_two_statements_leaves_parent_and_child_as_they_were(
    world: Begin, forms: Forms, name: str
) -> None:
    changes = text("SELECT count(*) FROM _change")
    with world(ADMINISTRATOR) as tx:
        before = tx.connection.execute(changes).scalar_one()
    with world(ADMINISTRATOR, keep=False) as tx, fault(tx.connection, 10_000) as sent:
        step(tx, forms, WRITES[name])
    for after in range(1, sent[0]):
        with pytest.raises(Broken), world(ADMINISTRATOR) as tx, fault(tx.connection, after):
            step(tx, forms, WRITES[name])
        with world(ADMINISTRATOR) as tx:
            assert wrong(tx) == []
            assert tx.connection.execute(changes).scalar_one() == before
    with world(ADMINISTRATOR) as tx:
        step(tx, forms, WRITES[name])
        assert wrong(tx) == []


def test_a_form_that_nobody_watches_writes_as_before(world: Begin, forms: Forms) -> None:
    with world(ADMINISTRATOR) as tx, fault(tx.connection, 99) as sent:
        create_record(tx, forms.get("product"), {"name": "plain", "price": Decimal(1)})
    assert sent[0] == 1
