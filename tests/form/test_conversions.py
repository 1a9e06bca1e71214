"""What becomes of values when a field gets another type: converted, or counted, named and kept."""

from typing import Any

import pytest

from engines.form.ddl import plan_tables
from engines.form.form import Forms
from tests.form.build import field
from tests.form.house import STATES, House, app

CONVERSIONS: list[tuple[dict[str, Any], dict[str, Any], dict[str, str | None]]] = [
    (field("it", "text"), field("it", "number"), {"'12.50'": "12.5", "'x'": None}),
    (field("it", "number"), field("it", "text"), {"12.50": "12.5"}),
    (field("it", "text"), field("it", "date"), {"'2026-06-05'": "2026-06-05", "'2026/2/30'": None}),
    (field("it", "date"), field("it", "text"), {"'2026-06-05'": "2026-06-05"}),
    (
        field("it", "text"),
        field("it", "date"),
        {
            "'2026年6月5日'": "2026-06-05",
            "'2026年 6 月 5号 '": "2026-06-05",
            "' 2026.6.5'": "2026-06-05",
            "'20260605'": "2026-06-05",
            "'2026/6/5 00:00:00'": "2026-06-05",
            "'2026-06-05 18:30'": None,  # would lose its time
            "'20260631'": None,
            "'2026年去年5日'": None,
            "'123456789'": None,
        },
    ),
    (
        field("it", "text"),
        field("it", "datetime"),
        {
            "'2026-06-05 8:30'": "2026-06-05 00:30:00+00",
            "'2026年6月5日 18:30:15'": "2026-06-05 10:30:15+00",
            "'20260605'": "2026-06-04 16:00:00+00",
            "'2026-06-05 24:30'": None,
            "'8:30'": None,
        },
    ),
    (field("it", "text"), field("it", "choice", STATES), {"'进行'": "open", "'done'": "done", "'?'": None}),
    (field("it", "choice", STATES), field("it", "choices", STATES), {"'done'": "{done}"}),
    (
        field("it", "choices", STATES),
        field("it", "choice", STATES),
        {"'{open}'": "open", "'{open,done}'": None},
    ),
    (field("it", "choice", STATES), field("it", "text"), {"'open'": "进行", "'done'": "done"}),
    (field("it", "choices", STATES), field("it", "text"), {"'{done,open}'": "done、进行"}),
    (field("it", "choice", STATES), field("it", "choice", {"set": "states"}), {"'open'": "o", "'done'": None}),
    (
        field("it", "choices", STATES),
        field("it", "choices", {"set": "states"}),
        {"'{open}'": "{o}", "'{open,done}'": None},
    ),
    (field("it", "choice", {"set": "states"}), field("it", "choice", STATES), {"'o'": "open", "'x'": None}),
    (
        field("it", "text"),
        field("it", "choice", {**STATES, "other": True}),
        {"'进行'": "open", "'别的'": "别的"},
    ),
    (field("it", "datetime"), field("it", "date"), {"'2026-06-05 18:00Z'": "2026-06-06"}),
    (field("it", "text"), field("it", "boolean"), {"'是'": "t", "'No'": "f", "'?'": None}),
    (field("it", "text"), field("it", "phone"), {"'+8613800138000'": "13800138000", "'12'": None}),
    (field("it", "text"), field("it", "relation", {"form": "other"}), {"'x'": None}),
]


