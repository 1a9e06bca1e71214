"""Moments in this installation: looked at by the runner, and told to the people whom they concern."""

import time
from typing import Any, Final

import structlog
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from dougong.apps import store
from dougong.flows import tell_late_tasks
from dougong.notify.notices import tell
from dougong.workspace.tables import MEMBER, ROLE_MEMBER
from dougong.workspace.transactions import Workspaces
from dougong.workspace.workspaces import WorkspaceInfo
from engines.form.events import Consumer
from engines.form.form import Form
from engines.form.moments.scan import Looked, drop, event_type, look
from engines.form.names import LINK_SOURCE, LINK_TARGET, OWNER
from engines.form.titles import titles
from engines.form.transaction import SYSTEM, Transaction
from engines.kernel.documents import Document
from engines.kernel.problems import NotFound, ProblemError

KIND: Final = "moment"
EVERY_SECONDS: Final = 60
SHARE: Final = 20
"""A look may take one part in this many of the time: where it takes long it is done less often."""

log = structlog.get_logger()


def wants(form: Form, kind: str) -> bool:
    """Whether an event is one that tells people: that of a moment of this form which names somebody."""
    if not kind.startswith("moment."):
        return False
    document = form.forms.documents.get((KIND, kind.removeprefix("moment.")))
    return document is not None and document["form"] == form.key and bool(document.get("people"))


CONSUMER: Final = Consumer(KIND, wants)


def deliver(tx: Transaction, event: Any) -> None:
    """Put a notice into the bell of those whom the moment names."""
    try:
        forms = store.forms(tx, event.app)
    except NotFound:
        return
    document = forms.documents.get((KIND, event.type.removeprefix("moment.")))
    if document is None or event.form not in forms or event.record_id is None:
        return
    form = forms.get(event.form)
    title = titles(tx, form, [event.record_id]).get(event.record_id)
    if title is None:
        return
    data = {
        "title": title or f"#{event.record_id}",
        "text": document.get("text") or document["title"],
        "icon": "clock",
        "moment": document["key"],
    }
    people = [one for named in document.get("people", ()) for one in _people(tx, form, event.record_id, named)]
    link = f"/a/{form.app}/{form.key}/{event.record_id}"
    tell(tx, people, "moment", data, link=link, key=f"moment:{event.id}")


def _people(tx: Transaction, form: Form, record_id: int, named: Document) -> list[int]:
    """The active members that one line of a moment names for a record."""
    if named["kind"] == "role":
        found = select(ROLE_MEMBER.c.member_id.label("id")).where(ROLE_MEMBER.c.role == named["role"])
    elif named["kind"] == "owner":
        found = select(form.table.c[OWNER].label("id")).where(form.table.c.id == record_id)
    else:
        field = form.fields[named["field"]]
        if field.links is not None:
            found = select(field.links.c[LINK_TARGET].label("id")).where(field.links.c[LINK_SOURCE] == record_id)
        else:
            found = select(form.table.c[field.key].label("id")).where(form.table.c.id == record_id)
    chosen = found.subquery()
    return list(
        tx.connection.execute(select(MEMBER.c.id).where(MEMBER.c.id == chosen.c.id, MEMBER.c.is_active)).scalars()
    )


class Watch:
    """Looks at the moments of every workspace about once a minute. One for each runner."""

    def __init__(self, workspaces: Workspaces) -> None:
        self.workspaces = workspaces
        self._next: dict[int, float] = {}

    def due(self, info: WorkspaceInfo) -> bool:
        """Whether it is time to look at this workspace."""
        return time.monotonic() >= self._next.get(info.id, 0.0)

    def look(self, info: WorkspaceInfo) -> int:
        """Look at every moment of a workspace now; how many records told. What fails is tried at the next look."""
        began, told = time.monotonic(), 0
        with self.workspaces.begin(info, SYSTEM, origin="system") as tx:
            found = [(app.key, store.documents(tx, KIND, app.key)) for app in store.apps(tx)]
            for app, documents in found:
                drop(tx, app, {document["key"] for document in documents})
        for app, documents in found:
            for document in documents:
                told += self._look(info, app, document["key"])
        told += sum(self._late(info, app) for app, _ in found)
        self._next[info.id] = began + max(EVERY_SECONDS, (time.monotonic() - began) * SHARE)
        return told

    def _look(self, info: WorkspaceInfo, app: str, key: str) -> int:
        told, more = 0, True
        while more:

            def work(tx: Transaction) -> Looked:
                forms = store.forms(tx, app)
                document = forms.documents.get((KIND, key))
                return Looked(0, 0, more=False) if document is None else look(tx, forms, document)

            try:
                one = self.workspaces.run(info, SYSTEM, work, origin="automation")
            except (ProblemError, DBAPIError) as error:
                log.warning("moment.failed", workspace=info.key, app=app, moment=key, error=str(error)[:500])
                return told
            told, more = told + one.told, one.more
        return told

    def _late(self, info: WorkspaceInfo, app: str) -> int:
        """Tell of the tasks of an app whose time limit is over."""
        try:
            return self.workspaces.run(info, SYSTEM, lambda tx: tell_late_tasks(tx, app), origin="automation")
        except (ProblemError, DBAPIError) as error:
            log.warning("limits.failed", workspace=info.key, app=app, error=str(error)[:500])
            return 0


__all__ = ["CONSUMER", "KIND", "Watch", "deliver", "event_type"]
