"""Lists of texts: choices of a multiple choice, and parts of a text."""

from engines.formula import pieces
from engines.formula.functions.base import Parameter, Signature
from engines.formula.functions.define import family, made, one
from engines.formula.sql import several
from engines.formula.sql.build import dg
from engines.formula.tree import Call, Node, Primitive
from engines.formula.types import Type

_T, _N, _B, _L = Type.TEXT, Type.NUMBER, Type.BOOLEAN, Type.LIST

SPLIT = Primitive("split", pieces.split, dg("split", _L))
ALL_BETWEEN = Primitive("all_between", pieces.all_between, dg("all_between", _L))
GLUE = Primitive("glue", pieces.glue, dg("glue", _T))
ITEM = Primitive("item", pieces.item, dg("item", _T))
LIST_OF = Primitive("list_of", pieces.list_of, several.of_all("list_of", _L))
HAS_ANY = Primitive("has_any", pieces.has_any, several.has_any, total=True)
HAS_ALL = Primitive("has_all", pieces.has_all, several.has_all, total=True)
ONE_OF = Primitive("one_of", pieces.one_of, several.one_of, total=True)

_text = Parameter("text", (_T,))
_list = Parameter("list", (_L,))
_separator = Parameter("separator", (_T,))
_function = family("list")


def _asks(primitive: Primitive, first: Parameter) -> tuple[Signature, Signature]:
    """The wanted texts one by one, or as a list."""

    def gathered(nodes: tuple[Node, ...]) -> Node:
        return Call(primitive, (nodes[0], Call(LIST_OF, nodes[1:], _L)), _B)

    return (one(primitive, _B, first, _list), made(_B, gathered, first, _text, rest=_text))


FUNCTIONS = (
    _function(
        "LIST",
        ("列表",),
        "LIST(text, …)",
        "由若干文本组成的列表，空略过。",
        "A list of these texts without the blank ones.",
        {'JOIN(LIST("a", "", "b"), "、")': '"a、b"', 'COUNT(LIST("a", "b"))': "2"},
        one(LIST_OF, _L, _text, rest=_text),
    ),
    _function(
        "SPLIT",
        ("拆分", "TEXTSPLIT"),
        "SPLIT(text, separator)",
        "按分隔符拆成列表，空的部分略过。",
        "The parts between separators as a list, without the empty ones.",
        {'COUNT(SPLIT("a,b,,c", ","))': "3", 'INDEX(SPLIT("华东/上海", "/"), 2)': '"上海"'},
        one(SPLIT, _L, _text, _separator),
    ),
    _function(
        "FINDA",
        ("查找全部",),
        "FINDA(text, start, end)",
        "两段文字之间的全部内容（最多 500 处），得到列表。",
        "Everything that stands between two parts, the first 500 times, as a list.",
        {'JOIN(FINDA("#a# x #b#", "#", "#"), "+")': '"a+b"'},
        one(ALL_BETWEEN, _L, _text, Parameter("start", (_T,)), Parameter("end", (_T,))),
    ),
    _function(
        "JOIN",
        ("合并列表",),
        "JOIN(list, separator)",
        "列表各项用分隔符连成文本。",
        "The items of a list as one text with a separator between them.",
        {'JOIN(tags, ", ")': '"vip, new"', 'JOIN(SPLIT("a b", " "), "-")': '"a-b"'},
        one(GLUE, _T, _list, _separator),
    ),
    _function(
        "INDEX",
        ("取第几项",),
        "INDEX(list, place)",
        "列表的第几项，从 1 数起，负数从后数起；没有则为空。",
        "The item at a place counted from 1, from the end if negative; blank if there is none.",
        {"INDEX(tags, 1)": '"vip"', "INDEX(tags, -1)": '"new"', "INDEX(tags, 3)": "blank"},
        one(ITEM, _T, _list, Parameter("place", (_N,))),
    ),
    _function(
        "HASANY",
        ("包含任一",),
        "HASANY(list, text, …) / HASANY(list, list)",
        "列表是否有其中至少一项。",
        "Whether a list has at least one of these.",
        {'HASANY(tags, "old", "vip")': "TRUE", 'HASANY(tags, LIST("old"))': "FALSE"},
        *_asks(HAS_ANY, _list),
    ),
    _function(
        "HASALL",
        ("包含全部",),
        "HASALL(list, text, …) / HASALL(list, list)",
        "列表是否有其中每一项；什么也不问则不成立。",
        "Whether a list has all of these; false if nothing is asked for.",
        {'HASALL(tags, "new", "vip")': "TRUE", 'HASALL(tags, "new", "old")': "FALSE"},
        *_asks(HAS_ALL, _list),
    ),
    _function(
        "INTEXTSET",
        ("属于", "ONEOF"),
        "INTEXTSET(text, text, …) / INTEXTSET(text, list)",
        "文本是否是其中之一；空不属于任何一组。",
        "Whether a text is one of these; blank is none of them.",
        {'INTEXTSET("b", "a", "b")': "TRUE", 'INTEXTSET("vip", tags)': "TRUE", 'INTEXTSET("", "a")': "FALSE"},
        *_asks(ONE_OF, _text),
    ),
)
