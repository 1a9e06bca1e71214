"""Finds every text that people read in the code: msgids of pages, Python and scripts, and codes of problems."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_file

ROOT = Path(__file__).parents[2]
HOST = ROOT / "platform" / "dougong"
KEYWORDS = {**DEFAULT_KEYWORDS, "lazy_gettext": None, "_l": None}
SCRIPT_WORD = re.compile(r"""(?<![\w.])t\(\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|`([^`$]*)`)""")
CODE = re.compile(r"[a-z][a-z_]*(\.[a-z0-9_]+)+")


def messages() -> Iterator[tuple[str, str]]:
    """Every msgid in Python and Jinja with the file that has it."""
    for path in sorted(HOST.rglob("*.py")):
        yield from _extract("python", path)
    for path in sorted((HOST / "web" / "jinja").rglob("*.html")):
        yield from _extract("jinja2.ext:babel_extract", path)


def _extract(method: str, path: Path) -> Iterator[tuple[str, str]]:
    for found in extract_from_file(method, path, keywords=KEYWORDS):
        message = found[1]
        yield (message if isinstance(message, str) else message[0]), str(path.relative_to(ROOT))


def script_words() -> Iterator[tuple[str, str]]:
    """Every text of the scripts: `t('...')`."""
    for path in sorted((ROOT / "platform" / "ui" / "src").rglob("*.ts")):
        if not path.name.endswith(".test.ts"):
            for match in SCRIPT_WORD.finditer(path.read_text()):
                text = next(group for group in match.groups() if group is not None)
                yield text.replace("\\'", "'"), str(path.relative_to(ROOT))


def problem_codes() -> Iterator[tuple[str, str]]:
    """Every code of a problem that stands in the code as a text: `Problem("a.b", ...)` and helpers named alike."""
    for folder in (ROOT / "engines", HOST):
        for path in sorted(folder.rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call):
                    yield from ((code, str(path.relative_to(ROOT))) for code in _codes(node))


def _codes(node: ast.Call) -> Iterator[str]:
    name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
    if name == "Registry" and node.args and isinstance(node.args[0], ast.Constant):
        yield f"{str(node.args[0].value).replace(' ', '_')}.unknown"
    if "problem" not in name.lower() and name not in ("refuse", "reject"):
        return
    for argument in [*node.args[:1], *(each.value for each in node.keywords if each.arg == "code")]:
        for leaf in ast.walk(argument):
            if isinstance(leaf, ast.Constant) and isinstance(leaf.value, str) and CODE.fullmatch(leaf.value):
                yield leaf.value
