"""`/api/v1`: links to public pages: make, list, revoke; addresses that fill in signed fields."""

import time
from typing import Any, Final

from flask import Blueprint, Response, request

from dougong.apps import store
from dougong.public import links
from dougong.public.kinds import FORM
from dougong.public.signing import sign
from dougong.web.api.base import answer, no_content, read_body, scope
from dougong.web.api.openapi import OpenApi
from dougong.web.api.writing import change, only, typed
from dougong.web.pages.public_base import box
from dougong.web.request import begin_tx, external
from engines.form.transaction import Transaction
from engines.kernel.problems import Problem, Rejected

public_links_api = Blueprint("public_links_api", __name__, url_prefix="/api/v1/apps/<app>")
READ, WRITE = "metadata:read", "metadata:write"
TAG: Final = "metadata"


@public_links_api.get("/public-links")
@scope(READ)
def all_links(app: str) -> Response:
    """The living links of an app, the newest first; with `?revoked=true` the closed ones too."""
    only(request.args, "revoked")
    with begin_tx(read_only=True) as tx:
        found = links.list_links(tx, box(), app, revoked=request.args.get("revoked") in ("true", "1"))
        return answer({"items": [_shown(tx, app, one) for one in found]})


@public_links_api.post("/public-links")
@scope(WRITE)
def make_link(app: str) -> Response:
    """A new link to a public form or query: `{"kind": "public_form", "key": "repair"}`; the page is open with it."""
    body = read_body()
    only(body, "kind", "key")
    kind = typed(body, "kind", str, "string") or FORM
    key = typed(body, "key", str, "string", required=True)

    def work(tx: Transaction) -> tuple[Any, int]:
        made = links.create_link(tx, box(), app, kind, key)
        return _shown(tx, app, made), 201

    return change(work)


@public_links_api.delete("/public-links/<int:link_id>")
@scope(WRITE)
def revoke(app: str, link_id: int) -> Response:
    """Close a link for good."""
    with begin_tx() as tx:
        links.revoke_link(tx, app, link_id)
    return no_content()


@public_links_api.post("/public-forms/<key>/sign")
@scope(READ)
def signed(app: str, key: str) -> Response:
    """The query of an address that fills in signed fields: `{"values": {"order": "A-7"}, "days": 30}`."""
    body = read_body()
    only(body, "values", "days")
    values = typed(body, "values", dict, "object", required=True)
    days = typed(body, "days", int, "integer")
    with begin_tx(read_only=True) as tx:
        links.may_design(tx)
        document = links.document_of(tx, app, FORM, key)
        allowed = document.get("prefill", {}).get("signed", ())
        for name, value in values.items():
            if name not in allowed or not isinstance(value, str) or len(value) > 500:
                message = f'"{name}" is not a signed field of this page, or its value is no text'
                raise Rejected(Problem("public.not_signed", f"values.{name}", message, {"name": str(name)}))
        if days is not None and not 0 < days < 4000:
            raise Rejected(Problem("public.days", "days", "Give 1 to 3999 days"))
        until = int(time.time()) + days * 86_400 if days is not None else None
        query = sign(box(), store.app_key(tx, app), key, values, until=until)
        every = links.list_links(tx, box(), app)
        living = [one for one in every if (one.kind, one.key) == (FORM, key) and one.token]
        return answer({"query": query, "url": f"{external(living[0].path)}?{query}" if living else None})


def _shown(tx: Transaction, app: str, link: links.Link) -> dict[str, Any]:
    shared = links.shared_of(tx, store.app_key(tx, app), link.kind, link.key)
    return {
        "id": link.id,
        "kind": link.kind,
        "key": link.key,
        "url": external(link.path) if link.token else "",
        "created_at": link.created_at,
        "revoked_at": link.revoked_at,
        "on": shared.is_on,
        "opened": shared.opened,
        "submitted": shared.submitted,
    }


def describe(_tx: Transaction, document: OpenApi) -> None:
    """This part of the OpenAPI document."""
    text, whole, yes = {"type": "string"}, {"type": "integer"}, {"type": "boolean"}
    link = document.schema(
        "PublicLink",
        {
            "type": "object",
            "properties": {
                "id": whole,
                "kind": {"enum": ["public_form", "public_query"]},
                "key": text,
                "url": text,
                "created_at": text,
                "revoked_at": {"type": ["string", "null"]},
                "on": yes,
                "opened": whole,
                "submitted": whole,
            },
        },
    )
    every = {"type": "object", "properties": {"items": {"type": "array", "items": link}}}
    wanted = {"type": "object", "required": ["key"], "properties": {"kind": text, "key": text}}
    given = {
        "type": "object",
        "required": ["values"],
        "properties": {"values": {"type": "object", "additionalProperties": text}, "days": whole},
    }
    address = {"type": "object", "properties": {"query": text, "url": {"type": ["string", "null"]}}}
    place = "/apps/{app}/public-links"
    revoked = {"name": "revoked", "in": "query", "schema": yes, "description": "Closed links, too"}
    document.path("get", place, "Links to public pages", scope=READ, tag=TAG, parameters=[revoked], answer=every)
    document.path("post", place, "Make a link", scope=WRITE, tag=TAG, body=wanted, answer=link, status=201)
    document.path("delete", place + "/{link_id}", "Revoke a link", scope=WRITE, tag=TAG, status=204)
    signing = "/apps/{app}/public-forms/{key}/sign"
    document.path("post", signing, "Sign values for an address", scope=READ, tag=TAG, body=given, answer=address)
