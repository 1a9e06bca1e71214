"""Public forms: what strangers may send, how often, when; and that nothing else of the workspace can be reached."""

import io
import json
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from public_world import APP, Stranger, made, opened, page, put, rows, shared

from dougong.apps import drafts, store
from dougong.public import captcha, links
from dougong.public.gate import enter, stranger
from dougong.public.signing import fresh, sign
from dougong.public.submit import submit
from engines.form.policy import policy_for
from engines.form.policy.grants import OPERATIONS
from engines.form.query import Query, get_record, list_records, pick
from engines.form.records import create_record, update_record
from engines.form.transaction import SYSTEM
from engines.kernel.problems import Forbidden, NotFound, ProblemError, Rejected

ALL = ["name", "phone", "machine", "qty", "twice", "order", "files", "lines", "state"]


@pytest.fixture(scope="module")
def site(settings, database, company, workspaces):
    return opened(settings, database, company, workspaces)


@pytest.fixture
def box(site):
    return site.extensions["dougong_box"]


@pytest.fixture
def share(site, workspaces, company, box):
    return lambda document: shared(workspaces, company, box, document)


def code_in(answer) -> set[str]:
    return set(re.findall(r'data-message="(\w+)"', answer.get_data(as_text=True)))


def test_a_stranger_fills_in_a_form_and_only_its_fields_are_stored(site, share, workspaces, company):
    url = share(
        page(
            "whole", fields=ALL, capture={"ip": "ip", "device": "agent"}, pick=[{"key": "machine", "columns": ["name"]}]
        )
    )
    made(workspaces, company, "machine", name="Crane 7", place="Hall", price=99)
    someone = Stranger(site)
    text = someone.get(url, headers={"Accept-Language": "en"}).get_data(as_text=True)
    assert "network address" in text and "Set-Cookie" not in text and "csrf" not in text
    offered = someone.get(f"{url}/pick/machine?q=cra").json["items"]
    assert [one["title"] for one in offered] == ["Crane 7"]
    told = someone.send(
        url,
        **{
            "name": "Lin",
            "qty": "4",
            "machine": offered[0]["token"],
            "cost": "5",
            "note": "x",
            "boss": "1",
            "ip": "spoof",
        },
        **{"lines[]": "1", "lines[0].item": "belt", "lines[0].why": "mine", "_owner": "1", "id": "1", "twice": "9"},
    )
    assert told.status_code == 303 and told.location.endswith("/thanks"), told.get_data(as_text=True)
    found = rows(workspaces, company)[-1]
    assert (found["name"], found["qty"], found["twice"], found["cost"], found["note"]) == ("Lin", 4, 8, None, "inside")
    assert found["boss"] is None and found["_owner"] is None and found["ip"] == "127.0.0.1" and found["machine"]
    assert found["agent"].startswith("Werkzeug")
    with workspaces.begin(company, SYSTEM) as tx:
        line = get_record(tx, store.forms(tx, APP).get("repair"), found["id"]).values["lines"][0]
    assert (line["item"], line["why"]) == ("belt", "own")
    thanks = someone.get(told.location)
    assert code_in(thanks) == {"thanks"}
    assert someone.get(url).headers["Referrer-Policy"] == "no-referrer"


def test_the_same_page_cannot_be_sent_twice_nor_by_another_visitor_nor_forged(site, share, workspaces, company):
    url = share(page("twice"))
    first, other = Stranger(site), Stranger(site)
    carried = first.carried(url)
    before = len(rows(workspaces, company))
    assert first.client.post(url, data=carried | {"name": "a"}).status_code == 303
    again = first.client.post(url, data=carried | {"name": "a"})
    assert again.status_code == 409 and code_in(again) == {"already"}
    other.get(url)
    for data in (carried, {}, {"_page": "v1.x.y"}, {"_page": carried["_page"][:-3] + "abc"}):
        assert other.client.post(url, data=data | {"name": "b"}).status_code == 422
    elsewhere = share(page("twice_too"))
    assert first.client.post(elsewhere, data=carried | {"name": "c"}).status_code == 422
    assert len(rows(workspaces, company)) == before + 1


