"""Short ways to write functions down."""

from collections.abc import Callable

from engines.formula.functions.base import Build, Example, Function, Parameter, Signature, calls
from engines.formula.tree import Primitive
from engines.formula.types import Type


def shown(examples: dict[str, str]) -> tuple[Example, ...]:
    """Examples, written as expression -> what it shows."""
    return tuple(Example(text, shows) for text, shows in examples.items())


def one(primitive: Primitive, result: Type, *parameters: Parameter, rest: Parameter | None = None) -> Signature:
    """An overload that is one primitive with the arguments as they stand."""
    return Signature(parameters, result, calls(primitive, result), rest)


def made(result: Type, build: Build, *parameters: Parameter, rest: Parameter | None = None) -> Signature:
    """An overload that is a tree of several primitives."""
    return Signature(parameters, result, build, rest)


def family(name: str) -> Callable[..., Function]:
    """A maker of plain functions of one family."""

    def make(
        key: str,
        aliases: tuple[str, ...],
        usage: str,
        zh: str,
        en: str,
        examples: dict[str, str],
        *signatures: Signature,
    ) -> Function:
        return Function(key, aliases, name, usage, {"zh-CN": zh, "en": en}, shown(examples), signatures)

    return make
