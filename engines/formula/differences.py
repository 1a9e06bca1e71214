"""Where functions with Excel's names differ from Excel on purpose; the documentation lists them in one table."""

DIFFERENCES: dict[str, dict[str, str]] = {
    "*": {
        "en": "There are no error values: what cannot be computed is blank, and so is what an error in Excel would be.",
        "zh-CN": "没有错误值：算不出来就是空，Excel 报错之处这里也是空。",
    },
    "+": {
        "en": "blank + blank is blank, not 0; `*` and `/` with a blank are blank, not 0. Numbers have 12 exact decimal"
        " places instead of 15 binary digits.",
        "zh-CN": "空 + 空为空而不是 0；`*` `/` 有空则为空而不是 0。数字是精确的 12 位小数，不是 15 位二进制精度。",
    },
    "&": {
        "en": "Joins texts only; numbers and dates need TEXT.",
        "zh-CN": "只连接文本；数字和日期先用 TEXT 转换。",
    },
    "=": {
        "en": "Texts are compared with regard to case, blank is equal to blank only (not to 0), and values of different"
        " types cannot be compared.",
        "zh-CN": "比较文本区分大小写；空只等于空，不等于 0；不同类型不能比较。",
    },
    "AVERAGE": {"en": "Of nothing: blank instead of an error.", "zh-CN": "没有值时为空，Excel 报错。"},
    "MIN": {"en": "MIN and MAX of nothing: blank instead of 0.", "zh-CN": "没有值时 MIN、MAX 为空，Excel 为 0。"},
    "COUNT": {
        "en": "Counts every value that is not blank, as Excel's COUNTA; not numbers only.",
        "zh-CN": "数所有不为空的值，同 Excel 的 COUNTA，不只数数字。",
    },
    "COUNTIF": {
        "en": 'COUNTIF and SUMIF take a row condition instead of a criterion in a text such as ">5".',
        "zh-CN": 'COUNTIF、SUMIF 的条件写成行表达式，不写成 ">5" 这样的文本。',
    },
    "CEILING": {
        "en": "CEILING and FLOOR: the step must be positive; they round up or down on the number line also below zero.",
        "zh-CN": "CEILING、FLOOR 的步长须为正；负数也按数轴向上、向下取。",
    },
    "POWER": {
        "en": "0 to the power 0 is blank. Whole exponents up to 1000 are exact.",
        "zh-CN": "0 的 0 次方为空。1000 以内的整数指数精确计算。",
    },
    "EXP": {
        "en": "EXP, LN, LOG, SQRT and the angles are rounded to 12 places.",
        "zh-CN": "EXP、LN、LOG、SQRT 与三角函数的结果四舍五入到 12 位小数。",
    },
    "PI": {"en": "Has 12 decimal places.", "zh-CN": "12 位小数。"},
    "NORM_S_DIST": {
        "en": "Excel's NORM.S.DIST; the second argument may be left out.",
        "zh-CN": "即 Excel 的 NORM.S.DIST；第二个参数可省略。",
    },
    "RAND": {
        "en": "RAND and RANDBETWEEN are drawn once, in default values; they never change afterwards.",
        "zh-CN": "RAND、RANDBETWEEN 只在默认值中取一次，之后不变。",
    },
    "FIND": {
        "en": "Blank if there is nothing to find; a blank part is never found (Excel: at 1).",
        "zh-CN": "找不到为空；空文本找不到（Excel 得 1）。",
    },
    "SEARCH": {"en": "As FIND, and without the wildcards * and ?.", "zh-CN": "同 FIND，且不支持通配符 * 和 ?。"},
    "TRIM": {
        "en": "Removes the spaces at both ends, wide ones included; those inside stay as they are.",
        "zh-CN": "去掉两端空白（含全角），中间的空白不变。",
    },
    "UPPER": {
        "en": "UPPER, LOWER and PROPER change letter for letter: ß stays ß.",
        "zh-CN": "UPPER、LOWER、PROPER 一个字母对一个字母：ß 不变。",
    },
    "LEN": {
        "en": "Characters are code points: an emoji counts 1 (Excel: 2).",
        "zh-CN": "按 Unicode 字符计：一个表情算 1（Excel 算 2）。",
    },
    "CHAR": {
        "en": "CHAR and CODE use Unicode numbers, as Excel's UNICHAR and UNICODE.",
        "zh-CN": "CHAR、CODE 用 Unicode 编号，同 Excel 的 UNICHAR、UNICODE。",
    },
    "REPT": {
        "en": "A text has at most 10,000 characters; what is beyond is cut off (Excel: an error beyond 32,767).",
        "zh-CN": "文本最长 10,000 字，超出截断（Excel 超过 32,767 报错）。",
    },
    "TEXT": {
        "en": "The pattern is a literal of 0 # , . % and y m d h s; no conditions, colours or scientific notation.",
        "zh-CN": "格式须直接写出，由 0 # , . % 和 y m d h s 组成；不支持条件、颜色和科学计数法。",
    },
    "VALUE": {
        "en": "Reads digits, commas, point and percent sign; no currency signs, dates or exponents.",
        "zh-CN": "识别数字、千分位、小数点和百分号；不识别货币符号、日期和指数。",
    },
    "TEXTBEFORE": {
        "en": "TEXTBEFORE and TEXTAFTER take text, part and occurrence only.",
        "zh-CN": "TEXTBEFORE、TEXTAFTER 只有文本、分隔文字、第几次三个参数。",
    },
    "SPLIT": {
        "en": "Gives a list without empty parts (Excel's TEXTSPLIT fills cells).",
        "zh-CN": "得到列表，空的部分略过（Excel 的 TEXTSPLIT 填入单元格）。",
    },
    "INDEX": {
        "en": "Takes a list and a place; negative places count from the end.",
        "zh-CN": "参数是列表和位置；负数从后数起。",
    },
    "ISNUMBER": {
        "en": "Of a text: whether VALUE can read it (Excel: always FALSE).",
        "zh-CN": "对文本判断 VALUE 能否读作数字（Excel 总是 FALSE）。",
    },
    "ISBLANK": {"en": "Empty text is blank.", "zh-CN": "空文本也是空。"},
    "IF": {
        "en": "Without a third argument blank instead of FALSE; both results have one type.",
        "zh-CN": "没有第三个参数时为空而不是 FALSE；两个结果须同一类型。",
    },
    "IFERROR": {
        "en": "Gives the second value where the first is blank; may take more values.",
        "zh-CN": "第一个值为空时取第二个；可以有更多个。",
    },
    "DATE": {
        "en": "A day that does not exist is blank (Excel carries over); also takes a text or an instant. Dates are not"
        " numbers, and there is no 29 February 1900.",
        "zh-CN": "不存在的日期为空（Excel 会顺延）；也可由文本或时间得到。日期不是数字，也没有 1900 年 2 月 29 日。",
    },
    "WEEKDAY": {
        "en": "Without a type Monday is 1 and Sunday 7 (Excel: Sunday is 1). With a type as in Excel.",
        "zh-CN": "不写 type 时周一为 1、周日为 7（Excel 周日为 1）；写了 type 同 Excel。",
    },
    "DATEDIF": {
        "en": 'Backwards it is negative (Excel: an error). "md" is never negative: days since the last complete month.',
        "zh-CN": '反向为负（Excel 报错）。"md" 是满月之后的天数，不会出现负数。',
    },
    "DAYS": {"en": "Takes dates, not texts.", "zh-CN": "参数是日期，不是文本。"},
    "HOUR": {
        "en": "HOUR, MINUTE and SECOND take instants, read in the workspace's zone.",
        "zh-CN": "HOUR、MINUTE、SECOND 的参数是时间，按工作区时区取。",
    },
    "TODAY": {
        "en": "TODAY and NOW follow the workspace's zone, are fixed once per transaction, refused in stored formulas.",
        "zh-CN": "TODAY、NOW 按工作区时区，同一事务内不变，不能用在存储公式中。",
    },
}
"""Function or operator -> how it differs, in both languages; `*` is about all of them."""

_HEADS = {"en": ("Function", "Here"), "zh-CN": ("函数", "这里")}
_ALL = {"en": "everything", "zh-CN": "全部"}


def differences(locale: str) -> str:
    """The table of differences for the documentation."""
    rows = [f"| {_ALL[locale] if key == '*' else f'`{key}`'} | {text[locale]} |" for key, text in DIFFERENCES.items()]
    return "\n".join([f"| {' | '.join(_HEADS[locale])} |", "|---|---|", *rows]) + "\n"
