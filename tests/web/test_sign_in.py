"""The door: signing in, sessions that cannot be forged, tokens against forged forms, the limit of tries."""

import json
from dataclasses import replace

import pytest
from flask import Flask

from dougong.identity.demo import PASSWORD
from dougong.web.app import create_app
from dougong.web.assets import asset
from dougong.web.limits import SIGN_IN_BY_ACCOUNT, limiter
from dougong.web.sessions import COOKIE

ZH = {"Accept-Language": "zh-CN"}
EN = {"Accept-Language": "en"}


def test_a_page_asks_for_sign_in_and_goes_on_there_afterwards(visitor):
    answer = visitor.get("/account?x=1")
    assert answer.status_code == 302
    assert answer.location == "/sign-in?next=/account?x%3D1"
    answer = visitor.sign_in("seller@demo.example", next="/account?x=1")
    assert (answer.status_code, answer.location) == (303, "/account?x=1")
    assert visitor.get("/account").status_code == 200


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:1"])
def test_sign_in_goes_nowhere_else(visitor, target):
    assert visitor.sign_in("seller@demo.example", next=target).location == "/"


def test_a_wrong_password_and_a_wrong_address_get_the_same_answer(visitor):
    first = visitor.sign_in("seller@demo.example", "wrong")
    second = visitor.sign_in("nobody@demo.example", "wrong")
    assert first.status_code == second.status_code == 422
    assert "邮箱和密码不匹配" in first.get_data(as_text=True)
    assert "邮箱和密码不匹配" in second.get_data(as_text=True)


def test_a_form_without_token_is_refused_with_a_sentence(visitor):
    answer = visitor.client.post("/sign-in", data={"email": "seller@demo.example", "password": PASSWORD})
    assert answer.status_code == 400
    assert "重新载入" in answer.get_data(as_text=True)
    answer = visitor.client.post("/sign-in", data={}, headers=EN)
    assert "reload it and send again" in answer.get_data(as_text=True)


def test_the_token_of_htmx_comes_in_a_header(seller):
    token = seller.token("/account")
    answer = seller.client.post("/favourites", data={"url": "/x", "title": "X"}, headers={"X-CSRFToken": token})
    assert answer.status_code == 200
    assert 'aria-pressed="true"' in answer.get_data(as_text=True)
    assert seller.client.post("/favourites", data={"url": "/x"}).status_code == 400


@pytest.mark.parametrize("cookie", ["s.forged", "s." + "A" * 43, "a", "eyJfdXNlcl9pZCI6IjEifQ.aaaa.bbbb", "é"])
def test_a_forged_session_is_nobody(visitor, cookie):
    visitor.client.set_cookie(COOKIE, cookie)
    assert visitor.get("/account").status_code == 302


def test_a_signed_cookie_of_a_visitor_cannot_claim_an_account(app: Flask, visitor):
    with app.test_request_context():
        forged = app.session_interface._signer.dumps({"_user_id": "1"})
    visitor.client.set_cookie(COOKIE, forged)
    assert visitor.get("/account").status_code == 302


def test_the_session_gets_a_fresh_token_at_sign_in(visitor):
    visitor.get("/sign-in")
    before = visitor.client.get_cookie(COOKIE).value
    visitor.sign_in("seller@demo.example")
    cookie = visitor.client.get_cookie(COOKIE)
    assert cookie.value != before
    assert cookie.value.startswith("s.")
    assert cookie.http_only
    assert cookie.same_site == "Lax"


def test_signing_out_ends_the_session_on_the_server(seller):
    kept = seller.client.get_cookie(COOKIE).value
    assert seller.post("/sign-out").status_code == 303
    seller.client.set_cookie(COOKIE, kept)
    assert seller.get("/account").status_code == 302


