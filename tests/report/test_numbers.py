"""The numbers of questions against a plain loop over the same records, and drilled lists against the numbers."""

import random
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select

from engines.form.fields.base import Context as FieldContext
from engines.form.filters import read_filter
from engines.form.form import Forms
from engines.form.query.conditions import filter_condition
from engines.form.transaction import Transaction
from engines.report.answer import answer
from engines.report.definition import Question
from engines.report.drill import Cell, drill_filter, group_pair
from engines.report.filtering import Period
from engines.report.periods import start_of
from engines.report.reader import Reader
from engines.report.reports import reports_of
from tests.report.world import STAGES, question

Row = Mapping[str, Any]
EXACT = Context(prec=200, rounding=ROUND_HALF_UP)
PLACES = Decimal("0.000000000001")
SHANGHAI = ZoneInfo("Asia/Shanghai")

COMPANIES = [
    {"id": 1, "name": "Acme", "grade": "A", "parent": None},
    {"id": 2, "name": "Bolt", "grade": "B", "parent": 1},
    {"id": 3, "name": "Cell", "grade": None, "parent": 2},
]
SELLERS = [{"id": 1, "name": "Li"}, {"id": 2, "name": "Wang"}, {"id": 3, "name": "Zhao"}]

DAYS = st.dates(date(2024, 11, 20), date(2025, 4, 10))
INSTANTS = st.integers(0, 59 * 24 * 60).map(
    lambda minutes: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
DEALS = st.fixed_dictionaries(
    {
        "customer": st.sampled_from([None, 1, 2, 3]),
        "stage": st.sampled_from([None, *STAGES]),
        "amount": st.none() | st.decimals(-100, 2000, places=2),
        "rate": st.none() | st.decimals(0, 1, places=2),
        "close_date": st.none() | DAYS,
        "signed_at": st.none() | INSTANTS,
        "hot": st.sampled_from([None, True, False]),
        "seller": st.sampled_from([None, 1, 2, 3]),
    }
)


def expected(row: Row) -> Decimal | None:
    if row["amount"] is None or row["rate"] is None:
        return None
    product: Decimal = (row["amount"] * row["rate"]).quantize(PLACES, context=EXACT)
    return product


def size(row: Row) -> str:
    return "large" if row["amount"] is not None and row["amount"] >= 500 else "small"


def period(field: str, granularity: str) -> Callable[[Row], date | None]:
    def value(row: Row) -> date | None:
        moment = row[field]
        if isinstance(moment, datetime):
            moment = moment.astimezone(SHANGHAI).date()
        return None if moment is None else start_of(moment, granularity)

    return value


def company(row: Row, *steps: str) -> Any:
    value = row["customer"]
    for step in steps:
        value = None if value is None else COMPANIES[value - 1][step]
    return value


DIMENSIONS: dict[str, tuple[dict[str, Any], Callable[[Row], Any]]] = {
    "stage": ({"field": "stage"}, lambda row: row["stage"]),
    "customer": ({"field": "customer"}, lambda row: row["customer"]),
    "seller": ({"field": "seller"}, lambda row: row["seller"]),
    "hot": ({"field": "hot"}, lambda row: row["hot"]),
    "rate": ({"field": "rate"}, lambda row: row["rate"]),
    "size": ({"field": "size"}, size),
    "grade": ({"field": "customer.grade"}, lambda row: company(row, "grade")),
    "group": ({"field": "group.name"}, lambda row: company(row, "parent", "name")),
    "month": ({"field": "close_date", "granularity": "month"}, period("close_date", "month")),
    "quarter": ({"field": "close_date", "granularity": "quarter"}, period("close_date", "quarter")),
    "year": ({"field": "close_date", "granularity": "year"}, period("close_date", "year")),
    "week": ({"field": "signed_at", "granularity": "week"}, period("signed_at", "week")),
    "day": ({"field": "signed_at", "granularity": "day"}, period("signed_at", "day")),
}


def filled(values: Iterable[Any]) -> list[Any]:
    return [value for value in values if value is not None]


def total(rows: Iterable[Row], of: Callable[[Row], Decimal | None] = lambda row: row["amount"]) -> Decimal:
    return sum(filled(of(row) for row in rows), Decimal(0))


def divided(one: Decimal, other: Decimal) -> Decimal | None:
    return EXACT.divide(one, other).quantize(PLACES, context=EXACT) if other else None


def mean(rows: Iterable[Row]) -> Decimal | None:
    amounts = filled(row["amount"] for row in rows)
    return divided(sum(amounts, Decimal(0)), Decimal(len(amounts)))


def won(rows: Iterable[Row]) -> list[Row]:
    return [row for row in rows if row["stage"] == "won"]


def closed(rows: Iterable[Row]) -> list[Row]:
    return [row for row in rows if row["stage"] in ("won", "lost")]


def rate(rows: list[Row]) -> Decimal | None:
    return divided(Decimal(len(won(rows))), Decimal(len(closed(rows))))


MEASURES: dict[str, Callable[[list[Row]], Any]] = {
    "n": lambda rows: Decimal(len(rows)),
    "total": total,
    "mean": mean,
    "won_amount": lambda rows: total(won(rows)),
    "won": lambda rows: Decimal(len(won(rows))),
    "closed": lambda rows: Decimal(len(closed(rows))),
    "big": lambda rows: Decimal(sum(size(row) == "large" for row in rows)),
    "hopes": lambda rows: total(rows, expected),
    "customers": lambda rows: Decimal(len(set(filled(row["customer"] for row in rows)))),
    "last": lambda rows: max(filled(row["close_date"] for row in rows), default=None),
    "smallest": lambda rows: min(filled(row["amount"] for row in rows), default=None),
    "win_rate": rate,
    "double_rate": lambda rows: (lambda one: None if one is None else one * 2)(rate(rows)),
}

FILTERS: list[tuple[Any, Callable[[Row], bool]]] = [
    (None, lambda row: True),
    ({"field": "stage", "op": "ne", "value": "lost"}, lambda row: row["stage"] != "lost"),
    ('size = "small"', lambda row: size(row) == "small"),
    ({"or": [{"field": "hot", "op": "eq", "value": True}, {"expression": "expected > 100"}]},
     lambda row: row["hot"] is True or (expected(row) or 0) > 100),
]  # fmt: skip

PERIODS: list[tuple[Period | None, Callable[[Row], bool]]] = [
    (None, lambda row: True),
    (
        Period("close_date", date(2025, 1, 1), date(2025, 2, 28)),
        lambda row: row["close_date"] is not None and date(2025, 1, 1) <= row["close_date"] <= date(2025, 2, 28),
    ),
    (
        Period("signed_at", date(2025, 2, 1), None),
        lambda row: row["signed_at"] is not None and row["signed_at"].astimezone(SHANGHAI).date() >= date(2025, 2, 1),
    ),
    (Period("nonsense", date(2025, 2, 1), None), lambda row: True),
]

QUESTIONS = st.fixed_dictionaries(
    {
        "dimensions": st.lists(st.sampled_from(sorted(DIMENSIONS)), max_size=2, unique=True),
        "measures": st.lists(st.sampled_from(sorted(MEASURES)), max_size=3, unique=True).map(
            lambda some: list(dict.fromkeys([*some, "n", "total"]))
        ),
        "filter": st.sampled_from(range(len(FILTERS))),
        "period": st.sampled_from(range(len(PERIODS))),
        "limit": st.sampled_from([None, 1, 1, 2, 3]),
        "others": st.sampled_from([True, True, False]),
    }
)


def ask(forms: Forms, asked: Mapping[str, Any]) -> Any:
    """The question of an example; a limit needs a dimension."""
    document = question(
        measures=asked["measures"],
        dimensions=[{"key": key, **DIMENSIONS[key][0]} for key in asked["dimensions"]],
    )
    if FILTERS[asked["filter"]][0] is not None:
        document["filter"] = FILTERS[asked["filter"]][0]
    if asked["limit"] and asked["dimensions"]:
        document |= {"limit": asked["limit"], "others": asked["others"]}
    return reports_of(forms).ask(Question.read(document))


def store(tx: Transaction, forms: Forms, deals: list[Row]) -> None:
    for key, rows in (("_member", SELLERS), ("company", COMPANIES), ("deal", deals)):
        table = forms.get(key).table
        people = {"name__sort": "", "active": True} if key == "_member" else {}
        for row in rows:
            tx.connection.execute(insert(table).values({**row, **people}))


@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(DEALS, max_size=2) | st.lists(DEALS, min_size=8, max_size=16), QUESTIONS)
def test_numbers_are_those_of_a_loop_and_lead_to_their_records(
    tx: Transaction, forms: Forms, everything: Reader, deals: list[Row], example: Mapping[str, Any]
) -> None:
    check(tx, forms, everything, deals, example)


