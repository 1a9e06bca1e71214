"""Connectors: what is sent is what the document says, secrets stay secret, and nothing inside can be reached."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dougong.apps.kinds import DOCUMENT_KINDS
from dougong.connectors import send as sending
from dougong.connectors.calls import find_call, request_of, value_at
from dougong.connectors.guard import checked_address, networks
from dougong.connectors.kind import ConnectorKind
from dougong.connectors.send import CallFailed, Request, send
from dougong.vault.box import Box
from dougong.vault.secrets import forget_secret, keep_secret, list_secrets, rotate_secrets, secret
from engines.kernel.documents import validate
from engines.kernel.layers import Layer, merge_layers
from engines.kernel.problems import Forbidden, NotFound, Rejected

LOCAL = networks("127.0.0.0/8")
CONNECTOR: dict[str, Any] = {
    "kind": "connector",
    "key": "registry",
    "title": "Registry",
    "url": "https://registry.example/v1",
    "headers": {"Authorization": "Bearer {secret:token}"},
    "calls": [
        {
            "key": "company",
            "title": "Company",
            "method": "POST",
            "path": "/companies/{code}",
            "query": {"q": "{name}", "lang": "zh"},
            "body": {"name": "{name}", "about": "Code {code}", "list": ["{size}"]},
            "inputs": [
                {"key": "code", "title": "Code", "required": True},
                {"key": "name", "title": "Name"},
                {"key": "size", "title": "Size"},
            ],
        }
    ],
}


class Handler(BaseHTTPRequestHandler):
    """Answers with what it was sent; some paths misbehave."""

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path == "/away":
            self.send_response(302)
            self.send_header("Location", parse_qs(urlsplit(self.path).query)["to"][0])
            self.end_headers()
            return
        status = 500 if path == "/broken" else 200
        length = int(self.headers.get("Content-Length") or 0)
        said = {"path": self.path, "body": self.rfile.read(length).decode(), "headers": dict(self.headers)}
        content = {"/long": b"x" * (sending.LARGEST + 1), "/html": b"<html>"}.get(path, json.dumps(said).encode())
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_POST = do_GET

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture(scope="module")
def other() -> Iterator[str]:
    made = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=made.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{made.server_port}"
    made.shutdown()
    made.server_close()


def code(error: pytest.ExceptionInfo) -> str:
    return error.value.problems[0].code


def test_a_call_is_what_the_document_says_with_inputs_encoded_and_never_parsed(other: str) -> None:
    connector = {**CONNECTOR, "url": other}
    call = find_call(connector, "company")
    given_inputs = {"code": "a/b?c#d", "name": "东海 & 南山", "size": 12}
    told = send(request_of(connector, call, given_inputs, lambda name: f"<{name}>"), LOCAL)
    assert told["path"].startswith("/companies/a%2Fb%3Fc%23d?")
    assert parse_qs(urlsplit(told["path"]).query) == {"q": ["东海 & 南山"], "lang": ["zh"]}
    assert json.loads(told["body"]) == {"name": "东海 & 南山", "about": "Code a/b?c#d", "list": [12]}
    assert told["headers"]["Authorization"] == "Bearer <token>"


@pytest.mark.parametrize("name", ["..", "."])
def test_an_input_cannot_lead_to_another_path(name: str) -> None:
    with pytest.raises(Rejected) as error:
        request_of(CONNECTOR, CONNECTOR["calls"][0], {"code": name}, lambda _: "x")
    assert code(error) == "connector.path"


def test_a_required_input_and_a_header_with_line_breaks_are_refused() -> None:
    call = CONNECTOR["calls"][0]
    with pytest.raises(Rejected) as error:
        request_of(CONNECTOR, call, {"name": "x"}, lambda _: "x")
    assert code(error) == "connector.input_required"
    assert error.value.problems[0].params == {"input": "Code"}  # as people call it
    with pytest.raises(Rejected) as error:
        request_of(CONNECTOR, call, {"code": "1"}, lambda _: "x\r\nHost: evil")
    assert code(error) == "connector.header"


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "10.1.2.3",
        "192.168.1.1",
        "172.16.0.1",
        "169.254.169.254",
        "0.0.0.0",
        "::1",
        "::ffff:127.0.0.1",
        "fe80::1",
        "fd00::1",
        "64:ff9b:1::1",
        "64:ff9b::10.0.0.1",
        "2002:7f00:1::",
        "100.64.0.1",
        "224.0.0.1",
        "2130706433",
        "0x7f000001",
    ],
)
def test_nothing_inside_can_be_reached(host: str) -> None:
    with pytest.raises((Forbidden, Rejected)) as error:
        checked_address(host, 80)
    assert code(error) in ("connector.private_address", "connector.unknown_host")


@given(st.ip_addresses(v=4))
def test_only_public_addresses_pass_the_guard(address: Any) -> None:
    public = address.is_global and not address.is_multicast
    if public:
        assert checked_address(str(address), 443) == str(address)
    else:
        with pytest.raises(Forbidden):
            checked_address(str(address), 443)


def test_the_operator_may_allow_networks_and_odd_ports_are_closed_elsewhere() -> None:
    assert checked_address("127.0.0.1", 12345, LOCAL) == "127.0.0.1"
    with pytest.raises(Forbidden):
        checked_address("8.8.8.8", 5432)


def test_a_redirect_is_checked_like_the_first_address_and_gets_no_secrets(other: str) -> None:
    port = urlsplit(other).port
    inside = Request("GET", f"{other}/away?to=http://[::1]:{port}/x", {"Authorization": "secret"})
    with pytest.raises(Forbidden):
        send(inside, LOCAL)
    elsewhere = Request("GET", f"{other}/away?to=http://127.0.0.2:{port}/x", {"Authorization": "secret"})
    try:
        told = send(elsewhere, LOCAL)
    except CallFailed:  # a machine that answers only on 127.0.0.1
        pass
    else:
        assert "Authorization" not in told["headers"]
    with pytest.raises(CallFailed) as error:
        send(Request("GET", f"{other}/away?to=/away?to=/away?to=/away?to=/x", {}), LOCAL)
    assert code(error) in ("connector.redirects", "connector.no_answer")


@pytest.mark.parametrize(
    ("path", "wanted"),
    [("/broken", "connector.refused"), ("/long", "connector.too_long"), ("/html", "connector.no_json")],
)
def test_an_answer_that_does_not_do_is_told_in_words(other: str, path: str, wanted: str) -> None:
    with pytest.raises(CallFailed) as error:
        send(Request("GET", other + path, {}), LOCAL)
    assert code(error) == wanted


def test_nobody_at_home_is_told_too() -> None:
    with pytest.raises(CallFailed) as error:
        send(Request("GET", "http://127.0.0.1:9", {}, timeout=1), LOCAL)
    assert code(error) == "connector.no_answer"


def test_values_are_found_in_an_answer() -> None:
    answer = {"data": [{"name": "A", "a/b": 1}]}
    assert value_at(answer, "/data/0/name") == "A"
    assert value_at(answer, "/data/0/a~1b") == 1
    assert value_at(answer, "/data/9/name") is None
    assert value_at(answer, "/data/x") is None
    assert value_at(answer, "") == answer


def test_the_kind_checks_its_documents() -> None:
    kind = DOCUMENT_KINDS.get("connector")
    assert isinstance(kind, ConnectorKind)
    assert not validate(kind, CONNECTOR)
    wrong = {**CONNECTOR, "calls": [{**CONNECTOR["calls"][0], "path": "/{cod}"}]}
    effective = merge_layers([Layer("own", {("connector", "registry"): wrong})])
    (problem,) = kind.check(wrong, effective)
    assert (problem.code, problem.path) == ("connector.no_input", "calls.company.path")
    for url in ("ftp://x.example", "https://user:pass@x.example", "https://x.example/?q=1", "javascript:alert(1)"):
        assert validate(kind, {**CONNECTOR, "url": url}), url


def test_a_box_opens_what_it_sealed_with_any_of_its_keys_and_nothing_else() -> None:
    old, new = Box(["old"]), Box(["new", "old"])
    sealed = old.seal("密码")
    assert "密码" not in sealed
    assert old.seal("密码") != sealed
    assert new.open(sealed) == "密码"
    assert not new.is_current(sealed)
    for broken in (sealed[:-2] + "xx", "v1.00000000.abc", "", "nonsense"):
        with pytest.raises(Rejected):
            new.open(broken)
    with pytest.raises(Rejected):
        Box(["other"]).open(sealed)
    assert old.digest("a", "x") == old.digest("a", "x") != old.digest("a", "y")
    assert old.digest("a", "x") in new.digests("a", "x")


def test_secrets_are_kept_sealed_used_by_name_and_sealed_anew(begin) -> None:
    old, new = Box(["old"]), Box(["new", "old"])
    with begin(keep=False) as tx:
        keep_secret(tx, old, "token", "s3cret")
        stored = tx.connection.exec_driver_sql("SELECT sealed FROM _secret").scalar_one()
        assert "s3cret" not in stored
        assert [one.key for one in list_secrets(tx)] == ["token"]
        assert secret(tx, new, "token") == "s3cret"
        assert (rotate_secrets(tx, new), rotate_secrets(tx, new)) == (1, 0)
        assert secret(tx, Box(["new"]), "token") == "s3cret"
        forget_secret(tx, "token")
        with pytest.raises(NotFound):
            secret(tx, new, "token")
        for key, value in (("Bad Key", "x"), ("ok", ""), ("ok", "x" * 5000)):
            with pytest.raises(Rejected):
                keep_secret(tx, new, key, value)


def test_addresses_that_hide_others_are_seen_through() -> None:
    assert ip_address("::ffff:10.0.0.1").ipv4_mapped is not None
    with pytest.raises(Forbidden):
        checked_address("::ffff:10.0.0.1", 80)
