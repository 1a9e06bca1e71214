"""`dougong meta`: documents to files, and files to a published revision."""

import json

import pytest

from dougong.apps import store
from dougong.cli.main import main
from engines.form.transaction import SYSTEM

NOTE = {
    "kind": "form",
    "key": "note",
    "title": "Note",
    "fields": [{"key": "body", "type": "text", "label": "Body"}],
}


@pytest.fixture
def run(monkeypatch, database_url, workspace, tmp_path, capsys):
    """`run("export", folder)`: the exit status, what was printed, what went wrong."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("DOUGONG_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("REDIS_URL", raising=False)

    def call(command: str, path) -> tuple[int, str, str]:
        status = main(["meta", command, str(path), "--workspace", workspace.key, "--app", "main"])
        told = capsys.readouterr()
        return status, told.out, told.err

    return call


def test_files_are_planned_published_and_written_back(run, workspaces, workspace, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "note.json").write_text(json.dumps(NOTE))
    status, told, _ = run("plan", folder)
    assert (status, json.loads(told)["documents"][0]["action"]) == (0, "add")
    with workspaces.begin(workspace, SYSTEM, read_only=True) as tx:
        assert store.load(tx).documents == {}
    status, told, _ = run("publish", folder)
    assert (status, json.loads(told)["documents"]) == (0, 1)
    assert run("export", tmp_path / "out")[0] == 0
    assert json.loads((tmp_path / "out" / "form" / "note.json").read_text()) == NOTE
    status, told, _ = run("plan", tmp_path / "out")
    assert json.loads(told)["documents"] == []


def test_what_cannot_be_published_says_why_and_leaves_no_draft(run, workspaces, workspace, tmp_path):
    broken = tmp_path / "broken.json"
    broken.write_text("{")
    status, _, told = run("publish", broken)
    assert status == 1
    assert "broken.json" in told
    wrong = tmp_path / "wrong.json"
    wrong.write_text(json.dumps({**NOTE, "key": "wrong", "fields": [{"key": "x", "type": "nix", "label": "X"}]}))
    status, _, told = run("publish", wrong)
    assert status == 1
    assert "form.wrong.fields.x.type" in told
    status, _, told = run("publish", tmp_path / "nowhere")
    assert status == 1
    with workspaces.begin(workspace, SYSTEM, read_only=True) as tx:
        assert tx.connection.exec_driver_sql("SELECT count(*) FROM _draft").scalar_one() == 0
