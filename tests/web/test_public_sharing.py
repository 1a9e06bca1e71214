"""Public pages are shared by administrators on a page and by programs with a key, and closed by them."""

import re

import pytest
from public_world import APP, Stranger, opened, page, shared

from dougong.apps import store
from dougong.identity.keys import create_key
from engines.form.transaction import SYSTEM


@pytest.fixture(scope="module")
def site(settings, database, company, workspaces):
    return opened(settings, database, company, workspaces)


@pytest.fixture
def share(site, workspaces, company):
    return lambda document: shared(workspaces, company, site.extensions["dougong_box"], document)


def test_administrators_share_without_json_and_others_do_not(site, make_browser, workspaces, company):
    admin, seller = make_browser(site), make_browser(site)
    admin.sign_in("admin@demo.example")
    seller.sign_in("seller@demo.example")
    place = f"/design/{APP}/public"
    assert seller.get(place).status_code == 403 and seller.get(f"{place}/repair").status_code == 403
    told = admin.post(place, {"title": "报修", "form": "public_form:repair"}, page=place)
    assert told.status_code == 303, told.get_data(as_text=True)[-2000:]
    here = told.location
    assert 'value="ip">设备 IP</option>' in admin.get(here).text, "fields are called in the words of who reads"
    settings = {
        "title": "故障报修",
        "fields": ["name", "qty", "order", "machine"],
        "prefill.order": "signed",
        "pick.machine": ["name"],
        "quota": "5",
        "open_until": "2999-01-01T08:00",
        "captcha": "1",
        "capture.ip": "ip",
        "embed": "https://www.example.com/",
        "redirect": "https://www.example.com/",
    }
    assert admin.post(here, settings, page=here).status_code == 303
    assert "故障报修" in admin.get("/account/recent").text, "the publish is called by the title of the page"
    with workspaces.begin(company, SYSTEM) as tx:
        stored = store.get(tx, "public_form", here.rpartition("/")[2], APP)
    assert stored["open_until"] == "2999-01-01T00:00Z" and stored["quota"] == 5 and stored["draft"] is False
    assert stored["fields"] == ["name", "qty", "order", "machine"] and stored["prefill"] == {"signed": ["order"]}
    assert (stored["pick"], stored["embed"]) == ([{"key": "machine", "columns": ["name"]}], ["www.example.com"])
    wrong = admin.post(here, settings | {"redirect": "http://x", "fields": []}, page=here)
    assert wrong.status_code == 422
    assert admin.post(f"{here}/switch", {"on": "1"}, page=here).status_code == 303
    page_now = admin.get(here).get_data(as_text=True)
    address = re.search(r'id="share-link">([^<]+)<', page_now)[1]
    assert "dg-qr" in page_now and "iframe" in page_now
    path = "/p/" + address.split("/p/")[1]
    assert Stranger(site).get(path).status_code == 200
    signed = admin.post(f"{here}/sign", {"v.order": "A-9", "days": "3"}, page=here).get_data(as_text=True)
    query = re.search(r'id="share-signed">[^<]*\?([^<]+)<', signed)[1].replace("&amp;", "&")
    assert "A-9" in Stranger(site).get(f"{path}?{query}").get_data(as_text=True)
    assert admin.post(f"{here}/password", {"password": "short"}, page=here).status_code == 422
    assert admin.post(f"{here}/renew", {}, page=here).status_code == 303
    assert Stranger(site).get(path).status_code == 404
    assert admin.post(f"{here}/remove", {}, page=here).status_code == 303
    assert admin.get(here).status_code == 404
    again = admin.post(place, {"title": "报修", "form": "public_form:repair"}, page=place)
    assert again.location != here  # old links, numbers and marks stay with the page that is gone


def test_programs_make_list_and_revoke_links(site, share, database, company):
    share(page("api", fields=["name", "order"], prefill={"signed": ["order"]}))
    with database.begin() as connection:
        member = connection.exec_driver_sql(
            "SELECT m.member_id FROM dougong.membership m JOIN dougong.account a ON a.id = m.account_id "
            "WHERE a.email = 'admin@demo.example'"
        ).scalar_one()
        token = create_key(connection, company.id, member, "links", ["metadata:read", "metadata:write"])
    client, headers = site.test_client(), {"Authorization": f"Bearer {token}"}
    place = f"/api/v1/apps/{APP}/public-links"
    made_now = client.post(place, json={"kind": "public_form", "key": "api"}, headers=headers)
    assert made_now.status_code == 201, made_now.json
    found = client.get(place, headers=headers).json["items"]
    assert found[0] == made_now.json and found[0]["on"] and "/p/" in found[0]["url"]
    sign_at = f"/api/v1/apps/{APP}/public-forms/api/sign"
    signed = client.post(sign_at, json={"values": {"order": "A"}, "days": 2}, headers=headers).json
    path = "/p/" + signed["url"].split("/p/")[1]
    assert Stranger(site).get(path).status_code == 200
    assert client.post(sign_at, json={"values": {"name": "A"}}, headers=headers).status_code == 422
    assert client.post(place, json={"key": "nothing"}, headers=headers).status_code == 404
    assert [client.delete(f"{place}/{found[0]['id']}", headers=headers).status_code for _ in "12"] == [204, 404]
    assert "public-links" in str(client.get("/api/v1/openapi.json", headers=headers).json)
