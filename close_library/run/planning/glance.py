"""A first look at the sources, before anything is written: which programs there are, and which periods.

Only the three tables that answer this are read; sealing reads everything, and checks it.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from close_library.books import check
from close_library.books.connection import SCRATCH
from close_library.errors import Fault, ParameterError, SourceError
from close_library.parameters import SourceSetting
from close_library.period import Period
from close_library.run.files.atomic import file_digest, write_json
from close_library.sources import SYSTEMS, Extract, Reading, list_files, read_sources
from close_library.sources.faults import FaultLog
from close_library.sources.reading import SourceFiles
from close_library.workpaper.inputs import library_digest

_FORMAT = "glance/1"
_LOOKED_AT = ("programs", "account_balances", "gl_entries")
_IS_MONTH = r"regexp_full_match(period, '\d{4}-(0[1-9]|1[0-2])')"


@dataclass(frozen=True)
class Glance:
    """What the sources hold: programs (id → name), and the latest periods of the trial balance and of the ledger."""

    programs: dict[str, str]
    latest_balance: Period | None = None
    latest_entry: Period | None = None
    digest: str = field(default="", compare=False)
    """The sha256 of the files that were looked at."""

    @property
    def program_ids(self) -> tuple[str, ...]:
        """The programs by id."""
        return tuple(sorted(self.programs))


def glance(sources: Sequence[SourceSetting], kept: Path | None = None) -> Glance:
    """Look at the sources, or take what was seen when their files were the same ones (`kept`: where `keep` put it).

    Raises SourceError with every fault of every file when one can't be read.
    """
    listed = _listed(sources)
    digest = _digest(listed)
    seen = _kept(kept, digest) if kept else None
    return seen or _look(sources, listed, digest)


def keep(seen: Glance, path: Path) -> None:
    """Take down what was seen, for the next look at the same files."""
    if _kept(path, seen.digest):
        return
    latest = [str(each) if each else None for each in (seen.latest_balance, seen.latest_entry)]
    write_json(path, {"format": _FORMAT, "digest": seen.digest, "programs": seen.programs, "latest": latest})


def _kept(path: Path, digest: str) -> Glance | None:
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
        if (held["format"], held["digest"]) != (_FORMAT, digest):
            return None
        balance, entry = (Period.parse(each) if each else None for each in held["latest"])
        return Glance(dict(held["programs"]), balance, entry, digest)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _digest(listed: Sequence[SourceFiles]) -> str:
    """The sha256 of the files that are looked at, and of what reads them."""
    digest = hashlib.sha256(library_digest().encode())
    for source in listed:
        for raw in source.files:
            digest.update(f"{source.system} {raw.table} {raw.file} ".encode())
            try:
                digest.update(file_digest(raw.path).encode())
            except OSError:
                digest.update(os.urandom(8))  # it is read, and found unreadable, below
    return digest.hexdigest()


def _look(sources: Sequence[SourceSetting], listed: Sequence[SourceFiles], digest: str) -> Glance:
    try:
        scratch = tempfile.TemporaryDirectory(prefix=f"{SCRATCH}{os.getpid()}-")
        with scratch as folder, duckdb.connect() as connection:
            extracts = read_sources(listed, SYSTEMS, Reading(connection, Path(folder)), FaultLog())
            return Glance(
                programs=_programs(connection, extracts),
                latest_balance=_latest(connection, extracts, "account_balances", f"max(period) FILTER ({_IS_MONTH})"),
                latest_entry=_latest(connection, extracts, "gl_entries", "strftime(max(effective_date), '%Y-%m')"),
                digest=digest,
            )
    except SourceError:
        check(sources)
        raise


def choose_period(asked: Period | None, first: Period, seen: Glance) -> Period:
    """The period to close: as asked, else the latest of the trial balance, else the latest month of the ledger.

    Raises ParameterError for one before the company's first period or after everything that the ledger holds.
    """
    default = seen.latest_balance or seen.latest_entry
    period = asked or default
    if period is None:
        raise ParameterError(
            "the sources don't say which period is the latest.",
            [
                Fault(
                    "the command line",
                    "no period",
                    "a period, because there are neither account_balances nor gl_entries",
                    "give one, such as close run 2026-10",
                )
            ],
        )
    latest = max((each for each in (seen.latest_balance, seen.latest_entry) if each), default=period)
    if not first <= period <= latest:
        raise ParameterError(
            f"the period {period} is unknown.",
            [
                Fault(
                    "the command line" if asked else "account_balances and gl_entries",
                    str(period),
                    f"a period from {first} (first_period) to {latest} (the latest in the books)",
                    f"close run {default}" if default and default >= first else "mend first_period in company.yaml",
                )
            ],
        )
    return period


def _listed(sources: Sequence[SourceSetting]) -> list[SourceFiles]:
    """The files that are looked at, without the cost of their digests."""
    faults = FaultLog()
    listed = []
    for setting in sources:
        if setting.system not in SYSTEMS:
            list_files(sources, SYSTEMS, faults)
            faults.raise_if_any()
        files = [raw for raw in SYSTEMS[setting.system].find(setting, faults).files if raw.table in _LOOKED_AT]
        listed.append(
            SourceFiles(setting.system, setting.path, tuple(files), {raw.path: "unread" for raw in files}, ())
        )
    faults.raise_if_any()
    return listed


def _rows(extracts: Sequence[Extract], table: str) -> str:
    """The rows of a table as something to select from; empty when no source has it."""
    files = [str(extract.staged).replace("'", "''") for extract in extracts if extract.raw.table == table]
    return "read_parquet([" + ", ".join(f"'{file}'" for file in files) + "], union_by_name = true)" if files else ""


def _programs(connection: duckdb.DuckDBPyConnection, extracts: Sequence[Extract]) -> dict[str, str]:
    """Program → name, the first row of each id in the order of files."""
    names: dict[str, str] = {}
    for extract in extracts:
        if extract.raw.table == "programs":
            found = connection.execute(
                f"SELECT program_id, program_name FROM {_rows([extract], 'programs')} ORDER BY source_row"
            ).fetchall()
            for program, name in found:
                if program:
                    names.setdefault(program, name or program)
    return dict(sorted(names.items()))


def _latest(
    connection: duckdb.DuckDBPyConnection, extracts: Sequence[Extract], table: str, latest: str
) -> Period | None:
    rows = _rows(extracts, table)
    found = connection.execute(f"SELECT {latest} FROM {rows}").fetchone() if rows else None
    return Period.parse(found[0], table) if found and found[0] else None
