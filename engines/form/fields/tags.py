# ruff: noqa: ARG002
"""Many short texts on a record. Some are declared, with groups and colours; others are added while one types.

What tags there are is data: those declared and those that records carry (`engines.form.tags`). The value is a tuple of
the texts themselves; a declared tag is stored by its key.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from engines.form.fields.base import Context, Field, FieldType, reject
from engines.form.fields.choice import CHOICE_LIST, ChoicesField, find_choice
from engines.form.fields.operators import BLANK
from engines.form.fields.options import flag, properties, words
from engines.form.fields.text import without_controls
from engines.form.folding import fold
from engines.kernel.documents import described, label, label_schema
from engines.kernel.problems import Problem, Rejected

MOST_TAGS: Final = 100
LONGEST_TAG: Final = 40
_BETWEEN: Final = re.compile(r"[\n,，、;；]")


def _tag_list() -> dict[str, Any]:
    item: Mapping[str, Any] = CHOICE_LIST["items"]  # type: ignore[assignment]
    group = label_schema(
        ("Group", "Tags of one group stand together when one chooses."),
        ("分组", "同组的标签在选择时排在一起。"),
    )
    kept = {name: one for name, one in item["properties"].items() if name not in ("score", "hint")}
    return {**CHOICE_LIST, "items": {**item, "properties": {**kept, "group": group}}}


class TagsField(ChoicesField):
    """What sales people call their customers among themselves."""

    key = "tags"
    icon = "tags"
    group = "choice"
    title = words("Tags", "标签")
    description = words("Many short words, also new ones.", "多个短标签，可随时新增。")
    option_properties = properties(
        choices=described(
            _tag_list(),
            ("Tags", "Tags that are always offered, with groups and colours."),
            ("预设标签", "始终可选的标签，可分组、可着色。"),
        ),
        add=flag(
            True,
            ("May be added", "People write new tags while they type; else only declared ones may be chosen."),
            ("允许新增", "填写时可输入新标签；否则只能选预设标签。"),
        ),
        max=described(
            {"type": "integer", "minimum": 1, "maximum": MOST_TAGS},
            ("At most", "How many tags a record may have."),
            ("最多个数", "每条记录最多几个标签。"),
        ),
    )

    def check_options(self, options: Mapping[str, Any]) -> Iterable[Problem]:
        yield from FieldType.check_options(self, options)
        if options.get("add", True) is False and not options.get("choices"):
            yield Problem("tags.none", "choices", "Declare tags, or let people add some", {})

    def parse(self, raw: Any, field: Field, context: Context | None = None) -> tuple[str, ...] | None:
        """A list of tags, or a text with tags between commas or line breaks. In the order in which they were given."""
        if raw is None or raw == "":
            return None
        if isinstance(raw, str):
            raw = [raw]
        if not isinstance(raw, list | tuple | set | frozenset):
            raise reject("choices.not_a_list", "Must be a list of options", value=str(raw)[:50])
        found: dict[str, str] = {}
        for one in raw:
            if one is None or one == "":
                continue
            if not isinstance(one, str):
                raise reject("choice.not_text", "Must be the key of an option", value=str(one)[:50])
            for text in [one] if field.choice(one.strip()) else _BETWEEN.split(one):
                if text.strip():
                    tag = self.one(text, field)
                    found.setdefault(fold(tag), tag)
        return tuple(found.values()) or None

    def one(self, raw: Any, field: Field) -> str:
        """A declared tag by its key or label, or the text of a new one."""
        text = " ".join(without_controls(str(raw)).split())
        try:
            return find_choice(field, text).key
        except Rejected:
            if not field.options.get("add", True):
                raise
        if not text:
            raise reject("choice.unknown", "There is no such option", value="")
        if len(text) > LONGEST_TAG:
            message = f"A tag has at most {LONGEST_TAG} characters"
            raise reject("tags.too_long", message, max=LONGEST_TAG, value=text[:60])
        return text

    def check(self, value: Any, field: Field, context: Context | None = None) -> Iterable[Problem]:
        high = field.options.get("max", MOST_TAGS)
        if len(value) > high:
            yield Problem("choices.too_many", "", f"At most {high} may be chosen", {"max": high})

    def import_cell(self, cell: Any, field: Field, context: Context) -> Any:
        """A workbook may hold a number where a tag is `2026`."""
        if isinstance(cell, float) and cell.is_integer():
            cell = int(cell)
        if isinstance(cell, int) and not isinstance(cell, bool):
            cell = str(cell) if abs(cell) < 10**LONGEST_TAG else "-" * (LONGEST_TAG + 1)
        return self.parse(cell, field, context)

    def parse_operand(self, op: str, raw: Any, field: Field, context: Context) -> Any:
        """A filter may name tags that nobody may add any more."""
        if op in BLANK:
            return None
        loose = Field(field.key, self, field.label, field.form_key, {"add": True}, choices=field.choices)
        return self.parse(raw, loose, context)

    def posted(self, texts: Sequence[str], field: Field) -> Any:
        return [text for text in texts if text]

    def groups(self, field: Field, locale: str) -> dict[str, str]:
        """The groups of declared tags by their keys."""
        specs = field.options.get("choices", ())
        return {one["key"]: label(one["group"], locale) for one in specs if one.get("group")}

    def samples(self) -> Sequence[tuple[dict[str, Any], Any]]:
        declared = [{"key": "vip", "label": {"zh-CN": "重点", "en": "VIP"}, "color": "red", "group": "等级"}]
        return [({}, ("老客户", "展会 2026")), ({"choices": declared}, ("vip", "老客户")), ({}, ("2026",))]
