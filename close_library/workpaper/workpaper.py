"""The workpaper that a notebook fills: opened, shown step by step, tied out, concluded.

wp = open_workpaper("30", program, period, books)
roll = wp.show(receivables_roll_forward(wp.scope))
wp.tie_out("30.1", "…", per_workpaper=rolled_balance(roll), per_books=roll.closing_balance, tick="F")
wp.conclude(agreed="…", otherwise="…")
"""

from __future__ import annotations

import os
from collections.abc import Set
from decimal import Decimal
from pathlib import Path
from typing import Any

from IPython.display import display

from close_library.books import Books
from close_library.errors import BooksError, Fault
from close_library.evidence import TICKS, Chart, Computed, Figure, Finding, Result, Scope, Table, TieOut
from close_library.money import counted, show
from close_library.parameters import read_parameters
from close_library.period import Period
from close_library.workpaper import document as data
from close_library.workpaper.display import Shown, lines, table
from close_library.workpaper.glue import glue_document
from close_library.workpaper.inputs import SealedBooks, inputs_digest, inputs_of, table_digest
from close_library.workpaper.place import Place, find_place
from close_library.workpaper.recorded import recorded
from close_library.workpaper.rows_file import Copied, write_rows, write_rows_of


def open_workpaper(ref: str, program: str = "", period: str = "", books: str = "") -> Workpaper:
    """The workpaper `ref` of a program (or `_company`) and a period, over a folder of books.

    Left empty, they are the last closed period and the first program, so that a notebook runs by hand. Raises BooksError
    when a table that the workpaper needs is not in the books: then it is not applicable, and says so.
    """
    place = find_place(ref, program, period, books)
    declared = place.declared
    opened = Books.open(
        place.books,
        tables=declared["tables"],
        optional=declared["optional_tables"],
        owner=place.program,
        ref=ref,
        threads=_share("CLOSE_THREADS"),
        memory_limit=os.environ.get("CLOSE_MEMORY_LIMIT"),
    )
    parameters, read = recorded(read_parameters(place.parameters, place.program))
    scope = Scope(opened, parameters, place.program, Period.parse(place.period))
    workpaper = Workpaper(place, scope, read)
    display(workpaper.heading())  # type: ignore[no-untyped-call]
    workpaper.require_tables()
    return workpaper


def _share(variable: str) -> int | None:
    value = os.environ.get(variable)
    return int(value) if value else None


