"""Expressions of a dataset as expressions of its form: names of computed columns give way to what they stand for.

Needed where a condition leaves the report: the list of the records behind a number knows the form only.
"""

from collections.abc import Mapping

from engines.formula.syntax import Name, Span, Syntax, parse, walk


def inlined(text: str, columns: Mapping[str, str]) -> str:
    """The expression with every computed column (`columns`: key -> expression over the form) in its place.

    Raises `Rejected` when the text cannot be read.
    """
    found: list[tuple[Span, str]] = []

    def visit(node: Syntax) -> None:
        if isinstance(node, Name) and len(node.parts) == 1 and node.parts[0] in columns:
            found.append((node.span, columns[node.parts[0]]))

    walk(parse(text), visit)
    for span, replacement in sorted(found, key=lambda one: one[0].start, reverse=True):
        text = f"{text[: span.start]}({replacement}){text[span.end :]}"
    return text


def over_form(columns: Mapping[str, str]) -> dict[str, str]:
    """The computed columns of a dataset, in their order, each as an expression over the form alone."""
    known: dict[str, str] = {}
    for key, text in columns.items():
        known[key] = inlined(text.lstrip().lstrip("=＝"), known)
    return known


def quoted(text: str) -> str:
    """A text as an expression."""
    return '"' + text.replace('"', '""') + '"'
