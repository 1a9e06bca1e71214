"""The library: every pack in the folders of templates, read from disk, and the layer that each becomes."""

import csv
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from dougong.config import project_root
from dougong.packs.manifest import Manifest, read_manifest
from dougong.packs.versions import satisfies
from engines.kernel.layers import Layer
from engines.kernel.problems import NotFound, Problem, Rejected, suggest

FOLDERS: Final[Mapping[str, str]] = {
    "forms": "form",
    "roles": "role",
    "groups": "group",
    "option_sets": "option_set",
    "parameters": "parameters",
    "menus": "menu",
    "flows": "flow",
    "datasets": "dataset",
    "questions": "question",
    "dashboards": "dashboard",
    "currencies": "currency",
}
"""Folder of a pack -> kind of the documents in it. `contributions` may hold every kind."""

_KNOWN: Final = frozenset({*FOLDERS, "contributions", "data", "tests", "i18n", "pictures"})


@dataclass(frozen=True)
class Pack:
    """One pack as it lies on disk. `data` is form (or form.sub-form) -> rows; `tests` is file name -> test."""

    manifest: Manifest
    layer: Layer
    data: Mapping[str, tuple[Mapping[str, str], ...]] = field(default_factory=dict)
    tests: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The pack's key."""
        return self.manifest.key


class Library:
    """Packs by key. Reading is cheap enough to be done anew for every installation."""

    def __init__(self, folders: Iterable[Path] | None = None) -> None:
        self.folders = tuple(folders) if folders is not None else (default_folder(),)

    def keys(self) -> list[str]:
        """The keys of all packs, in order."""
        return sorted(self._places())

    def manifests(self) -> list[Manifest]:
        """The heads of all packs, by key. Raises `Rejected` for a `pack.json` that is wrong."""
        return [read_manifest(_json(place / "pack.json"), key) for key, place in sorted(self._places().items())]

    def load(self, key: str) -> Pack:
        """A whole pack. Raises `NotFound`, or `Rejected` with every file that is wrong."""
        places = self._places()
        if key not in places:
            message = f'There is no pack "{key}"{suggest(key, places)}'
            raise NotFound(Problem("pack.unknown", key, message, {"key": key}))
        return _read(key, places[key])

    def closure(self, wanted: Iterable[str]) -> list[Pack]:
        """The packs with everything that they depend on, dependencies first.

        Raises `NotFound` for a pack that is missing, `Rejected` for a version that does not fit or a circle.
        """
        found: dict[str, Pack] = {}
        for key in wanted:
            self._collect(key, found, ())
        return list(found.values())

    def _collect(self, key: str, found: dict[str, Pack], way: tuple[str, ...]) -> None:
        if key in way:
            circle = " → ".join([*way[way.index(key) :], key])
            message = f"These packs depend on each other in a circle: {circle}"
            raise Rejected(Problem("pack.circle", key, message, {"circle": circle}))
        if key in found:
            return
        pack = self.load(key)
        for other, wanted in pack.manifest.depends.items():
            self._collect(other, found, (*way, key))
            have = found[other].manifest.version
            if not satisfies(have, wanted):
                message = f'"{key}" needs "{other}" {wanted}, but there is {have}'
                params = {"pack": key, "other": other, "wanted": wanted, "have": have}
                raise Rejected(Problem("pack.needs_version", key, message, params))
        found[key] = pack

    def _places(self) -> dict[str, Path]:
        places: dict[str, Path] = {}
        for folder in self.folders:
            for manifest in sorted(folder.glob("*/*/pack.json")):
                places.setdefault(f"{manifest.parent.parent.name}.{manifest.parent.name}", manifest.parent)
        return places


def default_folder() -> Path:
    """The packs that come with the product: the checkout's `templates/`, or what the wheel brought."""
    checkout = project_root() / "templates"
    return checkout if checkout.is_dir() else Path(str(files("dougong") / "templates_data"))


def _read(key: str, place: Path) -> Pack:
    manifest = read_manifest(_json(place / "pack.json"), key)
    problems: list[Problem] = []
    if manifest.key != key:
        message = f'The key "{manifest.key}" is not that of the folder, "{key}"'
        problems.append(Problem("pack.folder", f"{key}/pack.json", message, {"key": manifest.key, "folder": key}))
    documents: list[dict[str, Any]] = []
    for path in sorted(place.glob("*/*.json")):
        folder, name = path.parent.name, f"{key}/{path.parent.name}/{path.name}"
        if folder in FOLDERS or folder == "contributions":
            document = _json(path)
            problems.extend(_misplaced(document, folder, path.stem, name))
            documents.append(document)
        elif folder not in _KNOWN:
            message = f'There is no folder "{folder}" in a pack{suggest(folder, _KNOWN)}'
            problems.append(Problem("pack.unknown_folder", name, message, {"folder": folder}))
    if problems:
        raise Rejected(problems)
    depends = tuple(manifest.depends)
    layer = Layer.of(key, documents, version=manifest.version, depends=depends)
    data = {path.stem: _rows(path) for path in sorted(place.glob("data/*.csv"))}
    tests = {path.stem: _json(path) for path in sorted(place.glob("tests/*.json"))}
    return Pack(manifest, layer, data, tests)


def _misplaced(document: Any, folder: str, stem: str, name: str) -> Iterable[Problem]:
    """A file that holds no document, or another than its folder and name say."""
    if not isinstance(document, dict) or not isinstance(document.get("kind"), str) or "key" not in document:
        yield Problem("pack.no_document", name, 'A document with "kind" and "key" is expected here', {})
        return
    kind, key = document["kind"], document["key"]
    if folder == "contributions":
        if not document.get("extends"):
            yield Problem("pack.not_extending", name, 'A contribution says "extends": true', {})
        return
    if kind != FOLDERS[folder]:
        message = f'This folder is for documents of the kind "{FOLDERS[folder]}", not "{kind}"'
        yield Problem("pack.wrong_folder", name, message, {"kind": kind, "expected": FOLDERS[folder]})
    if key != stem:
        message = f'The file must be called "{key}.json", as its key'
        yield Problem("pack.file_name", name, message, {"key": key})


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        name = "/".join(path.parts[-4:])
        message = f"This file is no JSON: {error}"
        raise Rejected(Problem("pack.no_json", name, message, {"error": str(error)})) from error


def _rows(path: Path) -> tuple[Mapping[str, str], ...]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return tuple(csv.DictReader(file))
