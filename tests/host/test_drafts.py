"""Drafts: edits that nobody sees until they are published, merged with what others published meanwhile."""

from typing import Any

import pytest

from dougong.apps import drafts, store
from dougong.apps.publish import publish
from dougong.workspace.transactions import Workspaces
from dougong.workspace.workspaces import WorkspaceInfo
from engines.form.transaction import SYSTEM, Actor
from engines.kernel.keyed import put
from engines.kernel.problems import Forbidden, NotFound, Rejected

ADMIN = Actor(id=None, name="Admin", is_admin=True)


def text(key: str, **rest: Any) -> dict[str, Any]:
    return {"key": key, "type": "text", "label": key.title(), **rest}


def form(key: str, *fields: str | dict[str, Any], **rest: Any) -> dict[str, Any]:
    return {
        "kind": "form",
        "key": key,
        "title": key.title(),
        "fields": [text(one) if isinstance(one, str) else one for one in fields],
        **rest,
    }


@pytest.fixture
def published(workspaces: Workspaces, workspace: WorkspaceInfo, request: Any) -> str:
    """A published form of this test alone; gives its key."""
    key = f"f{abs(hash(request.node.name)) % 10**8}"
    save(workspaces, workspace, form(key, "name", "phone"))
    return key


def save(workspaces: Workspaces, workspace: WorkspaceInfo, *documents: dict[str, Any]) -> int:
    """Publish documents through a draft of their own; gives the revision."""
    with workspaces.begin(workspace, ADMIN) as tx:
        draft = drafts.open_draft(tx)
        for document in documents:
            assert drafts.put_document(tx, draft, document) == []
    return publish(workspaces, workspace, ADMIN, draft.id).revision


def test_a_draft_is_seen_by_nobody_until_it_is_published(
    workspaces: Workspaces, workspace: WorkspaceInfo, published: str
) -> None:
    with workspaces.begin(workspace, ADMIN) as tx:
        draft = drafts.open_draft(tx, title="More fields")
        changed = put(store.get(tx, "form", published), ("title",), "Changed")
        drafts.put_document(tx, draft, changed)
    with workspaces.begin(workspace, ADMIN) as tx:
        assert store.get(tx, "form", published)["title"] != "Changed"
        assert [one.title for one in drafts.list_drafts(tx)][:1] == ["More fields"]
    done = publish(workspaces, workspace, ADMIN, draft.id)
    with workspaces.begin(workspace, ADMIN) as tx:
        assert tx.revision == done.revision
        assert store.get(tx, "form", published)["title"] == "Changed"
        with pytest.raises(NotFound, match="published or discarded"):
            drafts.get_draft(tx, draft.id)


def test_a_draft_may_hold_what_is_not_finished_and_says_what_is_missing(
    workspaces: Workspaces, workspace: WorkspaceInfo
) -> None:
    with workspaces.begin(workspace, ADMIN) as tx:
        draft = drafts.open_draft(tx)
        problems = drafts.put_document(tx, draft, {"kind": "form", "key": "half", "feilds": []})
        assert "document.unknown" in [problem.code for problem in problems]
        assert [*drafts.get_draft(tx, draft.id).documents] == [("form", "half")]
    with pytest.raises(Rejected):
        publish(workspaces, workspace, ADMIN, draft.id)
    with workspaces.begin(workspace, ADMIN) as tx:
        drafts.discard(tx, drafts.get_draft(tx, draft.id))
        assert store.load(tx).find("form", "half") is None


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ([], "document.no_kind"),
        ({"key": "a"}, "document.no_kind"),
        ({"kind": "frm", "key": "a"}, "kind_of_document.unknown"),
        ({"kind": "form"}, "document.missing"),
        ({"kind": "form", "key": "Bad Key"}, "document.key"),
        ({"kind": "form", "key": "a" * 25}, "document.too_long"),
        ({"kind": "form", "key": "a", "title": "a\0b"}, "document.null_character"),
        ({"kind": "form", "key": "a", "size": float("nan")}, "document.not_json"),
        ({"kind": "form", "key": "a", "size": 2**80}, "document.not_json"),
        ({"kind": "form", "key": "a", "title": "\ud800"}, "document.not_json"),
        ({"kind": "form", "key": "a", "title": "x" * 2_100_000}, "document.too_large_file"),
    ],
)
def test_what_is_no_document_is_refused(
    workspaces: Workspaces, workspace: WorkspaceInfo, document: Any, code: str
) -> None:
    with workspaces.begin(workspace, ADMIN) as tx:
        draft = drafts.open_draft(tx)
        with pytest.raises((Rejected, NotFound)) as refused:
            drafts.put_document(tx, draft, document)
        assert [problem.code for problem in refused.value.problems] == [code]
        assert drafts.get_draft(tx, draft.id).documents == {}
        drafts.discard(tx, draft)


