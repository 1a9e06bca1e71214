"""A server without demo accounts: its operator makes the first administrator."""

import re

import pytest

from dougong.cli.main import main
from dougong.identity.accounts import find_account
from dougong.identity.first import add_administrator, password_path
from dougong.identity.sessions import create_session, open_session
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


def test_an_administrator_gets_no_way_into_other_workspaces(
    office, workspaces, company, database, app, make_browser, as_person
):
    """Inviting somebody's address does not make their account the administrator's."""
    _, path = add_administrator(workspaces, office, "第一公司", "both@first.example", "两边")
    admin, thief = as_person("admin"), make_browser(app)
    page = admin.post("/admin/invite", {"people": "两边，both@first.example"}).get_data(as_text=True)
    link = re.search(r"/join/[\w-]+", page)[0]
    answer = thief.post(link, {"name": "两边", "password": "not theirs 1"}, page="/sign-in")
    assert answer.status_code == 422
    assert thief.get("/").status_code == 302
    owner = make_browser(app)
    assert owner.post(path, {"name": "两边", "password": "really mine 1"}, page=path).status_code == 303
    assert "两边" not in admin.get("/admin/members?role=seller").get_data(as_text=True)
    assert [place.workspace.key for place in places(database, "both@first.example")] == [office]
    assert owner.post(link, {}).status_code == 303
    assert {place.workspace.key for place in places(database, "both@first.example")} == {office, "demo"}
    number = re.search(r"/admin/members/(\d+)", admin.get("/admin/members?q=both@").get_data(as_text=True))[1]
    answer = admin.post(f"/admin/members/{number}/password-link")
    assert answer.status_code == 403
    assert "只有服务器的运维人员" in answer.get_data(as_text=True)


def places(database, email: str):
    with database.begin() as control:
        account = find_account(control, email)
    opened = open_session(database, create_session(database, account.id, {}))
    return opened.access.places


def test_a_link_for_somebody_else_does_not_let_in_whoever_has_signed_in(admin, seller):
    page = admin.post("/admin/invite", {"people": "新人，new@first.example"}).get_data(as_text=True)
    link = re.search(r"/join/[\w-]+", page)[0]
    answer = seller.post(link, {"name": "x", "password": "short"})
    assert answer.status_code == 422
    assert "尚未加入" in admin.get("/admin/members?q=new@").get_data(as_text=True)
