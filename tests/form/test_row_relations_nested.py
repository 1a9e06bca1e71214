"""Rows that relations point at and that have rows themselves, or read their record: values, order, reasons, rights."""

from typing import Any

import pytest

from dougong.vault.box import Box
from dougong.vault.cipher import WorkspaceCipher
from dougong.workspace.transactions import Workspaces
from dougong.workspace.workspaces import WorkspaceInfo
from engines.form.choosing.ask import offered
from engines.form.choosing.compile import choices_of
from engines.form.compile import compile_forms
from engines.form.derive.why import why
from engines.form.form import Forms
from engines.form.query import get_record
from engines.form.records import create_record, update_record
from engines.form.titles import titles
from engines.form.transaction import Transaction
from engines.kernel.documents import Document
from tests.conftest import Begin
from tests.form import company
from tests.form.build import field, form
from tests.form.company import ADMINISTRATOR, LIN_YUE, group


def computed(key: str, expression: str, store: str = "auto") -> dict[str, Any]:
    return field(key, "formula", {"expression": expression, "result": "number", "store": store})


def documents(*groups: Document) -> list[Document]:
    parts = field("parts", "subform") | {"fields": [field("base", "number"), computed("cost", "base * 2")]}
    lines = [
        computed("cost", "SUM(parts.cost)"),
        computed("tens", "SUM(parts.base) * 10", "never"),
        computed("less", "cost * discount", "never"),
        parts,
    ]
    return [
        form("order", field("discount", "number"), field("lines", "subform") | {"fields": lines}),
        form(
            "back",
            field("line", "relation", {"form": "order", "rows": "lines"}),
            field("n", "number"),
            computed("worth", "line.cost * n", "never"),
            computed("kept", "line.cost * n", "always"),
            computed("tens", "line.tens + n", "never"),
            computed("less", "line.less + n", "never"),
        ),
        *groups,
    ]


@pytest.fixture(scope="module")
def forms(workspaces, workspace) -> Forms:  # type: ignore[no-untyped-def]
    return company.installed(workspaces, workspace, compile_forms("deep", documents(), revision=1))


def ordered(tx: Transaction, forms: Forms) -> tuple[int, dict[str, Any]]:
    """An order with one line of two parts, and the line."""
    order = create_record(tx, forms.get("order"), {"discount": 2, "lines": [{"parts": [{"base": 1}, {"base": 2}]}]}).id
    return order, get_record(tx, forms.get("order"), order).values["lines"][0]


def read(tx: Transaction, forms: Forms, back: int) -> list[Any]:
    values = get_record(tx, forms.get("back"), back).values
    return [values.get(key) for key in ("worth", "kept", "tens", "less")]


def test_values_of_rows_that_are_pointed_at_follow_their_rows_and_their_record(begin: Begin, forms: Forms) -> None:
    with begin(ADMINISTRATOR) as tx:
        order, line = ordered(tx, forms)
        assert (line["cost"], line["tens"], line["less"]) == (6, 30, 12)
        back = create_record(tx, forms.get("back"), {"line": line["id"], "n": 3}).id
        assert read(tx, forms, back) == [18, 18, 33, 15]
        part = {"id": line["parts"][0]["id"], "base": 10}
        update_record(tx, forms.get("order"), order, {"lines": [{"id": line["id"], "parts": [part]}]})
        assert read(tx, forms, back) == [60, 60, 103, 43]
        update_record(tx, forms.get("order"), order, {"discount": 1})
        assert read(tx, forms, back) == [60, 60, 103, 23]


def test_the_reason_of_a_value_counts_the_rows_of_a_row(begin: Begin, forms: Forms) -> None:
    with begin(ADMINISTRATOR) as tx:
        order, line = ordered(tx, forms)
        for path in ("lines.cost", "lines.tens"):
            told = why(tx, forms.get("order"), order, path, line["id"])
            assert [(one.path, one.text) for one in told.used] == [("parts", "2")]


def test_rows_of_a_row_that_may_not_be_seen_add_nothing_to_what_is_read_through_it(begin: Begin, forms: Forms) -> None:
    rights = [
        group("o", "order", [{"scope": "all"}], operations=["read"], fields={"*": "read", "lines.parts": "hidden"}),
        group("b", "back", [{"scope": "all"}], operations=["read"]),
    ]
    guarded = compile_forms("deep", documents(*rights), revision=2)
    with begin(ADMINISTRATOR) as tx:
        _, line = ordered(tx, forms)
        back = create_record(tx, forms.get("back"), {"line": line["id"], "n": 3}).id
    with begin(LIN_YUE) as tx:
        assert read(tx, guarded, back) == [18, 18, 3, 15], "what was kept is told, what is read now is not"


def test_rows_are_called_by_no_encrypted_column_and_words_that_are_kept_stay_masked(
    begin: Begin, workspaces: Workspaces, workspace: WorkspaceInfo
) -> None:
    lines = [field("code", "text", encrypted=True), field("phone", "text", mask={"kind": "phone"})]
    described = [
        form("sent", field("no", "text"), field("lines", "subform") | {"fields": lines}, title_field="no"),
        form("returned", field("line", "relation", {"form": "sent", "rows": "lines"})),
    ]
    keys = WorkspaceCipher(Box(["k" * 32]), workspace.key)
    made = compile_forms("called", described, cipher=keys)
    with workspaces.begin(workspace, ADMINISTRATOR, publish=True) as tx:
        company.install(tx, made)
    with begin(ADMINISTRATOR) as tx:
        create_record(tx, made.get("sent"), {"no": "A", "lines": [{"code": "s3cret", "phone": "13812345678"}]})
        rows = made.target("sent.lines")
        assert titles(tx, rows, [1]) == {1: "A · 1 · 13812345678"}
        assert titles(tx, rows, [1], masked=True) == {1: "A · 1 · 138****5678"}


def test_rows_in_an_order_of_their_own_are_found_by_what_they_are_called(
    begin: Begin, workspaces: Workspaces, workspace: WorkspaceInfo
) -> None:
    options = {
        "form": "stock",
        "rows": "lines",
        "where": [{"field": "qty", "op": "ge", "value": "least"}],
        "sort": [{"field": "qty", "descending": True}],
    }
    lines = field("lines", "subform") | {"fields": [field("name", "text"), field("qty", "number")]}
    described = [
        form("stock", field("no", "text"), lines, title_field="no"),
        form("taken", field("least", "number"), field("line", "relation", options)),
    ]
    made = compile_forms("found", described)
    with workspaces.begin(workspace, ADMINISTRATOR, publish=True) as tx:
        company.install(tx, made)
    with begin(ADMINISTRATOR) as tx:
        rows = [{"name": "bolt", "qty": 1}, {"name": "bolt", "qty": 5}, {"name": "nut", "qty": 7}]
        create_record(tx, made.get("stock"), {"no": "S1", "lines": rows})
        linkage = choices_of(made.get("taken"))["line"]
        for search, expected in (
            (None, ["S1 · 3 · nut", "S1 · 2 · bolt"]),
            ("S1", ["S1 · 3 · nut", "S1 · 2 · bolt"]),
            ("bolt", ["S1 · 2 · bolt"]),
            ("no such", []),
        ):
            assert [one.title for one in offered(tx, linkage, {"least": 2}, search)] == expected
