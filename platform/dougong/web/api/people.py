"""`/api/v1`: who I am, members, departments, and the document that describes the API."""

from importlib.metadata import version
from typing import Any

from flask import Blueprint, Response, request

from dougong.identity.departments import Department, list_departments
from dougong.identity.members import Member, get_member, list_members
from dougong.web.api.base import BadRequest, answer, page_of, read_page, scope
from dougong.web.api.openapi import CURSOR, LIMIT, OpenApi, build, list_schema
from dougong.web.request import api_sections, begin_tx, current_place, signed_in
from engines.form.transaction import Transaction
from engines.kernel.problems import Problem

people_api = Blueprint("people_api", __name__, url_prefix="/api/v1")

_ID = {"type": "integer"}
_TEXT = {"type": ["string", "null"]}
ME_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "member": _ID,
        "name": {"type": "string"},
        "email": {"type": "string"},
        "workspace": {"type": "object", "properties": {"key": {"type": "string"}, "title": {"type": "string"}}},
        "is_admin": {"type": "boolean"},
        "roles": {"type": "array", "items": {"type": "string"}},
        "departments": {"type": "array", "items": _ID},
        "scopes": {"type": ["array", "null"], "items": {"type": "string"}, "description": "null: not limited"},
    },
}
MEMBER_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "id": _ID,
        "name": {"type": "string"},
        "email": _TEXT,
        "phone": _TEXT,
        "title": _TEXT,
        "is_active": {"type": "boolean"},
        "main_department": {"type": ["integer", "null"]},
        "departments": {"type": "array", "items": _ID},
        "roles": {"type": "array", "items": {"type": "string"}},
        "manager": {"type": ["integer", "null"]},
    },
}
DEPARTMENT_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "id": _ID,
        "name": {"type": "string"},
        "parent": {"type": ["integer", "null"]},
        "head": {"type": ["integer", "null"]},
        "path": {"type": "array", "items": _ID, "description": "From the top down to the department itself."},
        "members": {"type": "integer", "description": "People of it and of all below."},
    },
}


@people_api.get("/me")
def me() -> Response:
    """Who the key or the session acts as."""
    who, place = signed_in(), current_place()
    with begin_tx(read_only=True) as tx:
        actor = tx.actor
        return answer(
            {
                "member": actor.id,
                "name": actor.name,
                "email": who.email,
                "workspace": {"key": place.workspace.key, "title": place.workspace.title},
                "is_admin": actor.is_admin,
                "roles": sorted(actor.roles),
                "departments": sorted(actor.departments),
                "scopes": sorted(who.scopes) if who.scopes is not None else None,
            }
        )


@people_api.get("/members")
@scope("members:read")
def members() -> Response:
    """Active members by name; `search`, `department` (with all below) and `role` narrow the list."""
    wanted, asked = read_page(), request.args
    start = _offset(wanted.cursor)
    with begin_tx(read_only=True) as tx:
        found, total = list_members(
            tx,
            search=asked.get("search", ""),
            department_id=asked.get("department", type=int),
            role=asked.get("role"),
            limit=wanted.limit,
            offset=start,
        )
    after = start + len(found)
    return answer(page_of(map(_member, found), str(after) if after < total else None, {"total": total}))


@people_api.get("/members/<int:member_id>")
@scope("members:read")
def member(member_id: int) -> Response:
    """One member."""
    with begin_tx(read_only=True) as tx:
        return answer(_member(get_member(tx, member_id)))


@people_api.get("/departments")
@scope("members:read")
def departments() -> Response:
    """The department tree, parents first."""
    with begin_tx(read_only=True) as tx:
        return answer(page_of(map(_department, list_departments(tx)), None))


@people_api.get("/openapi.json")
def openapi() -> Response:
    """The description of this API for the asker's workspace."""
    with begin_tx(read_only=True) as tx:
        return answer(build(tx, api_sections(), request.host_url.rstrip("/"), version("dougong")))


def describe(_tx: Transaction, document: OpenApi) -> None:
    """The people's part of the OpenAPI document."""
    one, tag = document.schema("Member", MEMBER_SCHEMA), "people"
    department = document.schema("Department", DEPARTMENT_SCHEMA)
    texts = [{"name": name, "in": "query", "schema": {"type": "string"}} for name in ("search", "department", "role")]
    document.path("get", "/me", "Who I am", scope="", tag=tag, answer=document.schema("Me", ME_SCHEMA))
    document.path(
        "get",
        "/members",
        "Active members by name",
        scope="members:read",
        tag=tag,
        parameters=[LIMIT, CURSOR, *texts],
        answer=list_schema(one, {"total": {"type": "integer"}}),
    )
    document.path("get", "/members/{member_id}", "One member", scope="members:read", tag=tag, answer=one)
    document.path(
        "get", "/departments", "The department tree", scope="members:read", tag=tag, answer=list_schema(department)
    )


def _offset(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not cursor.isdecimal() or len(cursor) > 9:
        raise BadRequest(Problem("request.cursor", "cursor", "This cursor is not one that a list gave"))
    return int(cursor)


def _member(found: Member) -> dict[str, Any]:
    return {
        "id": found.id,
        "name": found.name,
        "email": found.email,
        "phone": found.phone,
        "title": found.title,
        "is_active": found.is_active,
        "main_department": found.main_department,
        "departments": found.departments,
        "roles": found.roles,
        "manager": found.manager_id,
    }


def _department(found: Department) -> dict[str, Any]:
    return {
        "id": found.id,
        "name": found.name,
        "parent": found.parent_id,
        "head": found.head_id,
        "path": found.path,
        "members": found.members,
    }
