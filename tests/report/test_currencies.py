"""Numbers of reports over amounts in many currencies: in the base currency, or refused with the reason."""

from decimal import Decimal
from typing import Any

import pytest

from engines.form.compile import compile_forms
from engines.form.query import Query, list_records
from engines.form.query.types import Sort
from engines.form.records import create_record
from engines.kernel.problems import Rejected
from engines.report.definition import Dataset, Question
from engines.report.resolve import resolve_dataset, resolve_question
from engines.report.run import run
from tests.conftest import Begin
from tests.form.build import field, form
from tests.form.company import ADMINISTRATOR
from tests.form.purse import FORMS, install


@pytest.fixture(scope="module")
def ids(workspaces: Any, workspace: Any) -> dict[str, int]:
    """The company with three deals: 1,000 USD, 100,000 JPY and 4,000 CNY."""
    with workspaces.begin(workspace, ADMINISTRATOR, publish=True) as tx:
        currencies = install(tx)
        for code, amount in (("USD", 1000), ("JPY", 100000), ("CNY", 4000)):
            given = {"name": code, "currency": currencies[code], "date": "2026-06-14", "amount": amount}
            create_record(tx, FORMS.get("deal"), given)
    return currencies


def question(*measures: dict[str, Any]) -> Question:
    keyed = [{"key": f"m{place}", **one} for place, one in enumerate(measures)]
    return Question.read({"key": "q", "dataset": "deals", "title": "Q", "visual": "table", "measures": keyed})


def asked(forms: Any, *measures: dict[str, Any], columns: tuple[dict[str, Any], ...] = ()) -> Any:
    dataset = Dataset.read({"kind": "dataset", "key": "deals", "title": "Deals", "form": "deal", "columns": columns})
    return resolve_question(resolve_dataset(forms, dataset), question(*measures))


def test_measures_of_mixed_amounts_are_in_the_base_currency_and_say_so(begin: Begin, ids: dict[str, int]) -> None:
    both = asked(FORMS, {"aggregate": "sum", "field": "amount"}, {"aggregate": "max", "field": "amount"})
    total, most = both.measures
    assert (total.item.key, total.format.unit) == ("base_amount", "CNY")
    assert (most.item.key, most.unit.code) == ("base_amount", "CNY")
    assert total.label is not None
    assert "Amount" in total.label("en")
    assert ids
    with begin(ADMINISTRATOR) as tx:
        answer = run(tx, both)
        assert answer.rows[0].values == (Decimal("15933.40"), Decimal("7123.40"))
        assert [one.currency for one in answer.measures] == ["CNY", "CNY"]
        counted = run(tx, asked(FORMS, {"aggregate": "count", "field": "amount"}))
        assert counted.measures[0].currency is None


def test_what_cannot_be_brought_together_is_refused_with_what_to_do() -> None:
    plain = form("deal", field("currency", "text"), field("amount", "money", {"currency_field": "currency"}))
    forms = compile_forms("fx", [plain])
    with pytest.raises(Rejected) as caught:
        asked(forms, {"aggregate": "sum", "field": "amount"})
    (problem,) = caught.value.problems
    assert problem.code == "report.mixed_currencies"
    assert "CONVERT" in problem.message
    assert asked(forms, {"aggregate": "count", "field": "amount"}).measures[0].item.key == "amount"
    doubled = {"key": "twice", "label": "Twice", "expression": "amount * 2"}
    with pytest.raises(Rejected):
        asked(forms, {"aggregate": "sum", "field": "twice"}, columns=(doubled,))


def test_a_list_is_ordered_by_what_amounts_are_worth(begin: Begin, ids: dict[str, int]) -> None:
    assert ids
    with begin(ADMINISTRATOR) as tx:
        page = list_records(tx, FORMS.get("deal"), Query(columns=("amount",), sort=(Sort("amount"),)))
    worth = [row.values["amount"].currency for row in page.rows]
    assert worth == ["CNY", "JPY", "USD"]
