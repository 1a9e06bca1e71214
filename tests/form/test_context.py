"""What expressions read around a record in a real workspace: other forms, related lists, people; with whose rights."""

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from engines.form.compile import compile_forms
from engines.form.facts import facts_of
from engines.form.form import Form, Forms
from engines.form.rates.kind import CurrencyKind
from engines.form.records import create_record
from engines.form.scope import FormScope
from engines.form.transaction import Actor, Transaction
from engines.formula import Expression, Place, Type, compile_expression
from engines.kernel.documents import validate
from engines.kernel.problems import Rejected
from tests.conftest import Begin
from tests.form.build import create_tables, field, form
from tests.form.company import ADMINISTRATOR, EAST, HEAD, LIN, LIN_YUE, SHANGHAI, WEI, WEI_YI, documents, group


def compiled(*groups: Any) -> Forms:
    """The company's forms; a customer has a list of its quotes."""
    given = documents(*groups)
    related = [{"key": "quotes", "form": "quote", "field": "customer", "title": "Quotes"}]
    return compile_forms("co", [{**one, "related": related} if one["key"] == "customer" else one for one in given])


FORMS = compiled()


def expression(text: str, form: str, place: Place = Place.LIVE) -> Expression:
    return compile_expression(text, FORMS.get(form).scope, place=place)


@pytest.fixture
def filled(clean: Begin, forms: Forms) -> tuple[int, int]:
    with clean(ADMINISTRATOR) as tx:
        far = create_record(tx, FORMS.get("customer"), {"name": "远山科技", "credit": "500"}).id
        near = create_record(tx, FORMS.get("customer"), {"name": "近水"}).id
        for customer, price in ((far, 10), (far, 20), (near, 5)):
            line = {"qty": 2, "price": price}
            create_record(tx, FORMS.get("quote"), {"customer": customer, "lines": [line]})
    return far, near


def asked(tx: Transaction, text: str, form: str, row: dict[str, Any], forms: Forms = FORMS) -> Any:
    """The value in Python, with the database asked for what the row does not carry."""
    return expression(text, form).evaluate(row, facts_of(tx, forms))


def selected(tx: Transaction, text: str, form: Form, record: int) -> Any:
    """The value in SQL over the stored record."""
    facts = facts_of(tx, form.forms)
    table = form.table.alias()
    value = expression(text, form.key).sql(FormScope(form, table, facts), facts)
    return tx.connection.scalar(select(value).where(table.c.id == record))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("COUNT(quotes)", Decimal(2)),
        ("SUM(quotes, total)", Decimal(60)),
        ("SUM(quotes.lines, qty * price)", Decimal(60)),
        ("ANY(quotes, total > credit / 20)", True),
        ("COUNT(FILTER(quotes, total < OUTER.credit / 20))", Decimal(1)),
        ("LAST(quotes.total)", Decimal(40)),
        ('COUNT(FILTER(ALL("quote"), customer.name <> OUTER.name))', Decimal(1)),
        ('SUM(FILTER(ALL("quote"), total <= credit), total)', Decimal(70)),
        ('SUMIFS(ALL("quote").total, ALL("quote").customer.name, name)', Decimal(60)),
        ('MAPX("max", 10, ALL("quote").total, ALL("quote").net)', Decimal(10)),
        ('JOIN(ALL("customer").name, "/")', "远山科技/近水"),
        ('LOOKUP(ALL("customer"), name = "近水", id)', "near"),
    ],
)
def test_rows_that_no_record_carries_are_the_same_asked_and_selected(filled, begin: Begin, text, expected):
    far, near = filled
    expected = near if expected == "near" else expected
    with begin(ADMINISTRATOR) as tx:
        row = {"id": far, "credit": Decimal(500), "name": "远山科技"}
        assert asked(tx, text, "customer", row) == expected
        assert selected(tx, text, FORMS.get("customer"), far) == expected