@pytest.mark.parametrize("others", [True, False])
@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_the_first_values_and_the_others_are_told_apart(
    tx: Transaction, forms: Forms, everything: Reader, dimension: str, others: bool
) -> None:
    example = {"measures": sorted(MEASURES), "filter": 0, "period": 0, "limit": 2, "others": others}
    for second in ([], ["stage"] if dimension != "stage" else ["month"]):
        check(tx, forms, everything, some_deals(60), {**example, "dimensions": [dimension, *second]})


def some_deals(count: int) -> list[Row]:
    """Deals that are the same in every run."""
    dice = random.Random(7)
    start = datetime(2025, 1, 1, tzinfo=UTC)
    return [
        {
            "customer": dice.choice([None, 1, 2, 3]),
            "stage": dice.choice([None, *STAGES]),
            "amount": dice.choice([None, Decimal(dice.randrange(200_000)) / 100]),
            "rate": dice.choice([None, Decimal("0.1"), Decimal("0.25"), Decimal("0.9")]),
            "close_date": dice.choice([None, date(2024, 11, 20) + timedelta(days=dice.randrange(140))]),
            "signed_at": dice.choice([None, start + timedelta(minutes=dice.randrange(80_000))]),
            "hot": dice.choice([None, True, False]),
            "seller": dice.choice([None, 1, 2, 3]),
        }
        for _ in range(count)
    ]


