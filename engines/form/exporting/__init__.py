"""The records of a list as lines of cells: which columns, which records in which order, and the cells themselves.

The host writes the file; its layout is the one that `engines.form.importing` reads: heads by label, one line for each
record, and with rows of sub-forms a further line for each further row.
"""

from engines.form.exporting.columns import ExportColumn, export_columns, offered
from engines.form.exporting.lines import Cell, count_lines, export_lines

__all__ = ["Cell", "ExportColumn", "count_lines", "export_columns", "export_lines", "offered"]
