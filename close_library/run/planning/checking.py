"""`close check`: everything that can refuse a close, and what the close will find, without writing anything."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from close_library.books import FileReport, check
from close_library.money import counted
from close_library.run.planning.prepare import Prepared, Request, prepare


@dataclass(frozen=True)
class Checked:
    """What was checked, and what each source file holds."""

    prepared: Prepared
    files: tuple[FileReport, ...]


def check_everything(request: Request) -> Checked:
    """Read and check parameters, notebooks and every line of every source. Raises CloseError; writes nothing."""
    prepared = prepare(request)
    settings, closing = prepared.settings, prepared.period.last_day
    files = check(settings.sources, functional_currency=settings.functional_currency, closing=closing)
    return Checked(prepared, tuple(files))


def check_as_data(checked: Checked) -> dict[str, Any]:
    """What was checked, for `--json`."""
    prepared = checked.prepared
    return {
        "company": prepared.settings.company,
        "period": str(prepared.period),
        "programs": list(prepared.glance.program_ids),
        "workpapers": [each.stem for each in prepared.notebooks.workpapers],
        "files": [asdict(each) for each in checked.files],
        "notices": list(prepared.notices),
    }


def print_check(console: Console, checked: Checked) -> None:
    """The files with their rows and control totals, then what was noticed."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("table")
    table.add_column("file", overflow="fold")
    table.add_column("rows", justify="right")
    table.add_column("control total", justify="right")
    files = [each for each in checked.files if each.table]
    for each in files:
        table.add_row(each.table, each.place.replace("[", r"\["), f"{each.rows:,}", each.control_total or "")
    console.print(table)
    for each in checked.files:
        for notice in each.notices:
            console.print(f"{each.place}: {notice}", markup=False, highlight=False, soft_wrap=True)
    for notice in checked.prepared.notices:
        console.print(notice, markup=False, highlight=False, soft_wrap=True)
    prepared = checked.prepared
    programs, workpapers = prepared.glance.programs, prepared.notebooks.workpapers
    counts = f"{counted(len(files), 'file')}, {counted(len(programs), 'program')} and {counted(len(workpapers), 'workpaper')}"
    console.print(
        f"\n{prepared.settings.name} · {prepared.period}: {counts} can be closed.",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )
