"""The product in a browser: one server per worker, pages signed in as people of the demo company, axe on request.

def test_x(as_person):          page = as_person("seller")          # admin, manager, seller, director, ...
def test_y(as_person, axe):     axe(page)                           # fails with the serious findings
"""

import json
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import Engine
from werkzeug.serving import make_server

from dougong.config import Settings
from dougong.identity.demo import PASSWORD, make_demo
from dougong.jobs.run import run_in
from dougong.web.app import create_app
from dougong.web.limits import limiter
from dougong.workspace.tables import JOB
from dougong.workspace.transactions import Workspaces
from dougong.workspace.workspaces import WorkspaceInfo
from engines.form.transaction import SYSTEM

sys.path.insert(0, str(Path(__file__).parent))  # the table of pages is a module of its own
AXE = Path(__file__).parents[2] / "platform" / "ui" / "node_modules" / "axe-core" / "axe.min.js"
DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
expect.set_options(timeout=10_000)  # ms; other tests run beside these on few cores
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--font-render-hinting=none"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder drives a browser."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The machine's Chromium where there is one, else Playwright's."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    return {**browser_type_launch_args, "args": ARGUMENTS, **({"executable_path": path} if path else {})}


@pytest.fixture(scope="session")
def settings(database_url: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of the embedded test servers."""
    folder = tmp_path_factory.mktemp("data")
    return Settings(data_folder=folder, database_url=database_url, redis_url=redis_url, secret_keys=("test-key",))


@pytest.fixture(scope="session")
def company(settings: Settings, workspaces: Workspaces) -> WorkspaceInfo:
    """The demo workspace with its people, without forms."""
    return make_demo(workspaces, settings)


@pytest.fixture(scope="session")
def site(settings: Settings, database: Engine, company: WorkspaceInfo) -> Iterator[str]:
    """The address of a running server."""
    app = create_app(settings, engine=database, config={"TESTING": True})
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(timeout=10)
    server.server_close()


@pytest.fixture(autouse=True)
def no_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is told to wait: many tests sign in from one address. Page tests in the same process keep their limits."""
    monkeypatch.setattr(limiter, "enabled", False)


Enter = Callable[..., Page]


@pytest.fixture(scope="session")
def _doors() -> dict[str, Any]:
    """What the browser keeps of those who have signed in once."""
    return {}


@pytest.fixture
def as_person(site: str, browser: Browser, _doors: dict[str, Any]) -> Iterator[Enter]:
    """`as_person("seller", phone=True, locale="en")`: a page of a fresh browser in which this person has signed in.

    Fails the test at its end when the page met an error of a script or broke the content policy.
    """
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def enter(name: str | None, *, phone: bool = False, locale: str = "zh-CN") -> Page:
        context = browser.new_context(
            base_url=site,
            viewport=PHONE if phone else DESK,
            has_touch=phone,
            is_mobile=phone,
            locale=locale,
            timezone_id="Asia/Shanghai",
            storage_state=_doors.get(f"{name}:{locale}"),
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: _hear(said, complaints))
        if name is not None and f"{name}:{locale}" not in _doors:
            page.goto("/sign-in")
            page.fill("#f-email", f"{name}@demo.example")
            page.fill("#f-password", PASSWORD)
            page.click("form[action='/sign-in'] button.btn-primary")
            page.wait_for_url("**/")
            _doors[f"{name}:{locale}"] = context.storage_state()
        return page

    yield enter
    for context in contexts:
        context.close()
    assert complaints == []


def _hear(said: Any, complaints: list[str]) -> None:
    text = said.text
    if "Content Security Policy" in text or (said.type == "error" and "Failed to load resource" not in text):
        complaints.append(f"{text} at {said.location}")


@pytest.fixture(scope="session")
def axe() -> Callable[..., None]:
    """`axe(page)`: fails with what axe-core calls serious or critical."""
    if not AXE.is_file():
        pytest.fail("axe-core is missing: run `npm ci` in platform/ui")
    script = AXE.read_text()

    def check(page: Page, *, ignore: tuple[str, ...] = ()) -> None:
        page.evaluate(script)
        found = page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
        serious = [
            {"rule": each["id"], "help": each["help"], "where": [node["html"][:160] for node in each["nodes"][:4]]}
            for each in found["violations"]
            if each["impact"] in ("serious", "critical") and each["id"] not in ignore
        ]
        assert serious == [], json.dumps(serious, ensure_ascii=False, indent=1)

    return check


@pytest.fixture
def worker(workspaces: Workspaces, company: WorkspaceInfo, settings: Settings) -> Iterator[None]:
    """Does waiting jobs beside the browser."""
    ended = threading.Event()
    queued = JOB.select().with_only_columns(JOB.c.id).where(JOB.c.state == "queued")

    def work() -> None:
        while not ended.wait(0.2):
            with workspaces.begin(company, SYSTEM, read_only=True) as tx:
                waiting = list(tx.connection.scalars(queued))
            for number in waiting:
                run_in(settings, workspaces, company, number)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    yield
    ended.set()
    thread.join(timeout=30)
