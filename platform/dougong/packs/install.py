"""Installing, upgrading and removing packs in an app: which layers it will have, then one publish (DESIGN D7, D8)."""

from collections.abc import Iterable

from dougong.apps import store
from dougong.apps.finish import Report, silent
from dougong.apps.publish import Published, publish_layers
from dougong.apps.revisions import INSTALL, REMOVE
from dougong.packs.library import Library, Pack
from dougong.workspace.transactions import Workspaces
from dougong.workspace.workspaces import WorkspaceInfo
from engines.form.transaction import Actor, Transaction
from engines.kernel.labels import Label
from engines.kernel.layers import Layer
from engines.kernel.problems import Conflict, NotFound, Problem


def installed(tx: Transaction, app: str) -> dict[str, str]:
    """The packs of an app with their versions; none for an app that does not exist yet."""
    if app not in {one.key for one in store.apps(tx)}:
        return {}
    return {layer.key: layer.version for layer in store.load_layers(tx, app).packs}


def install(
    workspaces: Workspaces,
    info: WorkspaceInfo,
    actor: Actor,
    library: Library,
    keys: Iterable[str],
    *,
    app: str,
    title: Label = "",
    report: Report = silent,
) -> tuple[Published, list[Pack]]:
    """Install packs with what they depend on into an app, or bring those that are there to the library's version.

    Gives what was published and the packs, dependencies first. The customer's changes stay (or become conflicts).
    Raises `NotFound`, `Rejected` with everything that is wrong, `Forbidden` for one who may not design.
    """
    packs = library.closure(keys)
    with workspaces.begin(info, actor, origin="pack", read_only=True) as tx:
        old = store.load_layers(tx, app).packs if installed(tx, app) else ()
    layers = {layer.key: layer for layer in old} | {pack.key: pack.layer for pack in packs}
    name = ", ".join(pack.key for pack in packs if pack.key not in {layer.key for layer in old}) or "packs"
    published = publish_layers(
        workspaces, info, actor, layers.values(), report, app=app, title=title, summary=f"{INSTALL}{name}"
    )
    return published, packs


def remove(
    workspaces: Workspaces,
    info: WorkspaceInfo,
    actor: Actor,
    keys: Iterable[str],
    *,
    app: str,
    report: Report = silent,
) -> Published:
    """Take packs out of an app; their forms go to the trash with their records and come back when installed again.

    Raises `NotFound` for a pack that is not there, `Conflict` where another pack needs it, naming that pack.
    """
    gone = set(keys)
    with workspaces.begin(info, actor, origin="pack", read_only=True) as tx:
        old: tuple[Layer, ...] = store.load_layers(tx, app).packs if installed(tx, app) else ()
    here = {layer.key for layer in old}
    missing = sorted(gone - here)
    if missing:
        message = f'"{missing[0]}" is not installed in this app'
        raise NotFound(Problem("pack.not_installed", missing[0], message, {"key": missing[0]}))
    needed = [
        Problem("pack.needed", key, f'"{layer.key}" needs "{key}"', {"key": key, "by": layer.key})
        for layer in old
        if layer.key not in gone
        for key in layer.depends
        if key in gone
    ]
    if needed:
        raise Conflict(needed)
    left = [layer for layer in old if layer.key not in gone]
    summary = f"{REMOVE}{', '.join(sorted(gone))}"
    return publish_layers(workspaces, info, actor, left, report, app=app, summary=summary)
