"""Which column means which field: by key and label, by what its cells look like, by the records that they name."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from engines.form.fields.base import Context, Field
from engines.form.folding import fold
from engines.form.form import Form
from engines.form.importing.dates import Order, fitting_orders
from engines.form.importing.lookup import Names
from engines.form.importing.plan import Target, importable
from engines.form.scope import target_of
from engines.form.transaction import Transaction
from engines.kernel.problems import Rejected

# Words that people use for the same thing in any form; by system field or kind of field.
OWNER_WORDS: Final = (
    "owner",
    "agent",
    "rep",
    "salesperson",
    "salesman",
    "seller",
    "负责人",
    "业务员",
    "销售",
    "归属人",
)
NAME_WORDS: Final = ("name", "title", "名称", "姓名", "标题", "全称")
CREATED_WORDS: Final = ("created", "createdate", "createtime", "createdon", "创建时间", "创建日期")
KIND_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "phone": ("tel", "telephone", "mobile", "phone", "手机", "电话"),
    "email": ("mail", "email", "邮箱", "邮件"),
    "money": ("amount", "value", "price", "total", "金额", "价格"),
    "textarea": ("remark", "note", "notes", "comment", "备注", "说明"),
}
NUMBER_WORDS: Final = ("id", "no", "number", "code", "编号", "号")
_WORD = re.compile(r"[a-z0-9]+")
ENOUGH: Final = 40
"""A guess with a lower score is not made."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What is known of a column of the file: its head and its distinct texts (some of them)."""

    header: str
    texts: Sequence[str]


def guess_targets(
    tx: Transaction, form: Form, samples: Sequence[Sample], before: Iterable[Target] = ()
) -> list[Target]:
    """Targets for the columns of a file, best guess each; no field twice. `before` is an earlier plan with these heads.

    Days get the order that fits all of the column; where several do, the one that other columns settle.
    """
    fields = importable(tx, form)
    taken = {one.column: one for one in before if one.column is not None and one.field in fields}
    others = _heads_of_others(form, fields)
    used = {one.field for one in taken.values()}
    scored = [
        (score, -place, -position, path, position)
        for position, sample in enumerate(samples)
        if position not in taken and _bare(sample.header) not in others
        for place, (path, one) in enumerate(fields.items())
        if path not in used and (score := _score(tx, form, path, one, sample)) >= ENOUGH
    ]
    chosen: dict[int, str] = {}
    for _, _, _, path, position in sorted(scored, reverse=True):
        if position not in chosen and path not in used:
            chosen[position] = path
            used.add(path)
    order = common_order(samples)
    targets = [*before]
    for position, path in sorted(chosen.items()):
        dated = fields[path].type.key in ("date", "datetime")
        targets.append(Target(path, position, order=order if dated else None))
    return targets


def _heads_of_others(form: Form, fields: Mapping[str, Field]) -> set[str]:
    """Heads that name exactly a field which no file fills: a formula, a look-up, one that this person may not write.

    Such a column, of an export perhaps, is that field's: nothing else is guessed from it, however alike the words look.
    """
    paths = {one.path: one for every in form.fields.values() for one in (every, *every.rows.values())}
    known = {path: _names(form, path, one) for path, one in {**paths, **fields}.items()}
    theirs = {name for path in known.keys() - fields.keys() for name in known[path]}
    return theirs - {name for path in fields for name in known[path]}


def _names(form: Form, path: str, one: Field) -> set[str]:
    """What a column of a field may be called. A field of a sub-form also goes by its own name."""
    names = {_bare(one.key), *(_bare(word) for word in one.label.all())} - {""}
    return names | {_bare(path), *_headed(form, path)} if "." in path else names


def common_order(samples: Iterable[Sample]) -> Order:
    """The order of days in a file: the one that fits most of what looks like a day; year first where nothing tells."""
    total: dict[Order, int] = {"ymd": 0, "mdy": 0, "dmy": 0}
    for sample in samples:
        wrong = fitting_orders(sample.texts)
        if sample.texts and min(wrong.values()) == 0:
            for order, count in wrong.items():
                total[order] += len(sample.texts) - count
    return max(total, key=lambda order: total[order])


def _score(tx: Transaction, form: Form, path: str, one: Field, sample: Sample) -> int:
    head = _bare(sample.header)
    if not head:
        return 0
    names = _names(form, path, one)
    penalty = 20 if "." in path else 0  # after the fields of the record
    best = 0
    if head in names:
        best = 100
    elif any(len(name) > 2 and (name in head or head in name) for name in names):
        best = 60
    elif any(_bare(word) in head for word in KIND_WORDS.get(one.type.key, ())):
        best = 50
    best = max(best, _shared(sample.header, one))
    if one.type.key == "serial" and head in {_bare(form.key) + word for word in NUMBER_WORDS}:
        best = max(best, 70)
    if path == form.title_field and any(word in head for word in NAME_WORDS):
        best = max(best, 55)
    if path == "_owner" and any(word in head for word in OWNER_WORDS):
        best = max(best, 70)
    if path == "_created_at":
        return 90 if head in CREATED_WORDS else 0
    fitting = _fit(tx, form, one, sample)
    if fitting == 0 and best < 100 and sample.texts:
        return 0
    if one.type.has_choices or one.type.target_form(one):
        best += int(45 * fitting)
    return best - penalty


def _headed(form: Form, path: str) -> Iterator[str]:
    """What an export calls a field of rows, in each language: `Lines / Product`."""
    parts = path.split(".")
    steps = [form.at(".".join(parts[: number + 1])).label for number in range(len(parts))]
    for locale in ("en", "zh-CN"):
        yield _bare("".join(words(locale) for words in steps))


def _shared(header: str, one: Field) -> int:
    """A score for words that a head and the names of a field share: `close_date` and `expected_close`."""
    words = set(_WORD.findall(fold(header)))
    best = 0
    for name in (one.key, *one.label.all()):
        own = set(_WORD.findall(fold(name)))
        shared = {word for word in words & own if len(word) > 2}
        if shared:
            best = max(best, 30 + int(25 * len(shared) / max(len(words), len(own))))
    return best


def _fit(tx: Transaction, form: Form, one: Field, sample: Sample) -> float:
    """The share of the column's texts that the field can take."""
    texts = list(sample.texts)[:50]
    if not texts:
        return 1.0
    if one.type.target_form(one):
        names = Names(tx, target_of(form, one))
        names.learn(texts)
        return sum(1 for text in texts if names.known.get(text)) / len(texts)
    if one.type.key in ("date", "datetime"):
        return 1 - min(fitting_orders(texts).values()) / len(texts)
    context = Context.of(tx)
    good = 0
    for text in texts:
        try:
            one.type.import_cell(text, one, context)
        except Rejected:
            continue
        good += 1
    return good / len(texts)


def _bare(text: str) -> str:
    return "".join(letter for letter in fold(text) if letter.isalnum())
