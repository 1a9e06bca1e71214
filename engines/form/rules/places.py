"""Paths of fields: `amount`, `lines.qty` for a column of rows, `lines[2].qty` for one row."""


def column_of(path: str) -> str:
    """The field that a path means: `lines[2].qty` -> `lines.qty`."""
    head, _, rest = path.partition("[")
    return f"{head}.{rest.split('].', 1)[1]}" if "]." in rest else head
