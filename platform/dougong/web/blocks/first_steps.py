"""The first minutes: five steps for an administrator, three for others, that tick themselves and can be closed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from flask import Flask, Response, request, session
from markupsafe import Markup
from sqlalchemy import exists, func, select

from dougong.apps import store
from dougong.apps.tables import DOCUMENT, LAYER
from dougong.web.home import fragment
from dougong.web.i18n import gettext
from dougong.web.preferences import read_preference, write_preference
from dougong.web.records.menu import app_entries
from dougong.web.shell import Entry
from dougong.workspace.tables import MEMBER
from engines.form.form import Form
from engines.form.policy import policy_for
from engines.form.query import Query, list_records
from engines.form.system import LEDGER
from engines.form.transaction import Transaction
from engines.kernel.layers import OWN

PREFERENCE = "first_steps"
SEEN = "seen"  # what the browser's session remembers until home writes it down


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what to do, where, and whether it is done."""

    key: str
    title: str
    text: str
    url: str
    icon: str
    is_done: Callable[[], bool]


def show(tx: Transaction) -> Markup | None:
    """The checklist, until it is closed."""
    kept: dict[str, Any] = read_preference(tx, PREFERENCE) or {}
    if kept.get("closed"):
        return None
    steps = list(_admin_steps(tx) if tx.actor.is_admin else _member_steps(tx))
    done = set(kept.get("done", ()))
    fresh = {step.key for step in steps if step.key not in done and step.is_done()}
    if fresh:
        write_preference(tx, PREFERENCE, {"done": sorted(done | fresh)})
    done |= fresh
    return fragment("home/first_steps.html", {"steps": steps, "done": done})


def close(tx: Transaction) -> None:
    """Take the checklist away for this person."""
    write_preference(tx, PREFERENCE, {**(read_preference(tx, PREFERENCE) or {}), "closed": True})


def _admin_steps(tx: Transaction) -> Iterator[Step]:
    entries = list(app_entries(tx))
    form = next(creatable(tx, entries, "import"), None)
    dashboard = next((entry.url for entry in entries if "/d/" in entry.url), "/templates")
    people = select(func.count()).select_from(MEMBER).where(MEMBER.c.is_active)
    import_url = f"/import/{form[0]}/{form[1].key}" if form is not None else "/templates"
    yield Step(
        "template",
        gettext("Choose building blocks"),
        gettext("Customers, opportunities, quotes: install what fits, with sample data if you like."),
        "/templates",
        "apps",
        lambda: _any(tx, exists().where(DOCUMENT.c.until.is_(None))),
    )
    yield Step(
        "people",
        gettext("Invite people"),
        gettext("Paste a list of names and addresses; everybody gets a link."),
        "/admin/invite",
        "user-plus",
        lambda: (tx.connection.scalar(people) or 0) > 1,
    )
    yield Step(
        "import",
        gettext("Import your data"),
        gettext("A spreadsheet becomes records; every problem is shown before anything is written."),
        import_url,
        "file-import",
        lambda: _any(tx, exists().where(LEDGER.c.kind == "import", LEDGER.c.finished_at.is_not(None))),
    )
    yield Step(
        "adjust",
        gettext("Adjust a form"),
        gettext("Drag a field of your own into place and publish it; updates keep your changes."),
        "/design",
        "tool",
        lambda: _any(tx, exists().where(LAYER.c.key == OWN, LAYER.c.until.is_(None), LAYER.c.body != {})),
    )
    yield Step(
        "dashboard",
        gettext("Look at the dashboard"),
        gettext("Click a bar and you see the records behind it."),
        dashboard,
        "layout-dashboard",
        lambda: "dashboard" in session.get(SEEN, ()),
    )


def _member_steps(tx: Transaction) -> Iterator[Step]:
    forms = list(creatable(tx, list(app_entries(tx)), "create"))[:2]
    for app, form in forms:
        name = form.label(tx.actor.locale)
        yield Step(
            f"add:{app}.{form.key}",
            gettext("Add your first record: %(name)s", name=name),
            form.description(tx.actor.locale),
            f"/a/{app}/{form.key}/new",
            form.icon,
            lambda form=form: _has_own(tx, form),  # type: ignore[misc]
        )
    yield Step(
        "day",
        gettext("See what waits for you"),
        gettext("Approvals and returned records are in the to-do list."),
        "/todo",
        "checklist",
        lambda: "todo" in session.get(SEEN, ()),
    )


def creatable(tx: Transaction, entries: list[Entry], operation: str) -> Iterator[tuple[str, Form]]:
    """The forms of the menu in which the person may do this, in the order of the menu."""
    for entry in entries:
        parts = entry.url.partition("?")[0].strip("/").split("/")
        if len(parts) == 3 and parts[0] == "a":
            form = store.forms(tx, parts[1]).get(parts[2])
            if policy_for(tx, form).may(operation):
                yield parts[1], form


def _has_own(tx: Transaction, form: Form) -> bool:
    mine = Query((), {"field": "_created_by", "op": "is_me"}, limit=1, count="none")
    return bool(list_records(tx, form, mine).rows)


def _any(tx: Transaction, condition: Any) -> bool:
    return bool(tx.connection.scalar(select(condition)))


def _note_visit(response: Response) -> Response:
    """Remember in the session that a dashboard or the to-do list was looked at."""
    endpoint = request.endpoint or ""
    what = "dashboard" if endpoint == "dashboards.page" else "todo" if endpoint == "todo.page" else None
    if what is not None and response.status_code == 200 and what not in session.get(SEEN, ()):
        session[SEEN] = [*session.get(SEEN, ()), what]
    return response


def install(app: Flask) -> None:
    """Notice what people have looked at."""
    app.after_request(_note_visit)
