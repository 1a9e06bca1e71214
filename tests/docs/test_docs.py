"""What the pages say holds: links lead somewhere, both languages are there, examples run, commands exist."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from sqlalchemy import Engine

from dougong.cli.main import main
from dougong.packs.library import Library, default_folder
from dougong.packs.lint import effective, lint
from dougong.packs.testing import test_packs as run_tests
from engines.form.compile import compile_forms
from engines.form.form import Form
from engines.formula import Facts, Type, compile_expression

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.rglob("*.md"), *ROOT.glob("*.md")])
GUIDES = ("admin", "consultant", "integrator", "operator")
READMES = ("README.md", "README.zh-CN.md")
LANGUAGES = ("{}.md", "{}.zh-CN.md")
CODE = re.compile(r"^```.*?^```$|`[^`\n]*`", re.MULTILINE | re.DOTALL)
FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def examples(text: str, word: str) -> Iterator[tuple[str, Any]]:
    """The JSON blocks behind `<!-- tested: word what -->`."""
    for what, block in re.findall(rf"<!-- tested: {word} (\S+) -->\n```json\n(.*?)```", text, re.DOTALL):
        yield what, json.loads(block)


def anchors(path: Path) -> set[str]:
    """The anchors of a page: ids that it writes, and its headings as both GitHub and MkDocs spell them."""
    text = FENCE.sub("", read(path))
    words = (re.sub(r"[^\w\- ]", "", line.lower()).strip() for line in re.findall(r"^#+ (.+)$", text, re.MULTILINE))
    return {*re.findall(r'<a id="([^"]+)"', text), *(word.replace(" ", "-") for word in words)}


@pytest.mark.parametrize("place", PAGES, ids=name)
def test_every_link_and_picture_of_a_page_leads_somewhere(place: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", CODE.sub("", read(place))):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = unquote(target).partition("#")
        there = (place.parent / path).resolve() if path else place
        assert there.exists(), target
        if anchor:
            assert anchor in anchors(there), target


@pytest.mark.parametrize("place", [page for page in PAGES if DOCS in page.parents], ids=name)
def test_a_page_of_the_documentation_links_only_into_the_documentation(place: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)", CODE.sub("", read(place))):
        if not re.match(r"[a-z]+:", target):
            assert (place.parent / target).resolve().is_relative_to(DOCS), target


@pytest.mark.parametrize("spelling", LANGUAGES)
@pytest.mark.parametrize("guide", GUIDES)
def test_every_guide_exists_in_both_languages(guide: str, spelling: str) -> None:
    assert (DOCS / "guides" / spelling.format(guide)).is_file()


@pytest.mark.parametrize("place", sorted(DOCS.rglob("*.zh-CN.md")), ids=name)
def test_a_translation_has_as_many_headings_as_its_original(place: Path) -> None:
    original = place.with_name(place.name.replace(".zh-CN", ""))
    counts = [len(re.findall(r"^#+ ", FENCE.sub("", read(one)), re.MULTILINE)) for one in (original, place)]
    assert counts[0] == counts[1]


@pytest.mark.parametrize("guide", GUIDES)
def test_the_tables_of_a_guide_have_the_same_entries_in_both_languages(guide: str) -> None:
    pages = [FENCE.sub("", read(DOCS / "guides" / spelling.format(guide))) for spelling in LANGUAGES]
    first, second = (
        re.findall("`[^`]+`", " ".join(re.findall(r"^\| (`[^|]+) \|", text, re.MULTILINE))) for text in pages
    )
    assert first == second


@pytest.mark.parametrize("picture", sorted((DOCS / "images").glob("*")), ids=name)
def test_a_picture_is_used_and_weighs_less_than_300_kb(picture: Path) -> None:
    assert picture.stat().st_size < 300_000
    assert any(picture.name in read(page) for page in PAGES)


@pytest.mark.parametrize("readme", READMES)
def test_the_commands_of_the_readme_are_targets_of_the_makefile(readme: str) -> None:
    commands = set(re.findall(r"\bmake ([a-z]+)", read(ROOT / readme)))
    assert {"run", "test"} <= commands
    for command in commands:
        assert re.search(rf"^{command}:", read(ROOT / "Makefile"), re.MULTILINE), command


@pytest.mark.parametrize("readme", READMES)
def test_the_readme_names_the_demo_accounts_that_are_made(readme: str) -> None:
    source = read(ROOT / "platform" / "dougong" / "identity" / "demo.py")
    named = re.findall(r"`([a-z]+@demo\.example)`", read(ROOT / readme))
    assert len(named) == 3
    for account in [*named, "dougong-demo"]:
        assert f'"{account}"' in source
        assert f"`{account}`" in read(ROOT / readme)


@pytest.fixture(scope="module")
def quote() -> Form:
    """The quote of the building blocks."""
    return compile_forms("main", effective(Library().closure(["sales.quote"])).documents).get("quote")


@pytest.mark.parametrize("spelling", LANGUAGES)
def test_the_expressions_of_the_administrators_guide_give_what_it_says(quote: Form, spelling: str) -> None:
    text = read(DOCS / "guides" / spelling.format("admin"))
    ((_, values),) = examples(text, "record")
    rows = re.findall(r"^\| [^|`]+ \| `([^`]+)` \| `([^`]+)` \|$", text, re.MULTILINE)
    assert len(rows) > 8
    settings = {"free_discount": Decimal("0.1")}
    facts = Facts(now=datetime(2026, 6, 15, tzinfo=UTC), zone="Asia/Shanghai", settings=settings)
    for expression, result in rows:
        compiled = compile_expression(expression, quote)
        assert compiled.evaluate(_typed(quote, values), facts) == _result(result), expression


def _typed(scope: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of an example as records hold them."""
    return {key: _value(scope.field(key), value) for key, value in values.items()}


