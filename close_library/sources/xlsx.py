"""A sheet of a workbook as text: every cell is the decimal text that the file stores, dates by their style."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation

import pyarrow as pa

from close_library.sources.extract import RawFile, TextRows
from close_library.sources.faults import FileFaults, shown
from close_library.sources.workbook import Cell, Workbook, WorkbookError, open_archive, read_workbook, rows
from close_library.tables import TABLES, Column

_BATCH = 10_000
_SECONDS = 86_400
_EXCEL_DIGITS = Context(prec=15, rounding=ROUND_HALF_EVEN)
_PLACES = {"money": 4, "rate": 12, "quantity": 6, "int": 0}


def read_sheet(raw: RawFile, faults: FileFaults) -> TextRows | None:
    """The rows of a sheet as text; None when it can't be read, and the faults say why."""
    try:
        sheet = _Sheet(raw, faults)
        header = sheet.header()
    except WorkbookError as error:
        _say_damaged(faults, error)
        return None
    if header is None:
        faults.add(
            None,
            "",
            "an empty sheet",
            "a header row with the names of the columns",
            "write the header, or delete the sheet if the company has none of it",
        )
        return None
    line, names = header
    schema = pa.schema([*((f"c{n}", pa.string()) for n in range(len(names))), ("line", pa.int64())])
    reader = pa.RecordBatchReader.from_batches(schema, sheet.batches(names, schema))
    return TextRows(names, reader, line, sheet.notices)


def _say_damaged(faults: FileFaults, error: WorkbookError) -> None:
    faults.add(None, "", str(error), "an Excel workbook", "open it and save it again as .xlsx")


