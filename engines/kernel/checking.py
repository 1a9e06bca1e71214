"""JSON Schema errors turned into problems: every one, with a path of keys and the nearest valid name."""

import re
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend

from engines.kernel.keyed import canonical, element_key
from engines.kernel.problems import Problem, suggest

Schema = Mapping[str, Any]

_KEEP = 1024
_validators: OrderedDict[int, tuple[Schema, Validator]] = OrderedDict()

_TYPES = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "null": "nothing",
    "number": "a number",
    "object": "an object",
    "string": "a text",
}

# keyword -> code, sentence, name of the parameter that holds the limit
_LIMITS = {
    "minLength": ("document.too_short", "Must have at least {min} characters", "min"),
    "maxLength": ("document.too_long", "Must have at most {max} characters", "max"),
    "minimum": ("document.too_small", "Must be at least {min}", "min"),
    "maximum": ("document.too_large", "Must be at most {max}", "max"),
    "exclusiveMinimum": ("document.not_above", "Must be greater than {min}", "min"),
    "exclusiveMaximum": ("document.not_below", "Must be less than {max}", "max"),
    "multipleOf": ("document.not_multiple", "Must be a multiple of {step}", "step"),
    "minItems": ("document.too_few", "Must have at least {min} entries", "min"),
    "maxItems": ("document.too_many", "Must have at most {max} entries", "max"),
    "minProperties": ("document.too_few_properties", "Must have at least {min} properties", "min"),
    "maxProperties": ("document.too_many_properties", "Must have at most {max} properties", "max"),
    "pattern": ("document.pattern", "Must match the pattern {pattern}", "pattern"),
    "format": ("document.format", "Must be written as {format}", "format"),
}


def _pattern(_validator: Validator, pattern: str, value: Any, _schema: Any) -> Iterator[ValidationError]:
    """As browsers read patterns: `$` is the very end. Python's own `$` lets a line break follow."""
    strict = pattern[:-1] + r"\Z" if pattern.endswith("$") and not pattern.endswith(r"\$") else pattern
    if isinstance(value, str) and not re.search(strict, value):
        yield ValidationError(f"{value!r} does not match {pattern!r}")


_Validator = extend(Draft202012Validator, {"pattern": _pattern})


def compiled(schema: Schema) -> Validator:
    """The validator of a schema, compiled once per schema object (the object must not be changed afterwards)."""
    known = _validators.get(id(schema))
    if known is None:
        _Validator.check_schema(schema)
        known = _validators[id(schema)] = (schema, _Validator(schema))
        if len(_validators) > _KEEP:
            _validators.popitem(last=False)
    return known[1]


def check(schema: Schema, value: Any) -> list[Problem]:
    """Every way in which a JSON value breaks a schema, in document order, elements of keyed lists named by key."""
    errors = sorted(compiled(schema).iter_errors(value), key=lambda error: _position(value, error.absolute_path))
    problems: dict[tuple[str, str, str], Problem] = {}
    for error in errors:
        for problem in _problems(error, path_of(value, error.absolute_path)):
            problems.setdefault((problem.code, problem.path, problem.message), problem)
    return list(problems.values())


def path_of(value: Any, steps: Iterable[str | int]) -> str:
    """A path for people: `fields.amount.max`; an element that has no key keeps its number: `fields[3].max`."""
    path = ""
    for step in steps:
        value = value[step]
        key = element_key(value) if isinstance(step, int) and isinstance(value, dict) else None
        if isinstance(step, int) and key is None:
            path += f"[{step}]"
        else:
            path = _join(path, str(step if key is None else key))
    return path


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _position(value: Any, steps: Iterable[str | int]) -> list[int]:
    position = []
    for step in steps:
        position.append(step if isinstance(step, int) else list(value).index(step))
        value = value[step]
    return position