def test_what_others_published_meanwhile_is_merged_in(
    workspaces: Workspaces, workspace: WorkspaceInfo, published: str
) -> None:
    with workspaces.begin(workspace, ADMIN) as tx:
        draft = drafts.open_draft(tx)
        mine = put(store.get(tx, "form", published), ("fields", "mine"), text("mine"))
        drafts.put_document(tx, draft, mine)
        theirs = put(store.get(tx, "form", published), ("fields", "name", "label"), "Company")
    save(workspaces, workspace, theirs)
    publish(workspaces, workspace, ADMIN, draft.id)
    with workspaces.begin(workspace, ADMIN) as tx:
        fields = {one["key"]: one for one in store.get(tx, "form", published)["fields"]}
    assert [*fields] == ["name", "phone", "mine"]
    assert fields["name"]["label"] == "Company"


def test_two_changes_of_one_property_must_be_settled_first(
    workspaces: Workspaces, workspace: WorkspaceInfo, published: str
) -> None:
    with workspaces.begin(workspace, ADMIN) as tx:
        draft = drafts.open_draft(tx)
        mine = put(store.get(tx, "form", published), ("title",), "Mine")
        drafts.put_document(tx, draft, mine)
        theirs = put(store.get(tx, "form", published), ("title",), "Theirs")
    seen = save(workspaces, workspace, theirs)
    with pytest.raises(Rejected) as refused:
        publish(workspaces, workspace, ADMIN, draft.id)
    (problem,) = refused.value.problems
    assert (problem.code, problem.path) == ("draft.conflict", f"form.{published}.title")
    assert problem.params["conflict"]["theirs"] == "Theirs"
    with workspaces.begin(workspace, ADMIN) as tx:
        drafts.put_document(tx, drafts.get_draft(tx, draft.id), mine, seen=seen)
    publish(workspaces, workspace, ADMIN, draft.id)
    with workspaces.begin(workspace, ADMIN) as tx:
        assert store.get(tx, "form", published)["title"] == "Mine"


def test_a_document_taken_out_is_gone_and_one_only_drafted_is_forgotten(
    workspaces: Workspaces, workspace: WorkspaceInfo, published: str
) -> None:
    with workspaces.begin(workspace, ADMIN) as tx:
        draft = drafts.open_draft(tx)
        drafts.put_document(tx, draft, form("only_here", "a"))
        drafts.remove_document(tx, draft, "form", "only_here")
        drafts.remove_document(tx, draft, "form", published)
        assert drafts.get_draft(tx, draft.id).documents == {("form", published): None}
        with pytest.raises(NotFound):
            drafts.remove_document(tx, draft, "form", "never_was")
    publish(workspaces, workspace, ADMIN, draft.id)
    with workspaces.begin(workspace, ADMIN) as tx:
        assert store.load(tx).find("form", published) is None


def test_who_is_no_administrator_may_not_design(workspaces: Workspaces, workspace: WorkspaceInfo) -> None:
    with workspaces.begin(workspace, ADMIN) as tx:
        draft = drafts.open_draft(tx)
    with workspaces.begin(workspace, Actor(id=None, name="Seller")) as tx:
        with pytest.raises(Forbidden):
            drafts.open_draft(tx)
        with pytest.raises(Forbidden):
            drafts.put_document(tx, draft, form("a", "b"))
    with pytest.raises(Forbidden):
        publish(workspaces, workspace, Actor(id=None), draft.id)
    with workspaces.begin(workspace, SYSTEM) as tx:
        drafts.discard(tx, draft)