@pytest.mark.parametrize(("before", "after", "values"), CONVERSIONS)
def test_values_are_converted_or_counted_and_kept(
    house: House, before: Any, after: Any, values: dict[str, str | None]
) -> None:
    old, new = app(before), app(after, revision=2)
    house.apply(None, old)
    for value in values:
        house.run(f"INSERT INTO app__sample (it) VALUES ({value})")
    steps = plan_tables(old, new)
    convert = next(step for step in steps if step.code == "ddl.convert")
    assert house.run(str(convert.rows_query)).scalar() == len(values)
    assert house.run(str(convert.fails_query)).scalar() == list(values.values()).count(None)
    shown = [row.value for row in house.run(str(convert.examples_query))]
    assert len(shown) == list(values.values()).count(None)
    assert all(isinstance(one, str) for one in shown)
    for step in steps:
        house.step(step, new)
    assert house.run("SELECT it::text FROM app__sample ORDER BY id").scalars().all() == [
        {"t": "true", "f": "false"}.get(str(value), value) for value in values.values()
    ]
    assert house.run("SELECT count(_x2_it) FROM app__sample").scalar() == len(values)


def test_values_that_do_not_convert_are_named_as_people_know_them(house: House) -> None:
    old, new = app(field("it", "choices", STATES)), app(field("it", "choice", STATES), revision=2)
    house.apply(None, old)
    house.run("INSERT INTO app__sample (it) VALUES ('{done,open}')")
    convert = next(step for step in plan_tables(old, new) if step.code == "ddl.convert")
    assert [row.value for row in house.run(str(convert.examples_query))] == ["done、进行"]
    assert [row.value for row in house.run(str(convert.values_query))] == ["done、进行"]


@pytest.mark.parametrize("inside", [False, True], ids=["record", "row"])
def test_a_relation_to_one_becomes_one_to_many_and_back(house: House, inside: bool) -> None:
    def revision(number: int, **options: Any) -> Forms:
        it = field("it", "relation", {"form": "other", **options})
        return app({**field("lines", "text"), "type": "subform", "fields": [it]} if inside else it, revision=number)

    table = "app__sample__lines" if inside else "app__sample"
    one, many, again = revision(1), revision(2, many=True), revision(3)
    house.apply(None, one)
    original = house.catalog()
    house.run("INSERT INTO app__other (name) VALUES ('a'), ('b'), ('c')")
    house.run("INSERT INTO app__sample DEFAULT VALUES")
    rows = (
        "(_parent, _position, it) VALUES (1, 0, 1), (1, 1, 2), (1, 2, NULL)"
        if inside
        else "(it) VALUES (1), (2), (NULL)"
    )
    house.run(f"INSERT INTO {table} {rows}")
    steps = plan_tables(one, many)
    convert = next(step for step in steps if step.code == "ddl.convert")
    assert house.run(str(convert.rows_query)).scalar() == 2
    assert house.run(str(convert.fails_query)).scalar() == 0
    for step in [step for step in steps if step.phase == "prepare"]:
        house.step(step, many)
    house.run(f"UPDATE {table} SET it = 3 WHERE it = 2")  # while people go on writing
    for step in [step for step in steps if step.phase != "prepare"]:
        house.step(step, many)
    links = f"SELECT target_id FROM {table}__it ORDER BY record_id, position"
    assert house.run(links).scalars().all() == [1, 3]
    first = house.run(f"SELECT min(record_id) FROM {table}__it").scalar()
    house.run(f"INSERT INTO {table}__it VALUES ({first}, 2, 1)")
    steps = house.apply(many, again)
    convert = next(step for step in steps if step.code == "ddl.convert")
    assert house.run(str(convert.fails_query).replace(f"{table}__it", f"_x3_{table}__it")).scalar() == 1
    assert house.run(f"SELECT it FROM {table} WHERE it IS NOT NULL ORDER BY id").scalars().all() == [1, 3]
    assert house.catalog() == original


def test_what_is_entered_between_prepare_and_switch_is_converted_too(house: House) -> None:
    old, new = app(field("it", "text")), app(field("it", "number"), revision=2)
    house.apply(None, old)
    steps = plan_tables(old, new)
    for step in [one for one in steps if one.phase == "prepare"]:
        house.step(step, new)
    house.run("INSERT INTO app__sample (it) VALUES ('7')")
    for step in [one for one in steps if one.phase != "prepare"]:
        house.step(step, new)
    assert house.run("SELECT it FROM app__sample").scalar() == 7
