"""Fixtures for the tests of derived values: the shop in a workspace of the module."""

import pytest

from engines.form.form import Forms
from tests.conftest import Begin
from tests.form import company
from tests.form.derive import shop


@pytest.fixture(scope="module")
def forms(workspaces, workspace) -> Forms:  # type: ignore[no-untyped-def]
    """The shop's forms, installed once for the module."""
    made = shop.compiled()
    with workspaces.begin(workspace, company.ADMINISTRATOR, publish=True) as tx:
        company.install(tx, made)
        company.people(tx)
    return made


@pytest.fixture
def clean(begin: Begin, forms: Forms) -> Begin:
    """The module's workspace without records, logs and counters."""
    with begin(publish=True) as tx:
        names = [f'"{table.name}"' for table in forms.metadata.sorted_tables if not table.name.startswith("_")]
        system = ["_change", "_event", "_delivery", "_serial", "_ledger", "_ledger_chunk", "_staging", "_recompute"]
        tx.connection.exec_driver_sql(f"TRUNCATE {', '.join([*names, *system])} RESTART IDENTITY CASCADE")
    return begin
