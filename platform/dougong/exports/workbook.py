"""A workbook (.xlsx) written line by line in one pass: constant memory, no parts on disk, texts that stay texts.

Own code because web processes answer small exports at once and carry no spreadsheet library (DESIGN D17); it writes the
few parts of the format (ECMA-376) that a plain table needs.
"""

import re
import zipfile
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import IO, Final

from engines.form.exporting import Cell
from engines.form.fields.money import SYMBOLS, Amount

SHEET_LINES: Final = 1_048_576
SHEET_BYTES: Final = 3 << 29
"""A sheet of so many bytes is followed by a next one: larger parts need an archive that not every reader opens."""
LONGEST: Final = 32_767
"""Characters that a cell holds."""
EXACT_DIGITS: Final = 15
"""Numbers are binary; longer ones stay whole as texts."""
FIRST_DAY: Final = date(1900, 3, 1)
"""From here on workbooks count days without their famous mistake; earlier ones are texts."""
_ZERO: Final = date(1899, 12, 30)
_MIDNIGHT: Final = datetime(1899, 12, 30)  # noqa: DTZ001 - a workbook's moments have no zone
_DAY: Final = timedelta(days=1)
_COMPRESSION: Final = 3
_FLUSH: Final = 1 << 18
_OWN_FORMATS: Final = 164
"""The first number of a format that is not built in."""
_ODD: Final = re.compile(r"[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml"


class Workbook:
    """A table with a bold head that stays in sight. `formats` are those of the columns' numbers and days.

    A full sheet is followed by a next one with the same head. `cut` counts the texts that a cell could not hold whole.
    """

    def __init__(self, file: IO[bytes], heads: Sequence[str], formats: Sequence[str]) -> None:
        self.cut = 0
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=_COMPRESSION)
        self._heads = list(heads)
        self._kinds = list(dict.fromkeys(formats))
        self._formats = list(formats)
        self._styles = [2 + self._kinds.index(one) for one in formats]
        self._letters = [_letters(place) for place in range(len(heads))]
        self._sheets = 0
        self._parts: list[str] = []
        self._begin()

    def line(self, cells: Sequence[Cell]) -> None:
        """One more line."""
        if self._row >= SHEET_LINES or self._size > SHEET_BYTES:
            self._end()
            self._begin()
        self._row += 1
        row = str(self._row)
        found = [f'<row r="{row}">']
        for place, cell in enumerate(cells):
            if cell is not None and cell != "":
                style = self._money(cell, place) if isinstance(cell, Amount) else self._styles[place]
                found.append(self._cell(f"{self._letters[place]}{row}", cell, style))
        found.append("</row>")
        self._put("".join(found))

    def close(self) -> None:
        """Write the parts that tell of the sheets; the file itself stays open."""
        self._end()
        sheets = range(1, self._sheets + 1)
        listed = "".join(f'<sheet name="Sheet{one}" sheetId="{one}" r:id="rId{one}"/>' for one in sheets)
        told = "".join(
            f'<Override PartName="/xl/worksheets/sheet{one}.xml" ContentType="{_TYPE}.worksheet+xml"/>'
            for one in sheets
        )
        links = "".join(
            f'<Relationship Id="rId{one}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{one}.xml"/>'
            for one in sheets
        )
        links += f'<Relationship Id="rId{self._sheets + 1}" Type="{_OFFICE}/styles" Target="styles.xml"/>'
        parts = {
            "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{listed}</sheets></workbook>',
            "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">{links}</Relationships>',
            "xl/styles.xml": self._style_part(),
            "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1"'
            f' Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
            "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels"'
            f' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
            f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/>{told}</Types>',
        }
        for name, text in parts.items():
            self._zip.writestr(name, _HEAD + text)
        self._zip.close()

    def drop(self) -> None:
        """Let go of a workbook that comes to nothing."""
        self._sheet.close()
        self._zip.close()

    def _begin(self) -> None:
        self._sheets += 1
        self._sheet = self._zip.open(f"xl/worksheets/sheet{self._sheets}.xml", "w")
        self._size, self._row = 0, 1
        widths = "".join(
            f'<col min="{place}" max="{place}" width="{_width(head)}" customWidth="1"/>'
            for place, head in enumerate(self._heads, start=1)
        )
        selected = ' tabSelected="1"' if self._sheets == 1 else ""
        self._put(
            f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView{selected} workbookViewId="0">'
            f'<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
            f'<cols>{widths}</cols><sheetData><row r="1">'
        )
        places = zip(self._letters, self._heads, strict=True)
        self._put("".join(self._text(f"{letters}1", head, 1) for letters, head in places) + "</row>")

    def _end(self) -> None:
        self._put("</sheetData></worksheet>")
        self._flush()
        self._sheet.close()

    def _put(self, text: str) -> None:
        self._parts.append(text)
        self._size += len(text)
        if len(self._parts) >= _FLUSH >> 9:
            self._flush()

    def _flush(self) -> None:
        self._sheet.write("".join(self._parts).encode())
        self._parts.clear()

    def _money(self, cell: Amount, place: int) -> int:
        """The style of an amount whose record says the currency: cells of one column may count different ones."""
        shown = currency_format(self._formats[place], cell)
        if shown not in self._kinds:
            self._kinds.append(shown)
        return 2 + self._kinds.index(shown)

    def _cell(self, place: str, cell: Cell, style: int) -> str:
        if isinstance(cell, str):
            return self._text(place, cell, 0)
        if isinstance(cell, bool):
            return f'<c r="{place}" t="b"><v>{cell:d}</v></c>'
        if isinstance(cell, date):
            day = cell.date() if isinstance(cell, datetime) else cell
            if day < FIRST_DAY:
                return self._text(place, str(cell), 0)
            count = (cell - _MIDNIGHT) / _DAY if isinstance(cell, datetime) else (day - _ZERO).days
            return f'<c r="{place}" s="{style}"><v>{count!r}</v></c>'
        number = f"{cell:f}"
        if len(Decimal(cell or 0).as_tuple().digits) > EXACT_DIGITS:
            return self._text(place, number, 0)
        return f'<c r="{place}" s="{style}"><v>{number}</v></c>'

    def _text(self, place: str, text: str, style: int) -> str:
        if len(text) > LONGEST:
            text = text[:LONGEST]
            self.cut += 1
        if "&" in text or "<" in text or ">" in text:
            text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        if _ODD.search(text):
            text = _ODD.sub(lambda found: f"_x{ord(found[0]):04X}_", text)
        return f'<c r="{place}" s="{style}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'

    def _style_part(self) -> str:
        own = list(enumerate(self._kinds, start=_OWN_FORMATS))
        formats = "".join(
            f'<numFmt numFmtId="{number}" formatCode="{code.replace("&", "&amp;").replace(chr(34), "&quot;")}"/>'
            for number, code in own
        )
        cells = '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
        cells += '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>'
        cells += "".join(
            f'<xf numFmtId="{number}" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
            for number, _ in own
        )
        font = '<sz val="11"/><name val="Calibri"/>'
        return (
            f'<styleSheet xmlns="{_MAIN}"><numFmts count="{len(own)}">{formats}</numFmts>'
            f'<fonts count="2"><font>{font}</font><font><b/>{font}</font></fonts>'
            '<fills count="2"><fill><patternFill patternType="none"/></fill>'
            '<fill><patternFill patternType="gray125"/></fill></fills>'
            '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
            '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
            f'<cellXfs count="{2 + len(own)}">{cells}</cellXfs></styleSheet>'
        )


def _letters(place: int) -> str:
    """The name of a column: 0 is A, 26 is AA."""
    found = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        found = chr(65 + rest) + found
    return found


def _width(head: str) -> int:
    return max(12, min(40, 4 + sum(2 if ord(sign) > 255 else 1 for sign in head)))


def currency_format(plain: str, amount: Amount) -> str:
    """How an amount is shown beside others in other currencies: its sign, and the decimals of its currency."""
    shown = plain
    if amount.digits is not None:
        shown = plain.partition(".")[0] + ("." + "0" * amount.digits if amount.digits else "")
    return f"[${SYMBOLS.get(amount.currency, amount.currency + ' ')}]{shown}"
