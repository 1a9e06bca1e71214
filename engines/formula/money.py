"""Amounts in capital Chinese characters, as contracts and cheques show them."""

from decimal import Decimal

from engines.formula.numbers import round_half

DIGITS = "零壹贰叁肆伍陆柒捌玖"
PLACES = ("", "拾", "佰", "仟")
TWO = Decimal(2)


def rmb(value: Decimal | None) -> str | None:
    """`壹佰贰拾元伍角整`: rounded to fen; blank from ten quadrillion yuan on."""
    rounded = round_half(value, TWO)
    if rounded is None or abs(rounded) >= Decimal(10) ** 16:
        return None
    yuan, _, rest = format(abs(rounded), ".2f").partition(".")
    text = _whole(yuan)
    jiao, fen = int(rest[0]), int(rest[1])
    if jiao == fen == 0:
        text = (text or "零") + "元整"
    else:
        text += "元" if text else ""
        text += DIGITS[jiao] + "角" if jiao else "零" if text else ""
        text += DIGITS[fen] + "分" if fen else "整"
    return ("负" if rounded < 0 else "") + text


def _whole(digits: str) -> str:
    """Groups of four digits; a gap of zeros is read as one."""
    digits = digits.rjust(16, "0")
    text, gap = "", False
    for place, sign in enumerate(digits):
        if sign != "0":
            text += ("零" if gap else "") + DIGITS[int(sign)] + PLACES[3 - place % 4]
            gap = False
        elif text:
            gap = True
        group = place // 4
        if place % 4 == 3 and digits[group * 4 : group * 4 + 4] != "0000":
            text += ("万" if digits[4:8] != "0000" else "万亿", "亿", "万", "")[group]
    return text
