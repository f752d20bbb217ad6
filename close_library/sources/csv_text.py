"""Comma-separated text, read exactly: every record with the line where it begins, and every fault of form.

Two readers give the same rows. The exact one (Python's csv module, strict) copes with quotes, blank lines
and any line end. The fast one (pyarrow) is used where the bytes prove that each line is one record.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv

from close_library.sources.extract import RawFile, TextRows
from close_library.sources.faults import FileFaults, shown
from close_library.sources.scan import open_bytes, scan

_BATCH = 20_000
_BLOCK = 1 << 20


def read_csv(raw: RawFile, faults: FileFaults) -> TextRows | None:
    """The rows of a .csv or .csv.gz file as text; None when it can't be read, and the faults say why."""
    scanned = scan(raw, faults)
    if scanned is None:
        return None
    header = _header(raw, faults)
    if header is None:
        return None
    names, line = header
    return _fast(raw, names, faults) if scanned.plain else _exact(raw, names, line, faults)


def _header(raw: RawFile, faults: FileFaults) -> tuple[tuple[str, ...], int] | None:
    """The names of the columns, and the line where they stand."""
    with _text(raw) as stream:
        reader = csv.reader(stream, strict=True)
        names, line = None, 1
        try:
            for record in reader:
                if record:
                    names = record
                    break
                line = reader.line_num + 1
        except csv.Error as error:
            _say_broken(faults, line, error)
            return None
    if names is None:
        faults.add(None, "", "only empty lines", "a header line with the names of the columns", "write the header")
        return None
    separator = next((s for s in ";\t|" if len(names) == 1 and s in names[0]), "")
    if separator:
        word = {"\t": "tabs", ";": "semicolons", "|": "bars"}[separator]
        faults.add(
            line,
            "",
            f"columns separated by {word}",
            "columns separated by commas",
            "export the file with commas, and a point before decimals",
        )
        return None
    return tuple(name.strip() for name in names), line


def _text(raw: RawFile) -> io.TextIOWrapper:
    # utf-8-sig drops a byte order mark; newline="" leaves line ends to the csv module.
    return io.TextIOWrapper(open_bytes(raw.path), encoding="utf-8-sig", newline="")


def _schema(width: int) -> pa.Schema:
    return pa.schema([*((f"c{n}", pa.string()) for n in range(width)), ("line", pa.int64())])


def _exact(raw: RawFile, names: tuple[str, ...], header_line: int, faults: FileFaults) -> TextRows:
    notices: list[str] = []
    schema = _schema(len(names))
    records = _records(raw, len(names), faults, notices)
    batches = (_batch(lines, rows, schema) for lines, rows in records)
    return TextRows(names, pa.RecordBatchReader.from_batches(schema, batches), header_line, notices)


def _batch(lines: list[int], rows: list[list[str]], schema: pa.Schema) -> pa.RecordBatch:
    columns = [pa.array(column, pa.string()) for column in zip(*rows, strict=True)]
    return pa.RecordBatch.from_arrays([*columns, pa.array(lines, pa.int64())], schema=schema)


def _records(
    raw: RawFile, width: int, faults: FileFaults, notices: list[str]
) -> Iterator[tuple[list[int], list[list[str]]]]:
    """Batches of records with the lines where they begin; wrong numbers of fields and quotes go to the faults."""
    lines: list[int] = []
    rows: list[list[str]] = []
    blank, start = 0, 1
    header_seen = False
    with _text(raw) as stream:
        reader = csv.reader(stream, strict=True)
        try:
            for record in reader:
                if not record:
                    blank += 1
                elif not header_seen:
                    header_seen = True
                elif len(record) != width:
                    _say_width(faults, start, len(record), width)
                else:
                    lines.append(start)
                    rows.append(record)
                    if len(rows) == _BATCH:
                        yield lines, rows
                        lines, rows = [], []
                start = reader.line_num + 1
        except csv.Error as error:
            _say_broken(faults, start, error)
    if blank:
        notices.append(f"{blank} empty {'line' if blank == 1 else 'lines'} skipped")
    if rows:
        yield lines, rows


def _say_width(faults: FileFaults, line: int, found: int, width: int) -> None:
    do = "put quotes around a field that holds a comma" if found > width else "write a comma for each empty field"
    faults.add(line, "", f"{found} {'field' if found == 1 else 'fields'}", f"{width} fields, as in the header", do)


def _say_broken(faults: FileFaults, line: int, error: csv.Error) -> None:
    text = str(error)
    if "expected after" in text:
        found, do = "a quote inside a quoted field", "write a quote inside a quoted field twice"
    elif "field larger" in text:
        found, do = "a field of more than 131,072 characters", "close the quote that opens it"
    elif "unexpected end" in text:
        found, do = "a quote that is never closed", "close the quote"
    else:
        found, do = shown(text), "export the file again"
    faults.add(line, "", f"{found}; the lines after it were not read", "a record of comma-separated fields", do)


def _fast(raw: RawFile, names: tuple[str, ...], faults: FileFaults) -> TextRows:
    failed: list[bool] = []
    schema = _schema(len(names))
    reader = pa.RecordBatchReader.from_batches(schema, _blocks(raw, schema, failed))
    return TextRows(names, reader, 1, [], lambda: bool(failed), lambda: _exact(raw, names, 1, faults))


def _blocks(raw: RawFile, schema: pa.Schema, failed: list[bool]) -> Iterator[pa.RecordBatch]:
    """Blocks of lines; a line with another number of fields ends the stream and marks it failed."""
    columns = schema.names[:-1]
    packed = "gzip" if raw.path.suffix.lower() == ".gz" else None
    line = 2
    try:
        with pa.input_stream(str(raw.path), compression=packed) as stream:
            blocks = arrow_csv.open_csv(
                stream,
                arrow_csv.ReadOptions(column_names=columns, skip_rows=1, block_size=_BLOCK, use_threads=False),
                arrow_csv.ParseOptions(quote_char=False, double_quote=False, ignore_empty_lines=False),
                arrow_csv.ConvertOptions(
                    column_types=dict.fromkeys(columns, pa.string()), strings_can_be_null=False, check_utf8=False
                ),
            )
            for block in blocks:
                lines = pa.array(np.arange(line, line + block.num_rows, dtype="int64"))
                line += block.num_rows
                yield pa.RecordBatch.from_arrays([*block.columns, lines], schema=schema)
    except pa.ArrowInvalid:
        failed.append(True)
