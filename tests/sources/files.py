"""Source files for tests: folders of small files, workbooks written by hand where a library would be too kind."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

import pyarrow as pa
import pyarrow.parquet as pq

CUSTOMERS = "customer_id,customer_name,currency\nc-1,Acme,USD\n"
INVOICES = (
    "invoice_id,invoice_number,document_type,program_id,customer_id,invoice_date,due_date,currency,"
    "total_amount,status\n"
)


@dataclass(frozen=True)
class Source:
    """A source setting as company.yaml would give it."""

    system: str
    path: str
    folder: Path


def source(folder: Path, files: Mapping[str, bytes | str], system: str = "tables") -> Source:
    """A folder with some files, as a source."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return Source(system, folder.name, folder)


def invoice(number: int, **changes: str) -> str:
    """One line of invoices.csv."""
    cells = {
        "invoice_id": f"inv-{number}",
        "invoice_number": f"N{number}",
        "document_type": "invoice",
        "program_id": "atlas",
        "customer_id": "c-1",
        "invoice_date": "2026-04-10",
        "due_date": "2026-05-10",
        "currency": "USD",
        "total_amount": "100.00",
        "status": "posted",
        **changes,
    }
    return ",".join(cells.values()) + "\n"


def invoices(*changes: dict[str, str]) -> str:
    """An invoices.csv with one line for each set of changes."""
    return INVOICES + "".join(invoice(n, **changed) for n, changed in enumerate(changes, start=1))


def parquet(columns: dict[str, pa.Array]) -> bytes:
    """A Parquet file."""
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out)
    return out.getvalue()


def gzipped(text: str) -> bytes:
    """A gzip file with the same bytes each time."""
    return gzip.compress(text.encode(), mtime=0)


STYLES = (
    '<styleSheet><numFmts count="1"><numFmt numFmtId="164" formatCode="dd\\-mmm\\-yyyy"/></numFmts>'
    '<cellXfs count="3"><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/></cellXfs></styleSheet>'
)


def cell(address: str, value: str, kind: str = "inlineStr", style: int = 0) -> str:
    """A cell as a workbook stores it: `inlineStr` text, `n` number, `b` truth, `e` error, `str` formula text."""
    if kind == "inlineStr":
        return f'<c r="{address}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'
    return f'<c r="{address}" t="{kind}" s="{style}"><v>{escape(value)}</v></c>'


def sheet(*rows: list[str] | str) -> str:
    """A sheet's rows: lists of texts, or cells as XML."""
    lines = []
    for number, row in enumerate(rows, start=1):
        if isinstance(row, list):
            row = "".join(cell(f"{chr(65 + n)}{number}", text) for n, text in enumerate(row) if text)
        lines.append(f'<row r="{number}">{row}</row>')
    return f"<worksheet><sheetData>{''.join(lines)}</sheetData></worksheet>"


def workbook(sheets: dict[str, str], *, hidden: tuple[str, ...] = (), from_1904: bool = False) -> bytes:
    """A workbook made of its parts by hand."""
    out = io.BytesIO()
    listed = "".join(
        f'<sheet name="{name}" sheetId="{n}" state="{"hidden" if name in hidden else "visible"}" '
        f'xmlns:r="urn:r" r:id="rId{n}"/>'
        for n, name in enumerate(sheets, start=1)
    )
    relations = "".join(
        f'<Relationship Id="rId{n}" Target="worksheets/sheet{n}.xml"/>' for n in range(1, len(sheets) + 1)
    )
    with zipfile.ZipFile(out, "w") as archive:
        properties = f'<workbookPr date1904="{int(from_1904)}"/>'
        archive.writestr("xl/workbook.xml", f"<workbook>{properties}<sheets>{listed}</sheets></workbook>")
        archive.writestr("xl/_rels/workbook.xml.rels", f"<Relationships>{relations}</Relationships>")
        archive.writestr("xl/styles.xml", STYLES)
        for n, text in enumerate(sheets.values(), start=1):
            archive.writestr(f"xl/worksheets/sheet{n}.xml", text)
    return out.getvalue()