def test_what_is_not_written_yet_counts_and_a_new_record_has_no_related_rows(filled, begin: Begin):
    far, near = filled
    with begin(ADMINISTRATOR) as tx:
        text = 'COUNT(FILTER(ALL("quote"), customer = OUTER.customer))'
        assert asked(tx, text, "note", {"id": None, "customer": {"id": near}}) == 1
        assert asked(tx, text, "note", {"id": None, "customer": {"id": far}}) == 2
        assert asked(tx, "COUNT(customer.quotes)", "note", {"customer": {"id": far}}) == 2
        assert asked(tx, "COUNT(quotes)", "customer", {"name": "new"}) == 0
        assert asked(tx, "COUNT(customer.quotes)", "note", {"customer": None}) == 0


def test_the_reader_sees_only_what_the_reader_may_read(filled, begin: Begin):
    far, _ = filled
    limited = compiled(
        group("quotes", "quote", [{"where": "total > 15"}], fields={"*": "edit", "net": "hidden"}),
        group("customers", "customer", [{"scope": "all"}]),
    )
    with begin(LIN_YUE) as tx:
        row = {"id": far}
        assert asked(tx, 'COUNT(ALL("quote"))', "customer", row, limited) == 2
        assert asked(tx, 'SUM(ALL("quote"), total)', "customer", row, limited) == 60
        assert asked(tx, 'SUM(ALL("quote"), net)', "customer", row, limited) == 0
        assert asked(tx, "COUNT(quotes)", "customer", row, limited) == 2
        assert asked(tx, 'COUNT(ALL("product"))', "customer", row, limited) == 0
    with begin(ADMINISTRATOR) as tx:
        assert asked(tx, 'COUNT(ALL("quote"))', "customer", {"id": far}, limited) == 3


def test_a_stored_formula_may_not_read_a_whole_form_and_others_say_that_they_do():
    with pytest.raises(Rejected) as caught:
        expression('COUNT(ALL("quote"))', "customer", Place.STORED)
    assert [one.code for one in caught.value.problems] == ["formula.whole_form_stored"]
    found = expression('COUNT(ALL("quote")) + COUNT(quotes)', "customer")
    assert (found.needs_server, found.reads_forms, found.volatile) == (True, frozenset({"quote"}), True)
    assert found.references == {("quotes",)}
    assert not expression("credit + 1", "customer").needs_server
    assert expression("PRIOR(credit)", "customer", Place.DEFAULT).needs_server
    with pytest.raises(Rejected) as caught:
        expression('COUNT(ALL("unknown"))', "customer")
    assert [one.code for one in caught.value.problems] == ["formula.unknown_form"]


def test_rows_of_the_record_inside_rows_of_another_form_are_refused_where_they_need_both():
    assert expression('SUM(ALL("product"), price * SUM(lines, qty))', "quote").needs_server
    with pytest.raises(Rejected) as caught:
        expression('SUM(ALL("product"), SUM(lines, qty * OUTER.price))', "quote")
    assert [one.code for one in caught.value.problems] == ["formula.mixed_rows"]


@pytest.mark.parametrize(
    ("actor", "text", "expected"),
    [
        (LIN_YUE, 'INDEPT("华东大区")', True),
        (LIN_YUE, 'INDEPT("华南大区")', False),
        (LIN_YUE, 'INDEPT("华东大区", person)', False),
        (LIN_YUE, 'INDEPT("华南大区", person)', True),
        (LIN_YUE, 'HASROLE("seller")', True),
        (LIN_YUE, 'HASROLE("manager")', False),
        (LIN_YUE, "IN(person, SUBORDINATES())", False),
        (HEAD, "IN(person, SUBORDINATES())", True),
        (LIN_YUE, "person = CURRENTUSER()", False),
        (WEI_YI, "person = CURRENTUSER()", True),
        (WEI_YI, "DEPT() = DEPT(person)", True),
        (LIN_YUE, "DEPT() = DEPT(person)", False),
        (LIN_YUE, 'MANAGER() = ""', False),
        (WEI_YI, 'MANAGER() = ""', True),
        (LIN_YUE, 'DEPT().name = "上海"', True),
        (LIN_YUE, 'MANAGER().name = "韦一"', True),
        (WEI_YI, 'MANAGER().name = ""', True),
        (LIN_YUE, 'DEPT(person).name = "华南大区"', True),
        (LIN_YUE, 'MANAGER(person).name = ""', True),
    ],
)
def test_people_are_known_where_they_stand(forms: Forms, begin: Begin, actor: Actor, text: str, expected: bool):
    scope = FORMS.get("customer").subforms["team"].scope
    if actor is HEAD:
        actor = Actor(**{**_fields(HEAD), "subordinates": frozenset({WEI})})
    with begin(actor, keep=False) as tx:
        tx.connection.exec_driver_sql("UPDATE _member SET manager_id = NULL")
        tx.connection.exec_driver_sql(f"UPDATE _department SET head_id = {WEI} WHERE id = {SHANGHAI}")
        found = compile_expression(text, scope, expects=Type.BOOLEAN, place=Place.RULE)
        facts = facts_of(tx, FORMS)
        department = {"id": 2, "name": "华南大区", "head": None}
        assert found.evaluate({"person": {"id": WEI, "department": department, "manager": None}}, facts) is expected