def check(tx: Transaction, forms: Forms, everything: Reader, deals: list[Row], example: Mapping[str, Any]) -> None:
    """Ask, count in a loop, and follow every number to its list."""
    with tx.connection.begin_nested() as point:
        store(tx, forms, deals)
        asked = ask(forms, example)
        chosen, in_period = PERIODS[example["period"]]
        result = answer(tx, asked, everything, chosen)
        inside = [row for row in deals if FILTERS[example["filter"]][1](row) and in_period(row)]
        keys = [DIMENSIONS[key][1] for key in example["dimensions"]]

        kept: set[Any] | None = None
        if result.rows and asked.question.limit:
            kept = {row.groups[0].value for row in result.rows if row.groups[0].role != "others"}
            assert len(kept) <= asked.question.limit
        loop: dict[tuple[Any, ...], list[Row]] = {} if keys else {(): []}
        for row in inside:
            group: tuple[Any, ...] = tuple(key(row) for key in keys)
            if kept is not None and group[0] not in kept:
                if not asked.question.others:
                    continue
                group = ("others", *group[1:])
            loop.setdefault(group, []).append(row)

        found = {
            tuple("others" if one.role == "others" else one.value for one in row.groups): dict(
                zip(example["measures"], row.values, strict=True)
            )
            for row in result.rows
        }
        assert len(found) == len(result.rows)
        assert found == {
            group: {key: MEASURES[key](rows) for key in example["measures"]} for group, rows in loop.items()
        }
        assert result.notes == (("unfiltered",) if chosen and chosen.field == "nonsense" else ())

        for row in result.rows:
            for quantity, value in zip(asked.measures, row.values, strict=True):
                extra = [chosen.filter()] if chosen and chosen.field != "nonsense" else []
                cell = Cell.read(Cell(tuple(group_pair(one) for one in row.groups), quantity.key).as_json())
                form, condition = drill_filter(asked, cell, [one for one in extra if one])
                amounts = listed(tx, everything, form, condition)
                if quantity.aggregate == "count":
                    assert len(amounts) == value
                if quantity.key == "total":
                    assert sum(filled(amounts), Decimal(0)) == value
                if quantity.key == "smallest":
                    assert min(filled(amounts), default=None) == value
        point.rollback()


def listed(tx: Transaction, reader: Reader, form: Any, condition: Mapping[str, Any]) -> list[Decimal | None]:
    """The amounts of the records that a list with this filter shows."""
    context = FieldContext.of(tx)
    scope = reader.scope(form, form.table)
    where = filter_condition(read_filter(form, condition, context), scope, context)
    return list(tx.connection.scalars(select(form.table.c.amount).where(reader.records(form, form.table), where)))
