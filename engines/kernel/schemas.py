"""Published schemas: walking them, holding them to the house's rules, writing them out.

The rules: every object is closed, every property has a title and a description in English and (in `x-zh`) in Chinese,
and the elements of a list of objects have a required `key` unless the list says `"x-value": true` (it is one value).
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from engines.kernel.keyed import canonical

Schema = Mapping[str, Any]

_COMBINING = ("anyOf", "oneOf", "allOf")


def resolve(schema: Any, root: Schema) -> Any:
    """The schema that a `$ref` of the form `#/$defs/name` means; any other schema itself."""
    reference = schema.get("$ref") if isinstance(schema, Mapping) else None
    if not isinstance(reference, str):
        return schema
    target: Any = root
    for part in reference.removeprefix("#").strip("/").split("/"):
        target = target[part] if part else target
    return target


def subschemas(root: Schema) -> Iterator[tuple[str, Schema]]:
    """Every schema inside a schema with its dotted place, `*` for any element. A definition is met once."""
    return _walk("", root, root, set())


def _walk(place: str, schema: Any, root: Schema, seen: set[str]) -> Iterator[tuple[str, Schema]]:
    if not isinstance(schema, Mapping):
        return
    if "$ref" in schema:
        if schema["$ref"] not in seen:
            seen.add(schema["$ref"])
            yield from _walk(place, resolve(schema, root), root, seen)
        return
    yield place, schema
    for name, below in schema.get("properties", {}).items():
        yield from _walk(_join(place, name), below, root, seen)
    for word in ("items", "additionalProperties"):
        yield from _walk(_join(place, "*"), schema.get(word), root, seen)
    for word in ("then", "else"):
        yield from _walk(place, schema.get(word), root, seen)
    for word in _COMBINING:
        for below in schema.get(word, ()):
            yield from _walk(place, below, root, seen)


def _join(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name


def keyed_lists(root: Schema) -> tuple[str, ...]:
    """The dotted places of the lists whose elements must have a key."""
    places = (place for place, schema in subschemas(root) if _is_keyed(schema, root))
    return tuple(dict.fromkeys(places))


def _is_keyed(schema: Schema, root: Schema) -> bool:
    items = resolve(schema.get("items"), root)
    if not isinstance(items, Mapping):
        return False
    variants = [items, *(resolve(one, root) for word in _COMBINING for one in items.get(word, ()))]
    return any("key" in one.get("required", ()) for one in variants)


def lint(root: Schema) -> list[str]:
    """Where a schema breaks the house's rules; for tests. Sentences begin with the dotted place."""
    found: list[str] = []
    for place, schema in subschemas(root):
        properties = schema.get("properties", {})
        branch = not schema.get("type") and not schema.get("title")
        if properties and not branch and not _closed(schema):
            found.append(f"{place or 'the document'}: the object is not closed")
        for name, below in properties.items():
            target = resolve(below, root)
            found += [f"{_join(place, name)}: {what}" for what in _unworded(below, target)]
        items = resolve(schema.get("items"), root)
        objects = isinstance(items, Mapping) and items.get("type") == "object"
        if objects and not _is_keyed(schema, root) and not schema.get("x-value"):
            found.append(f"{place}: a list of objects without keys that is not marked as one value")
    return list(dict.fromkeys(found))


def _closed(schema: Schema) -> bool:
    return "additionalProperties" in schema or schema.get("unevaluatedProperties") is False


def _unworded(schema: Any, target: Any) -> Iterator[str]:
    if schema is True or (isinstance(target, Mapping) and "const" in target):
        return
    words = {**target, **schema} if isinstance(schema, Mapping) and isinstance(target, Mapping) else {}
    chinese = words.get("x-zh", {})
    for name in ("title", "description"):
        if not words.get(name):
            yield f"no {name} in English"
        if not chinese.get(name):
            yield f"no {name} in Chinese"


def export(schemas: Iterable[tuple[str, Schema]], folder: Path) -> list[Path]:
    """Write each schema as `{key}.schema.json` into a folder, the same bytes for the same schema; gives the files."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for key, schema in schemas:
        path = folder / f"{key}.schema.json"
        path.write_bytes(canonical(schema) + b"\n")
        written.append(path)
    return written
