"""Publishing: prepare, switch, finish (DESIGN D8). Each step may be repeated; a failure before or in the switch leaves
revision, tables and caches as they were; a failure in finish is resumed by `finish_open`.

- *prepare* works outside the workspace's lock, while people go on writing: checks, dry conversion, shadow columns,
  indexes built CONCURRENTLY.
- *switch* is one short transaction that has the workspace to itself: catalog-only DDL, metadata, the new revision.
- *finish* is what remains (recompute, drop, validate), kept as rows that the switch wrote.

`report` is told before every step; a test that raises in it injects a failure there.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace

from sqlalchemy import delete, text
from sqlalchemy.exc import DBAPIError

from dougong.apps import drafts, store
from dougong.apps.finish import Progress, Report, finish_open, remember, silent
from dougong.apps.plan import Plan, plan_target
from dougong.apps.revisions import note_action, write_revision
from dougong.apps.schema import busy, run_prepare, run_switch, undo_prepare
from dougong.apps.tables import DRAFT
from dougong.apps.target import MakeTarget, Target, of_draft, of_layers, of_revision
from dougong.apps.trash import note_trash
from dougong.workspace.transactions import BUSY, Workspaces, pause, sqlstate
from dougong.workspace.workspaces import WorkspaceInfo
from engines.form.transaction import Actor, Origin, Transaction
from engines.kernel.labels import Label
from engines.kernel.layers import Layer
from engines.kernel.problems import Conflict, Problem, Rejected

ALONE = 0x5042  # first half of the advisory lock of who publishes; the second is the workspace's number
ALONE_TRIES = 15  # some five seconds
_NUMBER = text("SELECT nextval(pg_get_serial_sequence('_revision', 'id'))")
ROUNDS = 3  # how often a publish starts again because somebody else published meanwhile


@dataclass(frozen=True, slots=True)
class Published:
    """What a publish came to. `finished` is False while something is left that `finish_open` will do.

    `unchanged` says that there was nothing to publish; `conflicts` are those that an upgrade left for a person;
    `action` is the number by which the person may take it back for a day (None where nobody may).
    """

    app: str
    revision: int
    documents: int
    finished: bool = True
    conflicts: int = 0
    unchanged: bool = False
    action: int | None = None


class _Moved(Exception):
    """Somebody else published between prepare and switch."""


def publish(
    workspaces: Workspaces,
    info: WorkspaceInfo,
    actor: Actor,
    draft_id: int,
    report: Report = silent,
    *,
    summary: str | None = None,
) -> Published:
    """Publish a draft; `summary` says what is new, instead of the draft's title.

    Raises `Rejected` with everything that is wrong or in conflict, `Conflict` for a workspace that is too busy,
    `Forbidden`, `NotFound`; nothing is changed then.
    """

    def target(tx: Transaction) -> Target:
        found = of_draft(tx, drafts.get_draft(tx, draft_id))
        return found if summary is None else replace(found, summary=summary)

    return _publish(workspaces, info, actor, target, report, "page")


def publish_layers(
    workspaces: Workspaces,
    info: WorkspaceInfo,
    actor: Actor,
    layers: Iterable[Layer],
    report: Report = silent,
    *,
    app: str | None = None,
    title: Label = "",
    summary: str = "",
) -> Published:
    """Make an app's packs exactly these (installed, upgraded, removed), keeping the customer's changes.

    The app is made where the workspace has none with this key. Raises as `publish` does.
    """
    packs = tuple(layers)
    with workspaces.begin(info, actor, origin="pack") as tx:
        drafts.may_design(tx)
        key = _app_for(tx, app, title)
    return _publish(workspaces, info, actor, lambda tx: of_layers(tx, key, packs, summary), report, "pack")


def revert(
    workspaces: Workspaces,
    info: WorkspaceInfo,
    actor: Actor,
    revision: int,
    report: Report = silent,
    *,
    app: str | None = None,
) -> Published:
    """Publish the documents and layers of an earlier revision again, as a new one. Raises as `publish` does."""

    def target(tx: Transaction) -> Target:
        drafts.may_design(tx)
        return of_revision(tx, store.app_key(tx, app), revision)

    return _publish(workspaces, info, actor, target, report, "page")


def _app_for(tx: Transaction, app: str | None, title: Label) -> str:
    known = [one.key for one in store.apps(tx)]
    key = app or (known[0] if known else store.DEFAULT_APP)
    if key not in known:
        store.make_app(tx, key, title or key)
    return key


def recover(workspaces: Workspaces, info: WorkspaceInfo, report: Report = silent) -> bool:
    """Take back or finish what killed publishes left; tells whether nothing is left. Does nothing while one runs."""
    try:
        with _alone(workspaces, info, tries=1):
            undo_prepare(workspaces, info)
    except Conflict:
        return False
    return finish_open(workspaces, info, report)


def _publish(
    workspaces: Workspaces, info: WorkspaceInfo, actor: Actor, make: MakeTarget, report: Report, origin: Origin
) -> Published:
    with _alone(workspaces, info):
        undo_prepare(workspaces, info)
        for _ in range(ROUNDS):
            report(Progress("check", 0, 1))
            with workspaces.begin(info, actor, origin=origin) as tx:
                target = make(tx)
                number = int(tx.connection.execute(_NUMBER).scalar_one())
                plan = plan_target(tx, target, number)
            if plan.problems:
                raise Rejected(plan.problems)
            if plan.is_empty:
                return _nothing(workspaces, info, actor, target, plan)
            try:
                action = _prepare_and_switch(workspaces, info, actor, target, plan, number, report, origin)
            except _Moved:
                continue
            break
        else:
            message = "Others keep publishing; try again in a moment"
            raise Conflict(Problem("publish.moved", "", message, {"rounds": ROUNDS}))
    finished = finish_open(workspaces, info, report)
    report(Progress("done", 1, 1))
    left = sum(map(len, target.conflicts.values()))
    return Published(target.app, number, len(plan.documents), finished, left, action=action)


def _nothing(workspaces: Workspaces, info: WorkspaceInfo, actor: Actor, target: Target, plan: Plan) -> Published:
    """Nothing to publish: a draft that changes nothing is gone all the same."""
    if target.draft_id is not None:
        with workspaces.begin(info, actor) as tx:
            tx.connection.execute(delete(DRAFT).where(DRAFT.c.id == target.draft_id))
    return Published(target.app, plan.revision, 0, unchanged=True)


def _prepare_and_switch(
    workspaces: Workspaces,
    info: WorkspaceInfo,
    actor: Actor,
    target: Target,
    plan: Plan,
    number: int,
    report: Report,
    origin: Origin,
) -> int | None:
    """Make the target the revision `number`; where anything fails, what was prepared is taken back.

    Gives the number of the action that takes it back.
    """

    def switch(tx: Transaction) -> int | None:
        if tx.revision != plan.revision:
            raise _Moved
        run_switch(tx, plan.steps, report)
        note_trash(tx, target.app, plan.steps, store.load(tx, target.app), number, plan.back)
        write_revision(tx, target, number)
        remember(tx, target.app, number, plan.left())
        action = note_action(tx, target, number) if origin == "page" else None
        report(Progress("switch", 1, 1, "commit"))
        return action

    switched = False
    try:
        run_prepare(workspaces, info, plan.steps, report)
        action = workspaces.run(info, actor, switch, origin=origin, publish=True)
        switched = True
        return action
    except DBAPIError as error:
        if sqlstate(error) == BUSY:
            raise busy(info) from error
        raise
    finally:
        if not switched:
            with suppress(Conflict):  # what cannot be taken back now is taken back before the next publish
                undo_prepare(workspaces, info)


@contextmanager
def _alone(workspaces: Workspaces, info: WorkspaceInfo, tries: int = ALONE_TRIES) -> Iterator[None]:
    """One publish at a time in a workspace; the lock goes with the session, so a killed process gives it back."""
    with workspaces.outside(info) as connection:
        for attempt in range(1, tries + 1):
            if connection.scalar(text("SELECT pg_try_advisory_lock(:space, :n)"), {"space": ALONE, "n": info.id}):
                break
            if attempt == tries:
                message = "Somebody else is publishing; try again when that is done"
                raise Conflict(Problem("publish.running", "", message, {"workspace": info.key}))
            pause(attempt)
        yield
