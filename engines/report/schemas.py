"""The closed JSON Schemas of datasets, questions and dashboards, part by part. The kinds stand in `kinds`."""

from typing import Any, Final

from engines.kernel.documents import KEY_PATTERN, described, key_schema, label_schema
from engines.report.definition import AGGREGATES, GRANULARITIES
from engines.report.periods import PRESETS

PATH_PATTERN: Final = r"^_?[a-z](_?[a-z0-9])*(\._?[a-z](_?[a-z0-9])*)?$"

TITLE: Final = label_schema(("Title", "What people read."), ("标题", "显示给用户的名称。"))
DESCRIPTION: Final = label_schema(("Description", "One sentence on what it tells."), ("说明", "用一句话说明它的用途。"))
LABEL: Final = label_schema(
    ("Label", "What people read in tables and legends."), ("名称", "在表格和图例中显示的名称。")
)

FORMAT: Final[dict[str, Any]] = described(
    {
        "type": "object",
        "properties": {
            "unit": label_schema(
                ("Unit", "Written behind the number, such as 元."), ("单位", "写在数字后面，例如“元”。")
            ),
            "decimals": described(
                {"type": "integer", "minimum": 0, "maximum": 6},
                ("Decimals", "Digits behind the point."),
                ("小数位数", "小数点后保留的位数。"),
            ),
            "percent": described(
                {"type": "boolean"},
                ("Percent", "Show 0.25 as 25 %."),
                ("百分比", "把 0.25 显示为 25%。"),
            ),
            "scale": described(
                {"enum": [1, 1000, 10000, 1000000, 100000000]},
                ("Scale", "The number is divided by this before it is shown; name it in the unit (万元)."),
                ("数量级", "显示前先除以该数；请在单位中写明，例如“万元”。"),
            ),
        },
        "additionalProperties": False,
    },
    ("Format", "How the number is written. Without it the field's own format is used."),
    ("格式", "数字的显示方式；不填时沿用字段自身的格式。"),
)


def _expression(en: tuple[str, str], zh: tuple[str, str]) -> dict[str, Any]:
    return described({"type": "string", "minLength": 1, "maxLength": 2000}, en, zh)


def _path(en: tuple[str, str], zh: tuple[str, str]) -> dict[str, Any]:
    return described({"type": "string", "pattern": PATH_PATTERN, "maxLength": 81}, en, zh)


def _fields(en: tuple[str, str], zh: tuple[str, str]) -> dict[str, Any]:
    field = {"anyOf": [{"type": "null"}, {"type": "string", "pattern": PATH_PATTERN}]}
    return described(
        {"type": "object", "propertyNames": {"pattern": KEY_PATTERN}, "additionalProperties": field}, en, zh
    )


FILTER: Final[dict[str, Any]] = described(
    {"anyOf": [{"type": "string", "minLength": 1, "maxLength": 2000}, {"$ref": "#/$defs/filter"}]},
    ("Filter", "Which records count: conditions joined by and/or, or one expression."),
    ("筛选", "统计哪些记录：以“且/或”组合的条件，或一个表达式。"),
)

MEASURE: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "key": key_schema(40),
        "label": LABEL,
        "aggregate": described(
            {"enum": list(AGGREGATES)},
            ("Aggregate", "How the values of many records become one number."),
            ("汇总方式", "多条记录的值如何汇总为一个数。"),
        ),
        "field": _path(
            ("Field", "What is aggregated: a field or a computed column. A count may go without."),
            ("字段", "被汇总的字段或计算列；计数时可以不填。"),
        ),
        "filter": _expression(
            ("Condition", "Only records for which this holds are counted in this measure."),
            ("条件", "该指标只统计满足此条件的记录。"),
        ),
        "expression": _expression(
            ("Expression", "Computed from other measures, such as `won / closed`; instead of an aggregate."),
            ("表达式", "由其他指标计算，例如 won / closed；与汇总方式二选一。"),
        ),
        "format": FORMAT,
    },
    "required": ["key"],
    "oneOf": [{"required": ["aggregate"]}, {"required": ["expression"]}],
    "dependentSchemas": {"expression": {"not": {"anyOf": [{"required": ["field"]}, {"required": ["filter"]}]}}},
    "additionalProperties": False,
}

