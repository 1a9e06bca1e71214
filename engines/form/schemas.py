"""The schema of a form's document. Types, panels and docs of fields come from the field types themselves."""

from collections.abc import Mapping
from typing import Any, Final

from engines.form.fields import FIELD_TYPES
from engines.form.filters import FILTER_DEFINITION
from engines.form.protect.checks import SCHEMA as ENCRYPTED
from engines.form.protect.masks import SCHEMA as MASK
from engines.form.rules.normalise import NORMALISE
from engines.form.rules.schema import FOLLOW, LINKAGE, RULES
from engines.form.schema_parts import (
    ELEMENT_KEY,
    EXPRESSION,
    FIELD_KEY,
    FILTER,
    FORM_KEY,
    ICON,
    TITLE,
    field_names,
    keyed,
)
from engines.kernel.documents import described, key_schema, label_schema


def _field_properties() -> dict[str, Any]:
    return {
        "key": key_schema(FIELD_KEY),
        "type": described(
            {"enum": list(FIELD_TYPES.keys())},
            ("Type", "What kind of value it holds."),
            ("类型", "保存哪一类值。"),
        ),
        "label": label_schema(("Label", "What people see."), ("名称", "人看到的文字。")),
        "help": label_schema(("Help", "An explanation beside the field."), ("说明", "字段旁的说明文字。")),
        "placeholder": label_schema(
            ("Placeholder", "Shown in the empty input."),
            ("占位文字", "输入框为空时显示。"),
        ),
        "required": described(
            {"type": "boolean"},
            ("Required", "A record cannot be saved without it."),
            ("必填", "不填不能保存。"),
        ),
        "unique": described(
            {"type": "boolean"},
            ("Unique", "No two records have the same; in a sub-form no two rows of one record."),
            ("唯一", "不允许重复；在子表单中，同一记录的各行不允许重复。"),
        ),
        "mask": MASK,
        "encrypted": ENCRYPTED,
        "unique_within": described(
            {
                "type": "array",
                "items": {"type": "string", "minLength": 1, "maxLength": FIELD_KEY},
                "uniqueItems": True,
                "maxItems": 4,
            },
            ("Unique within", "Unique only among records that have the same values in these fields as well."),
            ("唯一范围", "仅在这些字段的值也相同的记录之间不允许重复。"),
        ),
        "readonly": described(
            {"type": "boolean"},
            ("Read-only", "Pages show it and do not let it be changed; defaults and flows may."),
            ("只读", "页面只显示不可修改；默认值和流程可以写入。"),
        ),
        "hidden": described(
            {"type": "boolean"},
            ("Hidden", "Pages do not show it."),
            ("隐藏", "页面不显示。"),
        ),
        "default": described(
            EXPRESSION,
            ("Default", "An expression whose value a new record begins with."),
            ("默认值", "表达式，新记录以其结果为初值。"),
        ),
        "follow": FOLLOW,
        "linkage": LINKAGE,
        "normalise": NORMALISE,
        "width": described(
            {"type": "integer", "minimum": 1, "maximum": 12},
            ("Width", "How much of the page's width it takes: so many of 12 columns. Automatic where nothing is said."),
            ("宽度", "占页面宽度的几分之几（共 12 列）；不填则自动。"),
        ),
        "options": described(
            {"type": "object"},
            ("Options", "What else the type wants to know."),
            ("选项", "此类型的其他设置。"),
        ),
    }


def field_schema(*, rows: bool, nested: bool = False) -> dict[str, Any]:
    """The schema of one field; with `rows` of a field of a sub-form, with `nested` of one of rows of rows.

    Rows of rows may name the type `subform` here: that it goes too deep is a problem with words of its own.
    """
    kinds = [kind for kind in FIELD_TYPES if kind.in_subform or not rows]
    properties = _field_properties()
    properties["type"] = {**properties["type"], "enum": [kind.key for kind in kinds]}
    below = "nested_field" if rows else "row_field"
    inner = {"type": "array", "items": {"$ref": f"#/$defs/{below}"}, "minItems": 1, "maxItems": 100}
    properties["fields"] = described(
        inner,
        ("Fields of a row", "What each row of a sub-form holds; a field of it may be a sub-form again, one level."),
        ("子表字段", "子表单每一行的字段；其中还可以有一层子表单。"),
    )
    return {
        "type": "object",
        "properties": properties,
        "required": ["key", "type", "label"],
        "additionalProperties": False,
        "allOf": [
            _branch(kind.key, kind.options_schema, kind.required_options)
            for kind in kinds
            if not (nested and kind.storage == "children")
        ],
    }


