"""What the home page is made of. An area adds a block by one line in `BLOCKS`.

A block looks at the person (roles, departments) and gives its HTML, or None where it has nothing for them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from flask import render_template
from markupsafe import Markup

from engines.form.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Block:
    """One block: `order` says how far up (0-99), `width` how wide on a desk. `show` renders a template to Markup."""

    key: str
    show: Callable[[Transaction], Markup | str | None]
    order: int = 50
    width: Literal["full", "half", "third", "two-thirds"] = "half"

    @property
    def span(self) -> int:
        """Columns of twelve."""
        return {"full": 12, "half": 6, "third": 4, "two-thirds": 8}[self.width]


@dataclass(frozen=True, slots=True)
class Shown:
    """A block with what it shows to this person."""

    block: Block
    content: Markup | str


def fragment(template: str, values: Mapping[str, Any]) -> Markup:
    """The HTML of a block's template."""
    return Markup(render_template(template, **values))  # noqa: S704 - Jinja has escaped it


# What areas add at import, beside the blocks that `dougong.web.pages.home` lists.
BLOCKS: list[Block] = []