def test_fifty_at_once_take_exactly_the_ten_places(site, share, workspaces, company):
    url = share(page("quota", quota=10))
    before = len(rows(workspaces, company))
    people = [Stranger(site) for _ in range(50)]
    carried = [one.carried(url) for one in people]

    def send(number: int) -> str:
        told = people[number].client.post(url, data=carried[number] | {"name": f"p{number}"})
        return "ok" if told.status_code == 303 else ",".join(code_in(told))

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(send, range(50)))
    assert (answers.count("ok"), answers.count("full")) == (10, 40)
    assert len(rows(workspaces, company)) == before + 10
    assert code_in(Stranger(site).get(url)) == {"full"}


def test_a_form_opens_and_closes_by_the_clock_and_by_its_switch(site, share, workspaces, company):
    url = share(page("clock", open_from="2990-01-01T00:00Z"))
    someone = Stranger(site)
    assert code_in(someone.get(url)) == {"soon"}
    share(page("clock", open_until="2020-01-01T00:00+08:00"))
    assert code_in(someone.get(url)) == {"over"}
    share(page("clock"))
    carried = someone.carried(url)
    share(page("clock", open_until="2020-01-01T00:00Z"))
    before = len(rows(workspaces, company))
    assert code_in(someone.client.post(url, data=carried | {"name": "late"})) == {"over"}
    assert len(rows(workspaces, company)) == before
    with workspaces.begin(company, SYSTEM) as tx:
        links.switch(tx, APP, "public_form", "clock", on=False)
    assert someone.get(url).status_code == 404


def test_links_are_revoked_and_renewed_and_tokens_are_not_stored(site, share, workspaces, company, box):
    url = share(page("link"))
    someone = Stranger(site)
    assert someone.get(url).status_code == 200
    with workspaces.begin(company, SYSTEM) as tx:
        fresh_link = links.renew_link(tx, box, APP, "public_form", "link")
        stored = tx.connection.exec_driver_sql("SELECT * FROM _public_link").all()
        assert fresh_link.token not in str(stored)
    assert someone.get(url).status_code == 404 and someone.get(fresh_link.path).status_code == 200
    for bad in ("/p/x", "/p/1-", "/p/zzzzzzzzzz-abc", "/p/%00-a", f"{fresh_link.path}x", "/p/0-aaaaaaaaaaaaaaaaaaaa"):
        told = someone.get(bad)
        assert told.status_code == 404 and "/sign-in" not in told.get_data(as_text=True)
    with workspaces.begin(company, SYSTEM) as tx:
        links.revoke_link(tx, APP, fresh_link.id)
    assert someone.get(fresh_link.path).status_code == 404


def test_a_password_stands_before_everything_of_the_page(site, share, workspaces, company):
    url = share(page("secret", pick=[{"key": "machine", "columns": ["name"]}], fields=["name", "machine"]))
    with workspaces.begin(company, SYSTEM) as tx:
        links.set_password(tx, APP, "public_form", "secret", "open sesame")
    made(workspaces, company, "machine", name="Crane 8")
    someone = Stranger(site)
    assert "Report a fault" in someone.get(url).get_data(as_text=True) and "dg-form" not in someone.carried(url)
    before = len(rows(workspaces, company))
    assert someone.send(url, name="in").status_code == 200
    assert someone.get(f"{url}/pick/machine?q=crane").json["items"] == []
    assert len(rows(workspaces, company)) == before
    assert someone.send(url, to=f"{url}/unlock", password="wrong").status_code == 422
    assert someone.send(url, to=f"{url}/unlock", password="open sesame").status_code == 303
    assert someone.send(url, name="in").status_code == 303
    assert len(someone.get(f"{url}/pick/machine?q=crane").json["items"]) >= 1
    with workspaces.begin(company, SYSTEM) as tx:
        links.set_password(tx, APP, "public_form", "secret", "another one")
    assert 'name="password"' in someone.get(url).get_data(as_text=True)
    tries = [someone.send(url, to=f"{url}/unlock", password=f"guess {n}").status_code for n in range(12)]
    assert tries[-1] == 429 and 422 in tries


