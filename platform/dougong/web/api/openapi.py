"""The OpenAPI 3.1 document, made from the metadata of the asker's revision.

An area gives a function that describes its paths, `def describe(tx, document): document.path(...)`, and names it in
`dougong.web.blueprints.API_SECTIONS`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dougong.identity.keys import SCOPES
from engines.form.transaction import Transaction

PROBLEM_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "description": "Problem details (RFC 9457) with the list of what is wrong.",
    "required": ["type", "title", "status", "detail", "problems"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string", "description": "Names the request; the log has it too."},
        "problems": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["code", "path", "message", "params"],
                "properties": {
                    "code": {"type": "string", "examples": ["number.too_large"]},
                    "path": {"type": "string", "examples": ["lines[3].qty"]},
                    "message": {"type": "string", "description": "For people, in the language of Accept-Language."},
                    "params": {"type": "object"},
                },
            },
        },
    },
}
PROBLEMS = {"$ref": "#/components/responses/Problems"}
LIMIT = {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 500}}
CURSOR = {"name": "cursor", "in": "query", "schema": {"type": "string"}}
IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "Makes a repeated call harmless: it gets the answer of the first one.",
    "schema": {"type": "string", "maxLength": 200},
}


@dataclass(slots=True)
class OpenApi:
    """The document while it is written."""

    paths: dict[str, dict[str, Any]] = field(default_factory=dict)
    schemas: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def path(
        self,
        method: str,
        path: str,
        summary: str,
        *,
        scope: str,
        tag: str,
        answer: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        parameters: Sequence[Mapping[str, Any]] = (),
        status: int = 200,
        description: str = "",
    ) -> None:
        """Describe one operation. `answer` and `body` are JSON Schemas; path parameters are found in the path."""
        inside = [
            {"name": part[1:-1], "in": "path", "required": True, "schema": {"type": "string"}}
            for part in path.split("/")
            if part.startswith("{")
        ]
        good: dict[str, Any] = {"description": "Done" if answer is None else "The answer"}
        if answer is not None:
            good["content"] = {"application/json": {"schema": answer}}
        operation: dict[str, Any] = {
            "summary": summary,
            "description": f"{description}\n\nScope: `{scope}`".strip(),
            "operationId": f"{method}{path}".translate(str.maketrans("/{}.-", "_____")),
            "tags": [tag],
            "security": [{"key": [scope]}],
            "parameters": [*inside, *parameters],
            "responses": {str(status): good, "default": PROBLEMS},
        }
        if body is not None:
            operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
        self.paths.setdefault(path, {})[method] = operation

    def schema(self, name: str, schema: Mapping[str, Any]) -> Mapping[str, str]:
        """Name a schema. Gives the reference to it."""
        self.schemas[name] = schema
        return {"$ref": f"#/components/schemas/{name}"}


Section = Callable[[Transaction, OpenApi], None]


def list_schema(item: Mapping[str, Any], more: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The schema of a page of a list."""
    properties = {"items": {"type": "array", "items": item}, "next_cursor": {"type": ["string", "null"]}}
    return {"type": "object", "required": ["items", "next_cursor"], "properties": {**properties, **(more or {})}}


def build(tx: Transaction, sections: Iterable[Section], server: str, version: str) -> dict[str, Any]:
    """The whole document for the revision of the transaction."""
    document = OpenApi()
    for section in sections:
        section(tx, document)
    scopes = ", ".join(f"`{scope}`" for scope in SCOPES)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Dougong",
            "version": version,
            "description": f"Everything that a page can do. Keys are made under Administration. Scopes: {scopes}.",
        },
        "servers": [{"url": f"{server}/api/v1"}],
        "security": [{"key": []}],
        "paths": dict(sorted(document.paths.items())),
        "components": {
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": "An API key (dgk_...)"}},
            "schemas": {"Problem": PROBLEM_SCHEMA, **dict(sorted(document.schemas.items()))},
            "responses": {
                "Problems": {
                    "description": "What is wrong",
                    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
                }
            },
        },
    }
