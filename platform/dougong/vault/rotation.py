"""Replacing the installation's keys: everything that older keys sealed is sealed anew with the first one.

`begin_rotation` seals the secrets and public links of a workspace at once and leaves its encrypted fields as steps to
do, which the workers (or `dougong keys rotate` itself) take up, go on with after an interruption, and may do twice.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import and_, func, not_, select

from dougong.apps import store
from dougong.apps.finish import Left, finish_open, remember
from dougong.apps.sealing import Report, silent
from dougong.public.links import rotate_links
from dougong.public.tables import PUBLIC_LINK
from dougong.vault.box import VERSION, Box
from dougong.vault.secrets import rotate_secrets
from dougong.workspace.tables import SECRET
from dougong.workspace.transactions import Workspaces
from dougong.workspace.workspaces import WorkspaceInfo
from engines.form.form import Form
from engines.form.protect.cipher import SEALED
from engines.form.protect.seal import encrypted_fields
from engines.form.system import CHANGE
from engines.form.transaction import SYSTEM, Transaction
from engines.kernel.problems import Problem, Rejected


@dataclass(frozen=True, slots=True)
class Waiting:
    """What lies under older keys in a workspace: secrets, values of encrypted fields, lines of the log, links."""

    secrets: int = 0
    values: int = 0
    history: int = 0
    links: int = 0

    def __bool__(self) -> bool:
        return bool(self.secrets or self.values or self.history or self.links)


def begin_rotation(tx: Transaction, box: Box) -> int:
    """Seal the secrets and links anew and leave the encrypted fields to be done; how many forms have such."""
    rotate_secrets(tx, box)
    rotate_links(tx, box)
    count = 0
    for form in encrypted_forms(tx):
        paths = list(encrypted_fields(form))
        about = f"Seal {form.key} with the new key"
        remember(tx, form.app, tx.revision, [Left("seal", {"about": about, "form": form.key, "fields": paths})])
        count += 1
    tx.wake = tx.wake or bool(count)
    return count


def rotate(workspaces: Workspaces, info: WorkspaceInfo, report: Report = silent) -> Waiting:
    """Seal everything of a workspace with the first key, now; what still waits afterwards. May be repeated.

    Raises `Rejected` (`vault.no_keys`) in a process without keys.
    """
    if workspaces.box is None:
        raise Rejected(Problem("vault.no_keys", "DOUGONG_SECRET_KEYS", "There are no keys", {}))
    with workspaces.begin(info, SYSTEM, origin="system") as tx:
        begin_rotation(tx, workspaces.box)
    finish_open(workspaces, info, report)
    with workspaces.begin(info, SYSTEM, origin="system") as tx:
        return waiting(tx, workspaces.box)


def waiting(tx: Transaction, box: Box) -> Waiting:
    """What lies under older keys, counted now."""
    current = f"{VERSION}.{box.names.partition(',')[0]}."
    secrets = tx.connection.scalar(select(func.count()).where(not_(SECRET.c.sealed.startswith(current))))
    shut = PUBLIC_LINK.c.revoked_at.is_not(None)  # nobody is shown those again
    links = tx.connection.scalar(select(func.count()).where(not_(PUBLIC_LINK.c.sealed.startswith(current)), not_(shut)))
    values = history = 0
    for form in encrypted_forms(tx):
        for one in encrypted_fields(form).values():
            table = form.subforms[one.subform].table if one.subform else form.table
            old = and_(table.c[one.key].is_not(None), not_(table.c[one.key].startswith(SEALED + current)))
            values += tx.connection.scalar(select(func.count()).select_from(table).where(old)) or 0
            if one.subform is None:
                kept = CHANGE.c.old[one.key].astext
                late = and_(
                    CHANGE.c.form == form.table.name, kept.is_not(None), not_(kept.startswith(SEALED + current))
                )
                history += tx.connection.scalar(select(func.count()).where(late)) or 0
    return Waiting(secrets or 0, values, history, links or 0)


def encrypted_forms(tx: Transaction) -> Iterator[Form]:
    """The forms of every app of the workspace that have encrypted fields."""
    for app in store.apps(tx):
        for form in store.forms(tx, app.key).own():
            if encrypted_fields(form):
                yield form
