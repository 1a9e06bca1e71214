"""`dougong pack list | lint | install | remove | test`."""

import argparse
import json
import sys
from collections.abc import Callable

from dougong.apps.finish import Progress
from dougong.cli.main import Subparsers
from dougong.cli.servers import with_servers
from dougong.config import Settings, read_secret_keys
from dougong.db.engine import make_engine
from dougong.embedded import postgres
from dougong.packs.install import install, installed, remove
from dougong.packs.jobs import know_roles
from dougong.packs.library import Library
from dougong.packs.lint import lint
from dougong.packs.testing import test_packs
from dougong.vault.box import Box
from dougong.workspace.transactions import Workspaces
from engines.form.transaction import SYSTEM
from engines.kernel.labels import label


def add_parser(commands: Subparsers) -> None:
    """Add the command with its own commands."""
    parser = commands.add_parser("pack", help="list, check, install, remove and test packs")
    inner = parser.add_subparsers(dest="pack_command", required=True, metavar="COMMAND")
    _add(inner, "list", "the packs in the library, and which of them an app has", _list)
    _add(inner, "lint", "check packs without installing them", _lint)
    _add(inner, "install", "install packs with what they depend on", _install, keys=True)
    _add(inner, "remove", "take packs out of an app; their records go to the trash", _remove, keys=True)
    _add(inner, "test", "run the tests of packs in a scratch workspace", _test)


def _add(
    inner: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    words: str,
    run: Callable[[argparse.Namespace, Settings], int],
    *,
    keys: bool = False,
) -> None:
    parser = inner.add_parser(name, help=words)
    parser.add_argument("keys", nargs="+" if keys else "*", metavar="PACK", help="family.block; all if none is named")
    parser.add_argument("--workspace", default="demo", help="the workspace's key (demo)")
    parser.add_argument("--app", default="main", help="the app's key (main)")
    parser.set_defaults(run=run)


def _list(options: argparse.Namespace, settings: Settings) -> int:
    here: dict[str, str] = {}
    if settings.database_url is not None or postgres.find(settings.data_folder) is not None:
        with _workspaces(settings).begin(options.workspace, SYSTEM, origin="system", read_only=True) as tx:
            here = installed(tx, options.app)
    for manifest in Library().manifests():
        state = f"installed {here[manifest.key]}" if manifest.key in here else ""
        print(f"{manifest.key:24} {manifest.version:8} {label(manifest.title, 'en'):32} {state}".rstrip())
    return 0


def _lint(options: argparse.Namespace, _settings: Settings) -> int:
    library = Library()
    found = 0
    for key in options.keys or library.keys():
        for problem in lint(library, key):
            found += 1
            print(f"{key}: {problem.path}: {problem.message} ({problem.code})")
    print(f"{found} problems" if found else "no problems")
    return 1 if found else 0


def _install(options: argparse.Namespace, settings: Settings) -> int:
    workspaces = _workspaces(settings)
    info = workspaces.get(options.workspace)
    published, packs = install(workspaces, info, SYSTEM, Library(), options.keys, app=options.app, report=_show)
    with workspaces.begin(info, SYSTEM, origin="pack") as tx:
        know_roles(tx, packs)
    print(json.dumps({"app": published.app, "revision": published.revision, "packs": [pack.key for pack in packs]}))
    return 0


def _remove(options: argparse.Namespace, settings: Settings) -> int:
    workspaces = _workspaces(settings)
    info = workspaces.get(options.workspace)
    published = remove(workspaces, info, SYSTEM, options.keys, app=options.app, report=_show)
    print(json.dumps({"app": published.app, "revision": published.revision}))
    return 0


def _test(options: argparse.Namespace, settings: Settings) -> int:
    library = Library()
    engine = make_engine(str(with_servers(settings).database_url), pool_size=2)
    passed = failed = 0
    for outcome in test_packs(engine, library, options.keys or library.keys()):
        if outcome.difference is None:
            passed += 1
        else:
            failed += 1
            print(f"{outcome.pack}/tests/{outcome.name}.json: {outcome.difference}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


def _workspaces(settings: Settings) -> Workspaces:
    engine = make_engine(str(with_servers(settings, redis=False).database_url), pool_size=2)
    return Workspaces(engine, box=Box(read_secret_keys(settings)))


def _show(progress: Progress) -> None:
    sys.stderr.write(f"{progress.stage} {progress.done}/{progress.total} {progress.step}\n")
