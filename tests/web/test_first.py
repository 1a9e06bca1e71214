"""A server without demo accounts: its operator makes the first administrator."""

import re

import pytest

from dougong.cli.main import main
from dougong.identity.first import add_administrator, password_path
from dougong.workspace.workspaces import drop_workspace
from engines.kernel.problems import NotFound, Rejected


@pytest.fixture
def office(database, workspaces):
    yield "office"
    drop_workspace(database, workspaces.get("office"))
    workspaces.forget("office")


def test_the_first_administrator_joins_a_workspace_of_their_own(office, workspaces, app, make_browser):
    info, path = add_administrator(workspaces, office, "第一公司", "Boss@First.example", "高峰")
    assert (info.key, info.title) == ("office", "第一公司")
    again, second = add_administrator(workspaces, office, "", "boss@first.example", "高峰")
    assert again == info
    browser = make_browser(app)
    assert browser.get(path).status_code == 404, "a newer link takes the place of the older one"
    assert "第一公司" in browser.get(second).get_data(as_text=True)
    answer = browser.post(second, {"name": "高峰", "password": "very own 123"}, page=second)
    assert answer.status_code == 303
    assert browser.get("/admin/members").status_code == 200
    assert add_administrator(workspaces, office, "", "boss@first.example", "高峰")[1] == "/sign-in"
    reset = password_path(workspaces, "boss@first.example")
    assert browser.post(reset, {"password": "newer one 456"}, page=reset).status_code == 303
    assert browser.sign_in("boss@first.example", "newer one 456").status_code == 303


def test_nonsense_is_refused(workspaces):
    with pytest.raises(Rejected):
        add_administrator(workspaces, "office", "", "no address", "x")
    with pytest.raises(NotFound):
        password_path(workspaces, "nobody@first.example")


def test_the_command_prints_a_link(company, database_url, redis_url, monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("REDIS_URL", redis_url)
    monkeypatch.setenv("DOUGONG_DATA", str(tmp_path))
    assert main(["user", "password", "manager@demo.example"]) == 0
    assert re.search(r"Open: http://127\.0\.0\.1:\d+/reset/[\w-]{40,}", capsys.readouterr().out)
    assert main(["user", "password", "nobody@demo.example"]) == 1
    assert "There is no account nobody@demo.example" in capsys.readouterr().err