def test_people_are_the_same_in_a_selection(filled, begin: Begin):
    far, _ = filled
    customer = FORMS.get("customer")
    with begin(LIN_YUE) as tx:
        for text, expected in (
            ('INDEPT("华东大区", _owner)', True),
            ('INDEPT("上海", _owner)', False),
            ("INDEPT(_owner.department, _owner)", True),
            ("DEPT(_owner) = DEPT()", False),
            ("IN(_owner, SUBORDINATES())", False),
            ('MANAGER(_owner) = ""', True),
            ('DEPT(_owner).name = "上海"', False),
            ("DEPT(_owner).name = _owner.department.name", True),
            ("DEPT(_owner).id = _owner.department.id", True),
            ('MANAGER(_owner).name = ""', True),
        ):
            assert selected(tx, text, customer, far) is expected, text


def _fields(actor: Actor) -> dict[str, Any]:
    return {name: getattr(actor, name) for name in Actor.__slots__}


def test_the_department_tree_is_asked_once_and_only_when_somebody_asks(begin: Begin, clean: Begin):
    with begin(LIN_YUE) as tx:
        facts = facts_of(tx, FORMS)
        assert facts.user is not None
        assert facts.user["id"] == LIN
        assert facts.departments._values is None
        assert dict(facts.user)["department_ids"] == (str(SHANGHAI), str(EAST))
        assert facts.departments._values is not None


def test_amounts_are_converted_by_the_rates_of_the_form_that_the_document_names(begin: Begin):
    setting = {
        "kind": "currency",
        "key": "main",
        "base": "CNY",
        "rates": {"form": "rate", "currency": "unit", "date": "since", "rate": "worth"},
    }
    fields = field("unit", "text"), field("since", "date"), field("worth", "number", {"decimals": 4})
    compiled = compile_forms("fx", [form("rate", *fields), form("deal", field("amount", "number")), setting])
    assert validate(CurrencyKind(), setting) == []
    with begin(ADMINISTRATOR, publish=True, keep=False) as tx:
        create_tables(tx.connection, compiled)
        for day, worth in (("2026-01-01", "7"), ("2026-03-01", "7.1")):
            create_record(tx, compiled.get("rate"), {"unit": "USD", "since": day, "worth": worth})
        facts = facts_of(tx, compiled)
        found = compile_expression(
            'CONVERT(amount, "USD", "CNY", DATE(2026, 2, 1))', compiled.get("deal").scope, place=Place.LIVE
        )
        assert found.needs_server
        assert found.evaluate({"amount": Decimal(10)}, facts) == 70
        later = compile_expression(
            'CONVERT(amount, "CNY", "USD", DATE(2026, 3, 5))', compiled.get("deal").scope, place=Place.LIVE
        )
        assert later.evaluate({"amount": Decimal(71)}, facts) == 10
        early = compile_expression(
            'CONVERT(amount, "USD", "CNY", DATE(2025, 3, 5))', compiled.get("deal").scope, place=Place.LIVE
        )
        assert early.evaluate({"amount": Decimal(71)}, facts) is None