DATASET: Final[dict[str, Any]] = {
    "title": TITLE,
    "description": DESCRIPTION,
    "form": described(
        {"type": "string", "pattern": "^_?[a-z](_?[a-z0-9])*$", "maxLength": 24},
        ("Form", "The form whose records are counted; one record counts once."),
        ("表单", "被统计的表单；每条记录只计一次。"),
    ),
    "joins": described(
        {
            "type": "array",
            "maxItems": 20,
            "items": {
                "type": "object",
                "properties": {
                    "key": key_schema(40),
                    "field": _path(
                        (
                            "Relation",
                            "A relation to one record: of the form, or of an earlier join (`customer.parent`).",
                        ),
                        ("关联字段", "指向单条记录的关联字段，可来自表单或前面的关联（customer.parent）。"),
                    ),
                },
                "required": ["key", "field"],
                "additionalProperties": False,
            },
        },
        ("Joins", "Related records whose fields can be used."),
        ("关联", "可以使用其字段的关联记录。"),
    ),
    "columns": described(
        {
            "type": "array",
            "maxItems": 100,
            "items": {
                "type": "object",
                "properties": {
                    "key": key_schema(40),
                    "label": LABEL,
                    "expression": _expression(
                        ("Expression", "Computed for each record, such as `amount * rate`."),
                        ("表达式", "对每条记录计算，例如 amount * rate。"),
                    ),
                    "format": FORMAT,
                },
                "required": ["key", "expression"],
                "additionalProperties": False,
            },
        },
        ("Computed columns", "Columns that are computed for each record."),
        ("计算列", "对每条记录计算得到的列。"),
    ),
    "measures": described(
        {"type": "array", "maxItems": 200, "items": MEASURE},
        ("Measures", "The numbers that questions may ask for, defined once."),
        ("指标", "一次定义、供各图表使用的数字。"),
    ),
    "filter": FILTER,
}

QUESTION: Final[dict[str, Any]] = {
    "title": TITLE,
    "description": DESCRIPTION,
    "dataset": described(
        {"type": "string", "pattern": KEY_PATTERN, "maxLength": 40},
        ("Dataset", "What is asked."),
        ("数据集", "向哪个数据集提问。"),
    ),
    "visual": described(
        {"type": "string", "pattern": KEY_PATTERN, "maxLength": 40},
        ("Visual", "How the answer is drawn."),
        ("图表类型", "结果的展示方式。"),
    ),
    "dimensions": described(
        {
            "type": "array",
            "maxItems": 4,
            "items": {
                "type": "object",
                "properties": {
                    "key": key_schema(40),
                    "label": LABEL,
                    "field": _path(
                        ("Field", "A field, a field of a join (`customer.grade`) or a computed column."),
                        ("字段", "字段、关联的字段（customer.grade）或计算列。"),
                    ),
                    "granularity": described(
                        {"enum": list(GRANULARITIES)},
                        ("Granularity", "The period into which a date is put; weeks begin on Monday."),
                        ("时间粒度", "日期归入的周期；每周从星期一开始。"),
                    ),
                    "dense": described(
                        {"type": "boolean"},
                        (
                            "Every period",
                            "Show periods without records too; bars and lines over one date do so by themselves.",
                        ),
                        ("补全周期", "没有记录的周期也显示；单一日期维度的柱状图和折线图默认补全。"),
                    ),
                },
                "required": ["key", "field"],
                "additionalProperties": False,
            },
        },
        ("Dimensions", "What the numbers are told apart by; the second one makes series."),
        ("维度", "数字按什么分组；第二个维度构成系列。"),
    ),
    "measures": described(
        {
            "type": "array",
            "minItems": 1,
            "maxItems": 20,
            "items": {"anyOf": [{"type": "string", "pattern": KEY_PATTERN}, MEASURE]},
        },
        ("Measures", "Keys of measures of the dataset, or measures of this question alone."),
        ("指标", "数据集中指标的标识，或仅用于本图表的指标。"),
    ),
    "filter": FILTER,
    "sort": described(
        {
            "type": "array",
            "maxItems": 5,
            "items": {
                "type": "object",
                "properties": {
                    "key": described(
                        {"type": "string", "pattern": KEY_PATTERN},
                        ("By", "A dimension or measure of this question."),
                        ("依据", "本图表的某个维度或指标。"),
                    ),
                    "descending": described(
                        {"type": "boolean"}, ("Descending", "The largest first."), ("降序", "从大到小。")
                    ),
                },
                "required": ["key"],
                "additionalProperties": False,
            },
        },
        ("Sort", "Without it: dates and choices in their own order, names by the first measure."),
        ("排序", "不填时：日期和选项按自身顺序，名称按第一个指标。"),
    ),
    "limit": described(
        {"type": "integer", "minimum": 1, "maximum": 100},
        ("Top", "Keep only so many values of the first dimension."),
        ("前几项", "第一个维度只保留前若干项。"),
    ),
    "others": described(
        {"type": "boolean"},
        ("Others", "Gather what the limit cuts off under “Others”."),
        ("其他", "把其余各项合并为“其他”。"),
    ),
    "compare": described(
        {"enum": ["previous_period", "previous_year"]},
        ("Compare with", "The period before, or the same one a year ago; needs a period to be chosen."),
        ("对比", "与上一周期或去年同期对比；需选定时间范围。"),
    ),
    "options": described(
        {
            "type": "object",
            "properties": {
                "stacked": described(
                    {"type": "boolean"}, ("Stacked", "Put series on top of each other."), ("堆叠", "系列上下堆叠。")
                ),
                "horizontal": described(
                    {"type": "boolean"},
                    ("Horizontal", "Bars from left to right: a ranking."),
                    ("横向", "条形从左到右，用于排行。"),
                ),
                "smooth": described({"type": "boolean"}, ("Smooth", "Draw a curve."), ("平滑", "以曲线绘制。")),
                "area": described({"type": "boolean"}, ("Area", "Fill below the line."), ("面积", "填充线下区域。")),
                "donut": described({"type": "boolean"}, ("Donut", "Leave a hole."), ("环形", "中间留空。")),
                "values": described(
                    {"type": "boolean"}, ("Values", "Write the numbers into the chart."), ("数值", "在图上标出数字。")
                ),
            },
            "additionalProperties": False,
        },
        ("Options", "Details of the drawing; those that do not fit the visual are ignored."),
        ("显示选项", "绘图细节；与图表类型无关的选项会被忽略。"),
    ),
}