def test_once_for_each_device_and_each_phone(site, share, workspaces, company):
    url = share(page("device", once="device"))
    someone = Stranger(site)
    assert code_in(someone.get(url)) == set()
    late = someone.carried(url)
    assert someone.send(url, name="a").status_code == 303
    assert code_in(someone.client.post(url, data=late | {"name": "b"})) == {"already"}
    told = someone.get(url, headers={"Accept-Language": "en"})  # said before the form is filled in, not after it
    assert code_in(told) == {"already"} and "This device has sent this form already" in told.get_data(as_text=True)
    assert Stranger(site).send(url, name="c").status_code == 303
    url = share(page("phone", once="phone", fields=["name", "phone"]))
    assert Stranger(site).send(url, name="a", phone="13812345678").status_code == 303
    again = Stranger(site).send(url, name="b", phone="138 1234 5678")
    assert code_in(again) == {"already"} or again.status_code == 422
    assert Stranger(site).send(url, name="b").status_code == 422
    before = len(rows(workspaces, company))
    people = [Stranger(site) for _ in range(8)]
    carried = [one.carried(url) for one in people]
    with ThreadPoolExecutor(8) as pool:
        told = pool.map(
            lambda n: people[n].client.post(url, data=carried[n] | {"name": "x", "phone": "13912345678"}), range(8)
        )
    assert sorted(one.status_code for one in told) == [303] + [409] * 7
    assert len(rows(workspaces, company)) == before + 1


def test_our_captcha_takes_the_digits_or_the_sum_and_each_puzzle_once(site, share, box):
    url = share(page("robot", captcha=True, fields=["name", "qty"]))
    someone = Stranger(site)
    carried = someone.carried(url)
    puzzle = captcha.read(box, carried["_puzzle"])
    picture = someone.get(f"{url}/captcha.png", query_string={"c": carried["_puzzle"]})
    assert picture.mimetype == "image/png" and picture.data.startswith(b"\x89PNG") and len(picture.data) < 20_000
    assert puzzle.digits not in someone.get(url).get_data(as_text=True)
    assert someone.client.post(url, data=carried | {"name": "a", "_answer": "1"}).status_code == 422
    burnt = someone.client.post(url, data=carried | {"name": "a", "_answer": puzzle.digits})
    assert burnt.status_code == 422
    carried = someone.carried(url)
    puzzle = captcha.read(box, carried["_puzzle"])
    right = {"_answer": str(puzzle.left + puzzle.right)}
    wrong = someone.client.post(url, data=carried | right | {"name": "a", "qty": "many"})
    assert wrong.status_code == 422 and "_puzzle" not in wrong.get_data(as_text=True)  # solved stays solved
    kept = re.search(r'name="_page" value="([^"]+)"', wrong.get_data(as_text=True))[1]
    assert someone.client.post(url, data={"_page": kept, "name": "a", "qty": "2"}).status_code == 303
    assert captcha.question(puzzle, "en") != captcha.question(puzzle, "zh-CN")
    for _ in range(3):
        assert captcha.picture(puzzle) != captcha.picture(puzzle)


def test_an_address_fills_in_open_fields_and_signed_fields_cannot_be_changed(site, share, workspaces, company, box):
    url = share(page("fill", fields=["name", "order", "qty"], prefill={"open": ["name"], "signed": ["order"]}))
    someone = Stranger(site)
    text = someone.get(f"{url}?name=Lin%22%3E&qty=9&cost=3").get_data(as_text=True)
    assert 'value="Lin&#34;&gt;"' in text and 'value="9"' not in text
    query = sign(box, APP, "fill", {"order": "A-7"})
    assert "A-7" in someone.get(f"{url}?{query}").get_data(as_text=True)
    told = someone.send(f"{url}?{query}", name="x", order="B-8")
    assert told.status_code == 303 and rows(workspaces, company)[-1]["order"] == "A-7"
    assert someone.send(url, name="y", order="B-8").status_code == 303
    assert rows(workspaces, company)[-1]["order"] is None
    for bad in (
        query.replace("A-7", "A-8"),
        "order=A-7",
        f"{query}&until=99999999999",
        sign(box, APP, "other", {"order": "A-7"}),
    ):
        assert someone.get(f"{url}?{bad}").status_code == 422
    assert someone.get(f"{url}?{sign(box, APP, 'fill', {'order': 'A-7'}, until=1000)}").status_code == 422


