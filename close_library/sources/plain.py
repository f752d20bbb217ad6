"""The plain door: a folder of CSV, Parquet and Excel files named after the canonical tables."""

from __future__ import annotations

from pathlib import Path

from close_library.errors import Fault
from close_library.sources.csv_text import read_csv
from close_library.sources.extract import Listing, RawFile, SourceSetting, System, TextRows
from close_library.sources.faults import FaultLog, FileFaults, nearest
from close_library.sources.parquet import read_parquet
from close_library.sources.workbook import WorkbookError, sheet_names
from close_library.sources.xlsx import read_sheet
from close_library.tables import TABLES

_KINDS = {".csv": "csv", ".csv.gz": "csv", ".parquet": "parquet", ".xlsx": "xlsx"}
_OTHER_KINDS = (".xls", ".xlsm", ".xlsb", ".ods", ".tsv", ".txt", ".zip", ".json", ".jsonl", ".gz")


def find(setting: SourceSetting, faults: FaultLog) -> Listing:
    """The files of a folder that are tables, by name, and what was noticed about the others."""
    listing = Listing([], [])
    try:
        paths = sorted(setting.folder.iterdir(), key=lambda path: path.name)
    except FileNotFoundError:
        faults.add(
            Fault(
                setting.path,
                "no such folder",
                "a folder with files named after the tables",
                "correct the path under sources in company.yaml, or create the folder",
            )
        )
        return listing
    except OSError as error:
        faults.add(
            Fault(
                setting.path,
                error.strerror or "a folder that can't be read",
                "a folder that can be read",
                "correct the path under sources in company.yaml",
            )
        )
        return listing
    before = faults.count
    for path in paths:
        if path.is_file() and not path.name.startswith((".", "~$")):
            _list_file(setting, path, listing, faults)
    if not listing.files and faults.count == before:
        faults.add(
            Fault(
                setting.path,
                "; ".join(listing.notices[:3]) or "no file that is a table",
                "at least one file named after a table, such as invoices.csv",
                "put the tables there, or correct the path under sources in company.yaml",
            )
        )
    return listing


def _split(name: str) -> tuple[str, str]:
    """A file's name without its ending, and the ending: `invoices`, `.csv.gz`."""
    ending = next((e for e in sorted(_KINDS, key=len, reverse=True) if name.lower().endswith(e)), "")
    return (name[: -len(ending)], ending) if ending else (Path(name).stem, Path(name).suffix.lower())


def _list_file(setting: SourceSetting, path: Path, listing: Listing, faults: FaultLog) -> None:
    stem, ending = _split(path.name)
    kind = _KINDS.get(ending)
    place = f"{setting.folder.name}/{path.name}"
    if kind == "xlsx":
        _list_sheets(setting, path, place, listing, faults)
    elif kind and stem in TABLES:
        row_word = "row" if kind == "parquet" else "line"
        listing.files.append(RawFile(setting.system, stem, path, path.name, place, row_word))
    elif kind:
        listing.notices.append(f"{path.name} is not read: {_no_table(stem)}")
    elif stem in TABLES and ending in _OTHER_KINDS:
        listing.notices.append(f"{path.name} is not read: save it as .csv, .csv.gz, .parquet or .xlsx")


def _no_table(name: str) -> str:
    near = nearest(name, TABLES)
    return f"no table is called {name}" + (f"; {near} is" if near else "")


def _list_sheets(setting: SourceSetting, path: Path, place: str, listing: Listing, faults: FaultLog) -> None:
    try:
        sheets = sheet_names(path)
    except WorkbookError as error:
        faults.add(
            Fault(place, str(error), "an Excel workbook, as the name says", "open it and save it again as .xlsx")
        )
        return
    for name, hidden in sheets:
        if hidden:
            listing.notices.append(f"{path.name}, sheet {name} is not read: it is hidden")
        elif name in TABLES:
            listing.files.append(
                RawFile(setting.system, name, path, f"{path.name}#{name}", f"{place}, sheet {name}", "row", name)
            )
        else:
            listing.notices.append(f"{path.name}, sheet {name} is not read: {_no_table(name)}")


def read(raw: RawFile, faults: FileFaults) -> TextRows | None:
    """The rows of one file as text; None when it can't be read, and the faults say why."""
    if raw.sheet:
        return read_sheet(raw, faults)
    return read_parquet(raw, faults) if _split(raw.path.name)[1] == ".parquet" else read_csv(raw, faults)


SYSTEM = System(
    find,
    read,
    "The plain door: a file named after its table, whose columns are found by their names. Every cell is read as text and "
    "cast to the declared type of its column; nothing is guessed, no row is left out, and one value that does not fit "
    "stops the close with its line. Signs stay as the file has them. The file does not say when it was extracted.",
)
