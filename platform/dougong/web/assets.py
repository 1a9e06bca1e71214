"""The built front end: from the name of a source (`app.ts`, `kit.scss`) to the address of what Vite made of it."""

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from engines.kernel.problems import NotFound, Problem, suggest

DIST = Path(__file__).parent / "static" / "dist"
BASE = "/static/dist/"


@dataclass(frozen=True)
class Assets:
    """The manifest of one build. Read once; a missing build is told when the first asset is asked for."""

    folder: Path = DIST

    @cached_property
    def manifest(self) -> Mapping[str, Mapping[str, Any]]:
        """Vite's manifest. Raises `NotFound` with what to do when the front end has not been built."""
        path = self.folder / "manifest.json"
        if not path.is_file():
            message = "The front end has not been built; run `npm ci && npm run build` in platform/ui"
            raise NotFound(Problem("assets.not_built", str(path), message, {"path": str(path)}))
        manifest: Mapping[str, Mapping[str, Any]] = json.loads(path.read_text())
        return manifest

    @cached_property
    def icons(self) -> frozenset[str]:
        """The names of the icons in the sprite."""
        path = self.folder / "icons.json"
        return frozenset(json.loads(path.read_text())) if path.is_file() else frozenset()

    def url(self, name: str) -> str:
        """The address of an asset by the file name of its source. Raises `NotFound` with the nearest name."""
        return BASE + str(self._entry(name)["file"])

    def styles(self, name: str) -> list[str]:
        """The addresses of the style sheets that a script brings with it, its imports included."""
        return [BASE + css for entry in self._chunks(name) for css in entry.get("css", [])]

    def weight(self, *names: str) -> int:
        """Bytes (gzip) of scripts and styles that a page with these entries loads at once; nothing counted twice."""
        files = {str(entry["file"]) for name in names for entry in self._chunks(name)}
        files |= {css for name in names for entry in self._chunks(name) for css in entry.get("css", [])}
        return sum(len(gzip.compress((self.folder / file).read_bytes(), 9)) for file in files)

    def _entry(self, name: str) -> Mapping[str, Any]:
        entry = self._by_name.get(name)
        if entry is None:
            message = f'There is no asset "{name}"{suggest(name, self._by_name)}'
            raise NotFound(Problem("assets.unknown", name, message, {"name": name}))
        return entry

    @cached_property
    def _by_name(self) -> dict[str, Mapping[str, Any]]:
        entries = {key: entry for key, entry in self.manifest.items() if entry.get("isEntry") or "." in key}
        return {Path(str(entry.get("src", key))).name: entry for key, entry in entries.items()}

    def _chunks(self, name: str) -> list[Mapping[str, Any]]:
        """An entry and all that it imports at once, each one time (what is imported lazily is left out)."""
        found: dict[str, Mapping[str, Any]] = {}
        waiting = [self._entry(name)]
        while waiting:
            entry = waiting.pop()
            if entry["file"] not in found:
                found[str(entry["file"])] = entry
                waiting += [self.manifest[key] for key in entry.get("imports", [])]
        return list(found.values())


ASSETS = Assets()


def asset(name: str) -> str:
    """The address of an asset by the file name of its source: `asset("app.ts")`."""
    return ASSETS.url(name)