_GRID: Final = {
    "x": (0, 11, ("Column", "The first of twelve columns, from 0."), ("列", "从 0 开始的起始列，共 12 列。")),
    "y": (0, 500, ("Row", "The first row, from 0."), ("行", "从 0 开始的起始行。")),
    "w": (1, 12, ("Width", "How many of twelve columns."), ("宽", "占 12 列中的几列。")),
    "h": (1, 30, ("Height", "How many rows."), ("高", "占几行。")),
}

DASHBOARD: Final[dict[str, Any]] = {
    "title": TITLE,
    "description": DESCRIPTION,
    "filters": described(
        {
            "type": "array",
            "maxItems": 5,
            "items": {
                "type": "object",
                "properties": {
                    "key": key_schema(40),
                    "label": LABEL,
                    "kind": described({"enum": ["date"]}, ("Kind", "What is chosen."), ("类型", "选择的内容。")),
                    "field": _path(
                        ("Field", "The date that must lie in the chosen period."),
                        ("字段", "须落在所选时间内的日期字段。"),
                    ),
                    "default": described(
                        {"enum": list(PRESETS)},
                        ("At first", "The period that is chosen when the page opens."),
                        ("默认", "打开页面时选定的时间。"),
                    ),
                    "fields": _fields(
                        ("Fields by dataset", "Another field for some datasets; null leaves a dataset unfiltered."),
                        ("按数据集指定字段", "为某些数据集另行指定字段；null 表示不筛选该数据集。"),
                    ),
                    "tiles": _fields(
                        ("Fields by tile", "Another field for some tiles; null leaves a tile unfiltered."),
                        ("按组件指定字段", "为某些组件另行指定字段；null 表示不筛选该组件。"),
                    ),
                },
                "required": ["key", "kind", "field"],
                "additionalProperties": False,
            },
        },
        ("Filters", "Choices above the dashboard that hold for all tiles."),
        ("筛选器", "位于仪表盘上方、对所有组件生效。"),
    ),
    "tiles": described(
        {
            "type": "array",
            "maxItems": 60,
            "items": {
                "type": "object",
                "properties": {
                    "key": key_schema(40),
                    "title": TITLE,
                    "question": described(
                        {"type": "string", "pattern": KEY_PATTERN, "maxLength": 40},
                        ("Question", "Whose answer is shown."),
                        ("图表", "显示哪个图表。"),
                    ),
                    **{
                        key: described({"type": "integer", "minimum": low, "maximum": high}, en, zh)
                        for key, (low, high, en, zh) in _GRID.items()
                    },
                },
                "required": ["key", "question", *_GRID],
                "additionalProperties": False,
            },
        },
        ("Tiles", "What is shown where, on a grid of twelve columns; on a phone one below the other."),
        ("组件", "在 12 列网格上的布局；手机上依次排列。"),
    ),
}
