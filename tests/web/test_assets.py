"""The built front end: what pages may weigh, and that it can be built again from the lock file."""

import gzip
import json
import re
from pathlib import Path

import pytest

from dougong.web.assets import ASSETS, Assets, asset
from engines.kernel.problems import NotFound

UI = Path(__file__).parents[2] / "platform" / "ui"
KB = 1024
# What a page loads at once, in KB gzip (docs: the browser side). Designers and charts load what more they need later.
BUDGETS = {
    "a page of the frame": (60, ("kit.scss", "app.ts")),
    "a form": (100, ("kit.scss", "app.ts", "form.ts")),
    "a list": (80, ("kit.scss", "app.ts", "list.ts")),
    "a dashboard before its charts": (100, ("kit.scss", "app.ts", "dashboard.ts")),
}


@pytest.mark.parametrize("page", BUDGETS)
def test_a_page_keeps_its_budget(page):
    limit, names = BUDGETS[page]
    weight = ASSETS.weight(*names) / KB
    assert weight <= limit, f"{page} weighs {weight:.1f} KB"


def test_an_asset_is_found_by_the_name_of_its_source():
    assert re.fullmatch(r"/static/dist/assets/app-[\w-]+\.js", asset("app.ts"))
    with pytest.raises(NotFound) as error:
        asset("ap.ts")
    assert 'did you mean "app.ts"?' in error.value.problems[0].message


def test_a_missing_build_says_what_to_do(tmp_path):
    with pytest.raises(NotFound) as error:
        Assets(tmp_path).url("app.ts")
    assert "npm run build" in error.value.problems[0].message


def test_what_is_imported_lazily_does_not_count_and_nothing_counts_twice(tmp_path):
    manifest = {
        "src/a.ts": {
            "file": "a.js",
            "isEntry": True,
            "src": "src/a.ts",
            "imports": ["_s"],
            "dynamicImports": ["_lazy"],
        },
        "src/b.ts": {"file": "b.js", "isEntry": True, "src": "src/b.ts", "imports": ["_s"], "css": ["b.css"]},
        "_s": {"file": "shared.js"},
        "_lazy": {"file": "lazy.js"},
    }
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    for name in ("a.js", "b.js", "shared.js", "lazy.js", "b.css"):
        (tmp_path / name).write_text(name)
    assets = Assets(tmp_path)
    alone = {name: len(gzip.compress(name.encode(), 9)) for name in ("a.js", "b.js", "shared.js", "b.css")}
    assert assets.weight("a.ts") == alone["a.js"] + alone["shared.js"]
    assert assets.weight("a.ts", "b.ts") == sum(alone.values())
    assert assets.styles("b.ts") == ["/static/dist/b.css"]


def test_every_icon_that_pages_name_is_in_the_sprite():
    pages = Path(__file__).parents[2] / "platform" / "dougong" / "web"
    named = set()
    for path in [*pages.rglob("*.html"), *pages.rglob("*.py")]:
        named |= set(re.findall(r"""\bicon\(\s*["']([\w-]+)["']""", path.read_text()))
    assert named - ASSETS.icons == set()


def test_the_lock_file_names_no_host():
    lock = json.loads((UI / "package-lock.json").read_text())
    assert [name for name, package in lock["packages"].items() if "resolved" in package] == []


def test_versions_are_pinned_exactly():
    package = json.loads((UI / "package.json").read_text())
    wanted = {**package["dependencies"], **package["devDependencies"]}
    assert {name: version for name, version in wanted.items() if not version[0].isdigit()} == {}


@pytest.mark.parametrize("encoding", ["br", "gzip"])
def test_assets_travel_compressed_as_the_build_left_them(app, encoding):
    client = app.test_client()
    with (
        client.get(asset("kit.scss")) as plain,
        client.get(asset("kit.scss"), headers={"Accept-Encoding": encoding}) as small,
    ):
        assert small.headers["Content-Encoding"] == encoding
        assert small.mimetype == plain.mimetype == "text/css"
        assert "Accept-Encoding" in small.headers["Vary"]
        assert len(small.data) < len(plain.data) / 4


def test_nothing_beside_the_static_folder_is_served(app):
    for path in ("/static/../app.py", "/static/dist/../../app.py", "/static/%2e%2e/app.py", "/static/dist/nothing.js"):
        assert app.test_client().get(path, headers={"Accept-Encoding": "br"}).status_code == 404
