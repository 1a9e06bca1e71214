"""The to-do page (what waits for me, what I began, did and was shown) and the notices behind the bell."""

from dataclasses import dataclass

from flask import Blueprint, Response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from dougong.flows import record_url
from dougong.notify.notices import Note, latest, mark_read, unread
from dougong.web.errors import is_htmx
from dougong.web.i18n import lazy_gettext
from dougong.web.login import safe_next
from dougong.web.request import begin_tx
from dougong.web.shell import COUNTS
from engines.form.transaction import Transaction
from engines.kernel.documents import Label
from engines.workflow.tasks import BOXES, Box, Item, count_open, flows_in, my_tasks

todo_pages = Blueprint("todo", __name__)

TITLES: dict[Box, object] = {
    "todo": lazy_gettext("Waits for me"),
    "started": lazy_gettext("Started by me"),
    "done": lazy_gettext("Done by me"),
    "cc": lazy_gettext("Copied to me"),
}
SENTENCES = {
    "flow.task": lazy_gettext("%(by)s asks for your approval: %(title)s"),
    "flow.cc": lazy_gettext("%(by)s copied you on: %(title)s"),
    "flow.returned": lazy_gettext("%(by)s returned to you: %(title)s"),
    "flow.approved": lazy_gettext("%(by)s approved: %(title)s"),
    "flow.rejected": lazy_gettext("%(by)s rejected: %(title)s"),
    "flow.withdrawn": lazy_gettext("%(by)s withdrew: %(title)s"),
    "flow.late": lazy_gettext("The time for an answer is over: %(title)s"),
}
BY_NOBODY = SENTENCES | {
    "flow.task": lazy_gettext("Waits for your approval: %(title)s"),
    "flow.cc": lazy_gettext("For your information: %(title)s"),
    "flow.returned": lazy_gettext("Returned to you: %(title)s"),
    "flow.approved": lazy_gettext("Approved: %(title)s"),
    "flow.rejected": lazy_gettext("Rejected: %(title)s"),
    "flow.withdrawn": lazy_gettext("Withdrawn: %(title)s"),
}
ICONS = {
    "flow.task": "user-check",
    "flow.cc": "send",
    "flow.returned": "arrow-left",
    "flow.approved": "circle-check",
    "flow.rejected": "circle-x",
    "flow.withdrawn": "arrow-left",
    "flow.late": "clock",
}


@dataclass(frozen=True, slots=True)
class Line:
    """A notice as the bell shows it. Kinds of other areas bring their words along as labels `title` and `text`."""

    note: Note

    @property
    def icon(self) -> str:
        return ICONS.get(self.note.kind) or str(self.note.data.get("icon") or "bell")

    @property
    def sentence(self) -> str | None:
        """The words of a notice of flows; None for others."""
        data = self.note.data
        words = (SENTENCES if data.get("by") else BY_NOBODY).get(self.note.kind)
        if words is None:
            return None
        return str(words) % {"by": data.get("by") or "", "title": data.get("title") or ""}

    @property
    def title(self) -> Label | None:
        return self.note.data.get("title")

    @property
    def about(self) -> str:
        """The comment of whoever did it, or another text."""
        return str(self.note.data.get("comment") or "")

    @property
    def text(self) -> Label | None:
        return self.note.data.get("text")


def _bell(tx: Transaction) -> int:
    return unread(tx)


COUNTS["todo"] = count_open
COUNTS["bell"] = _bell


def link_of(item: Item) -> str:
    """The record of a line, opened for its task (which notes that it was seen)."""
    if item.task_id is None or item.closed_at is not None:
        return record_url(item.app, item.form, item.record_id)
    return f"/flow/tasks/{item.task_id}"


@todo_pages.get("/todo")
def page() -> ResponseReturnValue:
    """The to-do page; htmx gets the list alone."""
    box: Box = next((one for one in BOXES if one == request.args.get("box")), "todo")
    search = request.args.get("q", "").strip()[:60]
    chosen = request.args.get("flow", "")[:80]
    app, _, flow = chosen.rpartition("/")
    with begin_tx(read_only=True) as tx:
        found = my_tasks(
            tx,
            box,
            app=app or None,
            flow=flow or None,
            search=search,
            cursor=request.args.get("cursor") or None,
        )
        return render_template(
            "todo/_list.html" if is_htmx() else "todo/page.html",
            box=box,
            titles=TITLES,
            found=found,
            search=search,
            chosen=chosen,
            flows=flows_in(tx, box),
            waiting=count_open(tx),
            link_of=link_of,
        )


@todo_pages.get("/notices")
def notices() -> ResponseReturnValue:
    """What the bell shows when it is opened."""
    with begin_tx(read_only=True) as tx:
        return _notices(tx)


@todo_pages.post("/notices/read")
def read_all() -> ResponseReturnValue:
    """Mark all as read."""
    with begin_tx() as tx:
        mark_read(tx)
        return _notices(tx)


@todo_pages.get("/notices/<int:notice_id>")
def follow(notice_id: int) -> ResponseReturnValue:
    """Mark one as read and go where it leads."""
    with begin_tx() as tx:
        mark_read(tx, [notice_id])
        known = next((one for one in latest(tx, limit=1, before=notice_id + 1) if one.id == notice_id), None)
    link = known.link if known is not None else None
    return redirect(safe_next(link) if link else "/todo", 303)


def _notices(tx: Transaction) -> Response:
    lines = [Line(note) for note in latest(tx)]
    return Response(render_template("todo/_notices.html", lines=lines, unread=unread(tx)))
