"""Fixtures for the tests of records: a company in a workspace of the module."""

import pytest

from engines.form.form import Forms
from tests.conftest import Begin
from tests.form import company


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
