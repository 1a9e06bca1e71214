"""Everything at once: what was built apart must hold where it meets."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from dougong.workspace.transactions import Workspaces
from dougong.workspace.workspaces import WorkspaceInfo
from engines.form.bulk import bulk_write
from engines.form.form import Forms
from engines.form.importing import Importer, ImportPlan, Target, entries_of
from engines.form.query import get_record
from engines.form.records import create_record, update_record
from engines.form.serialize import to_json
from engines.form.transaction import Transaction
from engines.kernel.problems import ProblemError
from tests.conftest import Begin
from tests.form import company, together
from tests.form.company import ADMINISTRATOR


@pytest.fixture(scope="module")
def forms(workspaces: Workspaces, workspace: WorkspaceInfo) -> Forms:
    made = together.compiled(workspace=workspace.key)
    with workspaces.begin(workspace, ADMINISTRATOR, publish=True) as tx:
        company.install(tx, made)
        company.people(tx)
    return made


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


def imported(tx: Transaction, forms: Forms, cells: Mapping[str, str]) -> list[tuple[str, str]]:
    """The problems of one row of a file."""
    plan = ImportPlan(tuple(Target(path, number) for number, path in enumerate(cells)))
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
    bulk_write(tx, order, [together.order(made, "bulk")])
    written = tx.connection.exec_driver_sql("SELECT id FROM all__order WHERE no = 'bulk'").scalar()
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