def _problems(error: ValidationError, path: str) -> Iterator[Problem]:
    keyword = str(error.validator)
    wanted: Any = error.validator_value
    value: Any = error.instance
    if keyword in _LIMITS:
        code, sentence, name = _LIMITS[keyword]
        yield Problem(code, path, sentence.format(**{name: wanted}), {name: wanted})
    elif keyword == "required":
        for name in wanted:
            if name not in value:
                yield Problem("document.missing", _join(path, name), f'"{name}" is required', {"name": name})
    elif keyword in ("additionalProperties", "unevaluatedProperties"):
        yield from _unknown(error.schema, value, path)
    elif keyword == "propertyNames":
        for below in error.context or [error]:
            yield Problem("document.name", path, f'"{value}" is not a valid name', {"name": str(below.instance)})
    elif keyword == "type":
        types = [wanted] if isinstance(wanted, str) else list(wanted)
        expected = " or ".join(_TYPES[name] for name in types)
        yield Problem("document.type", path, f"Must be {expected}", {"expected": types})
    elif keyword in ("enum", "const"):
        yield _choice(path, value, list(wanted) if keyword == "enum" else [wanted])
    elif keyword == "uniqueItems":
        yield Problem("document.repeated", path, "Every entry may stand here once", {"value": _first_repeated(value)})
    elif keyword in ("anyOf", "oneOf"):
        yield from _branches(error, path)
    elif error.context:
        yield from _below(error.context, value, path)
    else:
        yield Problem("document.invalid", path, error.message, {"rule": keyword})


def _unknown(schema: Any, value: Mapping[str, Any], path: str) -> Iterator[Problem]:
    known = sorted(_known(schema))
    for name in value:
        if name not in known:
            message = f'There is no property "{name}"{suggest(name, known)}'
            yield Problem("document.unknown", _join(path, name), message, {"name": name, "known": known})


def _known(schema: Any) -> set[str]:
    """The properties that a schema names, in all the places where one object's properties may be named."""
    if not isinstance(schema, Mapping):
        return set()
    names = set(schema.get("properties", ()))
    parts = [schema.get(word) for word in ("if", "then", "else")]
    for word in ("allOf", "anyOf", "oneOf"):
        parts += schema.get(word, ())
    parts += schema.get("dependentSchemas", {}).values()
    return names.union(*map(_known, parts))


def _choice(path: str, value: Any, known: list[Any]) -> Problem:
    words = ", ".join(str(one) for one in known)
    hint = suggest(value, [one for one in known if isinstance(one, str)]) if isinstance(value, str) else ""
    sentence = f"Must be {words}" if len(known) == 1 else f"Must be one of {words}{hint}"
    return Problem("document.choice", path, sentence, {"value": value, "known": known})


def _first_repeated(values: Sequence[Any]) -> Any:
    seen: set[bytes] = set()
    for value in values:
        if canonical(value) in seen:
            return value
        seen.add(canonical(value))
    return None


def _below(errors: Iterable[ValidationError], value: Any, path: str) -> Iterator[Problem]:
    for error in errors:
        inner = path_of(value, error.relative_path)
        for problem in _problems(error, ""):
            yield problem.under(inner).under(path)


def _branches(error: ValidationError, path: str) -> Iterator[Problem]:
    """The problems of the branch that was meant: the one whose type and constants fit best."""
    branches: dict[int, list[ValidationError]] = {}
    for one in error.context or ():
        branches.setdefault(int(one.schema_path[0]), []).append(one)
    if not branches:
        yield Problem("document.ambiguous", path, "Fits more than one of the allowed shapes", {})
        return
    wrong_type = [[e for e in found if e.validator == "type" and not e.relative_path] for found in branches.values()]
    if all(wrong_type):
        types = [name for found in wrong_type for e in found for name in _as_list(e.validator_value)]
        expected = " or ".join(_TYPES[name] for name in dict.fromkeys(types))
        yield Problem("document.type", path, f"Must be {expected}", {"expected": list(dict.fromkeys(types))})
        return
    wrong_kind = {index: _discriminators(found) for index, found in branches.items()}
    if all(wrong_kind.values()) and len({name for found in wrong_kind.values() for name in found}) == 1:
        name = next(iter(wrong_kind[min(wrong_kind)]))
        known = [one for found in wrong_kind.values() for one in found[name]]
        yield _choice(_join(path, name), _get(error, name), known)
        return

    def distance(index: int) -> tuple[bool, bool, int]:
        found = branches[index]
        return any(e.validator == "type" and not e.relative_path for e in found), bool(wrong_kind[index]), len(found)

    yield from _below(branches[min(branches, key=distance)], error.instance, path)


def _discriminators(errors: Iterable[ValidationError]) -> dict[str, list[Any]]:
    """Properties whose constant says "this branch is not meant", with the constants that were wanted."""
    return {
        str(e.relative_path[0]): _as_list(e.validator_value)
        for e in errors
        if e.validator in ("const", "enum") and len(e.relative_path) == 1
    }


def _get(error: ValidationError, name: str) -> Any:
    value: Any = error.instance
    return value[name]


def _as_list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]
