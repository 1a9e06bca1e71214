"""The browser's evaluator in one node process that answers batches, for tests that compare it with Python."""

import json
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from engines.formula import Expression, Facts, browser_facts, json_value

UI = Path(__file__).parents[2] / "platform" / "ui"
BUNDLER = UI / "node_modules" / "rolldown" / "bin" / "cli.mjs"
SERVER = """
import { createInterface } from 'node:readline';
import { evaluate } from './formula.mjs';
createInterface({ input: process.stdin }).on('line', (line) => {
  const { trees, row, facts } = JSON.parse(line);
  const begun = process.cpuUsage();
  const values = trees.map((tree) => evaluate(tree, row, facts));
  console.log(JSON.stringify({ values, spent: process.cpuUsage(begun) }));
});
"""


def json_row(value: Any) -> Any:
    """A row as a page holds it."""
    if isinstance(value, Mapping):
        return {key: json_row(inner) for key, inner in value.items()}
    return [json_row(inner) for inner in value] if isinstance(value, list) else json_value(value)


class Browser:
    """Bundles `platform/ui/src/formula` and keeps one node running over it."""

    def __init__(self, folder: Path) -> None:
        node = shutil.which("node")
        if node is None or not BUNDLER.exists():
            raise FileNotFoundError("node or the packages of platform/ui are missing")
        entry = UI / "src" / "formula" / "index.ts"
        command = [node, str(BUNDLER), str(entry), "--file", str(folder / "formula.mjs"), "--format", "esm"]
        subprocess.run(command, cwd=UI, check=True, capture_output=True)
        (folder / "server.mjs").write_text(SERVER)
        self.seconds = 0.0
        """What the last answer took of the processor, whatever else the machine was doing."""
        self._process = subprocess.Popen(
            [node, str(folder / "server.mjs")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def evaluate(self, expressions: Iterable[Expression], row: Mapping[str, Any], facts: Facts) -> list[Any]:
        """The values of several expressions over one row, as JSON."""
        question = {"trees": [e.tree() for e in expressions], "row": json_row(row), "facts": browser_facts(facts)}
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        self.seconds = (answer["spent"]["user"] + answer["spent"]["system"]) / 1_000_000
        return answer["values"]

    def close(self) -> None:
        """End the process."""
        self._process.communicate(timeout=10)
