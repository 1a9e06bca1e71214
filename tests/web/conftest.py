"""The site on real servers: an application, the people of the demo company, browsers without a window."""

import re
import sys
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine

from dougong.config import Settings
from dougong.identity.demo import PASSWORD, make_demo
from dougong.web.app import create_app
from dougong.web.limits import limiter
from dougong.workspace.transactions import Workspaces
from dougong.workspace.workspaces import WorkspaceInfo

sys.path.insert(0, str(Path(__file__).parent))  # test modules share `catalogues`
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@pytest.fixture(scope="session")
def settings(database_url: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of the embedded test servers."""
    folder: Path = tmp_path_factory.mktemp("data")
    return Settings(data_folder=folder, database_url=database_url, redis_url=redis_url, secret_keys=("test-key",))


@pytest.fixture(scope="session")
def app(settings: Settings, database: Engine) -> Flask:
    """The application."""
    return create_app(settings, engine=database, config={"TESTING": True})


@pytest.fixture(scope="session")
def company(settings: Settings, workspaces: Workspaces) -> WorkspaceInfo:
    """The demo workspace with its people, without forms."""
    return make_demo(workspaces, settings)


@pytest.fixture(autouse=True)
def fresh_limits(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has tried anything yet; limits hold, though browser tests in the same process switch them off."""
    monkeypatch.setattr(limiter, "enabled", True)
    with app.app_context():
        limiter.reset()


class Browser:
    """A browser without a window: keeps cookies, sends the CSRF token that pages give."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, url: str, **given):
        return self.client.get(url, **given)

    def token(self, url: str = "/sign-in") -> str:
        page = self.client.get(url, follow_redirects=True).get_data(as_text=True)
        return TOKEN.search(page)[1]

    def post(self, url: str, data: dict | None = None, *, page: str = "/account", **given):
        return self.client.post(url, data={"csrf_token": self.token(page), **(data or {})}, **given)

    def sign_in(self, email: str, password: str = PASSWORD, **more):
        return self.post("/sign-in", {"email": email, "password": password, **more}, page="/sign-in")


@pytest.fixture
def make_browser(company: WorkspaceInfo):
    """`make_browser(app)`: a browser for another application."""
    return lambda application: Browser(application.test_client())


@pytest.fixture
def visitor(app: Flask, company: WorkspaceInfo) -> Browser:
    """Somebody who has not signed in."""
    return Browser(app.test_client())


@pytest.fixture
def as_person(app: Flask, company: WorkspaceInfo):
    """`as_person("seller")`: a browser in which this person of the demo company has signed in."""

    def enter(name: str) -> Browser:
        found = Browser(app.test_client())
        assert found.sign_in(f"{name}@demo.example").status_code == 303
        return found

    return enter


@pytest.fixture
def admin(as_person) -> Browser:
    """The administrator's browser."""
    return as_person("admin")


@pytest.fixture
def seller(as_person) -> Browser:
    """A seller's browser."""
    return as_person("seller")