def test_files_are_bounded_judged_by_content_and_never_read_back(site, share, workspaces, company, settings):
    url = share(page("files", fields=["name", "files"]))
    someone = Stranger(site)

    def send(*files):
        sent = [(io.BytesIO(content), name) for name, content in files]
        data = someone.carried(url) | {"name": "f", "file.files": sent}
        told = someone.client.post(url, data=data, content_type="multipart/form-data")
        told.request.environ["wsgi.input"].close()  # the client keeps long bodies in a file
        return told

    def kept() -> int:
        return len([one for one in (settings.data_folder / "files").rglob("*") if one.is_file()])

    before = kept()
    png = b"\x89PNG\r\n\x1a\n" + b"0" * 100
    for bad in ([("a.exe", b"MZ" + b"0" * 50)], [("a.png", b"no picture")], [("a.txt", b"x" * 1_100_000)],
                [("a.txt", b"")], [("1.txt", b"1"), ("2.txt", b"2"), ("3.txt", b"3")], [("a.png", png),
                ("b.exe", b"MZ0")]):  # fmt: skip
        assert send(*bad).status_code == 422, bad
    assert kept() == before
    assert send(("a.png", png)).status_code == 303
    file = rows(workspaces, company)[-1]["files"][0]
    assert file["mime"] == "image/png" and kept() == before + 1
    assert someone.get(f"/files/{file['id']}").status_code == 302
    told = someone.send(url, name="g", files=json.dumps([file]))
    assert told.status_code == 303 and not rows(workspaces, company)[-1]["files"]  # an id is no file


def test_only_a_file_that_was_there_has_to_be_chosen_again(site, share):
    url, someone, again = share(page("refiles", fields=["name", "qty", "files"])), Stranger(site), "文件需要重新选择"

    def send(*files):
        sent = {"file.files": [(io.BytesIO(content), name) for name, content in files or [("", b"")]]}
        data = someone.carried(url) | {"name": "f", "qty": "many"} | sent
        told = someone.client.post(url, data=data, content_type="multipart/form-data")
        assert told.status_code == 422
        return told.get_data(as_text=True)

    assert again not in send(), "browsers send an empty part for a field without a file"
    assert again in send(("a.txt", b"text"))


def test_a_stranger_reaches_nothing_else(site, share, workspaces, company):
    url = share(page("only", fields=["name"], embed=["www.example.com"]))
    record = made(workspaces, company, "repair", name="inside", cost=7)
    someone = Stranger(site)
    assert someone.send(url, name="a").status_code == 303
    here = f"/a/{APP}/repair"
    for path in ("/", here, f"{here}/new", f"{here}/{record}", f"{here}/pick?q=in", f"{here}/related?path=machine&id=1",
                 "/todo", "/import", f"{here}/{record}/edit", f"/design/{APP}/public",
                 f"/design/{APP}/public/only", "/admin/members"):  # fmt: skip
        told = someone.get(path)
        assert told.status_code == 302 and "/sign-in" in told.location, path
    for path in ("/api/v1/apps", f"/api/v1/apps/{APP}/forms/repair/records", f"/api/v1/apps/{APP}/public-links"):
        assert someone.get(path).status_code == 401
    for field in ("machine", "boss", "name", "nothing"):  # not chosen, not a relation, not there
        assert someone.get(f"{url}/pick/{field}?q=cr").status_code in (404, 422)
    for path in (f"{here}/live", f"{here}/new", f"/design/{APP}/public/only/renew", "/files"):
        assert someone.send(url, to=path, name="a").status_code in (302, 400), path
    policy = someone.get(url).headers["Content-Security-Policy"]
    assert "frame-ancestors 'self' https://www.example.com" in policy and "unsafe" not in policy
    data = re.search(r'id="dg-form-data"[^>]*>(.*?)</script>', someone.get(url).get_data(as_text=True), re.S)[1]
    told = json.loads(data)
    assert [one["key"] for one in told["fields"]] == ["name"] and not told["needs"] and told["facts"]["user"] is None
    assert "cost" not in data and "machine" not in data and APP not in data


