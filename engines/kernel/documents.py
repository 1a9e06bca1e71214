"""Metadata documents: JSON with a `kind` and a `key`, described by one closed JSON Schema per kind.

The same schema checks files and requests, draws the designers' panels and feeds the docs. A kind is one class:

    class MenuKind(DocumentKind):
        key = "menu"
        title, description = {"en": "Menu", "zh-CN": "菜单"}, {...}
        properties = {"entries": described({"type": "array", ...}, ("Entries", "..."), ("条目", "..."))}

Meaning that a schema cannot say (a name must exist elsewhere) goes into `references` and `check`.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Final

from engines.kernel.checking import check
from engines.kernel.keyed import Address, Document
from engines.kernel.labels import LABEL_SCHEMA, LOCALES, Label, described, label, label_schema
from engines.kernel.layers import Effective
from engines.kernel.problems import Problem
from engines.kernel.schemas import keyed_lists

__all__ = [
    "KEY_PATTERN",
    "LABEL_SCHEMA",
    "LOCALES",
    "Address",
    "Document",
    "DocumentKind",
    "Label",
    "Reference",
    "described",
    "key_problem",
    "key_schema",
    "label",
    "label_schema",
    "validate",
]

KEY_PATTERN: Final = r"^[a-z](_?[a-z0-9])*$"
_KEY = re.compile(KEY_PATTERN.removesuffix("$"))


@dataclass(frozen=True, slots=True)
class Reference:
    """That a document speaks of another one, or of a place in it.

    `path` is the dotted place in the target (`fields.amount`), empty for the whole document; `at` is the dotted place
    in the document that refers. `optional` references may dangle (a page link that is hidden then).
    """

    kind: str
    key: str
    path: str = ""
    at: str = ""
    optional: bool = False


def key_schema(longest: int, en: tuple[str, str] | None = None, zh: tuple[str, str] | None = None) -> dict[str, Any]:
    """The schema of a key of at most `longest` characters: `[a-z](_?[a-z0-9])*`, so that it can name a column."""
    return described(
        {"type": "string", "pattern": KEY_PATTERN, "maxLength": longest},
        en or ("Key", "The name in the database and in the API; it never changes once published."),
        zh or ("标识", "在数据库和接口中的名称，发布后不再改变。"),
    )


def key_problem(key: str, longest: int, path: str = "key") -> Problem | None:
    """What is wrong with a key, or None."""
    if not _KEY.fullmatch(key):
        message = f'"{key}" is not a key: small letters and digits, words joined by one underscore'
        return Problem("document.key", path, message, {"key": key})
    if len(key) > longest:
        return Problem("document.too_long", path, f"Must have at most {longest} characters", {"max": longest})
    return None


class DocumentKind:
    """A kind of document: its words, its schema, what it refers to and what must hold beyond the schema.

    Subclasses set the class attributes and override the methods that they need. Instances have no state.
    """

    key: ClassVar[str]
    title: ClassVar[Label]
    description: ClassVar[Label]
    key_length: ClassVar[int] = 40
    properties: ClassVar[Mapping[str, Any]] = {}
    required: ClassVar[tuple[str, ...]] = ()
    definitions: ClassVar[Mapping[str, Any]] = {}

    @cached_property
    def schema(self) -> dict[str, Any]:
        """The whole closed schema of one document of this kind, `kind` and `key` included."""
        head = described(
            {"const": self.key},
            ("Kind", "What kind of document this is."),
            ("类型", "文档的类型。"),
        )
        schema: dict[str, Any] = {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": f"urn:dougong:document:{self.key}",
            **described(
                {"type": "object"},
                (label(self.title, "en"), label(self.description, "en")),
                (label(self.title, "zh-CN"), label(self.description, "zh-CN")),
            ),
            "properties": {"kind": head, "key": key_schema(self.key_length), **self.properties},
            "required": ["kind", "key", *self.required],
            "additionalProperties": False,
        }
        if self.definitions:
            schema["$defs"] = dict(self.definitions)
        return schema

    @cached_property
    def keyed_lists(self) -> tuple[str, ...]:
        """The dotted places of the lists whose elements have a key, `*` standing for any element."""
        return keyed_lists(self.schema)

    def references(self, document: Document) -> Iterable[Reference]:  # noqa: ARG002
        """What a valid document of this kind speaks of."""
        return ()

    def check(self, document: Document, effective: Effective) -> Iterable[Problem]:  # noqa: ARG002
        """What is wrong with a document that fits its schema, seen beside all others. Paths start in the document."""
        return ()


def validate(kind: DocumentKind, document: Any) -> list[Problem]:
    """Everything in which a document breaks its kind's schema or repeats the key of an element."""
    return [*check(kind.schema, document), *_repeated_keys(document, "")]


def _repeated_keys(value: Any, path: str) -> list[Problem]:
    problems: list[Problem] = []
    if isinstance(value, dict):
        for name, below in value.items():
            problems += _repeated_keys(below, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        seen: set[str] = set()
        for index, element in enumerate(value):
            key = element.get("key") if isinstance(element, dict) else None
            place = f"{path}.{key}" if isinstance(key, str) else f"{path}[{index}]"
            if isinstance(key, str) and key in seen:
                message = f'The key "{key}" stands here twice'
                problems.append(Problem("document.repeated_key", place, message, {"key": key}))
            elif isinstance(key, str):
                seen.add(key)
            problems += _repeated_keys(element, place)
    return problems
