"""Records as lines of cells: the layout that imports read, rows of rows, rights and masks, order, many records."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import event

from engines.form.compile import compile_forms
from engines.form.exporting import count_lines, export_columns, export_lines, offered
from engines.form.form import Forms
from engines.form.importing import Importer, ImportPlan, Outcome, entries_of, guess_targets
from engines.form.importing.guess import Sample
from engines.form.query import Query, Sort, get_record, ids_in_order
from engines.form.records import create_record, delete_record
from engines.form.transaction import Transaction
from engines.kernel.documents import Document
from engines.kernel.problems import Forbidden, Rejected
from tests.conftest import Begin
from tests.form import company
from tests.form.build import field, form
from tests.form.company import ADMINISTRATOR, LIN_YUE, group

PARTS = {**field("parts", "subform"), "fields": [field("name", "text"), field("qty", "number", {"decimals": 2})]}
LINES = {
    **field("lines", "subform"),
    "fields": [
        field("product", "relation", {"form": "product"}),
        field("qty", "number", {"decimals": 2}),
        PARTS,
        field("secret", "text"),
    ],
}
VISITS = {**field("visits", "subform"), "fields": [field("day", "date"), field("who", "member")]}


def documents() -> list[Document]:
    order = form(
        "deal",
        field("name", "text", required=True),
        field("phone", "phone", {"kind": "any"}, mask={"kind": "phone"}),
        field("hint", "note", {"text": {"en": "x", "zh-CN": "x"}}),
        field("amount", "money"),
        field("code", "text"),
        field("day", "date"),
        field("at", "datetime"),
        field("open", "boolean"),
        field("grade", "choice", {"choices": company.GRADES}),
        field("tags", "choices", {"choices": [{"key": "新"}, {"key": "大"}]}),
        field("product", "relation", {"form": "product"}),
        LINES,
        VISITS,
        field("pieces", "formula", {"expression": "SUM(lines.qty)", "result": "number"}),
        {**field("day2", "date"), "label": {"en": "Day", "zh-CN": "day"}},
        field("inner", "text", hidden=True),
        title_field="name",
    )
    mine = group(
        "mine",
        "deal",
        [{"scope": "all"}],
        operations=["read"],
        fields={"*": "read", "code": "hidden", "lines.secret": "hidden"},
    )
    takes = group("takes", "deal", [{"member": "_owner"}], operations=["read", "export"], fields=mine["fields"])
    product = form("product", field("name", "text", unique=True), title_field="name")
    return [product, order, mine, takes, group("products", "product", [{"scope": "all"}])]


@pytest.fixture(scope="module")
def forms(workspaces, workspace) -> Forms:  # type: ignore[no-untyped-def]
    return company.installed(workspaces, workspace, compile_forms("out", documents(), revision=1))


FULL: dict[str, Any] = {
    "name": "=1+1",
    "phone": "13800138000",
    "amount": Decimal("1234.5"),
    "code": "0012",
    "day": date(2026, 6, 5),
    "at": datetime(2026, 6, 5, 2, 30, tzinfo=UTC),
    "open": True,
    "grade": "A",
    "tags": ("新", "大"),
    "lines": [
        {
            "qty": Decimal(2),
            "secret": "s",
            "parts": [{"name": "a", "qty": Decimal("1.5")}, {"name": "b"}, {"name": "c"}],
        },
        {"qty": Decimal(3), "parts": []},
        {"qty": Decimal(4), "parts": [{"name": "d", "qty": Decimal(1)}]},
    ],
    "visits": [{"day": date(2026, 1, 1), "who": company.ANA}, {"day": date(2026, 1, 2)}],
    "inner": "i",
}


@pytest.fixture
def deals(clean: Begin, forms: Forms) -> Sequence[int]:
    """Three deals: a full one of Lin, one without anything, one of somebody else with one line."""
    with clean(ADMINISTRATOR) as tx:
        product = create_record(tx, forms.get("product"), {"name": "Pump"}).id
        full = {**FULL, "product": product, "_owner": company.LIN}
        full["lines"] = [{**one, "product": product} for one in FULL["lines"]]
        rest = [{"name": "Bare", "_owner": company.LIN}, {"name": "C", "phone": "021-5551234", "lines": [{"qty": 1}]}]
        return [create_record(tx, forms.get("deal"), values).id for values in (full, *rest)]


def taken(tx: Transaction, forms: Forms, paths: Sequence[str] | None = None, **more: Any) -> list[list[Any]]:
    """Head and lines of all deals, the oldest first."""
    form, repeat = forms.get("deal"), more.pop("repeat", False)
    columns = export_columns(tx, form, paths)
    ids = ids_in_order(tx, form, Query(sort=(Sort("id"),), **more), operation="export")
    return [[one.head for one in columns], *export_lines(tx, form, columns, ids, repeat=repeat)]


def read_back(tx: Transaction, forms: Forms, table: Sequence[Sequence[Any]]) -> list[Outcome]:
    """The table into the form as the wizard would with one click: every column as it is guessed."""
    form, head, rows = forms.get("deal"), list(table[0]), table[1:]
    texts = [[str(row[place]) for row in rows if row[place] is not None] for place in range(len(head))]
    targets = guess_targets(tx, form, [Sample(*one) for one in zip(head, texts, strict=True)])
    made = ImportPlan(tuple(targets))
    plain = [[str(cell) if isinstance(cell, date) else cell for cell in row] for row in rows]
    outcomes = Importer(form, made).chunk(tx, list(entries_of(made, enumerate(plain, start=2))))
    assert [one.result for one in outcomes if one.problems] == [], outcomes
    return outcomes


def bare(value: Any) -> Any:
    """Values without the ids of rows."""
    if isinstance(value, Mapping):
        return {key: bare(one) for key, one in value.items() if key != "id"}
    return tuple(bare(one) for one in value) or None if isinstance(value, tuple | list) else value


@pytest.mark.parametrize("repeat", [False, True])
@pytest.mark.parametrize("locale", ["en", "zh-CN"])
def test_what_is_exported_is_imported_again(
    deals: Sequence[int], begin: Begin, forms: Forms, locale: str, *, repeat: bool
) -> None:
    form = forms.get("deal")
    somebody = company.Actor(id=company.ADMIN, is_admin=True, locale=locale, main_department=company.EAST)
    with begin(somebody, "import") as tx:
        paths = list(offered(tx, form, hidden=True))
        table = taken(tx, forms, [one for one in paths if not one.startswith("_") and one != "id"], repeat=repeat)
        assert len(table) == 1 + 5 + 1 + 1, (
            "five lines: three parts, a line without, one with a part; two visits beside"
        )
        before = [get_record(tx, form, one).values for one in deals]
        for one in deals:
            delete_record(tx, form, one)
        outcomes = read_back(tx, forms, table)
        after = [get_record(tx, form, one.record_id or 0).values for one in outcomes]
    assert [bare(one) for one in after] == [bare(one) for one in before]


def test_lines_stand_where_imports_look_for_them(deals: Sequence[int], begin: Begin, forms: Forms) -> None:
    with begin(ADMINISTRATOR) as tx:
        table = taken(
            tx, forms, ["lines.parts.name", "visits.day", "name", "lines.qty", "amount", "at", "_owner", "id"]
        )
    assert table[0] == [
        "Name", "Amount", "At", "Owner", "Record number", "Lines / Qty", "Lines / Parts / Name", "Visits / Day",
    ]  # fmt: skip
    own = ["=1+1", Decimal("1234.5"), datetime(2026, 6, 5, 10, 30), "林悦", deals[0]]  # noqa: DTZ001
    nothing = [None] * 5
    assert table[1:6] == [
        [*own, Decimal(2), "a", date(2026, 1, 1)],
        [*nothing, None, "b", date(2026, 1, 2)],
        [*nothing, None, "c", None],
        [*nothing, Decimal(3), None, None],
        [*nothing, Decimal(4), "d", None],
    ]
    assert table[6] == ["Bare", None, None, "林悦", deals[1], None, None, None]


def test_heads_are_unique_and_notes_are_no_columns(deals: Sequence[int], begin: Begin, forms: Forms) -> None:
    with begin(ADMINISTRATOR) as tx:
        head = taken(tx, forms)[0]
        assert head.count("Day") == 1 and "Day (day2)" in head and len(set(head)) == len(head)
        assert "Hint" not in head and "Inner" not in head and "Pieces" in head and "Owner" not in head
        assert "inner" in offered(tx, forms.get("deal"), hidden=True)
        with pytest.raises(Rejected) as wrong:
            export_columns(tx, forms.get("deal"), ["nam", "lines", "name"])
        assert [(one.code, one.path) for one in wrong.value.problems] == [
            ("export.column", "columns[0]"),
            ("export.column", "columns[1]"),
        ]
        with pytest.raises(Rejected):
            export_columns(tx, forms.get("deal"), [])


def test_nobody_takes_more_than_they_may(deals: Sequence[int], begin: Begin, forms: Forms) -> None:
    form = forms.get("deal")
    with begin(LIN_YUE) as tx:
        assert not {"code", "lines.secret"} & set(offered(tx, form, hidden=True))
        with pytest.raises(Rejected):
            export_columns(tx, form, ["code"])
        table = taken(tx, forms, ["name", "phone", "lines.qty"])
        assert [row[0] for row in table[1:] if row[0]] == ["=1+1", "Bare"], "all are read, own ones are taken along"
        assert table[1][1] == "138****8000"
        columns = export_columns(tx, form, ["name"])
        assert [*export_lines(tx, form, columns, deals)] == [["=1+1"], ["Bare"]], "whoever asks by id"
    with begin(company.actor(company.WEI, roles=frozenset())) as tx:
        assert taken(tx, forms, ["name"]) == [["Name"]]
    only_read = compile_forms("out", [one for one in documents() if one["key"] != "takes"], revision=2)
    with begin(LIN_YUE) as tx, pytest.raises(Forbidden):
        taken(tx, only_read, ["name"])


def test_filter_search_and_sort_of_the_list_hold(deals: Sequence[int], begin: Begin, forms: Forms) -> None:
    form = forms.get("deal")
    with begin(ADMINISTRATOR) as tx:
        by_name = ids_in_order(tx, form, Query(sort=(Sort("name", descending=True),)), operation="export")
        assert by_name == [deals[2], deals[1], deals[0]]
        assert ids_in_order(tx, form, Query(), operation="export", limit=2) == [deals[2], deals[1]], "the newest first"
        asked = Query(filter={"field": "amount", "op": "gt", "value": 1000})
        assert ids_in_order(tx, form, asked, operation="export") == [deals[0]]
        assert ids_in_order(tx, form, Query(search="Bare"), operation="export") == [deals[1]]
        assert ids_in_order(tx, form, Query(search="Bear"), operation="export") == []
        columns = export_columns(tx, form, None)
        assert count_lines(tx, form, columns, deals) == 3 + 4 + 4 + 2
        gone = [deals[1], 999_999, deals[0]]
        delete_record(tx, form, deals[1])
        assert [line[0] for line in export_lines(tx, form, columns[:1], gone)] == ["=1+1"], "the trash is not exported"


def test_many_records_are_read_with_few_statements(begin: Begin, clean: Begin, forms: Forms) -> None:
    form = forms.get("deal")
    with clean(ADMINISTRATOR) as tx:
        ids = [create_record(tx, form, {"name": f"D{one}", "lines": [{"qty": one}]}).id for one in range(60)]
        columns = export_columns(tx, form, None)

        def asked(some: Sequence[int]) -> int:
            with counted(tx) as statements:
                assert len([*export_lines(tx, form, columns, some)]) == len(some)
            return len(statements)

        asked(ids)
        assert asked(ids) == asked(ids[:2])


class counted:
    """The statements of a block."""

    def __init__(self, tx: Transaction) -> None:
        self.connection, self.found = tx.connection, list[str]()

    def __enter__(self) -> list[str]:
        event.listen(self.connection, "before_cursor_execute", self._note)
        return self.found

    def __exit__(self, *_: object) -> None:
        event.remove(self.connection, "before_cursor_execute", self._note)

    def _note(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        self.found.append(statement)