def test_the_policy_of_a_stranger_is_the_page_and_nothing_more(site, share, workspaces, company, box):
    """The oracle: every form and field against what the document says, asked below the pages."""
    document = page(
        "oracle", fields=["name", "qty", "machine", "lines"], pick=[{"key": "machine", "columns": ["name"]}]
    )
    token = share(document).split("/")[2]
    record, machine = (
        made(workspaces, company, "repair", name="r", cost=3),
        made(workspaces, company, "machine", name="mm", price=5),
    )
    with workspaces.begin(company, stranger("en")) as tx:
        opened = enter(tx, token, "public_form")
        forms = store.forms(tx, APP)
        for form in forms:
            policy = policy_for(tx, form)
            may = {one for one in OPERATIONS if policy.may(one)}
            wanted = {"repair": {"create"}, "machine": {"read"}}.get(form.key, {"read"} if form.system else set())
            assert may == wanted, form.key
            if form.key == "repair":
                assert policy.editable("create") == document["fields"] or set(policy.editable("create")) == set(
                    document["fields"]
                )
                assert policy.visible() == []
            if form.key == "machine":
                assert policy.visible() == ["name"] and policy.editable("create") == []
        for refused in (
            lambda: get_record(tx, forms.get("repair"), record),
            lambda: list_records(tx, forms.get("repair"), Query()),
            lambda: pick(tx, forms.get("repair"), "r"),
            lambda: update_record(tx, forms.get("repair"), record, {"name": "x"}),
            lambda: create_record(tx, forms.get("machine"), {"name": "x"}),
            lambda: links.list_links(tx, box, APP),
            lambda: drafts.open_draft(tx, APP),
        ):
            with pytest.raises((Forbidden, NotFound)):
                refused()
        seen = get_record(tx, forms.get("machine"), machine)
        assert set(seen.values) == {"name"} and seen.title != "5"
        for hidden in ({"cost": 1}, {"note": "n"}, {"_owner": 1}, {"boss": 1}, {"lines": [{"why": "x"}]}):
            with pytest.raises(ProblemError) as told:
                submit(tx, box, opened, fresh("v"), {"name": "x", **hidden})
            assert isinstance(told.value, Forbidden | Rejected)
    with workspaces.begin(company, stranger("en")) as tx:
        assert enter(tx, token, "public_query") is None
        assert not any(policy_for(tx, form).may("read") for form in store.forms(tx, APP).own())


def test_choices_leak_no_ids_and_are_good_for_their_field_only(site, share, workspaces, company):
    picks = [{"key": "machine", "columns": ["name"]}]
    url, other = (share(page(key, fields=["name", "machine"], pick=picks)) for key in ("choice", "choice_too"))
    number = made(workspaces, company, "machine", name="Press 44", place="Secret hall", price=31337)
    someone = Stranger(site)
    assert someone.get(f"{url}/pick/machine?q=P").json["items"] == []
    for letters in ("Secret", "31337", "%%", "__"):
        assert someone.get(f"{url}/pick/machine", query_string={"q": letters}).json["items"] == []
    found = someone.get(f"{url}/pick/machine?q=press").json
    assert set(found["items"][0]) == {"token", "title"} and "31337" not in str(found)
    token = found["items"][0]["token"]
    for bad in (str(number), "1", token[:-4], "x"):
        assert someone.send(url, name="a", machine=bad).status_code == 422
    assert someone.send(other, name="a", machine=token).status_code == 422
    again = someone.send(url, name="", machine=token)
    assert again.status_code == 422 and "Press 44" in again.get_data(as_text=True)
    assert someone.send(url, name="a", machine=token).status_code == 303
    assert rows(workspaces, company)[-1]["machine"] == number


