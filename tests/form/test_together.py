"""Everything at once: what was built apart must hold where it meets."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from dougong.workspace.transactions import Workspaces
from dougong.workspace.workspaces import WorkspaceInfo
from engines.form.bulk import bulk_write
from engines.form.carry import carried, derived_fields
from engines.form.compile import compile_forms
from engines.form.form import Form, Forms
from engines.form.importing import Importer, ImportPlan, Target, entries_of
from engines.form.query import Query, get_record, list_records
from engines.form.records import create_record, update_record
from engines.form.serialize import to_json
from engines.form.transaction import Transaction
from engines.kernel.problems import Conflict, ProblemError
from tests.conftest import Begin
from tests.form import company, together
from tests.form.build import field, form
from tests.form.company import ADMINISTRATOR, group


@pytest.fixture(scope="module")
def forms(workspaces: Workspaces, workspace: WorkspaceInfo) -> Forms:
    return company.installed(workspaces, workspace, together.compiled(workspace=workspace.key))


@pytest.fixture(scope="module")
def made(workspaces: Workspaces, workspace: WorkspaceInfo, forms: Forms) -> dict[str, int]:
    with workspaces.begin(workspace, ADMINISTRATOR) as tx:
        return together.world(tx, forms)


@pytest.fixture
def tx(begin: Begin, made: dict[str, int]) -> Iterator[Transaction]:
    """A transaction whose work is taken back."""
    with begin(ADMINISTRATOR, keep=False) as open_tx:
        yield open_tx


def without_ids(value: Any) -> Any:
    """A record as JSON without what differs between two alike."""
    if isinstance(value, Mapping):
        return {key: without_ids(one) for key, one in value.items() if key not in ("id", "no")}
    return [without_ids(one) for one in value] if isinstance(value, list) else value


def read(tx: Transaction, forms: Forms, record: int) -> dict[str, Any]:
    order = forms.get("order")
    return dict(to_json(order, get_record(tx, order, record))["values"])


def refused(write: Any, *given: Any) -> list[tuple[str, str]]:
    with pytest.raises(ProblemError) as caught:
        write(*given)
    return [(one.code, one.path.removeprefix("rows[0].")) for one in caught.value.problems]


def imported(tx: Transaction, forms: Forms, cells: Mapping[str, str], **more: Any) -> list[tuple[str, str]]:
    """The problems of one row of a file."""
    plan = ImportPlan(tuple(Target(path, number) for number, path in enumerate(cells)), **more)
    entries = list(entries_of(plan, enumerate([list(cells.values())], start=2)))
    return [
        (one.code, one.path)
        for found in Importer(forms.get("order"), plan).chunk(tx, entries)
        for one in found.problems
    ]


def test_rows_that_others_point_at_keep_rows_of_their_own(tx: Transaction, forms: Forms, made: dict[str, int]) -> None:
    order = forms.get("order")
    record = create_record(tx, order, together.order(made)).id
    sent = read(tx, forms, record)
    assert [[part["worth"] for part in line["parts"]] for line in sent["lines"]] == [["3", "4"], []]
    assert (sent["net"], sent["base_net"], sent["pieces"], sent["still_open"]) == ("35", "248.5", "3", "3")
    assert not update_record(tx, order, record, {key: sent[key] for key in ("no", "secret", "lines", "papers")}).changed
    (written,) = bulk_write(tx, order, [together.order(made, "bulk")]).created
    assert without_ids(read(tx, forms, written)) == without_ids(sent)


NOT_OFFERED: dict[str, tuple[Any, tuple[str, str]]] = {
    "another line": ({"product": "lamp"}, ("choice.misfit", "lines[0].product")),
    "retired": ({"product": "old"}, ("picker.excluded", "lines[0].product")),
    "too many": ({"product": "screw", "qty": "4"}, ("picker.too_many", "lines")),
    "not a leaf": ({"product": "desk", "at": "root"}, ("cascade.not_a_leaf", "lines[0].at")),
    "part": ({"product": "desk", "parts.product": "desk"}, ("choice.misfit", "lines[0].parts[0].product")),
}


@pytest.mark.parametrize("name", list(NOT_OFFERED))
def test_nothing_that_is_not_offered_is_stored_by_any_writer(
    tx: Transaction, forms: Forms, made: dict[str, int], name: str
) -> None:
    order = forms.get("order")
    given, problem = NOT_OFFERED[name]
    line = {key: made.get(one, one) for key, one in given.items() if "." not in key}
    line["parts"] = [{"product": made[one]} for key, one in given.items() if key == "parts.product"]
    values = together.order(made, "S", lines=[line])
    assert refused(create_record, tx, order, values) == [problem]
    assert refused(bulk_write, tx, order, [values]) == [problem]
    cells = {"no": "S", "line": "A", "discount": "0", "lines.qty": "1", "lines.price": "1"}
    assert imported(tx, forms, cells | {f"lines.{key}": one for key, one in given.items()}) == [problem]
    record = create_record(tx, order, together.order(made, "T", lines=[{"product": made["chair"]}])).id
    fresh = {"partial": True, "rows": [line]}
    place = (problem[0], problem[1].replace("lines[0]", "lines[1]"))
    assert refused(update_record, tx, order, record, {"lines": fresh}) == [place]


def test_a_row_that_is_sent_twice_is_refused(tx: Transaction, forms: Forms, made: dict[str, int]) -> None:
    order = forms.get("order")
    record = create_record(tx, order, together.order(made)).id
    line = get_record(tx, order, record).values["lines"][0]
    twice = [{"id": line["id"]}, {"id": str(line["id"]), "qty": 3}]
    parts = [{"id": line["parts"][0]["id"], "code": None}] * 2
    for sent, path in (
        (twice, "lines[1]"),
        ({"partial": True, "rows": twice}, "lines[0]"),
        ([{"id": line["id"], "parts": parts}], "lines[0].parts[1]"),
    ):
        assert refused(update_record, tx, order, record, {"lines": sent}) == [("subform.row_twice", path)]


def test_digests_of_rows_that_come_along_are_made_anew_both_ways() -> None:
    """A digest is of its field in its form, so a value that is found by it is not found under another name."""
    parts = together.subform("parts", field("name", "text"), field("key", "text", encrypted=True, unique=True))
    inner = [field("name", "text"), field("code", "text", encrypted=True), parts]
    same = [{"key": "things", "rows": "box.things", "parent": "owner"}]
    owner = field("owner", "relation", {"form": "box"})
    rows = compile_forms("carry", [form("box", field("name", "text"), together.subform("things", *inner))])
    records = compile_forms(
        "carry", [form("box", field("name", "text")), form("thing", *inner, owner, same_rows=same)], revision=2
    )
    for before, after, paths in (
        (rows, records, ["code", "parts.key"]),
        (records, rows, ["things.code", "things.parts.key"]),
    ):
        (one,) = carried(before, after)
        assert [each.path for each in derived_fields(one, after)] == paths


SELLING = [
    group(
        "sellers",
        "order",
        [{"scope": "own"}],
        operations=["read", "create", "update", "import"],
        fields={"*": "edit", "lines.price": "hidden", "lines.parts.cost": "read"},
    ),
    *(group(key, key, [{"scope": "all"}]) for key in ("product", "customer", "currency", "rate", "place")),
]


@pytest.fixture
def selling(tx: Transaction, workspace: WorkspaceInfo) -> tuple[Transaction, Forms]:
    """The same transaction as a seller has it, with the forms as they are compiled for sellers."""
    made = together.compiled(*SELLING, workspace=workspace.key, revision=2)
    return replace(tx, actor=company.LIN_YUE, grants={}), made


def test_a_load_sets_no_column_of_rows_that_its_writer_may_not_set(
    tx: Transaction, selling: tuple[Transaction, Forms], made: dict[str, int]
) -> None:
    seller, forms = selling
    order = forms.get("order")
    for line, path in (
        ({"price": 4}, "lines[0].price"),
        ({"parts": [{"cost": 4}]}, "lines[0].parts[0].cost"),
    ):
        values = {"no": "N", "lines": [line]}
        problem = [("record.field_denied", path)]
        assert refused(create_record, seller, order, values) == problem
        assert refused(bulk_write, seller, order, [values]) == problem
    record = create_record(tx, order, together.order(made, _owner=company.LIN)).id
    line = get_record(tx, order, record).values["lines"][0]["id"]
    given = {"no": "O1", "lines": [{"id": line, "price": 4}]}
    with pytest.raises(ProblemError) as caught:
        bulk_write(seller, order, [given], key="no")
    assert [(one.code, one.path) for one in caught.value.problems] == [
        ("record.field_denied", "rows[0].lines[0].price")
    ]
    assert bulk_write(seller, order, [{"no": "N", "lines": [{"qty": 4, "parts": [{"qty": 2}]}]}]).created


def test_a_load_leaves_what_is_read_only_and_takes_no_files_of_others(tx: Transaction, forms: Forms) -> None:
    note = forms.get("note")
    file = [{"id": "abcdef", "name": "n.txt", "size": 3, "mime": "text/plain"}]
    for values, problem in (
        ({"fixed": "x"}, ("record.readonly_field", "fixed")),
        ({"lines": [{"fixed": "x"}]}, ("record.readonly_field", "lines[0].fixed")),
        ({"lines": [{"parts": [{"fixed": "x"}]}]}, ("record.readonly_field", "lines[0].parts[0].fixed")),
        ({"papers": file}, ("attachment.unknown", "papers")),
        ({"lines": [{"papers": file}]}, ("attachment.unknown", "lines[0].papers")),
        ({"lines": [{"parts": [{"papers": file}]}]}, ("attachment.unknown", "lines[0].parts[0].papers")),
    ):
        assert refused(create_record, tx, note, values) == [problem]
        assert refused(bulk_write, tx, note, [values]) == [problem]


def test_masks_that_are_sent_back_leave_the_values_in_every_way_of_writing(
    tx: Transaction, selling: tuple[Transaction, Forms], made: dict[str, int]
) -> None:
    seller, forms = selling
    order = forms.get("order")
    record = create_record(tx, order, together.order(made, _owner=company.LIN)).id
    version = get_record(tx, order, record).version

    def secrets() -> list[str]:
        values = get_record(tx, order, record).values
        return [values["secret"], values["lines"][0]["key"], *(part["code"] for part in values["lines"][0]["parts"])]

    before, sent = secrets(), read(seller, forms, record)
    assert before == ["s3cret", "k-1", "AB-17", "AB-18"]
    assert (sent["secret"], sent["lines"][0]["key"], sent["lines"][0]["parts"][0]["code"]) == (
        "******",
        "******",
        "***17",
    )
    assert imported(seller, forms, {"no": "O1", "secret": "******"}, mode="both", keys=("no",)) == []
    assert secrets() == before
    own = {key: sent[key] for key in ("no", "secret", "lines")}
    update_record(seller, order, record, own | {"line": "A"})
    assert bulk_write(seller, order, [own], key="no").unchanged == 1
    assert secrets() == before
    customer = forms.get("customer")
    bulk_write(seller, customer, [{"name": "Li", "phone": "138****8000"}], key="name")
    assert get_record(tx, customer, made["li"]).values["phone"] == "13812348000"
    opened = get_record(tx, customer, made["li"]).version
    update_record(tx, customer, made["li"], {"phone": "13900000000"})
    update_record(seller, customer, made["li"], {"phone": "138****8000", "name": "Li"}, version=opened)
    assert get_record(tx, customer, made["li"]).values["phone"] == "13900000000"
    update_record(
        tx, order, record, {"lines": {"partial": True, "rows": [changed_code(tx, order, record, "TOPSECRET")]}}
    )
    rows = {"partial": True, "rows": [changed_code(tx, order, record, "mine")]}
    with pytest.raises(Conflict) as caught:
        update_record(seller, order, record, {"lines": rows}, version=version)
    told = json.dumps([one.as_dict() for one in caught.value.problems])
    assert "lines[0].parts" in told and not any(secret in told for secret in ("TOPSECRET", "AB-1"))


def changed_code(tx: Transaction, order: Form, record: int, code: str) -> dict[str, Any]:
    line = get_record(tx, order, record).values["lines"][0]
    return {"id": line["id"], "parts": {"partial": True, "rows": [{"id": line["parts"][0]["id"], "code": code}]}}


def test_rows_that_are_sent_in_part_are_no_load_and_ids_are_read_beside_the_values(
    tx: Transaction, forms: Forms, made: dict[str, int]
) -> None:
    order = forms.get("order")
    inner = {"partial": True, "rows": [{"code": "s3cret"}]}
    part = {"partial": True, "rows": [{"key": "s3cret", "parts": inner}]}
    for lines, path in ((part, "lines"), ([{"parts": inner}], "lines[0].parts")):
        assert refused(bulk_write, tx, order, [{"no": "P", "lines": lines}]) == [("subform.not_a_list", path)]
    assert "s3cret" not in str(tx.connection.exec_driver_sql("SELECT raw::text FROM _staging").all())
    record = create_record(tx, order, together.order(made)).id
    assert [(one.id, one.values) for one in list_records(tx, order, Query(("id",))).rows] == [(record, {})]
