"""Fixtures for the tests of derived values: the shop in a workspace of the module."""

import pytest

from engines.form.form import Forms
from tests.form import company
from tests.form.derive import shop


@pytest.fixture(scope="module")
def forms(workspaces, workspace) -> Forms:  # type: ignore[no-untyped-def]
    """The shop's forms, installed once for the module."""
    return company.installed(workspaces, workspace, shop.compiled())
