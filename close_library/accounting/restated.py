"""What changed in an opening balance since it was signed (workpapers 30, 31, 32): the documents behind a restatement.

The rows of the signed closing balance stand in the table `said_populations`, where a run had them at hand. They are compared with
those of today's books by what they are called, a document or a contract: a line in a file moves when the file is exported anew.
A row can be gone from the opening because its document is, or because it is paid, or of another amount, on today's books.
"""

from __future__ import annotations

from decimal import Decimal

from close_library.accounting.said import RECORD, SignedFigure, signed_rows
from close_library.accounting.sql import memoised, population, shown, text
from close_library.evidence import Part, Scope, Table

_COLUMNS = "source_table, name, what, as_signed, on_todays_books, difference"


def restated_rows(scope: Scope, ref: str, figure: str, today: str, signed: SignedFigure) -> str | None:
    """The relation of what differs between the rows of a signed figure and those of the query `today`.

    The differences add up to today's total less the signed amount. Columns: source_table, name, what (`appeared`, `vanished`,
    `changed`), as_signed, on_todays_books, difference, and the first address today and as signed. None where the signed rows
    are not at hand: the table is not declared, or does not hold them.
    """
    rows = signed_rows(scope, ref, figure, signed.event)
    if rows is None:
        return None
    found = scope.books.rows(f"SELECT count(*) AS n, coalesce(sum(amount), 0) AS total FROM ({rows})")[0]
    if not found["n"] or Decimal(found["total"]) != signed.amount:
        return None
    address = "min({{'file': source_file, 'row': source_row}}) FILTER (WHERE {side} IS NOT NULL)"
    query = f"""
        WITH both_sides AS (
            SELECT source_table, coalesce(map_values(shown)[1], '') AS name, source_file, source_row,
                   NULL AS as_signed, amount AS on_todays_books
            FROM ({today})
            UNION ALL
            SELECT source_table, name, source_file, source_row, amount, NULL FROM ({rows}) WHERE source_table <> ''
        ),
        compared AS (
            SELECT source_table, name, CAST(sum(as_signed) AS DECIMAL(38,4)) AS as_signed,
                   CAST(sum(on_todays_books) AS DECIMAL(38,4)) AS on_todays_books,
                   {address.format(side="on_todays_books")} AS stands, {address.format(side="as_signed")} AS stood
            FROM both_sides GROUP BY ALL
        )
        SELECT source_table, name,
               CASE WHEN as_signed IS NULL THEN 'appeared'
                    WHEN on_todays_books IS NULL THEN 'vanished' ELSE 'changed' END AS what,
               as_signed, on_todays_books,
               CAST(coalesce(on_todays_books, 0) - coalesce(as_signed, 0) AS DECIMAL(38,4)) AS difference, stands, stood
        FROM compared WHERE coalesce(on_todays_books, 0) <> coalesce(as_signed, 0)
    """
    return memoised(scope.books, "restated", query)


def restated_population(rows: str, called: str, event: int, sign: int) -> str:
    """The query of the rows behind a restatement.

    Each at its line of today's books, and one that is no longer in the balance at the signature; all show where they stood when
    they were signed. `called`: what its name is, `document` or `contract`.
    """
    seen = shown(
        **{called: "name"},
        what="what",
        as_signed="as_signed::money",
        on_todays_books="on_todays_books::money",
        file_as_signed="stood.file",
        row_as_signed="stood.row",
    )
    table = "CASE WHEN stands IS NULL THEN 'said_populations' ELSE source_table END"
    file, row = f"coalesce(stands.file, {text(RECORD)})", f"coalesce(stands.row, {event})"
    return f"{population(table, file, row, f'{sign} * difference', seen)} FROM {rows}"


def restated_table(scope: Scope, rows: str, called: str, opening: str, restatement: str) -> Table:
    """What changed in the opening balance since it was signed, a line a document; its total is the restatement."""
    frame = scope.books.frame(
        f"""
        SELECT source_table AS "table", name AS {called}, what, as_signed, on_todays_books, difference FROM (
            SELECT 0 AS last, {_COLUMNS} FROM {rows}
            UNION ALL
            SELECT 1, 'Total', NULL, NULL, coalesce(sum(as_signed), 0), coalesce(sum(on_todays_books), 0), sum(difference)
            FROM {rows}
        ) ORDER BY last, source_table, name
        """
    )
    return Table(
        f"What changed in the opening balance since {scope.period.prior} was signed",
        frame,
        total_row=True,
        links=((len(frame) - 1, 5, restatement),),
        relations={"on_todays_books": "[as_signed] + [difference]"},
        parts=(
            Part("as_signed", (opening,), {called: called}),
            Part("difference", (restatement,), {called: called}),
        ),
    )
