"""`dougong meta export | plan | publish`: an application's documents as files, and files as a draft."""

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from dougong.apps import drafts, store
from dougong.apps.plan import make_plan
from dougong.apps.publish import publish
from dougong.cli.main import Subparsers
from dougong.cli.servers import with_servers
from dougong.config import Settings, read_secret_keys
from dougong.db.engine import make_engine
from dougong.vault.box import Box
from dougong.workspace.transactions import Workspaces
from engines.form.transaction import SYSTEM, Transaction
from engines.kernel.keyed import same
from engines.kernel.problems import NotFound, Problem, ProblemError, Rejected


def add_parser(commands: Subparsers) -> None:
    """Add the command with its own commands."""
    parser = commands.add_parser("meta", help="write documents to files, plan and publish files")
    inner = parser.add_subparsers(dest="meta_command", required=True, metavar="COMMAND")
    _add(inner, "export", "write every document in force to FOLDER/<kind>/<key>.json", _export)
    _add(inner, "plan", "say what publishing the files would do", _plan)
    _add(inner, "publish", "publish the files that differ from what is in force", _publish)


def _add(
    inner: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    words: str,
    run: Callable[[argparse.Namespace, Settings], int],
) -> None:
    parser = inner.add_parser(name, help=words)
    parser.add_argument("path", type=Path, metavar="PATH", help="a folder, or one file")
    parser.add_argument("--workspace", default="demo", help="the workspace's key (demo)")
    parser.add_argument("--app", default="main", help="the app's key (main)")
    parser.add_argument("--title", default="", help="the summary of the revision")
    parser.set_defaults(run=run)


def _export(options: argparse.Namespace, settings: Settings) -> int:
    with _workspaces(settings) as workspaces, _reading(workspaces, options) as tx:
        documents = store.load(tx, options.app).documents
    for (kind, key), document in sorted(documents.items()):
        path = options.path / kind / f"{key}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    print(f"{len(documents)} documents written to {options.path}")
    return 0


def _plan(options: argparse.Namespace, settings: Settings) -> int:
    with _workspaces(settings) as workspaces, workspaces.begin(options.workspace, SYSTEM, origin="system") as tx:
        draft = _draft(tx, options)
        plan = make_plan(tx, draft)
        drafts.discard(tx, draft)
    print(json.dumps(plan.as_dict(), ensure_ascii=False, indent=2))
    return 1 if plan.problems else 0


def _publish(options: argparse.Namespace, settings: Settings) -> int:
    with _workspaces(settings) as workspaces:
        info = workspaces.get(options.workspace)
        with workspaces.begin(info, SYSTEM, origin="system") as tx:
            draft = _draft(tx, options)
        try:
            done = publish(workspaces, info, SYSTEM, draft.id)
        except ProblemError as error:
            with workspaces.begin(info, SYSTEM, origin="system") as tx:
                drafts.discard(tx, draft)
            for problem in error.problems:
                sys.stderr.write(f"{problem.path}: {problem.message}\n")
            return 1
    print(json.dumps({"app": done.app, "revision": done.revision, "documents": done.documents}))
    return 0


def _draft(tx: Transaction, options: argparse.Namespace) -> drafts.Draft:
    """A draft of the files that differ from the documents in force. Raises `Rejected` for files that are none."""
    draft = drafts.open_draft(tx, options.app, options.title or f"Publish {options.path.name}")
    current = store.load(tx, options.app)
    for path, document in _read(options.path):
        known = current.find(str(document.get("kind")), str(document.get("key")))
        if known is not None and same(known, document):
            continue
        try:
            drafts.put_document(tx, draft, document)
        except Rejected as error:
            raise Rejected(problem.under(str(path)) for problem in error.problems) from error
    return drafts.get_draft(tx, draft.id)


def _read(place: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    paths = sorted(place.rglob("*.json")) if place.is_dir() else [place]
    if not paths or not place.exists():
        raise NotFound(Problem("meta.no_files", str(place), f"There are no documents in {place}", {"path": str(place)}))
    for path in paths:
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
        except (json.JSONDecodeError, UnicodeDecodeError) as error:
            message = f"{path} is not JSON: {error}"
            raise Rejected(Problem("meta.broken_file", str(path), message, {"path": str(path)})) from error
        if not isinstance(document, dict):
            message = f"{path} holds no document"
            raise Rejected(Problem("meta.broken_file", str(path), message, {"path": str(path)}))
        yield path, document


def _reading(workspaces: Workspaces, options: argparse.Namespace) -> AbstractContextManager[Transaction]:
    return workspaces.begin(options.workspace, SYSTEM, origin="system", read_only=True)


@contextmanager
def _workspaces(settings: Settings) -> Iterator[Workspaces]:
    found = with_servers(settings, redis=False)
    engine = make_engine(str(found.database_url), pool_size=2)
    try:
        # No bell is rung: the sweep of the workers finds what is left to do.
        yield Workspaces(engine, box=Box(read_secret_keys(settings)))
    finally:
        engine.dispose()