def test_too_many_tries_are_stopped_for_the_account_from_anywhere(app, visitor):
    allowed = int(SIGN_IN_BY_ACCOUNT.split()[0])
    for _ in range(allowed):
        assert visitor.sign_in("he@demo.example", "wrong").status_code == 422
    answer = visitor.sign_in("HE@demo.example ", "wrong", headers=ZH)
    assert answer.status_code == 429
    assert "尝试次数过多" in answer.get_data(as_text=True)
    assert visitor.sign_in("seller@demo.example").status_code == 303


@pytest.fixture
def limiter_of_one_app():
    """The limiter serves one application per process; another one in between must leave it as it was."""
    saved = vars(limiter).copy()
    yield
    vars(limiter).clear()
    vars(limiter).update(saved)


def test_sign_in_works_while_redis_is_away(settings, database, company, make_browser, limiter_of_one_app):
    away = replace(settings, redis_url="redis://127.0.0.1:1/0")
    app = create_app(away, engine=database, config={"TESTING": True})
    visitor = make_browser(app)
    assert visitor.sign_in("seller@demo.example").status_code == 303
    answer = visitor.get("/health")
    assert (answer.status_code, answer.json["status"]) == (200, "degraded")


def test_health_says_what_lives(visitor):
    answer = visitor.get("/health")
    assert (answer.status_code, answer.json) == (200, {"status": "ok", "database": "ok", "redis": "ok"})


def test_metrics_are_for_this_machine_only(visitor):
    assert b"dougong_requests_total" in visitor.get("/metrics").data
    assert visitor.get("/metrics", headers={"X-Forwarded-For": "1.2.3.4"}).status_code == 404
    assert visitor.get("/metrics", environ_base={"REMOTE_ADDR": "10.0.0.9"}).status_code == 404


def test_the_language_follows_the_browser_then_the_choice_then_the_account(visitor):
    assert '<html lang="en"' in visitor.get("/sign-in", headers=EN).get_data(as_text=True)
    assert "登录" in visitor.get("/sign-in", headers=ZH).get_data(as_text=True)
    assert "登录" in visitor.get("/sign-in").get_data(as_text=True)
    visitor.post("/language", {"locale": "en", "next": "/sign-in"}, page="/sign-in")
    assert '<html lang="en"' in visitor.get("/sign-in", headers=ZH).get_data(as_text=True)
    visitor.sign_in("chen@demo.example")
    visitor.post("/account/language", {"locale": "zh-CN", "next": "/account"})
    assert '<html lang="zh-CN"' in visitor.get("/account", headers=EN).get_data(as_text=True)


def test_every_answer_carries_a_strict_policy_with_a_nonce_of_its_own(visitor):
    first, second = visitor.get("/sign-in"), visitor.get("/nothing-here")
    policy = first.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    nonce = policy.partition("'nonce-")[2].partition("'")[0]
    assert f'nonce="{nonce}"' in first.get_data(as_text=True)
    assert nonce not in second.headers["Content-Security-Policy"]
    assert first.headers["X-Content-Type-Options"] == "nosniff"


def test_pages_hold_no_inline_style_or_script(visitor, admin):
    for answer in (visitor.get("/sign-in"), admin.get("/"), admin.get("/dev/kit"), admin.get("/account")):
        text = answer.get_data(as_text=True)
        assert answer.status_code == 200
        assert " style=" not in text
        assert "hx-on" not in text
        assert "<script>" not in text


def test_built_assets_may_be_kept_for_a_year(visitor, app):

    with visitor.get(asset("kit.scss")) as answer:
        assert answer.status_code == 200
        assert "immutable" in answer.headers["Cache-Control"]
        assert "Set-Cookie" not in answer.headers


def test_words_of_scripts_come_with_the_page(visitor):
    text = visitor.get("/sign-in").get_data(as_text=True)
    words = json.loads(text.partition('id="dg-words"')[2].partition(">")[2].partition("</script>")[0])
    assert words["just now"] == "刚刚"


def test_a_missing_asset_leaves_the_session_alone(admin) -> None:
    answer = admin.get("/static/dist/assets/gone.js")
    assert answer.status_code == 404
    assert "Set-Cookie" not in answer.headers
    assert admin.get("/").status_code == 200
