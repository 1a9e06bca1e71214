"""Apps of their own for tests: made and published in one call."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import text

from dougong.apps import drafts, store
from dougong.apps.publish import publish
from dougong.workspace.transactions import Workspaces
from dougong.workspace.workspaces import WorkspaceInfo
from engines.form.transaction import SYSTEM, Actor, Transaction
from engines.kernel.documents import Document

ABOUT_RECORDS = text(
    "SELECT table_name, array_agg(column_name::text) FROM information_schema.columns"
    " WHERE table_schema = current_schema() AND table_name LIKE '\\_%' GROUP BY table_name"
    " HAVING array_agg(column_name::text) @> ARRAY['form', 'record_id']"
)


def publish_app(
    workspaces: Workspaces,
    company: WorkspaceInfo,
    key: str,
    title: Any,
    documents: Iterable[Document],
    actor: Actor = SYSTEM,
) -> None:
    """Make the app and publish these documents as its first revision; fails with what is wrong in one of them.

    Tests of a file may be dealt out to a worker in two goes: the second finds the app and gets it without records, and
    with what is different of its documents (the address of a server, say).
    """
    with workspaces.begin(company, actor, origin="pack", publish=True) as tx:
        if key in {one.key for one in store.apps(tx)}:
            empty_app(tx, key)
            there = store.load(tx, key).documents
            documents = [one for one in documents if there.get((one["kind"], one["key"])) != one]
            if not documents:
                return
        else:
            store.make_app(tx, key, title)
        draft = drafts.open_draft(tx, key)
        for one in documents:
            assert drafts.put_document(tx, draft, one) == []
    publish(workspaces, company, actor, draft.id)


def empty_app(tx: Transaction, key: str) -> None:
    """Leave no records of an app (`tx` acts as the owner), nor what is kept about them: their numbers come again."""
    forms = store.forms(tx, key)
    tables = [table for form in forms.own() for table in (form.table, *(sub.table for sub in form.subforms.values()))]
    names = ", ".join(f'"{table.name}"' for table in tables)
    tx.connection.exec_driver_sql(f"TRUNCATE {names} RESTART IDENTITY CASCADE")
    own = [form.table.name for form in forms.own()]
    for table, columns in tx.connection.execute(ABOUT_RECORDS):
        of_app = " OR app = :app" if "app" in columns else ""
        tx.connection.execute(text(f'DELETE FROM "{table}" WHERE form = ANY(:own){of_app}'), {"own": own, "app": key})