def _value(field: Any, value: Any) -> Any:
    match field.type if field else None:
        case Type.NUMBER:
            return Decimal(value)
        case Type.DATE:
            return date.fromisoformat(value)
        case Type.RECORDS:
            return [_typed(field.target, row) for row in value]
        case _:
            return value


def _result(written: str) -> Any:
    if written in ("TRUE", "FALSE"):
        return written == "TRUE"
    try:
        return Decimal(written)
    except InvalidOperation:
        return written.strip('"')


@pytest.mark.parametrize("spelling", LANGUAGES)
def test_the_pack_test_in_the_consultants_guide_is_the_real_one(spelling: str) -> None:
    ((path, document),) = examples(read(DOCS / "guides" / spelling.format("consultant")), "same")
    assert json.loads(read(ROOT / path)) == document


@pytest.mark.parametrize("spelling", LANGUAGES)
def test_the_table_of_packs_says_what_they_need(spelling: str) -> None:
    text = read(DOCS / "guides" / spelling.format("consultant"))
    rows = dict(re.findall(r"^\| `([a-z_.]+)` \| (.+) \|$", text, re.MULTILINE))
    for manifest in Library().manifests():
        _, needs, gains = rows[manifest.key].split(" | ")
        if not manifest.is_suite:
            assert set(re.findall(r"`([^`]+)`", needs)) == set(manifest.depends)
            assert set(re.findall(r"`([^`]+)`", gains)) == set(manifest.optional)


@pytest.fixture(params=LANGUAGES)
def example_pack(request: pytest.FixtureRequest, tmp_path: Path) -> Library:
    """The library with the pack that a consultant's guide makes."""
    for path, document in examples(read(DOCS / "guides" / request.param.format("consultant")), "file"):
        file = tmp_path / "acme" / "delivery" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    return Library([tmp_path, default_folder()])


def test_the_pack_that_the_consultants_guide_makes_is_clean_and_passes_its_test(
    example_pack: Library, database: Engine
) -> None:
    assert lint(example_pack, "acme.delivery") == []
    assert [outcome.difference for outcome in run_tests(database, example_pack, ["acme.delivery"])] == [None]


@pytest.mark.parametrize("group", ["pack", "meta"])
def test_the_commands_of_the_guides_exist_with_their_options(group: str, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [line for page in PAGES for line in read(page).splitlines() if f"dougong {group} " in line]
    found = [(command, line) for line in lines for command in re.findall(rf"dougong {group} ([a-z]+)", line)]
    assert len({command for command, _ in found}) >= 3
    for command, line in found:
        with pytest.raises(SystemExit) as end:
            main([group, command, "--help"])
        assert end.value.code == 0
        shown = capsys.readouterr().out
        for option in re.findall(r" (--[a-z]+)", line):
            assert option in shown, line


def test_pages_name_no_place_of_one_machine() -> None:
    for page in PAGES:
        assert not re.search(r"/home/|/work/|/root/|/farm/|/tmp/", read(page)), name(page)


@pytest.mark.slow
def test_the_documentation_builds_without_a_warning(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-q", "-d", str(tmp_path / "site")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "site" / "index.html").is_file()
