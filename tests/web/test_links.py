"""A relation to one of several forms on pages, in the API and in files."""

import pytest

from dougong.apps import drafts
from dougong.apps.publish import publish
from dougong.packs.install import install
from dougong.packs.library import Library
from engines.form.transaction import SYSTEM
from tests.form.build import field, form

APP = "linked"


@pytest.fixture(scope="module")
def linked(app, company, workspaces):
    """An app of its own: a visit to a lead or a customer, listed on both."""
    install(workspaces, company, SYSTEM, Library(), ["base.common"], app=APP, title="Linked")
    related = [{"key": "visits", "form": "visit", "field": "target", "columns": ["text", "target"]}]
    documents = [
        form("lead", field("name", "text"), title_field="name", related=related),
        form("customer", field("name", "text"), title_field="name", related=related),
        form(
            "visit",
            field("text", "text", required=True),
            field("target", "link", {"forms": [{"key": "lead"}, {"key": "customer"}]}, required=True),
            title_field="text",
        ),
    ]
    with workspaces.begin(company, SYSTEM) as tx:
        draft = drafts.open_draft(tx, APP, "linked")
        for document in documents:
            assert drafts.put_document(tx, draft, document) == []
    publish(workspaces, company, SYSTEM, draft.id)


def test_a_link_is_chosen_shown_listed_on_its_target_and_filtered(linked, admin):
    here = f"/a/{APP}"
    for form_key, name in (("lead", "线索甲"), ("customer", "客户乙")):
        assert admin.post(f"{here}/{form_key}/new", {"name": name}).status_code == 303
    page = admin.get(f"{here}/visit/new?target=customer:1").get_data(as_text=True)
    assert "<dg-link" in page and "客户乙" in page and 'data-value="&#34;customer:1&#34;"' in page
    missing = admin.post(f"{here}/visit/new", {"text": "t", "target": ["lead", ""]}, page=f"{here}/visit/new")
    assert missing.status_code == 422
    unknown = admin.post(f"{here}/visit/new", {"text": "t", "target": ["lead", "99"]}, page=f"{here}/visit/new")
    assert unknown.status_code == 422
    sent = {"text": "拜访", "target": ["customer", "1"]}
    assert admin.post(f"{here}/visit/new", sent, page=f"{here}/visit/new").status_code == 303
    shown = admin.get(f"{here}/visit/1").get_data(as_text=True)
    assert f'href="{here}/customer/1"' in shown and "客户乙" in shown
    listed = admin.get(f"{here}/customer/1").get_data(as_text=True)
    assert "拜访" in listed and f"{here}/visit/new?target=customer:1" in listed
    other = admin.get(f"{here}/lead/1").get_data(as_text=True)  # the menu names it among what was opened last
    assert other.count("拜访") < listed.count("拜访")
    edited = admin.get(f"{here}/visit/1/edit").get_data(as_text=True)
    assert 'data-value="&#34;customer:1&#34;"' in edited
    filtered = admin.get(f"{here}/visit?filter=" + '{"field":"target__customer","op":"eq","value":1}')
    none = admin.get(f"{here}/visit?filter=" + '{"field":"target.form","op":"eq","value":"lead"}')
    assert none.get_data(as_text=True).count("拜访") < filtered.get_data(as_text=True).count("拜访")
