"""Amounts in the currency of their record: rates by date, frozen base amounts, and never a sum of what differs."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from engines.form.bulk import bulk_write
from engines.form.checks import check_form
from engines.form.compile import collect
from engines.form.query import Query, get_record, list_records
from engines.form.records import create_record, update_record
from engines.kernel.problems import Problem, ProblemError, Rejected
from tests.conftest import Begin
from tests.form.build import field, form
from tests.form.company import ADMINISTRATOR
from tests.form.purse import DOCUMENTS, FORMS, install


def test_the_forms_of_these_tests_are_without_fault() -> None:
    assert problems() == []


@pytest.fixture(scope="module")
def installed(workspaces: Any, workspace: Any) -> dict[str, int]:
    """The forms with currencies and the rates of June; gives the ids of the currencies."""
    with workspaces.begin(workspace, ADMINISTRATOR, publish=True) as tx:
        return install(tx)


@pytest.fixture
def tx(begin: Begin, installed: dict[str, int]) -> Iterator[Any]:
    """A transaction whose work is taken back."""
    with begin(ADMINISTRATOR, keep=False) as open_tx:
        yield open_tx


def deal(tx: Any, currency: int | None, day: str, amount: str, **more: Any) -> int:
    given = {"currency": currency, "date": day, "amount": amount, **more}
    return create_record(tx, FORMS.get("deal"), given).id


def read(tx: Any, form_key: str, record: int) -> dict[str, Any]:
    return dict(get_record(tx, FORMS.get(form_key), record).values)


def change(tx: Any, record: int, **values: Any) -> dict[str, Any]:
    update_record(tx, FORMS.get("deal"), record, values)
    return read(tx, "deal", record)


def problems(*documents: Any) -> list[Problem]:
    """What compiling and checking say."""
    every = {(one["kind"], one["key"]): one for one in (*DOCUMENTS, *documents)}
    collected = collect("fx", every)
    found = [problem for one in collected.problems.values() for problem in one]
    return found + [problem for one in collected.forms.own() for problem in check_form(one)]


def test_the_rate_of_the_day_counts_and_a_day_before_the_first_is_refused_by_name(
    tx: Any, installed: dict[str, int]
) -> None:
    before, on = (deal(tx, installed["USD"], day, "1000") for day in ("2026-06-14", "2026-06-15"))
    assert read(tx, "deal", before)["rate"] == Decimal("7.1234")
    assert read(tx, "deal", before)["base_amount"] == Decimal("7123.40")
    assert read(tx, "deal", on)["base_amount"] == Decimal("7200.00")
    assert read(tx, "deal", deal(tx, installed["CNY"], "2026-01-01", "5"))["base_amount"] == 5
    with pytest.raises(Rejected) as caught:
        deal(tx, installed["USD"], "2026-05-31", "1000")
    (problem,) = caught.value.problems
    assert (problem.code, problem.path) == ("money.no_rate", "amount")
    assert problem.params["currency"] == "USD"
    assert problem.params["day"] == "2026-05-31"


def test_a_rate_stays_until_currency_or_date_change_or_it_is_cleared(tx: Any, installed: dict[str, int]) -> None:
    record = deal(tx, installed["USD"], "2026-06-14", "1000")
    create_record(tx, FORMS.get("rate"), {"currency": installed["USD"], "valid_from": "2026-06-10", "rate": "9"})
    tx_name = change(tx, record, name="another table of rates changes nothing")
    assert tx_name["base_amount"] == Decimal("7123.40")
    assert change(tx, record, amount="2000")["base_amount"] == Decimal("14246.80")
    assert change(tx, record, rate=None)["rate"] == 9
    by_hand = change(tx, record, rate="7.5")
    assert by_hand["base_amount"] == 15000
    assert change(tx, record, name="still by hand")["rate"] == Decimal("7.5")
    assert change(tx, record, date="2026-06-16")["rate"] == Decimal("7.2")
    assert change(tx, record, currency=installed["JPY"])["base_amount"] == Decimal("96.20")
    assert change(tx, record, amount=None)["base_amount"] is None


def test_an_amount_is_shown_in_its_own_currency_with_the_decimals_of_that(tx: Any, installed: dict[str, int]) -> None:
    one = FORMS.get("deal").get("amount")
    shown = {}
    for code in ("USD", "JPY", "CNY"):
        values = read(tx, "deal", deal(tx, installed[code], "2026-06-20", "1200"))
        shown[code] = one.type.display(values["amount"], one)
        base = FORMS.get("deal").get("base_amount")
        assert base.type.display(values["base_amount"], base).startswith("¥")
    assert shown == {"USD": "$1,200.00", "JPY": "JP¥1,200", "CNY": "¥1,200.00"}
    listed = list_records(tx, FORMS.get("deal"), Query(columns=("amount",), totals=("amount",)))
    texts = {one.type.display(row.values["amount"], one) for row in listed.rows}
    assert texts == set(shown.values())
    assert one.type.display(listed.totals["amount"], one) == "¥9,897.72"


def test_rows_are_in_the_currency_of_their_record_and_follow_its_rate(tx: Any, installed: dict[str, int]) -> None:
    lines = [{"qty": 2, "price": "10.50"}, {"qty": 1, "price": "100"}]
    quote = FORMS.get("quote")
    record = create_record(tx, quote, {"currency": installed["USD"], "date": "2026-06-14", "lines": lines}).id
    values = read(tx, "quote", record)
    assert [row["base_price"] for row in values["lines"]] == [Decimal("74.80"), Decimal("712.34")]
    net = quote.get("net")
    assert net.type.display(values["net"], net) == "$121.00"
    price = quote.at("lines.price")
    assert price.type.display(values["lines"][0]["price"], price) == "$10.50"
    assert values["base_net"] == Decimal("861.93")
    update_record(tx, quote, record, {"date": "2026-06-15"})
    again = read(tx, "quote", record)
    assert [row["base_price"] for row in again["lines"]] == [Decimal("75.60"), Decimal("720.00")]
    update_record(tx, quote, record, {"name": "Q1"})
    bulk_write(tx, quote, [{"name": "Q1", "date": "2026-06-14"}], key="name", update=True)
    once_more = read(tx, "quote", record)
    assert once_more["rate"] == Decimal("7.1234")
    assert [row["base_price"] for row in once_more["lines"]] == [Decimal("74.80"), Decimal("712.34")]


def test_a_rollup_over_records_of_many_currencies_adds_the_base_amounts(tx: Any, installed: dict[str, int]) -> None:
    customer = create_record(tx, FORMS.get("customer"), {"name": "远山"}).id
    first = deal(tx, installed["USD"], "2026-06-14", "1000", customer=customer)
    deal(tx, installed["CNY"], "2026-06-14", "100", customer=customer)
    assert read(tx, "customer", customer)["total"] == Decimal("7223.40")
    assert read(tx, "customer", customer)["won"] == Decimal("7223.40")
    change(tx, first, rate="7")
    assert read(tx, "customer", customer)["total"] == Decimal("7100.00")
    items = [{"unit": "USD", "spent": "10"}, {"unit": "", "spent": "5"}]
    expense = create_record(tx, FORMS.get("expense"), {"items": items}).id
    assert read(tx, "expense", expense)["total"] == Decimal("77.00")


def test_many_records_at_once_get_the_rates_of_their_days(tx: Any, installed: dict[str, int]) -> None:
    usd, cny = installed["USD"], installed["CNY"]
    rows = [
        {"name": "one", "currency": usd, "date": "2026-06-14", "amount": "1000"},
        {"name": "two", "currency": cny, "date": "2026-06-14", "amount": "1000"},
        {"name": "three", "currency": usd, "date": "2026-06-14", "amount": "1000", "rate": "7"},
    ]
    made = bulk_write(tx, FORMS.get("deal"), rows).created
    assert [read(tx, "deal", one)["base_amount"] for one in made] == [Decimal("7123.40"), 1000, 7000]
    bulk_write(tx, FORMS.get("deal"), [{"name": "one", "date": "2026-06-15"}], key="name", update=True)
    assert read(tx, "deal", made[0])["base_amount"] == 7200
    with pytest.raises(Rejected) as caught:
        bulk_write(tx, FORMS.get("deal"), [rows[0], {**rows[0], "date": "2026-01-01"}])
    assert [(one.code, one.path) for one in caught.value.problems] == [("money.no_rate", "rows[1].amount")]


def test_a_list_says_nothing_rather_than_a_sum_of_different_currencies(tx: Any, installed: dict[str, int]) -> None:
    item = FORMS.get("offer")
    usd = {"currency": "USD", "price": "10"}
    create_record(tx, item, usd)
    query = Query(columns=("price",), totals=("price",))
    only = list_records(tx, item, query)
    assert item.get("price").type.display(only.totals["price"], item.get("price")) == "$10.00"
    create_record(tx, item, {"currency": "CHF", "price": "1"})
    assert list_records(tx, item, query).totals == {}


def test_a_base_amount_is_nobodys_to_give_and_a_lookup_shows_the_currency_of_its_record(
    tx: Any, installed: dict[str, int]
) -> None:
    assert FORMS.get("deal").get("base_amount").readonly
    record = deal(tx, installed["USD"], "2026-06-14", "1000")
    with pytest.raises(ProblemError):
        change(tx, record, base_amount="1")
    visit = create_record(tx, FORMS.get("visit"), {"deal": record}).id
    seen = FORMS.get("visit").get("worth")
    assert seen.type.display(read(tx, "visit", visit)["worth"], seen) == "$1,000.00"


def bare(key: str, **options: Any) -> dict[str, Any]:
    return field(key, "money", options)


def computed(expression: str) -> dict[str, Any]:
    return field("s", "formula", {"expression": expression, "result": "money"})


TO_CUSTOMER = field("customer", "relation", {"form": "customer"})


@pytest.mark.parametrize(
    ("documents", "code"),
    [
        ([form("x", bare("usd", currency="USD"), bare("cny"), computed("usd + cny"))], "formula.mixed_currencies"),
        ([form("x", bare("usd", currency="USD"), computed("usd * 2"))], "formula.currency"),
        (
            [form("deal", field("currency", "text"), TO_CUSTOMER, bare("amount", currency_field="currency"))],
            "formula.rows_currencies",
        ),
    ],
)
def test_what_would_mix_currencies_is_refused_while_designing(documents: list[Any], code: str) -> None:
    assert code in {one.code for one in problems(*documents)}


def delivered(options: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows that count what rows of other records deliver of them; those are in the currency of their own record."""
    of = {"form": "delivery", "rows": "items", "field": "line"}
    counted = field("paid", "rollup", {"of": of, "aggregate": "sum", "field": "paid", "result": "money"})
    lines = {**field("lines", "subform"), "fields": [field("name", "text"), counted]}
    items = [field("line", "relation", {"form": "supply", "rows": "lines"}), field("paid", "money", options)]
    items.append(field("base_paid", "money"))
    head = field("currency", "relation", {"form": "currency"}), field("rate", "number", {"decimals": 6})
    return [
        form("supply", field("currency", "relation", {"form": "currency"}), lines),
        form("delivery", *head, {**field("items", "subform"), "fields": items}),
    ]


def test_rows_that_count_rows_of_other_records_know_that_these_have_their_own_currency() -> None:
    own = {"currency_field": "currency.code"}
    found = problems(*delivered(own))
    assert [one.code for one in found] == ["formula.rows_currencies"]
    assert found[0].params["name"] == "currency.code"
    assert problems(*delivered({**own, "base": {"amount": "base_paid", "rate": "rate"}})) == []