def test_programs_meet_a_trap_and_a_limit(site, share, workspaces, company):
    url = share(page("rate", rate=3))
    someone = Stranger(site)
    before = len(rows(workspaces, company))
    assert someone.send(url, name="bot", homepage_url="http://x").status_code == 303
    assert len(rows(workspaces, company)) == before
    assert [someone.send(url, name="a").status_code for _ in range(4)] == [303, 303, 303, 429]


def test_thanks_lead_where_the_document_says_only(site, share):
    url = share(
        page("bye", thanks={"text": {"en": "Bye <b>", "zh-CN": "再见"}, "redirect": "https://www.example.com/x"})
    )
    text = Stranger(site).get(f"{url}/thanks?to=https://evil.example&lang=en").get_data(as_text=True)
    assert (
        "Bye &lt;b&gt;" in text and "url=https://www.example.com/x" in text and "evil" not in text.replace("lang", "")
    )


def test_documents_are_checked_beside_their_form(site, workspaces, company):
    def refused(document) -> set[str]:
        with pytest.raises(Rejected) as told:
            put(workspaces, company, document)
        return {one.code for one in told.value.problems}

    assert refused(page("bad", fields=["boss"])) == {"public.not_fillable"}
    assert refused(page("bad", fields=["machine"])) == {"public.no_pick"}
    assert refused(page("bad", fields=["name"], prefill={"signed": ["order"]})) == {"public.not_prefilled"}
    assert refused(page("bad", fields=["name", "ip"], capture={"ip": "ip"})) == {"public.capture"}
    assert refused(page("bad", once="phone")) == {"public.no_phone"}
    assert refused(page("bad", fields=[])) == {"public.no_fields"}
    assert refused(page("bad", open_from="2026-02-01T00:00Z", open_until="2026-01-01T00:00Z"))
    ask = {"kind": "public_query", "key": "bad", "title": "q", "form": "repair"}
    assert refused(ask | {"search": ["machine"], "columns": ["name"]}) == {"public.not_searched"}
    assert refused(ask | {"search": ["name"], "columns": ["boss"]}) == {"public.not_shown"}


def test_a_query_finds_by_exact_values_and_shows_chosen_columns_only(site, share, workspaces, company):
    ask = {"kind": "public_query", "key": "ask", "title": "Where is my repair", "form": "repair"}
    url = share(
        ask | {"search": ["name", "order"], "columns": ["name", "state", "twice"], "limit": 2, "captcha": False}
    )
    made(workspaces, company, "repair", name="Ask me", order="Z-100", cost=31337, qty=21)
    made(workspaces, company, "repair", name="Ask me", order="Z-101", cost=31338)
    someone = Stranger(site)
    text = someone.send(url, name="Ask me", order="Z-100", cost="31337").get_data(as_text=True)
    assert "42" in text and "31337" not in text and "Z-101" not in text and text.count('dg-public-result"') == 1
    for given in ({"name": "Ask", "order": "Z-100"}, {"name": "Ask me", "order": "Z-10"}, {"name": "%", "order": "%"}):
        assert 'dg-public-result"' not in someone.send(url, **given).get_data(as_text=True)
    assert someone.send(url, name="Ask me").status_code == 422
    assert someone.client.post(url, data={"name": "Ask me", "order": "Z-100"}).status_code == 422
    token = url.split("/")[2]
    assert someone.get(f"/p/{token}").status_code == 404  # the link of a query opens no form
    with workspaces.begin(company, stranger("en")) as tx:
        assert enter(tx, token, "public_query")
        policy = policy_for(tx, store.forms(tx, APP).get("repair"))
        assert set(policy.visible()) == {"name", "order", "state", "twice"} and not policy.may("create")
    url = share(ask | {"key": "ask_robot", "search": ["name"], "columns": ["state"], "captcha": True})
    assert someone.send(url, name="Ask me", _answer="1").status_code == 422
