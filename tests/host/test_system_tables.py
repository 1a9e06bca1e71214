"""No table of a workspace is forgotten, by its making or by the question whether there is something to migrate."""

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import Engine

from dougong.config import project_root
from dougong.db.fingerprint import fingerprint, sources
from dougong.workspace.system_tables import METADATA
from dougong.workspace.transactions import Workspaces
from dougong.workspace.workspaces import WorkspaceInfo, upgrade_workspaces
from engines.form.transaction import SYSTEM


def modules_of_tables() -> set[str]:
    """Every module that describes tables of a workspace: its source says so."""
    root = project_root()
    found = set()
    for source in (*root.glob("engines/**/*.py"), *root.glob("platform/dougong/**/*.py")):
        if "\nMETADATA = MetaData()" in source.read_text():
            found.add(str(source.relative_to(root)).removeprefix("platform/"))
    return found


def test_every_module_of_tables_is_listed_and_part_of_the_fingerprint() -> None:
    assert len(modules_of_tables()) == len(METADATA)
    assert modules_of_tables() <= set(sources())
    assert len(fingerprint()) == 16


def test_all_of_them_begin_with_an_underscore_and_name_no_schema() -> None:
    tables = [table for metadata in METADATA for table in metadata.tables.values()]
    assert [table.name for table in tables if not table.name.startswith("_") or table.schema] == []
    assert len({table.name for table in tables}) == len(tables)


def test_migrating_again_brings_back_what_a_workspace_lacks(
    database: Engine, workspaces: Workspaces, workspace: WorkspaceInfo
) -> None:
    with workspaces.begin(workspace, SYSTEM, publish=True) as tx:
        tx.connection.execute(sa.text("DROP TABLE _preference"))
    assert upgrade_workspaces(database) >= 1
    with workspaces.begin(workspace, SYSTEM) as tx:
        assert tx.connection.scalar(sa.text("SELECT count(*) FROM _preference")) == 0


def test_the_files_of_tables_are_found_where_the_product_is_installed() -> None:
    assert all(Path(path).name for path in sources())
    assert "engines/formula/sql/dg.sql" in sources()
