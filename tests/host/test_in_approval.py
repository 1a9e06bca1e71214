"""A record in approval stands still for everybody but the flow and administrators."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text

from dougong.apps import store
from dougong.flows import runtime
from dougong.identity.actors import build_actor
from dougong.packs.library import Library
from dougong.packs.testing import scratch
from dougong.workspace.transactions import Workspaces
from dougong.workspace.workspaces import WorkspaceInfo
from engines.form.records import create_record, delete_record, update_record
from engines.form.transaction import SYSTEM, Actor
from engines.kernel.problems import Conflict

Company = tuple[Workspaces, WorkspaceInfo, dict[str, Actor]]


@pytest.fixture(scope="module")
def company(database: Engine) -> Iterator[Company]:
    with scratch(database, Library(), ["sales.quote"]) as (workspaces, info, cast):
        with workspaces.begin(info, SYSTEM) as tx:
            people = {name: build_actor(tx, number) for name, number in cast.items()}
        yield workspaces, info, people


def test_a_quote_in_approval_cannot_be_changed_until_it_comes_back(company: Company) -> None:
    workspaces, info, people = company
    with workspaces.begin(info, people["admin"]) as tx:
        forms = store.forms(tx, "test")
        product = create_record(tx, forms.get("product"), {"code": "P1", "name": "P", "list_price": "100"}).id
    seller = people["seller_a"]
    with workspaces.begin(info, seller) as tx:
        customer = create_record(tx, forms.get("customer"), {"name": "C"}).id
        lines = [{"product": product, "qty": "1", "discount": "0.15"}]
        quote = create_record(tx, forms.get("quote"), {"customer": customer, "lines": lines}).id
        runtime().submit(tx, forms.get("quote"), quote)
    for act in (
        lambda tx: update_record(tx, forms.get("quote"), quote, {"remark": "x"}),
        lambda tx: delete_record(tx, forms.get("quote"), quote),
    ):
        for name in ("seller_a", "manager_a"):
            with pytest.raises(Conflict) as error, workspaces.begin(info, people[name]) as tx:
                act(tx)
            assert error.value.problems[0].code == "record.in_approval"
    with workspaces.begin(info, people["admin"]) as tx:
        update_record(tx, forms.get("quote"), quote, {"remark": "by the administrator"})
    with workspaces.begin(info, people["manager_a"]) as tx:
        task = tx.connection.execute(text("SELECT id FROM _flow_task WHERE state = 'open'")).scalar_one()
        runtime().act(tx, task, "return", "too much")
    with workspaces.begin(info, seller) as tx:
        assert update_record(tx, forms.get("quote"), quote, {"remark": "mended"}).changed
