"""Fixtures of the small company."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, Engine

from engines.form.compile import compile_forms
from engines.form.form import Forms
from engines.form.transaction import Actor, Transaction
from engines.formula import Facts
from engines.report.reader import Reader
from tests.report.world import DATASET, FORMS, NOW


@pytest.fixture(scope="session")
def forms() -> Forms:
    """The compiled forms of the small company, with its dataset."""
    return compile_forms("crm", [*FORMS, DATASET], revision=1)


@pytest.fixture(scope="session")
def facts() -> Facts:
    """A fixed moment in Shanghai."""
    return Facts(now=NOW, zone="Asia/Shanghai", user={"id": 1, "name": "Li"}, locale="zh-CN")


@pytest.fixture(scope="session")
def everything(facts: Facts) -> Reader:
    """A reader who may see everything."""
    return Reader(facts, lambda form, path, table: True, lambda form, table: None)


@pytest.fixture(scope="module")
def tables(database: Engine, forms: Forms) -> Iterator[Connection]:
    """A connection with the empty tables of the company, gone after the module."""
    with database.connect() as connection:
        connection.exec_driver_sql("CREATE SCHEMA report_test")
        connection.exec_driver_sql("SET LOCAL search_path TO report_test")
        forms.metadata.create_all(connection)
        yield connection
        connection.rollback()


@pytest.fixture
def tx(tables: Connection) -> Iterator[Transaction]:
    """A transaction of an administrator in Shanghai who reads English; what it writes is taken back."""
    actor = Actor(id=1, name="Li", locale="en", is_admin=True)
    with tables.begin_nested() as point:
        yield Transaction(tables, actor, NOW, "page", 1, "report_test")
        point.rollback()
