"""The tables `said_*` of the books: what a period may see of the record, written before its notebooks start.

Signed figures and reconciling items are those of earlier periods; explanations those to this period. The tables are
always written, empty where nothing was said, so that the first word that is said changes no other workpaper. Sorted,
so equal content gives equal bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from close_library.parameters import COMPANY
from close_library.run.files.atomic import whole
from close_library.tables import SAID

if TYPE_CHECKING:
    from close_library.record import FollowUp, Record

Rows = Sequence[tuple[str | int | None, ...]]
SAID_TABLES = ("said_figures", "said_explanations", "said_items")


def said_rows(record: Record | None, period: str) -> dict[str, Rows]:
    """Table → its rows, as a period sees the record now."""
    if record is None:
        return {name: [] for name in SAID_TABLES}
    return {
        "said_figures": sorted(
            (each.period, each.program, each.ref, each.figure, each.amount, each.event)
            for each in record.signed_figures(period)
        ),
        "said_explanations": sorted(
            (each.period, each.program, each.ref, each.subject, each.amount or "", each.text, each.event)
            for each in record.explanations(period)
        ),
        "said_items": _item_rows(record, period),
    }


def _item_rows(record: Record, period: str) -> Rows:
    """The closing items of earlier periods, with the owner and the action that they had at the end of theirs."""
    items = record.signed_items(period)
    follow_ups: dict[str, dict[tuple[str, str, str], FollowUp]] = {
        each: {(told.program, told.ref, told.item): told for told in record.follow_ups(each)}
        for each in sorted({item.period for item in items})
    }
    rows = []
    for each in items:
        told = follow_ups[each.period].get((each.program, each.ref, each.item))
        owner, action = (told.owner, told.action) if told else ("", "")
        first_date = each.first_date or ""
        rows.append(
            (each.period, each.program, each.ref, each.item, each.amount, first_date, owner, action, each.event)
        )
    return sorted(rows)


def write_said_tables(books: Path, rows: Mapping[str, Rows]) -> list[str]:
    """Write the tables beside the sealed ones, each whole; returns the files whose rows were others before."""
    changed = []
    for name, said in rows.items():
        path = books / f"{name}.parquet"
        if table_written(books, name) != list(said):
            with whole(path) as part:
                pq.write_table(_table(name, said), part)
            changed.append(path.name)
    return changed


def written_rows(books: Path) -> dict[str, Rows]:
    """Table → its rows as the last run wrote them; none where it wrote none."""
    return {name: table_written(books, name) or [] for name in SAID_TABLES}


def rows_seen(rows: Mapping[str, Rows], tables: Iterable[str], period: str, program: str, ref: str) -> dict[str, Rows]:
    """The rows that a workpaper reads, of those tables that it declares.

    Of explanations these are its own of the period, of signed figures and items all of its program; what is said of the
    company is seen by its programs, and back.
    """
    found: dict[str, Rows] = {}
    for name in set(tables) & set(rows):
        columns = list(SAID[name])
        wanted = {"ref": ref, "period": period} if name == "said_explanations" else {}
        at_program = columns.index("program")
        found[name] = [
            row
            for row in rows[name]
            if (row[at_program] == program or COMPANY in (row[at_program], program))
            and all(row[columns.index(column)] == value for column, value in wanted.items())
        ]
    return found


def table_written(books: Path, name: str) -> Rows | None:
    """The rows of a table as the last run wrote it; None where it wrote none, or something else is there."""
    try:
        return [tuple(row.values()) for row in pq.ParquetFile(books / f"{name}.parquet").read().to_pylist()]
    except (OSError, pa.ArrowInvalid):
        return None


def _table(name: str, rows: Rows) -> pa.Table:
    kinds = {"VARCHAR": pa.string(), "BIGINT": pa.int64()}
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(SAID[name])
    arrays = [pa.array(list(values), kinds[kind]) for values, kind in zip(columns, SAID[name].values(), strict=True)]
    return pa.table(arrays, names=list(SAID[name]))