class Workpaper:
    """One workpaper while it is being filled. `scope` is what the procedures take."""

    def __init__(self, place: Place, scope: Scope, read: Set[str]) -> None:
        """`read` grows by the parameters that are read."""
        self.scope = scope
        self._place = place
        self._read = read
        self._books = SealedBooks.read(place.books, scope.books.manifest)
        self._figures: dict[str, Figure] = {}
        self._tables: dict[str, Table] = {}
        self._charts: list[Chart] = []
        self._tie_outs: list[TieOut] = []
        self._findings: list[Finding] = []

    def heading(self) -> Shown:
        """Company, program, period, preparer and reviewer."""
        people = self.scope.parameters.people
        return lines(
            [
                ("Workpaper", f"{self._place.declared['ref']} · {self._place.declared['title']}"),
                ("Company", self.scope.parameters.name),
                ("Program", "all programs" if self.scope.is_company else self.scope.program),
                ("Period", f"{self.scope.period}, to {self.scope.closing_date}"),
                ("Preparer", people.preparer or "not named"),
                ("Reviewer", people.reviewer or "not named"),
            ]
        )

    def require_tables(self) -> None:
        """Conclude `not_applicable`, and stop, when the books lack a table that the workpaper needs."""
        missing = [name for name in self._place.declared["tables"] if not self.scope.books.has(name)]
        if not missing:
            return
        glue_document({**self._document("not_applicable", "", Copied("", {})), "missing_tables": missing})
        raise BooksError(
            f"workpaper {self._place.declared['ref']} is not applicable: this company has no {', '.join(missing)}.",
            [
                Fault(
                    "the sources",
                    f"no table {name}",
                    f"a file {name}.csv, .parquet or a sheet {name}",
                    "nothing, if the company has none of it",
                )
                for name in missing
            ],
        )

    def sources(self) -> Shown:
        """What was read: each table with its files, and of the rows that this scope sees their number, control total and digest.

        A program sees its own rows, those of programs that its documents lead to, and those of no program.
        """
        rows = [
            [source["table"], source["file"], str(source["rows"]), source["control_total"], source["sha256"][:16]]
            for source in self._sources()
        ]
        columns = ["table", "file", "rows", "control_total", "digest"]
        return table("Sources", columns, ["text", "text", "int", "money", "text"], rows, len(rows))

    def show(self, result: Result) -> Result:
        """Take a procedure's result into the workpaper, and show its figures and schedules."""
        self._figures |= result.figures
        self._tables |= result.tables
        self._charts += result.charts
        self._findings += result.findings
        figures = [
            [figure.label, data.value_text(figure.amount, self.scope.currency) or "not defined", figure.unit]
            for figure in result.figures.values()
        ]
        display(table("Figures", ["figure", "amount", "unit"], ["text", "money", "text"], figures, len(figures)))  # type: ignore[no-untyped-call]
        for id, schedule in result.tables.items():
            held = data.table_data(schedule, self.scope.currency)
            display(  # type: ignore[no-untyped-call]
                table(f"{id} {schedule.title}", held["columns"], held["types"], held["rows"], held["total_rows"])
            )
        return result

    def tie_out(
        self,
        id: str,
        label: str,
        per_workpaper: Figure | Decimal,
        per_books: Figure | Decimal | None,
        tick: str,
        *,
        exact: bool = False,
        unit: str = "",
    ) -> Shown:
        """Compare two figures that must agree, within the tie-out tolerance (`exact`: within none); earn a tick mark.

        `unit` says what is compared where it is not money: `rows`, `total`. Where there is nothing to agree to
        (`per_books` is None: nothing was signed), no tie-out is recorded: a check that was not made earns no tick mark.
        """
        if per_books is None:
            return lines([(f"{id} {label}", "not tested: there is nothing to agree to")])
        tolerance = Decimal(0) if exact else self.scope.parameters.tolerances.tie_out
        tie_out = TieOut(
            id,
            label,
            _amount(per_workpaper),
            _amount(per_books),
            tolerance,
            tick,
            _figure(per_workpaper),
            _figure(per_books),
            unit,
            _formula(per_workpaper),
            _formula(per_books),
        )
        self._tie_outs.append(tie_out)
        verdict = f"{tick} ({TICKS[tick]})" if tie_out.agreed else f"differs by {show(tie_out.difference)}"
        return lines(
            [
                (f"{id} {label}", ""),
                ("per workpaper", show(tie_out.per_workpaper)),
                ("per books", show(tie_out.per_books)),
                ("", verdict),
            ]
        )

    def findings(self) -> Shown:
        """What a person must look at; an empty list says so."""
        found = data.in_order(self._findings)
        if not found:
            return lines([("Findings", "none")])
        rows = [[f.severity, f.finding, data.value_text(f.amount, f.currency), f.message] for f in found]
        return table(
            "Findings", ["severity", "finding", "amount", "message"], ["text", "text", "money", "text"], rows, len(rows)
        )

    def conclude(self, agreed: str, otherwise: str) -> Shown:
        """Conclude with one of two sentences and glue the document; never raises for a difference."""
        status = data.status_of(self._tie_outs, self._findings)
        conclusion = agreed if status == "agreed" else otherwise
        counts = (
            f"{sum(t.agreed for t in self._tie_outs)} of {len(self._tie_outs)} tie-outs agree; "
            + " and ".join(_counted(self._findings, severity) for severity in ("error", "warning"))
            + (" of its own." if "findings" in self._place.declared["optional_tables"] else ".")
        )
        copied = write_rows(self._figures.values(), data.in_order(self._findings))
        document = self._document(status, f"{conclusion} {counts}", copied)
        glue_document(document)
        return lines([("Status", status), ("Conclusion", conclusion), ("", counts), ("Inputs", document["inputs"])])

    def rows_of(self, figure: str, path: str) -> Shown:
        """Write every source row of a figure to a Parquet file, also of one with too many rows for the rows file."""
        write_rows_of(self._figures[figure], Path(path))
        return lines([(figure, f"{self._figures[figure].label}: its source rows are in {path}")])

    def _sources(self) -> list[dict[str, Any]]:
        """The files behind the rows that are seen, with the digest of these rows: what others own changes nothing here."""
        declared, books = self._place.declared, self.scope.books
        held = [name for name in (*declared["tables"], *declared["optional_tables"]) if books.has(name)]
        return [
            {**source, "sha256": table_digest(self._books, source["table"], self.scope.program)}
            for source in books.sources(sorted(held))
        ]

    def _document(self, status: str, conclusion: str, copied: Copied) -> dict[str, Any]:
        declared, scope = self._place.declared, self.scope
        document = {
            "format": data.FORMAT,
            "ref": declared["ref"],
            "name": declared["name"],
            "title": declared["title"],
            "company": scope.parameters.company,
            "company_name": scope.parameters.name,
            "program": scope.program,
            "period": str(scope.period),
            "period_end": scope.closing_date.isoformat(),
            "functional_currency": scope.currency,
            "preparer": scope.parameters.people.preparer,
            "reviewer": scope.parameters.people.reviewer,
            "status": status,
            "figures": {id: data.figure_data(f, scope.program, scope.currency) for id, f in self._figures.items()},
            "tie_outs": [data.tie_out_data(t, scope.currency, self._figures) for t in self._tie_outs],
            "findings": [data.finding_data(f) for f in data.in_order(self._findings)],
            "tables": {id: data.table_data(t, scope.currency) for id, t in self._tables.items()},
            "sources": self._sources(),
            "parameters": [],
            "sections": {**declared["sections"], "conclusion": conclusion},
            "charts": [data.chart_data(chart) for chart in self._charts],
            "rows": data.rows_data(
                f"{declared['ref']}_{declared['name']}.rows.parquet", copied.sha256, copied.left_out
            ),
            "inputs": "",
        }
        # Last, because until here parameters are read.
        document["parameters"] = data.parameter_data(self._books.values(scope.program), self._read)
        inputs = inputs_of(declared, self._books, scope.program, str(scope.period), self._read)
        return {**document, "inputs": inputs_digest(inputs)}


def _amount(figure: Figure | Decimal) -> Decimal:
    return figure.money if isinstance(figure, Figure) else figure


def _figure(figure: Figure | Decimal) -> Figure | None:
    return figure if isinstance(figure, Figure) else None


def _formula(side: Figure | Decimal) -> str:
    return side.formula if isinstance(side, Computed) else ""


def _counted(findings: list[Finding], severity: str) -> str:
    return counted(sum(finding.severity == severity for finding in findings), severity)
