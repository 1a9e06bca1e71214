"""A small company for tests: companies, deals, a dataset with measures of every kind."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy.dialects import postgresql

from engines.report.compile import compile_plan
from engines.report.plan import plan_question
from engines.report.reader import Reader
from engines.report.resolve import Asked

NOW = datetime(2025, 3, 31, 18, 30, tzinfo=UTC)  # the first of April in Shanghai
STAGES = ("new", "quoted", "won", "lost")

FORMS: list[dict[str, Any]] = [
    {
        "kind": "form",
        "key": "company",
        "title": {"zh-CN": "客户", "en": "Company"},
        "title_field": "name",
        "fields": [
            {"key": "name", "type": "text", "label": {"zh-CN": "名称", "en": "Name"}},
            {
                "key": "grade",
                "type": "choice",
                "label": "Grade",
                "options": {"choices": [{"key": one} for one in "ABC"]},
            },
            {"key": "credit", "type": "number", "label": "Credit"},
            {"key": "parent", "type": "relation", "label": "Parent", "options": {"form": "company"}},
        ],
    },
    {
        "kind": "form",
        "key": "deal",
        "title": {"zh-CN": "商机", "en": "Deal"},
        "title_field": "name",
        "fields": [
            {"key": "name", "type": "text", "label": "Name"},
            {"key": "customer", "type": "relation", "label": "Customer", "options": {"form": "company"}},
            {
                "key": "stage",
                "type": "choice",
                "label": {"zh-CN": "阶段", "en": "Stage"},
                "options": {
                    "choices": [
                        {"key": "new", "label": {"zh-CN": "新建", "en": "New"}, "color": "blue"},
                        {"key": "quoted", "label": {"zh-CN": "已报价", "en": "Quoted"}},
                        {"key": "won", "label": {"zh-CN": "赢单", "en": "Won"}, "color": "green"},
                        {"key": "lost", "label": {"zh-CN": "输单", "en": "Lost"}, "color": "red"},
                    ]
                },
            },
            {"key": "amount", "type": "number", "label": {"zh-CN": "金额", "en": "Amount"}, "options": {"decimals": 2}},
            {"key": "rate", "type": "number", "label": "Rate", "options": {"decimals": 2}},
            {"key": "close_date", "type": "date", "label": {"zh-CN": "结单日期", "en": "Closed"}},
            {"key": "signed_at", "type": "datetime", "label": "Signed"},
            {"key": "hot", "type": "boolean", "label": "Hot"},
            {"key": "seller", "type": "member", "label": {"zh-CN": "销售", "en": "Seller"}},
            {
                "key": "tags",
                "type": "choices",
                "label": "Tags",
                "options": {"choices": [{"key": one} for one in "xyz"]},
            },
            {
                "key": "weighted",
                "type": "formula",
                "label": "Weighted",
                "options": {"expression": "amount * rate", "result": "number", "decimals": 2},
            },
        ],
    },
]

DATASET: dict[str, Any] = {
    "kind": "dataset",
    "key": "deals",
    "title": {"zh-CN": "商机", "en": "Deals"},
    "form": "deal",
    "joins": [{"key": "customer", "field": "customer"}, {"key": "group", "field": "customer.parent"}],
    "columns": [
        {"key": "size", "label": "Size", "expression": 'IF(amount >= 500, "large", "small")'},
        {"key": "expected", "label": "Expected", "expression": "amount * rate"},
    ],
    "measures": [
        {"key": "n", "label": {"zh-CN": "数量", "en": "Deals"}, "aggregate": "count"},
        {"key": "total", "label": {"zh-CN": "总额", "en": "Total"}, "aggregate": "sum", "field": "amount"},
        {"key": "mean", "aggregate": "avg", "field": "amount"},
        {"key": "won_amount", "label": "Won", "aggregate": "sum", "field": "amount", "filter": 'stage = "won"'},
        {"key": "won", "label": "Won deals", "aggregate": "count", "filter": 'stage = "won"'},
        {"key": "closed", "label": "Closed", "aggregate": "count", "filter": 'OR(stage = "won", stage = "lost")'},
        {"key": "big", "label": "Large", "aggregate": "count", "filter": 'size = "large"'},
        {"key": "hopes", "label": "Expected", "aggregate": "sum", "field": "expected"},
        {"key": "customers", "aggregate": "distinct", "field": "customer"},
        {"key": "last", "aggregate": "max", "field": "close_date"},
        {"key": "smallest", "aggregate": "min", "field": "amount"},
        {
            "key": "win_rate",
            "label": {"zh-CN": "赢单率", "en": "Win rate"},
            "expression": "won / closed",
            "format": {"percent": True, "decimals": 2},
        },
        {"key": "double_rate", "expression": "win_rate * 2"},
    ],
}


def question(*, key: str = "q", visual: str = "table", measures: Any = ("n",), **more: Any) -> dict[str, Any]:
    """A question document over the deals; dimensions are given as `dimensions=[...]`."""
    return {
        "kind": "question",
        "key": key,
        "title": "Q",
        "dataset": "deals",
        "visual": visual,
        "measures": list(measures),
        **more,
    }


def sql(asked: Asked, reader: Reader) -> str:
    """The statement of a question as text, with its values in it."""
    compiled = compile_plan(plan_question(asked, reader), reader).statement.compile(
        dialect=postgresql.dialect(),  # type: ignore[no-untyped-call]
        compile_kwargs={"literal_binds": True},
    )
    return "\n".join(line.rstrip() for line in str(compiled).splitlines()) + "\n"
