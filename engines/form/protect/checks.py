"""What is wrong with a field that is to be encrypted, where its document is saved."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from engines.kernel.documents import described
from engines.kernel.problems import Problem

SCHEMA: Final = described(
    {"type": "boolean"},
    (
        "Encrypted",
        "The value is sealed with the installation's keys before it is stored. It can be found by its whole value "
        "only: no parts, no sorting, no formulas.",
    ),
    ("加密保存", "值先用系统密钥加密再存入数据库。只能按完整的值查找：不能部分匹配、排序、分组，也不能用于公式。"),
)


def check_encrypted(spec: Mapping[str, Any], *, possible: bool, title: str, label: str) -> Iterator[Problem]:
    """What is wrong with encrypting the field of a document; `possible` says whether its type can be."""
    if not possible:
        message = f"A {title} cannot be encrypted: only texts that people enter can"
        yield Problem("encrypted.not_a_text", "encrypted", message, {"label": label, "type": spec["type"]})
    if spec.get("options", {}).get("pinyin"):
        message = f"{label} is encrypted and cannot be sorted by pinyin"
        yield Problem("encrypted.no_order", "options.pinyin", message, {"label": label})
