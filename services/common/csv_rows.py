"""CSV as spreadsheets read it, in which no text becomes a formula. Source of the format: RFC 4180. Pure."""

import csv
import io
from collections.abc import Iterable, Sequence

BOM = b"\xef\xbb\xbf"

# A spreadsheet takes a cell that begins so for a formula, which can run programs and send what is in the sheet away.
# Source: https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def csv_lines(rows: Iterable[Sequence[object]]) -> bytes:
    """Returns rows as CSV in UTF-8. None is an empty cell; a text that looks like a formula gets a `'` before it."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue().encode()


def _cell(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