class _Sheet:
    """One sheet being read."""

    def __init__(self, raw: RawFile, faults: FileFaults) -> None:
        self.raw = raw
        self.faults = faults
        self.notices: list[str] = []
        self.shortened = 0
        self.table = TABLES[raw.table]
        with open_archive(raw.path) as archive:
            self.workbook: Workbook = read_workbook(archive)

    def header(self) -> tuple[int, tuple[str, ...]] | None:
        """The number of the first filled row, and the names that stand in it."""
        with open_archive(self.raw.path) as archive:
            for number, cells in rows(archive, self.raw.sheet, self.workbook):
                names = [""] * (cells[-1].column + 1)
                for cell in cells:
                    names[cell.column] = cell.text.strip()
                return number, tuple(names)
        return None

    def batches(self, names: tuple[str, ...], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        """All rows below the header in batches; what SQL can't see in the text goes to the faults here."""
        columns = [self.table.column(name) for name in names]
        lines: list[int] = []
        texts: list[list[str | None]] = []
        try:
            with open_archive(self.raw.path) as archive:
                found = rows(archive, self.raw.sheet, self.workbook)
                next(found, None)
                for number, cells in found:
                    texts.append(self._row(number, cells, names, columns))
                    lines.append(number)
                    if len(lines) == _BATCH:
                        yield _batch(lines, texts, schema)
                        lines, texts = [], []
        except WorkbookError as error:
            _say_damaged(self.faults, error)
        if self.shortened:
            self.notices.append(f"{self.shortened} numbers that Excel stores with 17 digits read at its 15")
        if lines:
            yield _batch(lines, texts, schema)

    def _row(
        self, number: int, cells: list[Cell], names: tuple[str, ...], columns: list[Column | None]
    ) -> list[str | None]:
        texts: list[str | None] = [None] * len(names)
        for cell in cells:
            if cell.column >= len(names):
                self.faults.add(
                    number,
                    f"column {cell.column + 1}",
                    shown(cell.text),
                    "no cell right of the header",
                    "name the column, or empty the cell",
                    position=cell.column,
                )
                continue
            column = columns[cell.column]
            fault = _fault(cell, column)
            if fault:
                self.faults.add(number, names[cell.column], *fault, position=cell.column)
            # A cell reported here must not be reported again as empty or as the wrong type.
            texts[cell.column] = _placeholder(column) if fault else self._text(cell, column)
        return texts

    def _text(self, cell: Cell, column: Column | None) -> str:
        if cell.kind == "b":
            return "true" if cell.text == "1" else "false"
        if cell.kind == "d" and column is not None and column.type == "date":
            return cell.text.removesuffix("Z").removesuffix("T00:00:00")
        if cell.kind != "n":
            return cell.text
        if cell.is_date and (column is None or column.type not in _PLACES):
            return _moment(cell.text, self.workbook.from_1904, column)
        plain = _plain(cell.text)
        places = _PLACES.get(column.type) if column else None
        if places is None or _decimals(plain) <= places:
            return plain
        # Excel computes with 15 digits and stores 1.1 as 1.1000000000000001.
        short = _plain(str(_EXCEL_DIGITS.plus(Decimal(cell.text)))).rstrip("0")
        if len(Decimal(cell.text).as_tuple().digits) > 15 and _decimals(short) <= places:
            self.shortened += 1
            return short.removesuffix(".")
        return plain


def _batch(lines: list[int], texts: list[list[str | None]], schema: pa.Schema) -> pa.RecordBatch:
    columns = [pa.array(column, pa.string()) for column in zip(*texts, strict=True)]
    return pa.RecordBatch.from_arrays([*columns, pa.array(lines, pa.int64())], schema=schema)


def _plain(text: str) -> str:
    """A stored number in plain digits: `1E-4` is 0.0001."""
    try:
        return format(Decimal(text), "f")
    except InvalidOperation:
        return text


def _decimals(text: str) -> int:
    """Digits after the point, without needless zeros."""
    return len(text.partition(".")[2].rstrip("0"))


def _fault(cell: Cell, column: Column | None) -> tuple[str, str, str] | None:
    """What is wrong with a cell beyond its text: its kind."""
    if column is None:
        return None
    if cell.kind == "e":
        return f"the error {cell.text}", column.expected, "correct the formula"
    if cell.kind == "f":
        return "a formula without a result", column.expected, "open the workbook in Excel and save it"
    if column.type == "text" and cell.kind in ("n", "b", "d"):
        what = "a date" if cell.is_date else "true or false" if cell.kind == "b" else "a number"
        return (
            f"{what}, not text: {shown(cell.text)}",
            column.expected,
            ("format the column as text and enter the value again, so that 0123 stays 0123"),
        )
    if cell.kind == "b" and column.type != "bool":
        return "true or false", column.expected, "enter the value"
    if cell.kind == "n" and column.type in ("date", "timestamp") and not cell.is_date:
        return (
            f"the number {shown(cell.text)}",
            column.expected,
            "format the cell as a date, or write YYYY-MM-DD as text",
        )
    if cell.is_date and column.type not in ("date", "timestamp", "text"):
        return "a date", column.expected, "format the cell as a number and enter the value again"
    return None


def _placeholder(column: Column | None) -> str | None:
    assert column is not None
    if column.optional:
        return None
    good = {"date": "2000-01-01", "timestamp": "2000-01-01T00:00:00Z", "bool": "true", "text": "x", "rate": "1"}
    return column.words[0] if column.words else good.get(column.type, "0")


def _moment(text: str, from_1904: bool, column: Column | None) -> str:
    """A serial number as an ISO date, or an ISO time where it has hours or the column is a timestamp."""
    serial = Decimal(text)
    day = int(serial)
    # Excel's 1900 has a 29 February that never was: serials from 61 on are one too high.
    first = date(1904, 1, 1) if from_1904 else date(1899, 12, 30) if day >= 61 else date(1899, 12, 31)
    seconds = int(((serial - day) * _SECONDS).to_integral_value())
    try:
        moment = first + timedelta(days=day, seconds=0)
    except OverflowError:
        return text
    if seconds == 0 and (column is None or column.type == "date"):
        return moment.isoformat()
    moment += timedelta(days=seconds // _SECONDS)
    hours, rest = divmod(seconds % _SECONDS, 3600)
    return f"{moment.isoformat()}T{hours:02}:{rest // 60:02}:{rest % 60:02}"
