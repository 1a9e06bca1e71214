"""Apps of their own for tests: made and published in one call."""

from collections.abc import Iterable
from typing import Any

from dougong.apps import drafts, store
from dougong.apps.publish import publish
from dougong.workspace.transactions import Workspaces
from dougong.workspace.workspaces import WorkspaceInfo
from engines.form.transaction import SYSTEM, Actor
from engines.kernel.documents import Document


def publish_app(
    workspaces: Workspaces,
    company: WorkspaceInfo,
    key: str,
    title: Any,
    documents: Iterable[Document],
    actor: Actor = SYSTEM,
) -> None:
    """Make the app and publish these documents as its first revision; fails with what is wrong in one of them."""
    with workspaces.begin(company, actor, origin="pack") as tx:
        store.make_app(tx, key, title)
        draft = drafts.open_draft(tx, key)
        for one in documents:
            assert drafts.put_document(tx, draft, one) == []
    publish(workspaces, company, actor, draft.id)
