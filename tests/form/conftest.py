"""Fixtures for the tests of records: a company in a workspace of the module."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from dougong.workspace.workspaces import WorkspaceInfo
from engines.form.form import Forms
from tests.conftest import Begin
from tests.form import company
from tests.form.house import House


@pytest.fixture(scope="module")
def forms(workspaces, workspace) -> Forms:  # type: ignore[no-untyped-def]
    """The company's forms without permission groups, installed once for the module."""
    return company.installed(workspaces, workspace, company.compiled())


@pytest.fixture
def clean(begin: Begin, forms: Forms) -> Begin:
    """The module's workspace without records, logs and counters."""
    with begin(publish=True) as tx:
        company.emptied(tx, forms)
    return begin


@pytest.fixture
def house(database: Engine, workspace: WorkspaceInfo) -> Iterator[House]:
    with database.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f"SET ROLE {workspace.owner_role}")
        connection.exec_driver_sql(f"SET search_path TO {workspace.schema}")
        made = House(connection)
        made.fresh()
        yield made
        made.fresh()
        connection.exec_driver_sql("RESET ROLE")
        connection.exec_driver_sql("RESET search_path")
