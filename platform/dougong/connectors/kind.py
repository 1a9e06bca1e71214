"""The kind of document that a connector is: where another system is, how one shows oneself, what may be asked."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar, Final

from engines.form.schema_parts import TITLE, keyed
from engines.kernel.documents import Document, DocumentKind, Label, described, key_schema, label_schema
from engines.kernel.layers import Effective
from engines.kernel.problems import Problem, suggest

METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")
HOLE: Final = re.compile(r"\{([a-z][a-z0-9_]*)\}")
"""`{name}` in a path, a query, a header or a text of the body: the input of that key."""

_TEXTS: Final = {"type": "object", "additionalProperties": {"type": "string", "maxLength": 2000}, "maxProperties": 50}

_INPUTS: Final = keyed(
    {
        "title": TITLE,
        "required": described(
            {"type": "boolean"},
            ("Required", "Nothing is sent while it is blank."),
            ("必填", "为空时不发送请求。"),
        ),
    },
    ("title",),
    50,
)

_CALLS: Final = keyed(
    {
        "title": TITLE,
        "method": described({"enum": list(METHODS)}, ("Method", "The HTTP method."), ("方法", "HTTP 方法。")),
        "path": described(
            {"type": "string", "pattern": "^/", "maxLength": 2000},
            ("Path", "Behind the address; `{name}` stands for an input."),
            ("路径", "接在地址之后；`{名称}` 代表输入值。"),
        ),
        "query": described(
            {**_TEXTS, "x-value": True},
            ("Query", "Parameters of the address."),
            ("查询参数", "地址中的参数。"),
        ),
        "body": described(
            {"type": ["object", "array"], "x-value": True},
            ("Body", "JSON that is sent; a text that is only `{name}` becomes the input as it is, a number stays one."),
            ("请求体", "发送的 JSON；仅含 `{名称}` 的文本会替换为输入值本身，数字仍为数字。"),
        ),
        "inputs": described(_INPUTS, ("Inputs", "What the caller gives."), ("输入", "调用方提供的值。")),
        "timeout": described(
            {"type": "integer", "minimum": 1, "maximum": 30},
            ("Time limit", "Seconds until the call is given up; 10 if nothing is said."),
            ("超时", "等待多少秒后放弃，默认 10 秒。"),
        ),
    },
    ("title", "method", "path"),
    100,
)


class ConnectorKind(DocumentKind):
    """Another system, and what may be asked of it."""

    key = "connector"
    title: ClassVar[Label] = {"en": "Connector", "zh-CN": "连接器"}
    description: ClassVar[Label] = {
        "en": "Another system: its address, how one shows oneself there, and the calls that buttons may make.",
        "zh-CN": "外部系统：地址、身份验证方式，以及按钮可以发起的调用。",
    }
    properties: ClassVar[Mapping[str, Any]] = {
        "title": TITLE,
        "description": label_schema(("Description", "What it is for."), ("说明", "用途。")),
        "url": described(
            {"type": "string", "pattern": "^https?://[^/?#@\\s]+(/[^?#\\s]*)?$", "maxLength": 500},
            ("Address", "Where the system is: https, a host, perhaps a path."),
            ("地址", "系统所在地址：https、主机，可带路径。"),
        ),
        "headers": described(
            {**_TEXTS, "x-value": True},
            ("Headers", "Sent with every call; `{secret:name}` stands for a secret of the workspace."),
            ("请求头", "每次调用都会发送；`{secret:名称}` 代表工作区中的密钥。"),
        ),
        "calls": described(_CALLS, ("Calls", "What may be asked."), ("调用", "可以发起的请求。")),
    }
    required = ("title", "url", "calls")

    def check(self, document: Document, effective: Effective) -> Iterable[Problem]:  # noqa: ARG002
        """Every hole of a call has its input."""
        for call in document["calls"]:
            known = [one["key"] for one in call.get("inputs", ())]
            for at, text in _texts(call):
                for name in HOLE.findall(text):
                    if name not in known:
                        message = f'"{call["key"]}" has no input "{name}"{suggest(name, known)}'
                        path = f"calls.{call['key']}.{at}"
                        yield Problem("connector.no_input", path, message, {"input": name, "call": call["key"]})


def _texts(call: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "path", call["path"]
    for text in call.get("query", {}).values():
        yield "query", text
    for text in texts_of(call.get("body")):
        yield "body", text


def texts_of(value: Any) -> Iterator[str]:
    """Every text inside a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from texts_of(one)
    elif isinstance(value, list):
        for one in value:
            yield from texts_of(one)


SECRET_HOLE: Final = re.compile(r"\{secret:([a-z][a-z0-9_]*)\}")
KEY: Final = key_schema(40)
