"""Finding, cutting and putting together texts (EXPRESSIONS.md, rule 8)."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from engines.formula import patterns, pieces, uri
from engines.formula.functions.base import Parameter, Signature
from engines.formula.functions.define import family, made, one
from engines.formula.functions.operators import EQUAL, IS_PRESENT
from engines.formula.functions.text import FIND, LENGTH, LOWER, SUBSTITUTE, TO_NUMBER
from engines.formula.sql import several
from engines.formula.sql.build import dg
from engines.formula.tree import Call, Constant, Node, Primitive
from engines.formula.types import Type

_T, _N, _B = Type.TEXT, Type.NUMBER, Type.BOOLEAN


def _guarded(key: str, work: Callable[..., Any], result: Type = _T) -> Primitive:
    return Primitive(key, work, dg(key, result))


REPLACE = _guarded("replace", pieces.replace)
REPEAT = _guarded("repeat", pieces.repeat)
BEFORE = _guarded("before", pieces.before)
AFTER = _guarded("after", pieces.after)
BETWEEN = _guarded("between", pieces.between)
TEXT_JOIN = Primitive("text_join", pieces.text_join, several.text_join)
PROPER = _guarded("proper", pieces.proper)
REVERSE = _guarded("reverse", pieces.reverse)
CLEAN = _guarded("clean", pieces.clean)
WITHOUT_SPACES = _guarded("without_spaces", pieces.without_spaces)
SIGN_OF = _guarded("sign_of", pieces.sign_of)
CODE_OF = _guarded("code_of", pieces.code_of, _N)
FIXED = _guarded("fixed", patterns.fixed)
ENCODE_URI = _guarded("encode_uri", uri.encode)
DECODE_URI = _guarded("decode_uri", uri.decode)

_text = Parameter("text", (_T,))
_part = Parameter("part", (_T,))
_new = Parameter("new", (_T,))
_count = Parameter("count", (_N,))
_nth = Parameter("occurrence", (_N,), Decimal(1))
_function = family("text")


def _with(primitive: Primitive, kept: str) -> Signature:
    """A primitive with a set of characters as its second argument."""
    return made(_T, lambda nodes: Call(primitive, (nodes[0], Constant(kept or None, _T)), _T), _text)


def _without_breaks(nodes: tuple[Node, ...]) -> Node:
    text = nodes[0]
    for sign in "\r\n":
        text = Call(SUBSTITUTE, (text, Constant(sign, _T), Constant(None, _T)), _T)
    return Call(LENGTH, (text,), _N)


FUNCTIONS = (
    _function(
        "SEARCH",
        ("搜索",),
        "SEARCH(part, text, [start])",
        "首次出现的位置，不分大小写；没有则为空。不支持通配符。",
        "The place of the first occurrence whatever the case; blank if there is none. There are no wildcards.",
        {'SEARCH("E", "Statements", 6)': "7", 'SEARCH("x", "abc")': "blank"},
        made(
            _N,
            lambda n: Call(FIND, (Call(LOWER, (n[0],), _T), Call(LOWER, (n[1],), _T), n[2]), _N),
            _part,
            _text,
            Parameter("start", (_N,), Decimal(1)),
        ),
    ),
    _function(
        "REPLACE",
        ("替换位置",),
        "REPLACE(text, start, count, new)",
        "把从第 start 个字符起的 count 个换成新文本。",
        "Replaces so many characters from a place on, counted from 1.",
        {'REPLACE("abcdefghijk", 6, 5, "*")': '"abcde*k"', 'REPLACE("13800001234", 4, 4, "****")': '"138****1234"'},
        one(REPLACE, _T, _text, Parameter("start", (_N,)), _count, _new),
    ),
    _function(
        "REPT",
        ("重复",),
        "REPT(text, count)",
        "重复若干次，结果最多 10,000 个字符。",
        "The text so many times, at most 10,000 characters.",
        {'REPT("*-", 3)': '"*-*-*-"', 'REPT("a", 0)': "blank"},
        one(REPEAT, _T, _text, _count),
    ),
    _function(
        "PROPER",
        ("首字母大写",),
        "PROPER(text)",
        "每个单词首字母大写，其余小写。",
        "A capital letter at the beginning of each word, small ones after it.",
        {'PROPER("this is a TITLE")': '"This Is A Title"', 'PROPER("76BudGet")': '"76Budget"'},
        one(PROPER, _T, _text),
    ),
    _function(
        "TEXTBEFORE",
        ("取之前",),
        "TEXTBEFORE(text, part, [occurrence])",
        "分隔文字之前的部分；第几次出现，负数从后数起；没有则为空。",
        "What stands before a part; before which occurrence, from the end if negative. Blank if there is none.",
        {'TEXTBEFORE("li@example.com", "@")': '"li"', 'TEXTBEFORE("a-b-c", "-", -1)': '"a-b"'},
        one(BEFORE, _T, _text, _part, _nth),
    ),
    _function(
        "TEXTAFTER",
        ("取之后",),
        "TEXTAFTER(text, part, [occurrence])",
        "分隔文字之后的部分；第几次出现，负数从后数起；没有则为空。",
        "What stands after a part; after which occurrence, from the end if negative. Blank if there is none.",
        {'TEXTAFTER("li@example.com", "@")': '"example.com"', 'TEXTAFTER("a/b/c.txt", "/", -1)': '"c.txt"'},
        one(AFTER, _T, _text, _part, _nth),
    ),
    _function(
        "TEXTBETWEEN",
        ("取中间",),
        "TEXTBETWEEN(text, start, end)",
        "两段文字之间的内容，取第一处；没有则为空。",
        "What stands between two parts, the first time; blank if they are not there.",
        {'TEXTBETWEEN("合同[HT-01]正本", "[", "]")': '"HT-01"'},
        one(BETWEEN, _T, _text, Parameter("start", (_T,)), Parameter("end", (_T,))),
    ),
    _function(
        "TEXTJOIN",
        ("连接文本",),
        "TEXTJOIN(separator, skip_blank, text, …)",
        "用分隔符连接各文本；第二个参数为 TRUE 时略过空的。",
        "Texts with a separator between them; blanks are left out if the second argument is TRUE.",
        {'TEXTJOIN("-", TRUE, "a", "", "b")': '"a-b"', 'TEXTJOIN("-", FALSE, "a", "", "b")': '"a--b"'},
        one(TEXT_JOIN, _T, Parameter("separator", (_T,)), Parameter("skip_blank", (_B,)), _text, rest=_text),
    ),
    _function(
        "EXACT",
        ("完全相同",),
        "EXACT(a, b)",
        "两个文本是否完全相同，区分大小写；同 =。",
        "Whether two texts are equal, case included; the same as =.",
        {'EXACT("Word", "word")': "FALSE", 'EXACT("word", "word")': "TRUE"},
        one(EQUAL, _B, Parameter("a", (_T,)), Parameter("b", (_T,))),
    ),
    _function(
        "STRREVERSE",
        ("反转", "REVERSE"),
        "STRREVERSE(text)",
        "文本倒序。",
        "The characters from the last to the first.",
        {'STRREVERSE("abc")': '"cba"'},
        one(REVERSE, _T, _text),
    ),
    _function(
        "CLEAN",
        ("去控制符",),
        "CLEAN(text)",
        "去掉换行、制表符等控制字符。",
        "Without line breaks, tabulators and other control characters.",
        {'CLEAN("a" & CHAR(10) & "b")': '"ab"'},
        one(CLEAN, _T, _text),
    ),
    _function(
        "NOSPACE",
        ("去全部空格",),
        "NOSPACE(text)",
        "去掉所有空白，含全角空格和换行。",
        "Without any space, wide ones and line breaks included.",
        {'NOSPACE(" 138 0000　1234 ")': '"13800001234"'},
        one(WITHOUT_SPACES, _T, _text),
    ),
    _function(
        "COUNTCHAR",
        ("字符数",),
        "COUNTCHAR(text)",
        "字符数，换行不计。",
        "The number of characters without line breaks.",
        {'COUNTCHAR("a" & CHAR(10) & "bc")': "3"},
        made(_N, _without_breaks, _text),
    ),
    _function(
        "CHAR",
        ("字符", "UNICHAR"),
        "CHAR(number)",
        "编号对应的字符（Unicode），如 CHAR(10) 是换行；没有则为空。",
        "The character with this number in Unicode, such as CHAR(10) for a line break; blank if there is none.",
        {"CHAR(65)": '"A"', "CHAR(26007)": '"斗"', "CHAR(0)": "blank"},
        one(SIGN_OF, _T, Parameter("number", (_N,))),
    ),
    _function(
        "CODE",
        ("字符编号", "UNICODE"),
        "CODE(text)",
        "首字符的编号（Unicode）。",
        "The number of the first character in Unicode.",
        {'CODE("A")': "65", 'CODE("斗拱")': "26007"},
        one(CODE_OF, _N, _text),
    ),
    _function(
        "FIXED",
        ("定长小数",),
        "FIXED(number, [places], [no_commas])",
        "四舍五入到几位小数（默认 2）的文本，带千分位；第三个参数为 TRUE 时不带。",
        "A number as text with so many places (2 by default) and commas; without them if the third argument is TRUE.",
        {"FIXED(1234.567, 1)": '"1,234.6"', "FIXED(1234.567, 2, TRUE)": '"1234.57"', "FIXED(44.332)": '"44.33"'},
        one(
            FIXED,
            _T,
            Parameter("number", (_N,)),
            Parameter("places", (_N,), Decimal(2)),
            Parameter("no_commas", (_B,), False),
        ),
    ),
    _function(
        "ISNUMBER",
        ("是数字",),
        "ISNUMBER(value)",
        "文本能否读作数字；对数字则是是否不为空。",
        "Whether a text writes a number; of a number, whether it is not blank.",
        {'ISNUMBER("12.5")': "TRUE", 'ISNUMBER("十二")': "FALSE", "ISNUMBER(amount)": "TRUE"},
        made(_B, lambda n: Call(IS_PRESENT, (Call(TO_NUMBER, n, _N),), _B), _text),
        one(IS_PRESENT, _B, Parameter("number", (_N,))),
    ),
    _function(
        "ENCODEURI",
        ("网址编码",),
        "ENCODEURI(text)",
        "整个网址的编码，保留 : / ? & 等。",
        "A whole web address, escaped; : / ? & and the like stay.",
        {'ENCODEURI("https://example.com/斗?a=1")': '"https://example.com/%E6%96%97?a=1"'},
        _with(ENCODE_URI, uri.WHOLE),
    ),
    _function(
        "ENCODEURICOMPONENT",
        ("参数编码", "ENCODEURL"),
        "ENCODEURICOMPONENT(text)",
        "网址中一个参数值的编码。",
        "One value inside a web address, escaped.",
        {'ENCODEURICOMPONENT("a&b=斗")': '"a%26b%3D%E6%96%97"'},
        _with(ENCODE_URI, uri.PART),
    ),
    _function(
        "DECODEURI",
        ("网址解码",),
        "DECODEURI(text)",
        "网址解码，: / ? & 等的编码保留；不成文本则为空。",
        "The opposite of ENCODEURI; escapes of : / ? & and the like stay. Blank if no text comes out.",
        {'DECODEURI("%E6%96%97%26")': '"斗%26"'},
        _with(DECODE_URI, uri.RESERVED),
    ),
    _function(
        "DECODEURICOMPONENT",
        ("参数解码",),
        "DECODEURICOMPONENT(text)",
        "参数值解码；不成文本则为空。",
        "The opposite of ENCODEURICOMPONENT; blank if no text comes out.",
        {'DECODEURICOMPONENT("a%26%E6%96%97")': '"a&斗"', 'DECODEURICOMPONENT("%E6")': "blank"},
        _with(DECODE_URI, ""),
    ),
)