def _branch(key: str, options: Mapping[str, Any], required: tuple[str, ...]) -> dict[str, Any]:
    then: dict[str, Any] = {"properties": {"options": options}}
    needs = [*(["options"] if required else []), *(["fields"] if key == "subform" else [])]
    if needs:
        then["required"] = needs
    return {"if": {"properties": {"type": {"const": key}}, "required": ["type"]}, "then": then}


SECTIONS: Final = keyed(
    {
        "title": TITLE,
        "columns": described(
            {"type": "integer", "minimum": 1, "maximum": 4},
            ("Columns", "How many fields stand beside each other."),
            ("列数", "一行并排几个字段。"),
        ),
        "fields": field_names(("Fields", "The fields in their order."), ("字段", "按顺序排列的字段。")),
        "collapsed": described(
            {"type": "boolean"},
            ("Folded", "Shown closed at first."),
            ("默认收起", "初始为收起状态。"),
        ),
        "tab": key_schema(
            ELEMENT_KEY,
            ("Tab", "The tab on which the section stands; without one it stands above the tabs."),
            ("标签页", "所在的标签页；不填则显示在标签页上方。"),
        ),
    },
    ("fields",),
)

TABS: Final = keyed({"title": TITLE}, ("title",), 20)

SORT: Final = described(
    {
        "type": "array",
        "maxItems": 5,
        "x-value": True,
        "items": {
            "type": "object",
            "properties": {
                "field": described(
                    {"type": "string", "minLength": 1, "maxLength": 200},
                    ("Field", "The field to sort by."),
                    ("字段", "排序字段。"),
                ),
                "descending": described(
                    {"type": "boolean"},
                    ("Descending", "Largest or latest first."),
                    ("降序", "最大或最新的在前。"),
                ),
            },
            "required": ["field"],
            "additionalProperties": False,
        },
    },
    ("Sort", "The order of the records."),
    ("排序", "记录的顺序。"),
)

VIEWS: Final = keyed(
    {
        "title": TITLE,
        "columns": field_names(
            ("Columns", "Fields, or paths over relations such as customer.grade."),
            ("列", "字段，或经过关联的路径，例如 customer.grade。"),
        ),
        "sort": SORT,
        "filter": FILTER,
        "totals": field_names(("Totals", "Fields added up below the list."), ("合计", "列表下方合计的字段。")),
        "layout": described(
            {"enum": ["table", "kanban"]},
            ("Layout", "A table, or a board with a column for each option."),
            ("样式", "表格，或按选项分列的看板。"),
        ),
        "by": key_schema(
            FIELD_KEY,
            ("Columns of the board", "The stage or single choice by whose options the cards stand."),
            ("看板分列字段", "按此阶段或单选字段的选项分列。"),
        ),
        "card": described(
            {
                "type": "object",
                "properties": {
                    "title": key_schema(
                        FIELD_KEY,
                        ("Title", "The field on top of a card; the title of the record where there is none."),
                        ("卡片标题", "卡片顶部显示的字段；不填则为记录标题。"),
                    ),
                    "fields": field_names(
                        ("Fields", "What a card shows below."), ("卡片字段", "卡片下方显示的字段。"), 8
                    ),
                },
                "additionalProperties": False,
            },
            ("Card", "What a card of the board shows."),
            ("卡片", "看板卡片显示的内容。"),
        ),
        "sum": key_schema(
            FIELD_KEY,
            ("Sum", "A number that is added up above each column."),
            ("列合计", "每列顶部合计的数字字段。"),
        ),
    },
    ("title", "columns"),
)

RELATED: Final = keyed(
    {
        "title": TITLE,
        "form": key_schema(
            FORM_KEY,
            ("Form", "The form whose records point at this one."),
            ("表单", "其记录指向本记录的表单。"),
        ),
        "rows": key_schema(
            FIELD_KEY,
            ("Sub-form", "The sub-form there whose rows point here; without one its records do."),
            ("子表", "对方表单中由哪个子表的行指向这里；不填则为其记录。"),
        ),
        "field": key_schema(
            FIELD_KEY,
            ("Field", "The relation there that points here, or at a row of a record here."),
            ("字段", "对方表单中指向这里、或指向这里某一明细行的关联字段。"),
        ),
        "columns": field_names(("Columns", "What is shown of each."), ("列", "显示哪些字段。")),
    },
    ("form", "field"),
)

