# ruff: noqa: F811
"""The OpenAPI documents are valid, say what comes back, and every path of theirs answers."""

import re

import pytest
from api_world import caller, people, quote, site  # noqa: F401 - fixtures of one world
from jsonschema import Draft202012Validator

API = "/api/v1"
SCOPES = ("records:read", "records:write", "tasks:write", "reports:read", "metadata:read", "metadata:write")
# What OpenAPI 3.1 asks of a document, as far as it concerns ours.
META = {
    "type": "object",
    "required": ["openapi", "info", "paths", "components"],
    "properties": {
        "openapi": {"const": "3.1.0"},
        "info": {"type": "object", "required": ["title", "version"]},
        "servers": {"type": "array", "items": {"type": "object", "required": ["url"]}},
        "paths": {
            "type": "object",
            "propertyNames": {"pattern": "^/"},
            "additionalProperties": {
                "type": "object",
                "propertyNames": {"enum": ["get", "put", "post", "patch", "delete"]},
                "additionalProperties": {
                    "type": "object",
                    "required": ["operationId", "responses", "parameters"],
                    "properties": {
                        "parameters": {
                            "type": "array",
                            "items": {
                                "type": "object",
                                "required": ["name", "in", "schema"],
                                "properties": {"in": {"enum": ["path", "query", "header"]}},
                            },
                        },
                        "responses": {
                            "type": "object",
                            "minProperties": 1,
                            "propertyNames": {"pattern": "^([1-5][0-9]{2}|default)$"},
                        },
                    },
                },
            },
        },
        "components": {"type": "object", "propertyNames": {"enum": ["schemas", "responses", "securitySchemes"]}},
    },
}


@pytest.fixture(scope="module")
def admin(caller):
    return caller("admin", *SCOPES, "members:read")


def references(node):
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for one in node.values():
            yield from references(one)
    elif isinstance(node, list):
        for one in node:
            yield from references(one)


@pytest.mark.parametrize("path", ["/openapi.json", "/apps/sale/openapi.json"])
def test_a_document_is_valid(admin, path):
    document = admin.get(f"{API}{path}").json
    Draft202012Validator(META).validate(document)
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    for reference in references(document):
        found = document
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]
    operations = [one["operationId"] for item in document["paths"].values() for one in item.values()]
    assert len(operations) == len(set(operations))
    for address, item in document["paths"].items():
        named = set(re.findall(r"{(\w+)}", address))
        for one in item.values():
            assert {p["name"] for p in one["parameters"] if p["in"] == "path"} == named


@pytest.mark.parametrize("path", ["/openapi.json", "/apps/sale/openapi.json"])
def test_every_path_answers(admin, quote, path):
    document = admin.get(f"{API}{path}").json
    put = {"app": "sale", "form": "quote", "record_id": str(quote["mine"]), "kind": "form", "key": "quote"}
    put |= {"member_id": "1", "revision": "99999"}
    wrong = []
    for address, item in document["paths"].items():
        url = API + re.sub(r"{(\w+)}", lambda match: put.get(match[1], "1"), address)
        for method, operation in item.items():
            told = admin.call(method.upper(), url, None if method in ("get", "delete") else {"nothing": 1})
            answered = told.status_code < 500 and told.status_code != 405
            if told.status_code == 404:  # not there, but told by the service: the address itself is known
                answered = bool(told.json["problems"])
            if not answered:
                wrong.append((method, address, told.status_code, operation["operationId"]))
            if method == "delete" and told.status_code == 200 and "records" in address:
                restored = admin.post(f"{url}/restore")
                assert restored.status_code == 200
    assert wrong == []


def test_an_answer_fits_the_schema_of_its_form(admin, quote):
    document = admin.get(f"{API}/apps/sale/openapi.json").json
    for form in ("quote", "customer", "product"):
        schema = {"$ref": f"#/components/schemas/{form}.record", "components": document["components"]}
        listed = admin.get(f"/{form}/records")
        assert "items" in listed.json, (form, listed.status_code, str(listed.json)[:400])
        for one in listed.json["items"]:
            Draft202012Validator(schema).validate(one)


def test_the_document_of_a_seller_does_not_know_hidden_fields(caller, quote):
    schemas = caller("seller").get(f"{API}/apps/sale/openapi.json").json["components"]["schemas"]
    assert "cost" not in schemas["quote.values"]["properties"]["lines"]["items"]["properties"]
    assert "margin" not in schemas["quote.values"]["properties"]
    assert "net" in schemas["quote.values"]["properties"]
    assert schemas["quote.values"]["properties"]["net"]["readOnly"] is True
