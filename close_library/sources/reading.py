"""Reading all sources: list, read, cast, stage; every fault of every file is gathered before giving up."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

import duckdb

from close_library.errors import Fault
from close_library.money import spell
from close_library.sources.cast import cast_query, literal, quoted
from close_library.sources.extract import Extract, RawFile, SourceSetting, System, TextRows
from close_library.sources.faults import KEPT_AT_MOST, FaultLog, FileFaults, nearest
from close_library.sources.header import check_header, unknown_notice
from close_library.tables import TABLES, Column

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class SourceFiles:
    """What one source holds: its files that are tables with the digest of each, and what was noticed."""

    system: str
    path: str
    files: tuple[RawFile, ...]
    digests: Mapping[Path, str]
    notices: tuple[str, ...]


@dataclass(frozen=True)
class Reading:
    """Where reading happens: a DuckDB connection and a folder for what it stages."""

    connection: duckdb.DuckDBPyConnection
    folder: Path


def list_files(sources: Sequence[SourceSetting], systems: Mapping[str, System], faults: FaultLog) -> list[SourceFiles]:
    """All files of all sources in the order of sources, then of file name, with their sha256."""
    listed: list[SourceFiles] = []
    labels: set[tuple[str, str]] = set()
    for number, setting in enumerate(sources, start=1):
        system = systems.get(setting.system)
        if system is None:
            near = nearest(setting.system, systems)
            faults.add(
                Fault(
                    "company.yaml, sources",
                    setting.system,
                    " or ".join(sorted(systems)),
                    f"write system: {near or sorted(systems)[0]}",
                )
            )
            continue
        listing = system.find(setting, faults)
        files = tuple(_labelled(raw, setting, number, labels) for raw in listing.files)
        path = setting.folder.name if Path(setting.path).is_absolute() else setting.path
        listed.append(SourceFiles(setting.system, path, files, _digests(files, faults), tuple(listing.notices)))
    return listed


def _labelled(raw: RawFile, setting: SourceSetting, number: int, labels: set[tuple[str, str]]) -> RawFile:
    """The file with an address that no other file of the system has, although two sources hold one of that name."""
    for label in (raw.file, f"{setting.folder.name}/{raw.file}", f"sources[{number}]/{raw.file}"):
        if (raw.system, label) not in labels:
            labels.add((raw.system, label))
            return replace(raw, file=label)
    raise AssertionError(f"{raw.file} is listed twice in source {number}")


def _digests(files: Sequence[RawFile], faults: FaultLog) -> dict[Path, str]:
    digests: dict[Path, str] = {}
    for raw in files:
        if raw.path in digests:
            continue
        try:
            with raw.path.open("rb") as stream:
                digests[raw.path] = hashlib.file_digest(stream, "sha256").hexdigest()
        except OSError as error:
            faults.add(
                Fault(
                    raw.place,
                    error.strerror or "an unreadable file",
                    "a file that can be read",
                    "allow reading, or move the file away",
                )
            )
            digests[raw.path] = ""
    return digests


def read_sources(
    listed: Sequence[SourceFiles],
    systems: Mapping[str, System],
    reading: Reading,
    faults: FaultLog,
    progress: Progress | None = None,
) -> list[Extract]:
    """Reads and casts every file. Raises SourceError with all faults of all files, if there are any."""
    extracts: list[Extract] = []
    files = [(source, raw) for source in listed for raw in source.files if source.digests[raw.path]]
    for number, (source, raw) in enumerate(files):
        if progress:
            progress(f"reading {raw.place}", number, len(files))
        of_file = FileFaults(raw)
        try:
            extract = _read_file(raw, source, systems[raw.system], reading, of_file, number)
        except OSError as error:
            found = error.strerror or "an unreadable file"
            of_file.add(None, "", found, "a file that can be read to its end", "run again")
            extract = None
        faults.take(of_file)
        if extract:
            extracts.append(extract)
    faults.raise_if_any()
    return extracts


def _read_file(
    raw: RawFile, source: SourceFiles, system: System, reading: Reading, faults: FileFaults, number: int
) -> Extract | None:
    staged = reading.folder / f"{number:05}.parquet"
    stamp = raw.path.stat()
    text = system.read(raw, faults)
    if text is None:
        return None
    positions = check_header(text.names, faults, text.header_line)
    if not _stage(raw, positions, text, reading, staged, faults):
        return None
    if text.distrusted() and text.again:
        text = text.again()
        _stage(raw, positions, text, reading, staged, faults)
    now = raw.path.stat()
    if (stamp.st_size, stamp.st_mtime_ns) != (now.st_size, now.st_mtime_ns):
        faults.add(None, "", "a file that changed while it was read", "a file at rest", "run again")
    table = TABLES[raw.table]
    unknown = tuple(name for name in positions if not table.column(name))
    rows, total = _count(raw, staged, reading, faults)
    notices = (*text.notices, *unknown_notice(table, unknown))
    return Extract(raw, staged, unknown, rows, total, source.digests[raw.path], notices)


def _stage(
    raw: RawFile, positions: dict[str, int], text: TextRows, reading: Reading, staged: Path, faults: FileFaults
) -> bool:
    """Casts the text rows into a Parquet file; False when they turn out to be unreadable."""
    connection = reading.connection
    relation = text.relation if isinstance(text.relation, str) else "incoming"
    if relation == "incoming":
        connection.register(relation, text.relation)
    query = cast_query(raw.table, positions, relation, text.typed)
    try:
        connection.execute(
            f"COPY ({query}) TO {literal(str(staged))} (FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE 65536)"
        ).fetchall()
    except duckdb.Error as error:
        if "Out of memory" in str(error):
            raise MemoryError(str(error)) from error
        of_source = raw.path.name in str(error) or "registered as 'incoming'" in str(error)
        if not of_source or isinstance(error, duckdb.OutOfMemoryException):
            raise
        faults.add(None, "", "damaged data inside the file", "a file that can be read", "copy or export it again")
        return False
    finally:
        if relation == "incoming":
            connection.unregister("incoming")
    return True


def _count(raw: RawFile, staged: Path, reading: Reading, faults: FileFaults) -> tuple[int, str | None]:
    """The rows of a staged file and the total of its amounts; its faulty cells go to the faults."""
    table = TABLES[raw.table]
    source = f"read_parquet({literal(str(staged))})"
    amount = f"sum({quoted(table.amount)})" if table.amount else "NULL"
    counted = reading.connection.execute(f"SELECT count(*), count(_faults), {amount} FROM {source}").fetchall()
    rows, faulty, total = counted[0]
    if faulty:
        _collect(table.columns, source, reading, faults)
    return rows, spell(total or Decimal(0)) if table.amount else None


def _collect(columns: Sequence[Column], source: str, reading: Reading, faults: FileFaults) -> None:
    cells = f"(SELECT source_row, unnest(_faults) AS fault FROM {source} WHERE _faults IS NOT NULL)"
    one = f'SELECT source_row, fault.at AS "at", fault.kind, fault.value FROM {cells} WHERE fault IS NOT NULL'
    counted = reading.connection.execute(f"SELECT count(*) FROM ({one})").fetchall()
    first = reading.connection.execute(f'{one} ORDER BY source_row, "at" LIMIT {KEPT_AT_MOST}').fetchall()
    faults.add_cells(((line, at, columns[at], kind, value) for line, at, kind, value in first), counted[0][0])