FORM_DEFINITIONS: Final[Mapping[str, Any]] = {
    "filter": FILTER_DEFINITION,
    "field": field_schema(rows=False),
    "row_field": field_schema(rows=True),
    "nested_field": field_schema(rows=True, nested=True),
}

FORM_PROPERTIES: Final[Mapping[str, Any]] = {
    "title": TITLE,
    "icon": ICON,
    "description": label_schema(("Description", "What the form is for."), ("说明", "表单的用途。")),
    "title_field": key_schema(
        FIELD_KEY,
        ("Title field", "The field by which a record is called."),
        ("标题字段", "用哪个字段称呼一条记录。"),
    ),
    "subtitle_field": key_schema(
        FIELD_KEY,
        ("Second line", "A field shown small beside the title."),
        ("副标题字段", "在标题旁以小字显示的字段。"),
    ),
    "fields": described(
        {"type": "array", "items": {"$ref": "#/$defs/field"}, "minItems": 1, "maxItems": 500},
        ("Fields", "The fields in their order."),
        ("字段", "按顺序排列的字段。"),
    ),
    "sections": described(
        SECTIONS,
        ("Sections", "How the page of a record is arranged; fields that stand nowhere come last."),
        ("分组", "记录页面的布局；未放入的字段排在最后。"),
    ),
    "tabs": described(
        TABS,
        ("Tabs", "Pages among which the sections are divided."),
        ("标签页", "把分组放进不同的标签页。"),
    ),
    "hidden_values": described(
        {"enum": ["keep", "clear", "recompute"]},
        ("Hidden values", "What a field that rules hide does with its value: keep it, clear it, or compute it anew."),
        ("隐藏字段赋值", "被规则隐藏的字段如何处理其值：保持原值、清空或重新计算。"),
    ),
    "same_rows": described(
        keyed(
            {
                "rows": described(
                    {"type": "string", "pattern": "^[a-z][a-z0-9_]*[.][a-z][a-z0-9_]*$", "maxLength": 70},
                    ("Rows", "The sub-form of another form, as form.field."),
                    ("明细", "另一个表单的子表单，写作 表单.字段。"),
                ),
                "parent": described(
                    {"type": "string", "minLength": 1, "maxLength": FIELD_KEY},
                    ("Belongs to", "The relation by which a record points at what it was a row of."),
                    ("所属字段", "记录指向原主表记录的关联字段。"),
                ),
                "form": key_schema(
                    FORM_KEY,
                    ("Form", "The form whose records they are; this one where it is left out."),
                    ("表单", "哪个表单的记录；不填则为本表单。"),
                ),
            },
            ("rows", "parent"),
            5,
        ),
        (
            "Same rows",
            "Rows of a sub-form that are records of this form, or were: publishing carries them over in either way.",
        ),
        ("同一批明细", "哪个子表单的行就是本表单的记录：发布时双向转换并保留数据。"),
    ),
    "views": described(VIEWS, ("Views", "Lists of the records."), ("视图", "记录的列表。")),
    "rules": described(
        RULES,
        ("Rules", "What must hold in every record, what is seen, required, set, coloured or locked, and when."),
        ("规则", "每条记录必须满足的条件，以及何时显示、必填、赋值、着色或锁定。"),
    ),
    "related": described(
        RELATED,
        ("Related lists", "Records of other forms that point at this one."),
        ("相关列表", "指向本记录的其他表单记录。"),
    ),
    "profile_of": described(
        {"anyOf": [{"enum": ["_member", "_department"]}, {"type": "null"}]},
        ("Profile of", "One record for each member or department, with more fields about them."),
        ("档案", "每个成员或部门对应一条记录，用来补充字段。"),
    ),
    "calendar": described(
        {"type": "string", "pattern": "^[a-z_][a-z0-9_]*([.][a-z_][a-z0-9_]*){0,3}$", "maxLength": 160},
        (
            "Business calendar",
            "The field that holds the key of the calendar of a record, here or along relations: plant.calendar."
            " Without one, or where it is blank, the calendar of the record's department counts.",
        ),
        (
            "工作日历",
            "记录所用日历的标识存放在哪个字段，可经过关联：plant.calendar。不填或为空时用记录所属部门的日历。",
        ),
    ),
}
