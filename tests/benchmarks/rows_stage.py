"""One stage of a close over a large company, in a process of its own: `python -m tests.benchmarks.rows_stage FOLDER STAGE`.

The stages: `write:ROWS` makes the company, `by_hand`, `seal`, `schedules`, and a workpaper with its scope (`23:_company`,
`50:p0`). Each runs the functions that a run or a notebook calls, with the memory that `run` gives them on a machine of four
GiB, and prints as one line of JSON: what it found, its seconds, its processor seconds and its largest resident memory.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from close_library import accounting
from close_library.accounting import build_schedules
from close_library.books import Books, seal
from close_library.evidence import Result, Scope
from close_library.parameters import load_parameters
from close_library.period import Period
from close_library.workpaper.document import figure_data, finding_data, table_data
from close_library.workpaper.rows_file import write_rows
from tests.benchmarks.large_company import PERIOD, figures_by_hand, write_company

MACHINE = 4 << 30
"""The memory of the machine that a run is to get by with."""

MEMORY = f"{int(MACHINE * 0.7) >> 20}MiB"
"""What `run` gives an engine of such a machine (`close_library.run.execution.process.memory_limit`)."""

THREADS = 2

PROCEDURES: dict[str, tuple[Callable[[Scope], Result], ...]] = {
    "10": (accounting.source_completeness,),
    "20": (accounting.receivables_to_ledger,),
    "22": (accounting.contract_balances_to_ledger,),
    "23": (accounting.revenue_to_ledger,),
    "50": (accounting.purchase_order_trace, accounting.walk_through),
    "51": (accounting.purchase_order_burn,),
    "60": (accounting.revenue_recognition, accounting.revenue_schedule),
    "71": (accounting.invoice_review,),
}
"""Workpaper → what its notebook calls. Figures that it quotes of other workpapers are those workpapers' own stages."""


def run_stage(folder: Path, stage: str) -> Any:
    """Do the stage; returns what it found, as plain values."""
    if stage.startswith("write:"):
        return str(write_company(folder, int(stage.removeprefix("write:")), MEMORY))
    if stage == "by_hand":
        found = figures_by_hand(folder, THREADS, MEMORY)
        return [[*key, str(to_date), str(of_period)] for key, (to_date, of_period) in found.items()]
    books = folder / "books"
    period = Period.parse(PERIOD)
    company = load_parameters(folder / "parameters")
    settings = company.resolve(period)
    if stage == "seal":
        manifest = seal(books, settings.sources, period=PERIOD, threads=THREADS, memory_limit=MEMORY)
        programs = [f"p{number}" for number in range(8)]
        (books / "parameters.json").write_text(json.dumps(company.to_json(period, programs)), encoding="utf-8")
        return {name: table["rows"] for name, table in manifest["tables"].items()}
    if stage == "schedules":
        return build_schedules(books, PERIOD, settings, threads=THREADS, memory_limit=MEMORY)
    ref, program = stage.split(":")
    return _workpaper(books, settings, ref, program)


def _workpaper(books: Path, settings: Any, ref: str, program: str) -> Any:
    """The figures, findings and rows of a workpaper, as its notebook would put them into the document."""
    with TemporaryDirectory(dir=books.parent) as spilled:
        limits: dict[str, Any] = {"threads": THREADS, "memory_limit": MEMORY, "temporary": Path(spilled)}
        with closing(Books.open(books, owner=program, ref=ref, **limits)) as opened:
            scope = Scope(opened, settings, program, Period.parse(PERIOD))
            results = [procedure(scope) for procedure in PROCEDURES[ref]]
            figures = {id: figure for result in results for id, figure in result.figures.items()}
            findings = [finding_data(finding) for result in results for finding in result.findings]
            for result in results:
                for table in result.tables.values():
                    table_data(table, scope.currency)
            write_rows(figures.values(), [finding for result in results for finding in result.findings])
            data = {id: figure_data(figure, program, scope.currency) for id, figure in figures.items()}
    return {
        "figures": {id: each["amount"] for id, each in data.items()},
        "rows": sum(each["rows"] or 0 for each in data.values()),
        "findings": len(findings),
        "at_stake": str(sum((Decimal(each["amount"] or 0) for each in findings), Decimal(0))),
    }


def main() -> None:
    """Do what the command line says and print it."""
    began, worked = time.perf_counter(), time.process_time()
    found = run_stage(Path(sys.argv[1]), sys.argv[2])
    print(
        json.dumps(
            {
                "found": found,
                "seconds": time.perf_counter() - began,
                "processor": time.process_time() - worked,
                "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
            }
        )
    )


if __name__ == "__main__":
    main()
